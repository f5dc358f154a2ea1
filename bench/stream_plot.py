"""Quality over time as an SVG, a panel for each link; no more than lines, words and two colour schemes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.stream_contenders import DEFAULT, ORDERED, OURS, TUNED

if TYPE_CHECKING:
    from bench.stream_link import Link
    from bench.stream_quality import Curve
    from bench.stream_race import Race

_WIDTH, _HEIGHT = 420, 190
_MARGIN = 48
_STYLES = {
    OURS: ("#0a7d55", "3", ""),
    ORDERED: ("#5b6fd6", "2", "2 3"),
    TUNED: ("#c06a00", "2", "7 3"),
    DEFAULT: ("#8a8a8a", "2", ""),
}


def write(path: Path, race: Race, links: Sequence[Link], names: Sequence[str]) -> None:
    """One picture of a scene: of the last run of each contender on each link."""
    panels = []
    for number, link in enumerate(links):
        curves = {name: race.curves[link.name, name] for name in names if (link.name, name) in race.curves}
        x, y = (number % 2) * (_WIDTH + _MARGIN) + _MARGIN, (number // 2) * (_HEIGHT + 2 * _MARGIN) + _MARGIN
        panels.append(f'<g transform="translate({x} {y})">{_panel(link.name, curves, race.limit(link))}</g>')
    width = 2 * (_WIDTH + _MARGIN) + _MARGIN
    height = math.ceil(len(links) / 2) * (_HEIGHT + 2 * _MARGIN) + _MARGIN
    legend = "".join(_legend(name, _MARGIN + 210 * at, height - 14) for at, name in enumerate(names))
    title = f"Quality over time, scene {race.given.name}; dashed: the limit"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {width + 10} {height}" font-family="sans-serif" '
        f'font-size="13" role="img"><title>{title}</title>'
        "<style>text{fill:#222}path,line{fill:none}.a{stroke:#999}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.a{stroke:#777}}</style>"
        f'<text x="{_MARGIN}" y="20" font-size="15">{title}</text>{"".join(panels)}{legend}</svg>\n'
    )


def _legend(name: str, x: float, y: float) -> str:
    colour, width, dash = _STYLES[name]
    line = f'<line x1="{x}" y1="{y - 4}" x2="{x + 28}" y2="{y - 4}" stroke="{colour}" stroke-width="{width}" '
    return f'{line}stroke-dasharray="{dash}"/><text x="{x + 34}" y="{y}">{name}</text>'


def _panel(title: str, curves: dict[str, Curve], limit: float) -> str:
    ends = [curve.full_s if math.isfinite(curve.full_s) else curve.times[-1] for curve in curves.values()]
    longest = max([limit, *ends]) * 1.03
    parts = [f'<text x="0" y="-8">{title}</text><path class="a" d="M0 0V{_HEIGHT}H{_WIDTH}"/>']
    for share in (0.5, 1.0):
        y = _HEIGHT * (1 - share)
        parts.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{share * 100:.0f} %</text>')
        parts.append(f'<line class="a" x1="0" y1="{y:.1f}" x2="{_WIDTH}" y2="{y:.1f}" stroke-opacity=".4"/>')
    step = _step(longest)
    for number in range(1, int(longest / step) + 1):
        x = number * step / longest * _WIDTH
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT + 17}" text-anchor="middle">{number * step:g} s</text>')
    x = limit / longest * _WIDTH
    parts.append(f'<line class="a" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{_HEIGHT}" stroke-dasharray="4 4"/>')
    for name, curve in curves.items():
        colour, width, dash = _STYLES[name]
        drawn, level = [f"M0 {_HEIGHT}"], 0.0
        for at, quality in zip(curve.times, curve.quality, strict=True):
            if at > longest:
                break
            x = at / longest * _WIDTH
            drawn.append(f"H{x:.1f}V{_HEIGHT * (1 - quality):.1f}")
            level = quality
        drawn.append(f"H{_WIDTH}" if level else "")
        parts.append(f'<path d="{"".join(drawn)}" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>')
    return "".join(parts)


def _step(longest: float) -> float:
    """Of 1, 2, 5 × 10ⁿ seconds the one that gives at most six marks."""
    size = 10.0 ** math.floor(math.log10(longest / 6))
    return next(size * factor for factor in (1, 2, 5, 10) if longest / (size * factor) <= 6)
