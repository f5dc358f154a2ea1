"""Records as JSON, and what the catalogue needs to know of each kind.

Bodies written by an older Chronotope lack newer fields: those take their defaults. What changed its shape is brought to
the present one on reading (`storage.old_bodies`). Fields that this program does not know are ignored on reading; a
body that did not change is not rewritten, and one that holds such fields is left to the newer program that wrote it
(`has_unknown`), so they are never lost.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from scenes.errors import Invalid
from scenes.model import (
    Annotation,
    Article,
    Asset,
    ChangeEvent,
    ChronologyStatement,
    Epoch,
    Exhibition,
    Family,
    Hypothesis,
    Layer,
    ObjectStatus,
    Person,
    Placement,
    Record,
    Scene,
    Tour,
    Visibility,
)
from storage.old_bodies import UPGRADES

R = TypeVar("R", bound=Record)

_KINDS: dict[type, str] = {
    Asset: "asset",
    ObjectStatus: "object_status",
    Scene: "scene",
    Layer: "layer",
    Epoch: "epoch",
    Hypothesis: "hypothesis",
    Placement: "placement",
    ChangeEvent: "change_event",
    ChronologyStatement: "chronology_statement",
    Annotation: "annotation",
    Article: "article",
    Tour: "tour",
    Person: "person",
    Family: "family",
    Exhibition: "exhibition",
}
KINDS: dict[str, type[Record]] = {name: kind for kind, name in _KINDS.items()}
"""kinds by their word in the database"""
_CODECS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _KINDS}


def kind_name(kind: type[R]) -> str:
    """The word for a kind in the database and in cursors."""
    return _KINDS[kind]


def encode(record: Record) -> str:
    """A record as JSON text."""
    text: bytes = _CODECS[type(record)].dump_json(record)
    return text.decode()


def decode(kind: type[R], body: str) -> R:
    """The record that `encode` wrote, now or in an older program."""
    upgrade = UPGRADES.get(kind)
    if upgrade is not None and upgrade.is_old(body):
        body = json.dumps(upgrade.renewed(json.loads(body)))
    return cast("R", _CODECS[kind].validate_json(body))


def has_unknown(kind: type[R], body: str) -> bool:
    """Whether a body says something that this program would lose if it wrote the record again."""
    said = json.loads(body)
    upgrade = UPGRADES.get(kind)
    if upgrade is not None and upgrade.is_old(body):
        said = upgrade.renewed(said)
    return _is_more(said, json.loads(encode(decode(kind, body))))


def _is_more(said: object, known: object) -> bool:
    """Whether `said` has names, at any depth, that `known` has not."""
    if isinstance(said, dict) and isinstance(known, dict):
        return any(name not in known or _is_more(value, known[name]) for name, value in said.items())
    if isinstance(said, list) and isinstance(known, list):
        return any(_is_more(each, other) for each, other in zip(said, known, strict=False))
    return False


def scene_of(record: Record) -> str:
    """Id of the scene that a record belongs to, or of the asset; empty for what stands alone."""
    if isinstance(record, Asset | Scene):
        return ""
    return record.asset if isinstance(record, ObjectStatus) else record.scene


def is_public(record: Record) -> bool:
    """Whether a record says of itself that everybody may know it. Kinds without a visibility don't."""
    return isinstance(record, Asset | Scene | Exhibition) and record.visibility is Visibility.PUBLIC


def slug_of(record: Record) -> str | None:
    """The address that no other current record of the kind may have."""
    return record.slug if isinstance(record, Exhibition) else None


def cursor(kind: type[R], seq: int) -> str:
    """An opaque name for a place in the order of first writing.

    >>> place(Scene, cursor(Scene, 7))
    7
    """
    return base64.urlsafe_b64encode(f"{_KINDS[kind]}:{seq}".encode()).decode().rstrip("=")


def place(kind: type[R], text: str) -> int:
    """The number in a cursor.

    Raises:
        Invalid: the text is no cursor for this kind.
    """
    if len(text) <= 64:
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            plain = ""
        match = re.fullmatch(rf"{_KINDS[kind]}:([0-9]{{1,15}})", plain)
        if match:
            return int(match[1])
    raise Invalid(f"after: {text[:64]!r} is no cursor of this list")


def stamp(moment: datetime) -> str:
    """A moment as text that sorts.

    >>> stamp(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(text)
