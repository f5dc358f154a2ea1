"""Content that is made for requests and served by digest, to those alone who may see all that is in it.

A proxy holds geometry of many assets, a part of a tileset the titles of placements: both are only for who may see the
scene and every asset in them, however the rights of one change later. So the ids of all that went in (`sources`) are
kept with the bytes; and they stand in the bytes too, as one digest, so that the same bytes never have other sources.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from scenes.model import Actor, Asset, Scene, Visibility
from scenes.ports import Catalogue, Derived
from scenes.rights import Action, may

_CONTENT, _SOURCES = "content/", "sources/"


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes that were made, and of what."""

    data: bytes
    media_type: str
    sources: tuple[str, ...]
    """ids of the scene and of the assets that went in, sorted"""
    packed: bytes = b""
    """the bytes by gzip, where that is done already"""


@dataclass(frozen=True, slots=True)
class Kept:
    """The same, as it is kept: `packed` by gzip, as nearly everybody takes it."""

    packed: bytes
    media_type: str
    sources: tuple[str, ...]

    @property
    def data(self) -> bytes:
        """The bytes."""
        return gzip.decompress(self.packed)


def named(sources: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Ids sorted, and the name of this set: 32 hex digits."""
    ordered = tuple(sorted(set(sources)))
    return ordered, hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:32]


def entries(made: Made) -> tuple[str, dict[str, bytes]]:
    """The digest of bytes that were made, and what is to be kept in `Derived` so that they can be served."""
    sources, name = named(made.sources)
    digest = hashlib.sha256(made.data).hexdigest()
    head = orjson.dumps({"mediaType": made.media_type, "sources": name})
    packed = made.packed or gzip.compress(made.data, 9, mtime=0)
    return digest, {
        f"{_SOURCES}{name}": orjson.dumps(sources),
        f"{_CONTENT}{digest}": len(head).to_bytes(4, "little") + head + packed,
    }


def content_of(derived: Derived, digest: str) -> Kept | None:
    """What was made under a digest, if it is still here."""
    found = derived.get_many([f"{_CONTENT}{digest}"]).get(f"{_CONTENT}{digest}")
    if found is None:
        return None
    end = 4 + int.from_bytes(found[:4], "little")
    head = orjson.loads(found[4:end])
    name = f"{_SOURCES}{head['sources']}"
    sources = derived.get_many([name]).get(name)
    if sources is None:
        return None
    return Kept(found[end:], head["mediaType"], tuple(orjson.loads(sources)))


def is_for(actor: Actor, made: Made | Kept, catalogue: Catalogue) -> tuple[bool, bool]:
    """Whether `actor` may have it, and whether everybody may: who may see each of its sources as they are now."""
    records: list[Asset | Scene] = [
        *catalogue.get_many(Asset, made.sources).values(),
        *catalogue.get_many(Scene, made.sources).values(),
    ]
    if len(records) != len(made.sources):
        return False, False
    return (
        all(bool(may(actor, Action.SEE, record)) for record in records),
        all(record.visibility is Visibility.PUBLIC for record in records),
    )
