"""The boundary stone as an epigrapher draws it: outline, letters, the break, a scale. Drawn from `sample_museum.stele`.

Drawn three times as large and made smaller, which smooths every line.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from sample_museum.stele import CORNER_CUT, TALL, WIDE, strokes

PIXELS_A_METRE = 1500
_FINER = 3
_MARGIN_M = 0.10
_SCALE_M = 0.20
"""a bar of two parts"""
_PAPER, _INK, _FAINT = (250, 247, 240), (38, 34, 30), (150, 143, 133)
_BEVEL_M = 0.006
"""width of a letter's cut"""


def inscription() -> bytes:
    """A PNG of 1,080 × 2,190 pixels."""
    scale = PIXELS_A_METRE * _FINER
    width, height = round((WIDE + 2 * _MARGIN_M) * scale), round((TALL + 3 * _MARGIN_M) * scale)
    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)

    def at(x: float, y: float) -> tuple[float, float]:
        return (x + WIDE / 2 + _MARGIN_M) * scale, (TALL + _MARGIN_M - y) * scale

    def line(points: list[tuple[float, float]], wide_m: float, ink: tuple[int, int, int] = _INK) -> None:
        pen = round(wide_m * scale)
        draw.line([at(*point) for point in points], fill=ink, width=pen, joint="curve")
        for x, y in (at(*point) for point in (points[0], points[-1])):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=ink)

    foot, top = WIDE / 2, WIDE / 2 * 0.94
    # The break meets the face in a line across the corner; beyond it the old outline is faint.
    cut_x, cut_y = top - 1.7 * CORNER_CUT, TALL - 1.4 * CORNER_CUT
    edge = (top + (foot - top) * (TALL - cut_y) / TALL, cut_y)
    line([(cut_x, TALL), (top, TALL), edge], 0.001, _FAINT)
    line([(-foot, 0.0), (-top, TALL), (cut_x, TALL), edge, (foot, 0.0), (-foot, 0.0)], 0.0026)
    for share in np.linspace(0.08, 0.92, 9):
        x, y = cut_x + share * (edge[0] - cut_x), TALL + share * (cut_y - TALL)
        line([(x, y), (x - 0.012, y - 0.012)], 0.001)
    for start, end in zip(*(each.tolist() for each in strokes()), strict=True):
        line([start, end], _BEVEL_M)
    for number in range(2):
        left, below = -WIDE / 2 + number * _SCALE_M / 2, -0.09
        corners = at(left, below + 0.012), at(left + _SCALE_M / 2, below)
        draw.rectangle([*corners[0], *corners[1]], outline=_INK, width=scale // 1000, fill=_INK if number else None)
    small = image.resize((width // _FINER, height // _FINER), Image.Resampling.BOX)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()
