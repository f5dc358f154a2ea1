"""What of the sample museum is made: a file in the data directory that names, for each thing, the code that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

_NAME = "sample-museum.json"


@dataclass(frozen=True, slots=True)
class DemoLog:
    """The file at `path`, written anew, whole, after each thing."""

    path: Path

    @staticmethod
    def of(settings: Settings) -> DemoLog:
        """The log in the data directory."""
        return DemoLog(settings.data / _NAME)

    def has(self, key: str, stamp: str) -> bool:
        """Whether the thing was made by the code of that stamp."""
        return self._read().get(key) == stamp

    def add(self, key: str, stamp: str) -> None:
        """The thing is made, and all of it is kept."""
        made = self._read() | {key: stamp}
        temporary = self.path.with_suffix(".tmp")
        temporary.write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2))
        temporary.replace(self.path)

    def _read(self) -> dict[str, str]:
        made: dict[str, str] = orjson.loads(self.path.read_bytes()) if self.path.is_file() else {}
        return made
