"""What the tiler refuses."""

from __future__ import annotations


class TilingError(Exception):
    """The tiler cannot go on with what it was given."""


class BadTileset(TilingError):
    """The document is no tileset of ours."""


class MeshoptMissing(TilingError):
    """The meshoptimizer library was not found beside the imagecodecs package."""


class BadContent(TilingError):
    """A tile's GLB cannot be read back."""
