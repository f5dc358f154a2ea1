"""The header of a PLY file: what elements follow, of what properties, and which textures its comments name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from scenes.errors import Malformed

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
    # No standard knows these two, but NumPy's friends write them.
    **dict.fromkeys(("long", "int64"), "i8"),
    **dict.fromkeys(("ulong", "uint64"), "u8"),
}
ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Property:
    """A number, or a list of numbers, of each element. `name` is in lower case."""

    name: str
    type: str
    count_type: str = ""
    """of a list, else empty"""


@dataclass
class Element:
    """So many rows of the same properties."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    @property
    def is_flat(self) -> bool:
        """Whether it has no lists."""
        return not any(item.count_type for item in self.properties)

    def least_bytes(self) -> int:
        """Of one in a binary file."""
        return sum(np.dtype(item.count_type or item.type).itemsize for item in self.properties)

    def dtype(self, order: str) -> np.dtype[np.void]:
        """Of a flat one in a binary file; fields are numbered, for names may stand twice."""
        return np.dtype([(f"{i}", order + item.type) for i, item in enumerate(self.properties)])


@dataclass(frozen=True, slots=True)
class Header:
    """`order` is "<", ">" or "" for text; the elements' rows begin at the byte `start`."""

    order: str
    elements: tuple[Element, ...]
    start: int
    textures: tuple[str, ...]


def header(data: NDArray[np.uint8]) -> Header:  # noqa: C901
    """The header of a file.

    Raises:
        Malformed: it does not end, has lines that mean nothing, or states more than the file can hold.
    """
    begin = data[:_MOST_BYTES].tobytes()
    end = begin.find(b"end_header")
    if end < 0:
        raise Malformed("PLY: the header does not end")
    # Lines end as the first one does; a newline after a lone return would be data already.
    newline = b"\r\n" if begin[3:5] == b"\r\n" else begin[3:4]
    start = begin.find(newline, end)
    if start < 0:
        start = begin.find(b"\n", end)
    if start < 0:
        raise Malformed("PLY: the header does not end")
    start += len(newline)
    order: str | None = None
    elements: list[Element] = []
    textures: list[str] = []
    for line in begin[:end].decode("utf-8", "replace").splitlines()[1:]:
        words = line.split()
        if words[:1] == ["format"]:
            order = ORDERS.get(" ".join(words[1:2]))
        elif words[:1] == ["comment"] and len(words) > 2 and words[1].lower() in ("texturefile", "texture"):
            textures.append(line.split(None, 2)[2].strip())
        elif words and words[0] not in ("comment", "obj_info"):
            try:
                _declare(words, elements)
            except (KeyError, IndexError, ValueError) as wrong:
                raise Malformed(f"PLY: the header has a line {line[:80]!r}") from wrong
    if order is None:
        raise Malformed("PLY: the header states no format")
    room = len(data) - start
    for element in elements:
        # In text every value takes two bytes at least, a digit and a blank.
        least = element.least_bytes() if order else 2 * len(element.properties)
        if element.count < 0 or element.count * max(least, 1) > room + 1:
            raise Malformed(
                f"PLY: it states {element.count:,} of {element.name[:40]!r}; {room:,} bytes cannot hold them"
            )
        room = max(room - element.count * least, 0)
    return Header(order, tuple(elements), start, tuple(textures))


def _declare(words: list[str], elements: list[Element]) -> None:
    """Take in a line that declares an element or a property of the last one."""
    if words[0] == "element":
        elements.append(Element(words[1].lower(), int(words[2])))
    elif words[0] == "property" and words[1] == "list":
        elements[-1].properties.append(Property(words[4].lower(), TYPES[words[3].lower()], TYPES[words[2].lower()]))
    elif words[0] == "property":
        elements[-1].properties.append(Property(words[2].lower(), TYPES[words[1].lower()]))
    else:
        raise ValueError(words[0])


def has_faces(data: NDArray[np.uint8]) -> bool:
    """Whether a PLY is a surface, by its header.

    Raises:
        Malformed: the header lies.
    """
    return any(element.count and element.name in ("face", "faces", "tristrips") for element in header(data).elements)
