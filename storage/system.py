"""The real clock and real chance."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime


class SystemClock:
    """`scenes.ports.Clock` by the machine's clock."""

    def now(self) -> datetime:
        """Now, UTC."""
        return datetime.now(UTC)  # noqa: TID251 this is the one place where the clock is read


class RandomIds:
    """`scenes.ports.Ids` by the system's random source: 125 bits, so neither guessed nor met twice."""

    def new(self, prefix: str) -> str:
        """`prefix_` and 25 lower-case letters and digits."""
        return f"{prefix}_{base64.b32encode(secrets.token_bytes(16)).decode().lower()[:25]}"
