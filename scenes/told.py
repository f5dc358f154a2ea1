"""What files of a scene say of it in words and classes: for viewers that tint by certainty or reliability, and credit.

The same facts stand in `extras.chronotope` (any client finds them) and, of tiles, in the metadata of 3D Tiles 1.1, by
a schema, for clients that style by properties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from scenes.at_time import Moment, Standing
from scenes.model import Asset, Reliability, Scene
from scenes.table import MomentTable
from timeline.interval import Certainty
from timeline.label import label

_CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}


def about_scene(scene: Scene, moment: Moment | MomentTable) -> dict[str, Any]:
    """Which scene, when and by which hypothesis."""
    return {
        "scene": scene.id,
        "title": scene.title,
        "at": str(moment.at),
        "label": label(moment.at),
        "hypothesis": None if moment.hypothesis is None else moment.hypothesis.id,
    }


def about_placement(standing: Standing, asset: Asset) -> dict[str, Any]:
    """What stands there, how surely, how well founded, and whose it is; whether a machine made it up."""
    placement = standing.placement
    about = {
        "placement": placement.id,
        "title": placement.title,
        "asset": asset.id,
        "layer": placement.layer,
        "existence": placement.existence,
        "certainty": standing.certainty.value,
        "reliability": placement.reliability.value,
        "rights": asset.rights,
        "attribution": asset.attribution,
    }
    if standing.narrowed:
        about["narrowed"] = standing.narrowed
    return about if placement.generated is None else about | {"generated": True}


def about_group(standings: Iterable[Standing]) -> dict[str, Any]:
    """How many stand in a group, by certainty and by reliability; what none has is left out.

    >>> about_group([])
    {'placements': 0, 'certainty': {}, 'reliability': {}}
    """
    each = list(standings)
    certainty = Counter(standing.certainty.value for standing in each)
    reliability = Counter(standing.placement.reliability.value for standing in each)
    return {
        "placements": len(each),
        "certainty": dict(sorted(certainty.items())),
        "reliability": dict(sorted(reliability.items())),
    }


def _enumeration(values: Iterable[str]) -> dict[str, Any]:
    return {"values": [{"name": name, "value": value} for value, name in enumerate(values)]}


_CERTAINTIES = (Certainty.POSSIBLE.value, Certainty.CERTAIN.value)

SCHEMA: dict[str, Any] = {
    "id": "chronotope",
    "version": "1",
    "enums": {
        "certainty": _enumeration(_CERTAINTIES),
        "reliability": _enumeration(each.value for each in Reliability),
    },
    "classes": {
        "placement": {
            "properties": {
                "certainty": {"type": "ENUM", "enumType": "certainty", "required": True},
                "reliability": {"type": "ENUM", "enumType": "reliability", "required": True},
                "title": {"type": "STRING", "semantic": "NAME"},
            }
        },
        "group": {
            "properties": {
                "placements": {"type": "SCALAR", "componentType": "UINT32", "required": True},
                "certain": {
                    "type": "SCALAR",
                    "componentType": "UINT32",
                    "required": True,
                    "description": "how many of the placements certainly stand",
                },
            }
        },
    },
}
"""of the metadata of tiles"""


def placement_metadata(standing: Standing) -> dict[str, Any]:
    """The metadata of a placement's tile."""
    told: dict[str, Any] = {
        "certainty": standing.certainty.value,
        "reliability": standing.placement.reliability.value,
    }
    if standing.placement.title:
        told["title"] = standing.placement.title
    return {"class": "placement", "properties": told}


def group_metadata(about: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a group's tile, from `about_group`."""
    certain = about["certainty"].get(Certainty.CERTAIN.value, 0)
    return {"class": "group", "properties": {"placements": about["placements"], "certain": certain}}


def scene_packet(scene: Scene, moment: Moment | MomentTable, assets: Iterable[Asset]) -> dict[str, Any]:
    """KHR_xmp_json_ld: the file's own title, time, rights and sources."""
    each = list({asset.id: asset for asset in assets}.values())
    packet: dict[str, Any] = {"@context": _CONTEXT, "@id": "", "dc:title": scene.title}
    if scene.description:
        packet["dc:description"] = scene.description
    packet |= {"dc:identifier": scene.id, "dcterms:temporal": str(moment.at)}
    for name, values in (
        ("dc:rights", {asset.rights for asset in each}),
        ("dc:creator", {asset.attribution for asset in each}),
        ("dc:source", {asset.title for asset in each}),
    ):
        if told := sorted(value for value in values if value):
            packet[name] = {"@set": told}
    return packet


def asset_packet(asset: Asset) -> dict[str, Any]:
    """KHR_xmp_json_ld: an asset's title, rights, maker and the file that it comes from."""
    facts = {
        "dc:title": asset.title,
        "dc:identifier": asset.id,
        "dc:rights": asset.rights,
        "dc:creator": asset.attribution,
        "dc:source": asset.master_name,
    }
    return {"@context": _CONTEXT, "@id": "", **{name: value for name, value in facts.items() if value}}
