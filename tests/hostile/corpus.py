"""All hostile files of all formats: what each is called, what makes it, and the code that it must meet.

The files are small, or made when they are asked for; what they claim is not. What a mutant found is among them, so that
it is found again at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.clouds import CLOUDS
from tests.hostile.models import GLTF, MARKUP, MESHES
from tests.hostile.others import ARCHIVES, FAMILIES, PICTURES, RECORDINGS
from tests.pipeline import hostile
from tests.pipeline.clouds import test_hostile as older_clouds

if TYPE_CHECKING:
    from collections.abc import Callable

NEW: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    **GLTF, **MESHES, **MARKUP, **CLOUDS, **ARCHIVES, **PICTURES, **RECORDINGS, **FAMILIES,
}  # fmt: skip
OLDER: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    **{what: (name, content, error.code) for what, (name, content, error) in hostile.HOSTILE.items()},
    **{what: (name, content, error.code) for what, (name, content, error, _) in older_clouds.HOSTILE.items()},
}
"""those with tests of their own, in tests/pipeline"""
# No models, but a cloud, and a picture that breaks off.
OLDER["a PLY of points only"] = (*hostile.HOSTILE["a PLY of points only"][:2], "")
OLDER["a picture"] = (*hostile.HOSTILE["a picture"][:2], "MALFORMED")
CORPUS = OLDER | NEW
SLOW = ("GEDCOM of two million lines", "GEDCOM of sixty-five megabytes", "GEDCOM of twenty thousand people",
        "glTF of a mesh in two million places", "glTF of 250,001 nodes")  # fmt: skip
"""large ones, which `python -m tests.hostile.measure` reads and the tests do not"""


def content_of(what: str) -> tuple[str, bytes, str]:
    """Name, content and code of a file of the corpus."""
    name, content, code = CORPUS[what]
    return name, content if isinstance(content, bytes) else content(), code
