"""EDTF: texts read per second of CPU, beside `edtf` of PyPI (MIT) where it is installed; proposals and labels too.

The texts are those of ISO 8601-2's levels, as tests/timeline/test_edtf.py has them, one rate for each level. What the
peer cannot read is left out of its rate (a refusal is quicker or slower than reading) and counted beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from time import process_time

from timeline.edtf import MAX_LENGTH, parse
from timeline.label import label
from timeline.proposal import propose
from timeline.remark import LANGUAGES

_LEVELS = {
    "level 0": "1985-04-12 1985-04 1985 0000 1985-04-12T23:20:30Z 1964/2008 2004-06/2006-08 2004-02-01/2005-02-08",
    "level 1": "Y170000002 2001-21 1984? 2004-06~ 2004-06-11% 201X 20XX 2004-XX 1985-04-XX 1985-04-12/.. ../1985 1985/ "
    "/1985 -1985 1984?/2004~",
    "level 2": "Y-17E7 1950S2 Y171010000S3 2001-34 [1667,1668,1670..1672] [..1760-12-03] {1960,1961-12} 2004-06~-11 "
    "?2004-06-~11 156X-12-25 1XXX-12 1984-1X XXXX-12 2004-06-~01/2004-06-~20",
}
_HUMAN = [
    "c. 1210",
    "late 3rd century BC",
    "between 1250 and 1275",
    "XIIe siècle",
    "Ende 13. Jh.",
    "3. Jahrhundert v. Chr.",
    "prima metà del XV secolo",
    "vor 1200",
    "after 1350?",
    "1920s",
    "1210–1215",
    "3 May 1842",
    "12 October 1492",
    "12th–13th century",
]
_LONGEST = {
    "a set of 200 characters": "[" + "1985-04-12," * 17 + "1985-04-12]",
    "refused at its 200th character": "[" + "1985-04-12," * 18 + "x",
    "an exponent of 197 digits": "Y1E" + "9" * 197,
}


def _rate(read: Callable[[str], object], texts: list[str], *, least_s: float = 0.3) -> float:
    """Texts per second of CPU, over whole rounds; the best of three."""
    best = 0.0
    for _ in range(3):
        rounds, start = 0, process_time()
        while (taken := process_time() - start) < least_s:
            for text in texts:
                read(text)
            rounds += 1
        best = max(best, rounds * len(texts) / taken)
    return best


def _or_refused(text: str) -> None:
    try:
        parse(text)
    except ValueError:
        return


def _peer() -> Callable[[str], object] | None:
    if importlib.util.find_spec("edtf") is None:
        print("bench: edtf of PyPI is not installed (tools/install.py peers); it is left out", file=sys.stderr)
        return None
    read: Callable[[str], object] = importlib.import_module("edtf").parse_edtf
    return read


def _is_read(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except Exception:  # noqa: BLE001 - a peer's crash is one of its answers
        return False
    return True


def run() -> Iterator[tuple[str, str, str, float, str]]:
    """Rows (contender, input, metric, value, unit)."""
    contenders: dict[str, Callable[[str], object]] = {"timeline.edtf": parse}
    peer = _peer()
    if peer is not None:
        contenders["edtf (PyPI)"] = peer
    for name, read in contenders.items():
        for level, joined in _LEVELS.items():
            texts = joined.split()
            good = [text for text in texts if _is_read(read, text)]
            yield name, level, "read", len(good), f"of {len(texts)}"
            if good:
                yield name, level, "parse", _rate(read, good), "1/s"
    for name, text in _LONGEST.items():
        assert len(text) <= MAX_LENGTH
        yield "timeline.edtf", name, "parse or refuse", _rate(_or_refused, [text]), "1/s"
    spans = [text for joined in _LEVELS.values() for text in joined.split()]
    yield "timeline.edtf", "all levels", "parse and four bounds", _rate(lambda text: parse(text).span(), spans), "1/s"
    yield "timeline.proposal", "as people write", "propose", _rate(propose, _HUMAN), "1/s"
    for repeated in ("c. ", "1 or ", "1-", "I "):
        longest = (repeated * MAX_LENGTH)[: MAX_LENGTH - 4] + "1210"
        yield "timeline.proposal", f"{repeated!r} to 200 characters", "propose", _rate(propose, [longest]), "1/s"
    parsed = {text: parse(text) for text in spans}
    for language in LANGUAGES:
        rate = _rate(lambda text, language=language: label(parsed[text], language), spans)  # type: ignore[misc]
        yield "timeline.label", "all levels", f"label in {language}", rate, "1/s"
