"""Fixed ids of the sample museum's records, so that links to it hold from one installation to the next."""

from __future__ import annotations

SCENE_ID = "scene_sample_sanctuary"
BRIGHT = "hypothesis_sample_bright"
RESTRAINED = "hypothesis_sample_restrained"
GILDED = "hypothesis_sample_gilded"


def asset_id(slug: str) -> str:
    """The fixed id of an asset."""
    return f"asset_sample_{slug}"


def placement_id(slug: str) -> str:
    """The fixed id of a placement."""
    return f"placement_sample_{slug}"


def layer_id(slug: str) -> str:
    """The fixed id of a layer."""
    return f"layer_sample_{slug}"
