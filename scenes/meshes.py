"""The one door to trimesh: formats of the long tail, read from bytes, never from a path.

trimesh is no validator and looks for neighbours of a file by itself (docs/security), so only formats that are one
self-contained text go through here, and what they state is checked before.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np

from scenes.errors import Malformed, Unsupported
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("off",)
_OFF_COUNTS = re.compile(rb"^\s*[A-Z]*OFF\s+(?:#[^\n]*\n\s*)*(\d{1,18})\s+(\d{1,18})")


def read(data: bytes, kind: str) -> Model:
    """A model of a file of the long tail.

    Raises:
        Malformed: its header lies, or trimesh cannot read it.
        Unsupported: `kind` is not one of `KINDS`.
    """
    if kind not in KINDS:
        raise Unsupported(f"{kind.upper()} is not read")
    found = _OFF_COUNTS.match(data[:65536])
    if found is None:
        raise Malformed("OFF: the header states no counts")
    points, faces = int(found[1]), int(found[2])
    # A point takes six bytes of text at least, a face four.
    if 6 * points + 4 * faces > len(data) + 6:
        raise Malformed(f"OFF: it states {points:,} points and {faces:,} faces; {len(data):,} bytes cannot hold them")
    import trimesh

    try:
        mesh = trimesh.load_mesh(io.BytesIO(data), file_type=kind, process=False)
        positions: NDArray[np.float64] = np.asarray(mesh.vertices, np.float64)
        triangles: NDArray[np.int64] = np.asarray(mesh.faces, np.int64)
    except Exception as wrong:
        raise Malformed(f"OFF: it cannot be read ({type(wrong).__name__}: {str(wrong)[:200]})") from wrong
    if not len(triangles):
        raise Unsupported("OFF: it has no faces")
    indices = np.where((triangles < 0) | (triangles >= len(positions)), 0xFFFFFFFF, triangles).astype(np.uint32)
    return Model((Primitive(positions, indices),))
