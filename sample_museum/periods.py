"""Named periods for the sample museum, in the shape of PeriodO.

Written for the sample museum from what any handbook agrees on, in round years; not copied from PeriodO or another
gazetteer, and no authority to cite: a museum reads an edition of PeriodO instead. The URIs lead nowhere on purpose
(`.example` is reserved). Some names stand for several periods, as in life: "Bronze Age", "Roman period" and "Classical
period" depend on the place. Years are astronomical: -0479 is 480 BC.
"""

from __future__ import annotations

from typing import Any

EDITION = "sample museum, 2026"
_BASE = "https://periods.sample-museum.example/"
_PLACES = {  # their URIs, where there is one
    "Attica": "",
    "Balkans": "http://www.wikidata.org/entity/Q23522",
    "Crete": "http://www.wikidata.org/entity/Q34374",
    "Great Britain": "http://www.wikidata.org/entity/Q23666",
    "Greece": "http://www.wikidata.org/entity/Q41",
    "Yucatán Peninsula": "",
}

# id, places, start, stop, labels by language: earliest and latest year of the start, and of the stop
_ROWS: tuple[tuple[str, tuple[str, ...], tuple[int, int], tuple[int, int], dict[str, tuple[str, ...]]], ...] = (
    (
        "bronze-age-aegean",
        ("Greece", "Crete"),
        (-3199, -2999),
        (-1099, -1049),
        {
            "en": ("Bronze Age", "Aegean Bronze Age"),
            "de": ("Bronzezeit",),
            "fr": ("âge du bronze",),
            "it": ("Età del bronzo",),
        },
    ),
    (
        "bronze-age-britain",
        ("Great Britain",),
        (-2499, -2199),
        (-799, -699),
        {"en": ("Bronze Age",), "de": ("Bronzezeit",), "fr": ("âge du bronze",), "it": ("Età del bronzo",)},
    ),
    (
        "geometric",
        ("Greece",),
        (-899, -899),
        (-699, -699),
        {
            "en": ("Geometric period",),
            "de": ("Geometrische Zeit",),
            "fr": ("époque géométrique",),
            "it": ("periodo geometrico",),
        },
    ),
    (
        "archaic",
        ("Greece",),
        (-699, -699),
        (-479, -479),
        {
            "en": ("Archaic period",),
            "de": ("Archaik",),
            "fr": ("époque archaïque",),
            "it": ("età arcaica",),
            "el": ("Αρχαϊκή εποχή",),
        },
    ),
    (
        "classical",
        ("Greece",),
        (-479, -479),
        (-322, -322),
        {
            "en": ("Classical period",),
            "de": ("Klassik",),
            "fr": ("époque classique",),
            "it": ("età classica",),
            "el": ("Κλασική εποχή",),
        },
    ),
    (
        "high-classical-attica",
        ("Attica",),
        (-449, -449),
        (-429, -419),
        {
            "en": ("High Classical period",),
            "de": ("Hochklassik",),
            "fr": ("haut classicisme",),
            "it": ("piena età classica",),
        },
    ),
    (
        "classic-maya",
        ("Yucatán Peninsula",),
        (250, 250),
        (900, 950),
        {
            "en": ("Classic period", "Classical period"),
            "de": ("Klassik",),
            "fr": ("période classique",),
            "it": ("periodo classico",),
        },
    ),
    (
        "hellenistic",
        ("Greece",),
        (-322, -322),
        (-30, -30),
        {
            "en": ("Hellenistic period",),
            "de": ("Hellenismus",),
            "fr": ("époque hellénistique",),
            "it": ("età ellenistica",),
        },
    ),
    (
        "roman-greece",
        ("Greece",),
        (-145, -30),
        (330, 330),
        {
            "en": ("Roman period",),
            "de": ("Römische Kaiserzeit", "Römerzeit"),
            "fr": ("époque romaine",),
            "it": ("età romana",),
        },
    ),
    (
        "roman-britain",
        ("Great Britain",),
        (43, 43),
        (409, 411),
        {"en": ("Roman period",), "de": ("Römerzeit",), "fr": ("époque romaine",), "it": ("età romana",)},
    ),
    (
        "early-byzantine",
        ("Greece", "Balkans"),
        (330, 330),
        (641, 700),
        {
            "en": ("Early Byzantine period",),
            "de": ("Frühbyzantinische Zeit",),
            "fr": ("époque protobyzantine",),
            "it": ("età protobizantina",),
        },
    ),
    (
        "ottoman-greece",
        ("Greece",),
        (1453, 1460),
        (1821, 1830),
        {"en": ("Ottoman period",), "de": ("Osmanische Zeit",), "fr": ("époque ottomane",), "it": ("età ottomana",)},
    ),
)


def dataset() -> dict[str, Any]:
    """What `timeline.period.read` reads."""
    return {
        "@context": {"@base": _BASE},
        "authorities": {
            "sample": {
                "type": "Authority",
                "source": {"title": "Periods of the sample museum"},
                "periods": {row[0]: _period(*row) for row in _ROWS},
            }
        },
    }


def _period(
    slug: str,
    places: tuple[str, ...],
    start: tuple[int, int],
    stop: tuple[int, int],
    labels: dict[str, tuple[str, ...]],
) -> dict[str, Any]:
    return {
        "id": slug,
        "type": "Period",
        "label": labels["en"][0],
        "languageTag": "en",
        "localizedLabels": {tag: list(names) for tag, names in labels.items()},
        "spatialCoverage": [_place(place) for place in places],
        "spatialCoverageDescription": " and ".join(places),
        "start": _limit(*start),
        "stop": _limit(*stop),
    }


def _place(label: str) -> dict[str, str]:
    uri = _PLACES[label]
    return {"id": uri, "label": label} if uri else {"label": label}


def _limit(first: int, last: int) -> dict[str, Any]:
    if first == last:
        return {"label": _said(first), "in": {"year": _year(first)}}
    return {
        "label": f"{_said(first)} to {_said(last)}",
        "in": {"earliestYear": _year(first), "latestYear": _year(last)},
    }


def _said(year: int) -> str:
    return f"{1 - year} BC" if year < 1 else f"AD {year}"


def _year(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}"
