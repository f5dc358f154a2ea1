"""Whether everything is there that the catalogue speaks of: masters, media, tilesets and all that these name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scenes.model import Asset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scenes.ports import Blobs, Catalogue

_PAGE = 500


def assets(catalogue: Catalogue) -> Iterator[Asset]:
    """All assets, page by page."""
    after = None
    while True:
        page = catalogue.page(Asset, first=_PAGE, after=after)
        yield from (record for record in page.records if isinstance(record, Asset))
        if not page.has_next:
            return
        after = page.cursors[-1]


def missing(blobs: Blobs, asset: Asset, mend: Callable[[str], bool]) -> Iterator[tuple[str, str, bool]]:
    """What of an asset was not there: the master, what is served of a recording or picture, a tileset or its tiles.

    What it is, its digest, and whether it is back: each is tried to be mended, and what that names is looked for, too.
    """
    kept = [("master", asset.master, asset.byte_length)]
    if asset.media is not None:
        kept.append(("media", asset.media.digest, asset.media.byte_length))
    for what, digest, length in kept:
        if blobs.size(digest) != length:
            yield what, digest, mend(digest)
    waiting = [] if asset.tileset is None else [("tileset", asset.tileset.digest, "json")]
    seen = {digest for _, digest, _ in waiting}
    while waiting:
        what, digest, ending = waiting.pop()
        if blobs.size(digest) is None:
            is_back = mend(digest)
            yield what, digest, is_back
            if not is_back:
                continue
        if ending == "json":
            found = sorted(each for each in _named_in(blobs.read(digest)) if each[0] not in seen)
            waiting += [("tile", *each) for each in found]
            seen |= {name for name, _ in found}


def _named_in(document: bytes) -> set[tuple[str, str]]:
    """Digests of the files that a document of a tileset names, and their endings."""
    return set(re.findall(r"\b([0-9a-f]{64})\.([a-z0-9]+)\"", document.decode(errors="replace")))
