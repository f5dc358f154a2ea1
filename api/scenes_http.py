"""Scenes over plain HTTP: `/scenes/{id}/tileset.json` and `/scenes/{id}/scene.glb`, resolved at a moment.

The tileset is ordinary 3D Tiles 1.1: any client reads it. What changes with the moment is this small document alone;
its content addresses are blobs, so what still stands is not fetched again.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.assets import PRIVATE, deliver_bytes
from api.auth import actor_of
from api.gate import CORS
from scenes.assemble import scene_tileset
from scenes.at_time import Moment, resolve
from scenes.model import Asset, AssetState, Hypothesis, Placement, Scene, Visibility
from scenes.rights import Action, may, seen
from scenes.scene_glb import scene_glb
from timeline.interval import Certainty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.services import Services
    from scenes.model import Actor

_MAX_TRIANGLES = 5_000_000


class LeastCertainty(StrEnum):
    """What counts as standing: only what certainly stood, or what perhaps stood, too."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


SceneId = Annotated[str, Path(description="Id of the scene, the same as in GraphQL.")]
At = Annotated[
    str, Query(max_length=1000, description="EDTF, read as its set of days; default: the scene's default moment.")
]
Branch = Annotated[
    str | None, Query(max_length=200, description="Id of a hypothesis; default: the scene's preferred one.")
]
Least = Annotated[LeastCertainty, Query(description="`certain`: only what stood on every day asked about.")]


_Wish = tuple[str, str, str | None, LeastCertainty]
"""scene id, at, hypothesis, least certainty"""


def _scene_at(services: Services, actor: Actor, wish: _Wish) -> tuple[Scene, Moment, Mapping[str, Asset], bool]:
    """The scene resolved, the assets of what stands that `actor` may see, and whether all of it is public.

    Raises:
        NotFound: there is no such scene or hypothesis for this actor.
        timeline.errors.EdtfError: `at` is not EDTF.
    """
    scene_id, at, hypothesis, least = wish
    minimum = Certainty(least.value)
    scene = seen(actor, services.catalogue.get(Scene, scene_id), f"scene {scene_id[:100]}")
    placements = services.catalogue.within(Placement, [scene_id]).get(scene_id, ())
    hypotheses = services.catalogue.within(Hypothesis, [scene_id]).get(scene_id, ())
    moment = resolve(scene, placements, hypotheses, at=at, hypothesis=hypothesis, minimum=minimum)
    wanted = sorted({standing.placement.asset for standing in moment.standing})
    assets = {
        asset_id: asset
        for asset_id, asset in services.catalogue.get_many(Asset, wanted).items()
        if asset.state is AssetState.READY and may(actor, Action.SEE, asset)
    }
    public = scene.visibility is Visibility.PUBLIC and all(
        asset.visibility is Visibility.PUBLIC for asset in assets.values()
    )
    return scene, moment, assets, public


def router(services: Services) -> APIRouter:
    """The routes of scenes."""
    routes = APIRouter(tags=["scenes"])

    async def answered(
        request: Request,
        wish: _Wish,
        build: Callable[[Scene, Moment, Mapping[str, Asset]], bytes],
        media_type: str,
    ) -> Response:
        actor = await actor_of(request, services)

        def work() -> tuple[bytes, bool]:
            scene, moment, assets, public = _scene_at(services, actor, wish)
            return build(scene, moment, assets), public

        content, public = await services.call(work)
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            # The museum changes: a copy may be kept, but is asked for again.
            "Cache-Control": "public, no-cache" if public else PRIVATE,
            **(CORS if public else {"Vary": "Authorization, Cookie"}),
        }
        return deliver_bytes(request, content, media_type=media_type, headers=headers)

    @routes.get("/scenes/{scene_id}/tileset.json", summary="The scene at a moment as 3D Tiles 1.1")
    @routes.head("/scenes/{scene_id}/tileset.json", include_in_schema=False)
    async def tileset(
        request: Request,
        scene_id: SceneId,
        at: At = "",
        hypothesis: Branch = None,
        certainty: Least = LeastCertainty.POSSIBLE,
    ) -> Response:
        """Ordinary 3D Tiles 1.1 of what stood then; outside all intervals an empty, valid tileset."""

        def build(scene: Scene, moment: Moment, assets: Mapping[str, Asset]) -> bytes:
            return orjson.dumps(scene_tileset(scene, moment, assets))

        return await answered(request, (scene_id, at, hypothesis, certainty), build, "application/json")

    @routes.get("/scenes/{scene_id}/scene.glb", summary="The scene at a moment as one glTF binary")
    @routes.head("/scenes/{scene_id}/scene.glb", include_in_schema=False)
    async def glb(  # noqa: PLR0917 - FastAPI passes by name
        request: Request,
        scene_id: SceneId,
        at: At = "",
        hypothesis: Branch = None,
        certainty: Least = LeastCertainty.POSSIBLE,
        triangles: Annotated[
            int, Query(ge=1, le=_MAX_TRIANGLES, description="At most so many triangles in all.")
        ] = 200_000,
    ) -> Response:
        """The scene at that moment assembled as one glTF binary within a triangle budget."""

        def build(scene: Scene, moment: Moment, assets: Mapping[str, Asset]) -> bytes:
            return scene_glb(scene, moment, assets, services.blobs.read, triangles=triangles)

        return await answered(request, (scene_id, at, hypothesis, certainty), build, "model/gltf-binary")

    return routes
