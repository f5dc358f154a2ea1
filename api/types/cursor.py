"""Cursors of lists that are ordered by ids: where a page stands, whatever was written since."""

from __future__ import annotations

import base64
import binascii

from api.types.node import PageInfo
from scenes.errors import Invalid


def cursor_of(name: str) -> str:
    """An opaque name for the place behind an id, in a list ordered by ids."""
    return base64.urlsafe_b64encode(f"by-id:{name}".encode()).decode().rstrip("=")


def name_of(cursor: str | None) -> str | None:
    """The id in a cursor. Raises Invalid."""
    if cursor is None:
        return None
    if len(cursor) <= 300:
        try:
            plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            plain = ""
        if plain.startswith("by-id:"):
            return plain.removeprefix("by-id:")
    raise Invalid(f"after: {cursor[:64]!r} is no cursor of this list")


def page_info(names: tuple[str | None, str | None], after: str | None, *, has_next: bool) -> PageInfo:
    """Where a page stands that begins and ends with these ids."""
    start, end = (None if name is None else cursor_of(name) for name in names)
    return PageInfo(has_next_page=has_next, has_previous_page=after is not None, start_cursor=start, end_cursor=end)
