"""A deposit as the child of the sandbox reads it, up to the tiler: by what it is, in the same order of questions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import gedcom, gedcom_lines, pictures, read, recordings
from pipeline.clouds import open as clouds
from pipeline.media import kind_in
from pipeline.media_kinds import PICTURES

if TYPE_CHECKING:
    from tiling.mesh import Model

TODAY = (2026, 11, 22)


def read_as_deposited(path: Path, name: str) -> str:
    """Read a file wholly; what it was taken for.

    Raises:
        SceneError: it is refused.
    """
    if name.endswith(".ged"):
        gedcom.genealogy(gedcom_lines.read(path.read_bytes()), today=TODAY)
        return "gedcom"
    if kind := kind_in(path):
        if kind in PICTURES:
            pictures.checked(path, kind)
        else:
            recordings.checked(path, kind)
        return kind
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        path, name = clouds.unpacked(path, Path(scratch)) or (path, name)
        if kind := clouds.kind_of(path, name):
            for _ in clouds.open_cloud(path, name, scratch=Path(scratch)).chunks():
                pass
            return kind
        told: list[str] = []
        _check(read.read(path, name, scratch=Path(scratch), begun=told.append))
        return told[0]


def _check(model: Model) -> None:
    """What the tiler relies on, whose compiled code looks at no bounds."""
    for primitive in model.primitives:
        points = len(primitive.positions)
        assert np.isfinite(primitive.positions).all(), "positions that are not finite"
        assert not len(primitive.indices) or int(primitive.indices.max()) < points, "indices beyond the points"
        for attribute in (primitive.normals, primitive.uvs, primitive.colours, primitive.second_uvs):
            assert attribute is None or len(attribute) == points, "attributes of another length"
        assert 0 <= primitive.material < len(model.materials), "a material that is not there"
