"""XML looked at before a lenient parser gets it: what its root is, what it says of units, and that it has no DTD.

Neither 3MF (core specification, 2.1.2) nor COLLADA needs a document type declaration, and it is what entities, and so
the bombs made of them, are declared in; so a file with one is refused. The head is read by expat, which is stopped at
the first element that is no head any more; the tree is libxml2's, with entities, DTDs and network switched off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from pipeline.units import Stated
from scenes.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 512 << 20
"""of XML. Parsed, COLLADA takes about eight times its length and 3MF twenty times; memory is limited besides."""
_HEAD = 1 << 20
_PIECE = 1 << 14
_DEEPEST = 64
_ENCODINGS = {"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "cp1252"}
_3MF_UNITS = {
    "micron": 1e-6,
    "millimeter": 1e-3,
    "centimeter": 1e-2,
    "inch": 0.0254,
    "foot": 0.3048,
    "meter": 1.0,
}
_UPS = {"X_UP": "x", "Y_UP": "y", "Z_UP": "z"}
_KINDS = {"model": "3mf", "COLLADA": "dae"}
_FORMATS = {"3mf": "3MF", "dae": "COLLADA"}


@dataclass(slots=True)
class Head:
    """The root of a document, and what COLLADA's <asset> says of its unit and its axis."""

    root: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    metres: str | None = None
    up: str = ""

    @property
    def kind(self) -> str:
        """`3mf`, `dae`, or "" for any other XML."""
        return _KINDS.get(self.root, "")


class _Stop(Exception):
    """Enough is known."""


class _Reader:
    """The handlers of expat, which fill a `Head`."""

    def __init__(self) -> None:
        self.found = Head()
        self._path: list[str] = []
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.XmlDeclHandler, parser.StartDoctypeDeclHandler = self._declared, self._doctype
        parser.StartElementHandler, parser.EndElementHandler = self._begins, self._ends
        parser.CharacterDataHandler = self._says

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise Malformed(f"XML in the encoding {encoding[:40]!r} is not read; save it as UTF-8")

    def _doctype(self, *_: object) -> None:
        raise Malformed("XML with a document type declaration (DTD) is not read")

    def _begins(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rsplit(" ", 1)[-1])
        if len(self._path) > _DEEPEST:
            raise Malformed(f"the XML cannot be read: its head is nested deeper than {_DEEPEST}")
        if len(self._path) == 1:
            self.found.root, self.found.attributes = self._path[0], attributes
        if self._path[0] != "COLLADA" or (len(self._path) == 2 and self._path[1] != "asset"):
            raise _Stop
        if self._path[1:] == ["asset", "unit"]:
            self.found.metres = attributes.get("meter")

    def _ends(self, _name: str) -> None:
        self._path.pop()
        if len(self._path) == 1:
            raise _Stop

    def _says(self, text: str) -> None:
        if self._path[1:] == ["asset", "up_axis"]:
            self.found.up += text


def head(data: bytes | NDArray[Any]) -> Head:
    """What the beginning of a document says.

    Raises:
        Malformed: it has a DTD, or an encoding that only some parsers know; or it is no XML.
    """
    reader = _Reader()
    try:
        for start in range(0, min(len(data), _HEAD), _PIECE):
            reader.parser.Parse(bytes(data[start : start + _PIECE]), False)
    except _Stop:
        pass
    except (expat.ExpatError, LookupError, ValueError) as broken:
        raise Malformed(f"the XML cannot be read: {str(broken)[:200]}") from broken
    if not reader.found.root:
        raise Malformed(f"the XML has no element in its first {_HEAD:,} bytes")
    return reader.found


def stated(data: bytes | NDArray[Any]) -> Stated:
    """Unit and axis of a 3MF model or a COLLADA document; what they leave out is as their specifications have it.

    3MF core specification, 3.4 (millimetres) and 3.3 (z grows to the top); COLLADA 1.4.1, unit (one metre) and
    up_axis (y).
    """
    found = head(data)
    name = _FORMATS[found.kind]
    if found.kind == "3mf":
        unit = found.attributes.get("unit", "millimeter")
        if unit not in _3MF_UNITS:
            return Stated(1e-3, "z", f"3MF's default; {unit[:40]!r} is no unit of it", f"{name} says so")
        why = f"{name} says so" if "unit" in found.attributes else f"{name}'s default"
        return Stated(_3MF_UNITS[unit], "z", why, f"{name} says so")
    up = _UPS.get(found.up.strip().upper(), "")
    why_up = f"{name} says so" if up else f"{name}'s default"
    if found.metres is None:
        return Stated(1.0, up or "y", f"{name}'s default", why_up)
    try:
        metres = float(found.metres)
    except ValueError:
        metres = math.nan
    if not 1e-9 <= metres <= 1e9:
        return Stated(1.0, up or "y", f"{name}'s default; {found.metres[:40]!r} metres are no unit", why_up)
    return Stated(metres, up or "y", f"{name} says so", why_up)


def is_lack_of_memory(error: Exception) -> bool:
    """Whether a parser's error means that: libxml2 then has no word for what happened, or speaks of allocation."""
    return "allocation" in str(error) or str(error).startswith("unknown error")


def tree(data: bytes | NDArray[Any], what: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """The root element of a whole document (lxml's).

    Raises:
        Malformed: it is broken, or has a DTD.
        TooLarge: it is longer than `most_bytes`.
    """
    if len(data) > most_bytes:
        raise TooLarge(f"{what}: {len(data):,} bytes of XML; at most {most_bytes:,} are read: export it as GLB")
    head(data)
    from lxml import etree

    # A scan's coordinates are one text of more than the 10 MB that libxml2 takes without being told.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.parse(BytesIO(bytes(data)), parser).getroot()
    except etree.XMLSyntaxError as broken:
        if is_lack_of_memory(broken):
            raise MemoryError from broken
        raise Malformed(f"{what}: the XML cannot be read: {str(broken)[:200]}") from broken
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("XML with a document type declaration (DTD) is not read")
    return root
