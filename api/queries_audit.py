"""The audit log in GraphQL, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.types import First, Info, field, page_size, plain
from scenes import audit
from scenes.rights import Action, require


@strawberry.type(description="One thing that was done, or tried. See docs/operations.md for what is noted.")
class AuditEntry:
    """View of a `scenes.audit.Entry`."""

    value: strawberry.Private[audit.Entry]
    number: int = plain("From 1 on, without gaps.")
    at: datetime = plain("When, UTC.")
    actor: str = plain("Name of who did it.")
    action: str = plain("What was done, such as `revision.rights` or `sign-in.failed`.")
    subject: str = plain("What it was done to, most often an id.")
    detail: str = plain("More, as JSON.")
    address: str = plain("From where; empty where nothing is known of it, or it is forgotten.")
    hash: str = plain("SHA-256 over the entry and the hash of the one before.")


@strawberry.type(description="A part of the audit log.")
class AuditLog:
    """Some entries, and the end of all."""

    entries: list[AuditEntry] = strawberry.field(description="The newest first.")
    anchor: str = strawberry.field(description="Number and hash of the last entry of all, to be kept elsewhere.")


@strawberry.type(description="Where the audit log is read.")
class AuditQueries:
    """Fields of `Query`."""

    @field
    async def audit_log(
        self,
        info: Info,
        first: First = 20,
        before: Annotated[
            int | None, strawberry.argument(description="Only entries with a smaller number; null: from the last one.")
        ] = None,
    ) -> AuditLog:
        """Who did what, when, from where. FORBIDDEN but for administrators."""
        services = info.context.services
        require(info.context.actor, Action.ADMINISTER)
        size = page_size(first)
        last = await services.call(services.audit.last_entry)
        end = last.number + 1 if before is None else min(max(before, 1), last.number + 1)
        start = max(0, end - 1 - size)
        found = (
            await services.call(services.audit.entries, after=start, first=end - 1 - start) if end - 1 > start else ()
        )
        return AuditLog(entries=[AuditEntry(value=each) for each in reversed(found)], anchor=str(last))
