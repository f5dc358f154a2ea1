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

from scenes.cleared import Cleared
from scenes.model import Asset, Scene, Visibility
from scenes.ports import Derived
from scenes.rights import Keeping, keeping, sees

_CONTENT, _SOURCES = "content/", "sources/"
_FOR, _OF = "for:", "@"
"""before an audience; between the id of an asset and the digest of a tileset"""


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes that were made, and of what."""

    data: bytes
    media_type: str
    sources: tuple[str, ...]
    """the scene and the assets that went in, and for whom it is (`for_audience`, `source_of`), sorted"""
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


def source_of(asset: Asset) -> str:
    """How an asset is named among sources: by its id, where it may be shown in part with the tileset that went in."""
    if not asset.finest or asset.tileset is None:
        return asset.id
    return f"{asset.id}{_OF}{asset.tileset.digest}"


def for_audience(audience: Visibility) -> tuple[str, ...]:
    """What stands among the sources of what is not for everybody who may see the scene."""
    return () if audience is Visibility.PUBLIC else (f"{_FOR}{audience.value}",)


def keeping_of(cleared: Cleared, made: Made | Kept) -> Keeping | None:
    """How long an actor may keep it, by each of its sources as they are now; None: it is not for him."""
    audiences = [Visibility(each.removeprefix(_FOR)) for each in made.sources if each.startswith(_FOR)]
    named_so = [each.partition(_OF) for each in made.sources if not each.startswith(_FOR)]
    tilesets = {name: digest for name, _, digest in named_so}
    assets = cleared.get_many(Asset, list(tilesets))
    scenes = cleared.get_many(Scene, list(tilesets))
    if not all(sees(cleared.actor, each, scenes=(name,)) for each in audiences for name in scenes or ("",)) or len(
        assets
    ) + len(scenes) != len(tilesets):
        return None
    if not all(_is_shown(cleared, asset, tilesets[asset.id]) for asset in assets.values()):
        return None
    if audiences or any(each.visibility is not Visibility.PUBLIC for each in scenes.values()):
        return Keeping.OWN
    at = None if cleared.clock is None else cleared.clock.now()
    return min((keeping(asset, at) for asset in assets.values()), key=list(Keeping).index, default=Keeping.FOR_GOOD)


def _is_shown(cleared: Cleared, asset: Asset, digest: str) -> bool:
    """Whether what went in of an asset is for the actor: of one that is shown in part, that part alone.

    Without a digest it went in before it had a limit, so whole.
    """
    return cleared.is_whole or not asset.finest or (asset.tileset is not None and asset.tileset.digest == digest)
