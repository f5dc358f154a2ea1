"""A small museum to knock at: records and blobs written by hand, so that a reader sees what is in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from api.auth import make_token
from scenes.model import (
    Account,
    Actor,
    Asset,
    AssetState,
    Exhibition,
    Extent,
    Hypothesis,
    Layer,
    Placement,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import BlobUse, Put

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from api.services import Services

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILE = b"glTF" + bytes(range(256)) * 4
"""content of the public asset's tile: 1,028 bytes that are easy to count"""
DRAFT_TILE = b"glTF draft"
MASTER = b"the deposited bytes of \xc2\xb5"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True, slots=True)
class Doors:
    """The application, a client of it, and what it stands on."""

    app: FastAPI
    services: Services
    client: httpx.AsyncClient

    def bearer(self, role: Role = Role.CURATOR, name: str = "ines") -> dict[str, str]:
        """Headers with a fresh token."""
        at = self.services.clock.now()
        return {"Authorization": f"Bearer {make_token(self.services.tokens, Actor(name, role), at=at)}"}

    def account(self, role: Role = Role.CURATOR, name: str = "Ada", **more: Any) -> dict[str, str]:
        """Headers with a fresh token of an account of that name, which has that role in the whole museum."""
        services, at = self.services, self.services.clock.now()
        found = services.accounts.account_named(name)
        if found is None:
            made = Account(services.ids.new("account"), name, role, at, has_password=False)
            services.accounts.add_account(made, password="", by="root")
            found = made, ""
        holder = Actor(found[0].name, role, account=found[0].id, **more)
        return {"Authorization": f"Bearer {make_token(services.tokens, holder, at=at)}"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tileset_document(tile: bytes) -> bytes:
    """A tileset of one tile, as the tiler names its neighbours."""
    box = [0, 0, 0.5, 0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5]
    root = {
        "boundingVolume": {"box": box},
        "geometricError": 0,
        "refine": "REPLACE",
        "content": {"uri": f"{digest(tile)}.glb"},
        "extras": {"chronotope": {"bytes": len(tile), "triangles": 12, "draws": 1, "textureBytes": 0, "needs": []}},
    }
    document = {"asset": {"version": "1.1"}, "geometricError": 1.0, "root": root, "extras": {"chronotope": {}}}
    return orjson.dumps(document)


def write_asset(
    services: Services, name: str, *, tile: bytes, visibility: Visibility, rights: str = "", master: bytes = MASTER
) -> Asset:
    document = tileset_document(tile)
    tileset = Tileset(
        digest=services.blobs.put(document),
        tiles=1,
        levels=1,
        triangles=12,
        vertices=8,
        byte_length=len(tile),
        geometric_error=1.0,
        root_error=0.0,
        extent=Extent((-0.5, 0.0, -0.5), (0.5, 1.0, 0.5)),
    )
    asset = Asset(
        id=f"asset_{name}",
        title=name.title(),
        rights=rights,
        master=services.blobs.put(master),
        master_name=f"{name} scan.glb",
        media_type="model/gltf-binary",
        byte_length=len(master),
        state=AssetState.READY,
        visibility=visibility,
        created_at=NOON,
        created_by="ines",
        tileset=tileset,
    )
    uses = [
        BlobUse(services.blobs.put(tile), len(tile), "model/gltf-binary"),
        BlobUse(tileset.digest, len(document), "application/json"),
    ]
    services.catalogue.allow_blobs(asset.id, uses)
    services.catalogue.commit([Put(asset)], author="ines", reason="deposited", at=NOON)
    return asset


def write_museum(services: Services) -> None:
    """A public temple of -0446/-0290 with rival hypotheses, a draft scene, and exhibitions of both."""
    write_asset(services, "temple", tile=TILE, visibility=Visibility.PUBLIC, rights=CC0)
    write_asset(services, "secret", tile=DRAFT_TILE, visibility=Visibility.DRAFT)
    view = Viewpoint((10, 2, 10), (0, 1, 0))
    services.catalogue.commit(
        [
            Put(Scene("scene_open", "The terrace", "", "-0430", Visibility.PUBLIC, view, "hypothesis_high")),
            Put(Layer("layer_open", "scene_open", "Buildings", 0)),
            Put(Hypothesis("hypothesis_high", "scene_open", "High", "A", "…", ("hypothesis_low",))),
            Put(Hypothesis("hypothesis_low", "scene_open", "Low", "B", "…")),
            Put(_placement("temple", "-0446/-0290")),
            Put(_placement("roof_high", "-0446/-0290", hypothesis="hypothesis_high")),
            Put(_placement("roof_low", "-0446/-0290", hypothesis="hypothesis_low")),
            Put(_placement("shrine", "-0600~/-0446")),
            Put(Scene("scene_draft", "Next year", "", "2027", Visibility.DRAFT, view)),
            Put(
                Exhibition(
                    "exhibition_open",
                    "terrace",
                    'Stones & "Gods" \\1',
                    "<p>Eight <b>states</b></p>",
                    "scene_open",
                    Visibility.PUBLIC,
                )
            ),
            Put(Exhibition("exhibition_draft", "next-year", "Next", "", "scene_draft", Visibility.DRAFT)),
        ],
        author="ines",
        reason="arranged",
        at=NOON,
    )


def _placement(name: str, existence: str, *, hypothesis: str = "") -> Placement:
    return Placement(
        f"placement_{name}", "scene_open", "layer_open", "asset_temple", name, existence, hypothesis=hypothesis
    )
