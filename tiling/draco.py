"""Draco, the dense coding of a tile's triangles: KHR_draco_mesh_compression.

Positions go in as whole numbers and are quantised by a range of 2^bits - 1, one unit a step, so they come out as the
same whole numbers, to the last bit. Normals are octahedral in 8 bits, texture coordinates have 12 bits of their range,
those of a second set, colours and features are kept. The stream orders vertices and triangles as it likes, splits
vertices where more than two triangles meet at an edge, and leaves out vertices that nothing names.

The level is 7: level 10 is 2 % smaller and takes half as long again (docs/adr/0007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import meshopt
from tiling.errors import TilingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles

LEVEL = 7
_HEADER = b"DRACO\x02\x02\x01"
_NORMAL_BITS = 8
_UV_BITS = 12


@dataclass(frozen=True, slots=True)
class Encoded:
    """A Draco stream, what it decodes to, and the number in it of each attribute by glTF's name."""

    data: bytes
    vertices: int
    triangles: int
    attributes: dict[str, int]


def encode(
    numbers: NDArray[np.uint16],
    indices: Indices,
    *,
    normals: Singles | None = None,
    uvs: Singles | None = None,
    colours: NDArray[np.uint8] | None = None,
    features: NDArray[np.uint16] | None = None,
    second_uvs: Singles | None = None,
    level: int = LEVEL,
) -> Encoded:
    """Triangles (m, 3) and their vertices: positions (n, 4) as whole numbers, the last one 0; attributes (n, …).

    Holds the interpreter lock.

    Raises:
        TilingError: Draco refuses them.
    """
    import DracoPy

    bits = max(int(numbers.max()).bit_length(), 1)
    points = numbers[:, :3].astype(np.float32)
    given: dict[str, Any] = {"compression_level": level, "quantization_bits": bits}
    given |= {"quantization_range": 2**bits - 1, "quantization_origin": [0.0, 0.0, 0.0]}
    if normals is not None:
        given |= {"normals": normals.astype(np.float64), "normal_quantization_bits": _NORMAL_BITS}
    if uvs is not None:
        given |= {"tex_coord": uvs.astype(np.float64), "tex_coord_quantization_bits": _UV_BITS}
    if colours is not None:
        given |= {"colors": colours}
    # DracoPy has one set of texture coordinates; a second one is generic to it, and to glTF what the document says.
    generic = [part for part in (None if features is None else features.reshape(-1, 1), second_uvs) if part is not None]
    if generic:
        given |= {"generic_attributes": dict(enumerate(generic))}
    try:
        data = DracoPy.encode(points, indices, **given)
    except DracoPy.EncodingFailedException:
        # What has no area cannot be walked along its edges; in order, triangle by triangle, it can.
        try:
            data = DracoPy.encode(points, indices, preserve_order=True, **given)
        except DracoPy.EncodingFailedException as wrong:
            raise TilingError(f"Draco refuses {len(indices)} triangles: {wrong}") from wrong
    # The coder numbers attributes as it adds them, which is in this order.
    parts = {"_FEATURE_ID_0": features, "TEXCOORD_1": second_uvs, "COLOR_0": colours}
    parts |= {"TEXCOORD_0": uvs, "NORMAL": normals, "POSITION": numbers}
    attributes = {name: at for at, name in enumerate(name for name, part in parts.items() if part is not None)}
    triangles, vertices = stated(data)
    # Along seams of attributes, vertices are as many as the decoder finds; without seams as many as the head states.
    if len(attributes) > 1 and meshopt.remap(numbers)[1] < len(numbers):
        vertices = len(decode(data, most_triangles=triangles).attributes[attributes["POSITION"]])
    return Encoded(data, vertices, triangles, attributes)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A Draco stream as arrays: triangles (m, 3), and attributes (n, …) by their numbers."""

    triangles: Indices
    attributes: dict[int, NDArray[Any]]


def decode(data: bytes, *, most_triangles: int) -> Decoded:
    """What a stream holds. Nothing is allocated for one that states more triangles than may be.

    Raises:
        TilingError: no Draco mesh, cut short, or of more than `most_triangles`.
    """
    import DracoPy

    triangles, vertices = stated(data)
    if not 0 < triangles <= most_triangles or vertices > 3 * triangles:
        found = f"{triangles:,} triangles and {vertices:,} vertices"
        raise TilingError(f"a Draco stream of {found}; at most {most_triangles:,} triangles are expected")
    try:
        mesh = DracoPy.decode(data)
    except (ValueError, MemoryError, DracoPy.FileTypeException) as wrong:
        raise TilingError(f"a Draco stream cannot be decoded: {wrong}") from wrong
    points = len(mesh.points)
    return Decoded(
        np.asarray(mesh.faces, np.uint32).reshape(-1, 3),
        {found["unique_id"]: np.asarray(found["data"]).reshape(points, -1) for found in mesh.attributes},
    )


def stated(data: bytes) -> tuple[int, int]:
    """How many triangles and vertices the head of a stream states; more vertices come of seams of attributes.

    Raises:
        TilingError: it is no mesh of bitstream 2.2, or has metadata.

    Draco bitstream specification 2.2: "Header", "Edgebreaker connectivity", "Sequential connectivity".
    """
    if data[:9] not in (_HEADER + b"\x00", _HEADER + b"\x01") or data[9:11] != b"\x00\x00":
        raise TilingError("no Draco mesh of version 2.2 without metadata")
    walked = data[8] == 1
    first, at = _varint(data, 12 if walked else 11)
    second, _ = _varint(data, at)
    return (second, first) if walked else (first, second)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise TilingError("the head of a Draco stream is cut short")
