# ruff: noqa: PLR0917  -- rows of a table
"""Objects and their fates: what describes them (Object ID), and what became of them."""

from __future__ import annotations

from sample_museum.ids import asset_id
from sample_museum.inventory import HADJI, SURVEY
from scenes.model import ObjectIdentity, ObjectStatus, Source, StatusKind

IDENTITIES: dict[str, ObjectIdentity] = {
    "archaic_votives": ObjectIdentity(
        type_of_object="Statue, standing youth (kouros), with others of its group",
        materials="Marble, traces of paint: red on lips and hair band",
        measurements="Height 1.94 m with plinth; head 0.27 m",
        distinguishing_features="Broken at the neck, the break runs down to the left shoulder; tip of the nose lost",
        title="The youth from the pit",
        subject="Standing youth, left foot forward",
        period="Second half of the sixth century BC",
        inventory_number="Museum inventory 7",
    ),
    "boundary_stone": ObjectIdentity(
        type_of_object="Boundary stone (horos)",
        materials="Local limestone, chiselled, letters cut",
        measurements="Height 1.16 m, width 0.52 m, thickness 0.17 m; letters 0.07 m",
        inscriptions="ΟΡΟΣ / ΤΟΥ / ΙΕΡΟΥ",
        distinguishing_features="Upper right corner broken off; doorstep wear on the back",
        title="Boundary stone of the sanctuary",
        subject="None; text only",
        period="Hellenistic, by the forms of the letters",
        maker="Unknown mason",
        description="Found in 1897 as a doorstep in the hamlet's third house.",
        inventory_number="Inscription 12",
    ),
}
"""by the slug of the asset"""

_LETTERS = Source("Correspondence of the museum, invented like everything here")
_CASE = "sample register 1922/7"


def _status(
    slug: str,
    asset: str,
    kind: StatusKind,
    existence: str,
    place: str,
    note: str,
    *sources: Source,
    reference: str = "",
) -> ObjectStatus:
    return ObjectStatus(
        f"object_status_sample_{slug}", asset_id(asset), kind, existence, place, note, reference, sources
    )


OBJECT_STATUS = (
    _status(
        "stolen",
        "archaic_votives",
        StatusKind.STOLEN,
        "1922-11~",
        "Site store",
        "The head of a kouros leaves by the window; the padlock is whole.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "missing",
        "archaic_votives",
        StatusKind.MISSING,
        "1923-02",
        "Site store",
        "The shelf is found empty when the store is opened after the winter.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "located",
        "archaic_votives",
        StatusKind.LOCATED,
        "1978",
        "A saleroom",
        "Known again by the break at its neck, on page 31 of a catalogue.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "seized",
        "archaic_votives",
        StatusKind.SEIZED,
        "1978-10-17",
        "A saleroom",
        "Taken off the list on the day of the sale, by order of a court.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "recovered",
        "archaic_votives",
        StatusKind.RECOVERED,
        "1980-12",
        "An embassy",
        "The parties settle; the head is handed over in a hat box.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "returned",
        "archaic_votives",
        StatusKind.RETURNED,
        "1981-06-04",
        "Site museum",
        "It stands on its body again.",
        _LETTERS,
        reference=_CASE,
    ),
    _status(
        "on_loan",
        "archaic_votives",
        StatusKind.ON_LOAN,
        "2009-05/2009-10",
        "National gallery",
        "For an exhibition on the colours of sculpture.",
        _LETTERS,
    ),
    _status(
        "stone_in_place",
        "boundary_stone",
        StatusKind.IN_PLACE,
        "2004",
        "Beside the walkway",
        "Set up in the open, on a concrete foot.",
        Source(SURVEY),
    ),
    _status(
        "stone_at_risk",
        "boundary_stone",
        StatusKind.AT_RISK,
        "2014",
        "Beside the walkway",
        "A crack behind the upper right corner takes in water.",
        Source("Report of the conservator, 2014", pages="3"),
    ),
    _status(
        "stone_damaged",
        "boundary_stone",
        StatusKind.DAMAGED,
        "[2016-12..2017-02]",
        "Beside the walkway",
        "Frost breaks the corner off. The pieces are too many to be put together.",
        Source("Report of the conservator, 2017", pages="1"),
    ),
    _status(
        "chapel_destroyed",
        "chapel",
        StatusKind.DESTROYED,
        "1895",
        "In the temple",
        "Taken down to reach the temple's floor, against the protest of the next village.",
        Source(HADJI, pages="58"),
    ),
)
