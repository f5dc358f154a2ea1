"""The audit log at the doors: whence a request comes, what the server says of itself, and what is forgotten in time."""

from __future__ import annotations

import dataclasses
import json
import logging
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio

from scenes.audit import WHENCE, sealable
from scenes.counting import counted

if TYPE_CHECKING:
    from starlette.types import Scope

    from api.services import Services
    from api.settings import Settings

log = logging.getLogger("chronotope.audit")

_SWEEP_S = 3600
_SECRET = ("secret", "url", "password", "key")
"""words in the names of settings whose values are not repeated: addresses may hold passwords"""
_LOOK_BACK = 200
"""entries in which the settings of the last start are looked for"""


def coming_from(scope: Scope) -> None:
    """Say for the rest of a request, or of a WebSocket, where it comes from."""
    client = scope.get("client")
    WHENCE.set(sealable(client[0], secrets.token_hex(8)) if client else "")


def note_start(services: Services) -> None:
    """Note that a server starts, and with which settings where they are others than at the last start. Blocking."""
    told = told_settings(services.settings)
    last = services.audit.last_entry()
    before = services.audit.entries(after=max(0, last.number - _LOOK_BACK), first=_LOOK_BACK)
    known = next((each.detail for each in reversed(before) if each.action == "server.started"), "{}")
    same = json.loads(known).get("settings") == told
    entry = services.audit.note(
        "server.started", actor="server", at=services.clock.now(), detail={"settings": told, "changed": not same}
    )
    log.info(
        "the audit log has %s; its anchor is %d:%s",
        counted(entry.number, "[entry|entries]"), entry.number, entry.hash,
    )  # fmt: skip


def told_settings(settings: Settings) -> dict[str, Any]:
    """The settings that are not as they come, without secrets."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if value != field.default and field.name not in ("data", "port"):
            hidden = any(word in field.name for word in _SECRET)
            found[field.name] = "set" if hidden else str(value)
    found.pop("secret_key", None)  # always there: made where it is not given
    return found


async def keep_forgetting(services: Services) -> None:
    """Forget from where old entries came, now and then, for as long as the server runs."""
    days = timedelta(days=services.settings.audit_address_days)
    while True:
        before = services.clock.now() - days
        forgotten = await services.call(services.audit.forget_addresses, before=before)
        if forgotten:
            log.info("from where %d entries of the audit log came is forgotten", forgotten)
        await anyio.sleep(_SWEEP_S)
