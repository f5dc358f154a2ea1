"""Scenes over plain HTTP: `/scenes/{id}/tileset.json` and `/scenes/{id}/scene.glb`, resolved at a moment.

The tileset is ordinary 3D Tiles 1.1: any client reads it. What changes with the moment is this small document alone;
its content addresses are blobs, so what still stands is not fetched again.
"""

from __future__ import annotations

import gzip
import hashlib
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api import links
from api.assets import PRIVATE, deliver_bytes, takes_gzip
from api.auth import actor_of
from api.gate import CORS
from api.making import Making
from scenes.allowance import Allowance
from scenes.assemble import composite_tileset, document_bytes
from scenes.history import revision_number, scene_as_of
from scenes.ladders import Ladders
from scenes.model import Asset, AssetState, Scene, Visibility
from scenes.recorded import read_as_of
from scenes.rights import seen
from scenes.scene_glb import scene_glb
from timeline.interval import Certainty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.services import Services
    from scenes.model import Actor
    from scenes.table import MomentTable

_MAX_TRIANGLES = 5_000_000
_WORK = 100.0
"""that a request for a tileset may do (see `scenes.allowance`): about a third of a second"""


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


RecordTime = Annotated[
    str,
    Query(
        alias="asOf",
        max_length=40,
        description="The scene as it was recorded: a revision's number, or a time of day (UTC); default: as it is now.",
    ),
]


_Wish = tuple[str, str, str | None, LeastCertainty, str]
"""scene id, at, hypothesis, least certainty, as of"""


def _scene_at(services: Services, actor: Actor, wish: _Wish) -> tuple[Scene, MomentTable, Mapping[str, Asset], bool]:
    """The scene resolved, the assets of what stands that `actor` may see, and whether it is for everybody.

    Raises:
        NotFound: there is no such scene or hypothesis for this actor, or was not.
        Invalid: `as of` is neither a revision nor a time of day.
        timeline.errors.EdtfError: `at` is not EDTF.
    """
    scene_id, at, hypothesis, least, recorded = wish
    cleared, number = services.cleared(actor), None
    if recorded:
        number = revision_number(services.catalogue, read_as_of(recorded))
        scene = scene_as_of(cleared, scene_id, number)
    else:
        scene = seen(cleared.get(Scene, scene_id), f"scene {scene_id[:100]}")
    table = cleared.table(scene_id, as_of=number)
    moment = table.at(at, hypothesis=hypothesis, minimum=Certainty(least.value))
    wanted = sorted(table.assets.part(moment.rows).names)
    found = cleared.get_many(Asset, wanted, as_of=number).values()
    assets = {asset.id: asset for asset in found if asset.state is AssetState.READY}
    # Visitors get what everybody gets; what others get may be more, and a cache must not pass it on.
    return scene, moment, assets, cleared.level is Visibility.PUBLIC and not actor.grants


class _Tilesets:
    """Makes tilesets, and has made later what a request has no time for."""

    def __init__(self, services: Services) -> None:
        self._services, self._making = services, Making()
        self.ladders = Ladders(services.derived, services.blobs.read)

    def document(self, wish: _Wish, scene: Scene, moment: MomentTable, assets: Mapping[str, Asset]) -> bytes:
        """The document as it can be told now. Blocking."""
        allowance = Allowance(_WORK)
        content = self._within(scene, moment, assets, allowance)
        if allowance.missing:
            self._making.later((wish, frozenset(assets)), partial(self._within, scene, moment, assets))
        return content

    def _within(self, scene: Scene, moment: MomentTable, assets: Mapping[str, Asset], allowance: Allowance) -> bytes:
        document = composite_tileset(
            scene,
            moment,
            assets,
            derived=self._services.derived,
            ladders=self.ladders,
            allowance=allowance,
        )
        return document_bytes(document)


def router(services: Services) -> APIRouter:
    """The routes of scenes."""
    routes = APIRouter(tags=["scenes"])
    tilesets = _Tilesets(services)

    async def answered(
        request: Request,
        wish: _Wish,
        build: Callable[[Scene, MomentTable, Mapping[str, Asset]], bytes],
        media_type: str,
    ) -> Response:
        actor = await actor_of(request, services)

        def work() -> tuple[bytes, bool]:
            scene, moment, assets, public = _scene_at(services, actor, wish)
            return build(scene, moment, assets), public

        content, public = await services.call(work)
        if media_type == "application/json" and links.is_signed(request):
            linked = await services.call(links.with_parts, services, request, content)
            content = linked or content
        tag, packed = hashlib.sha256(content).hexdigest(), media_type == "application/json" and takes_gzip(request)
        if packed:
            content = await services.call(gzip.compress, content, 6, mtime=0)
        headers = {
            "ETag": f'"{tag}{"-gzip" if packed else ""}"',
            # The museum changes: a copy may be kept, but is asked for again.
            "Cache-Control": "public, no-cache" if public else PRIVATE,
            "Vary": "Accept-Encoding" if public else "Accept-Encoding, Authorization, Cookie",
            **(CORS if public else {}),
            **({"Content-Encoding": "gzip"} if packed else {}),
        }
        return deliver_bytes(request, content, media_type=media_type, headers=headers)

    @routes.get("/scenes/{scene_id}/tileset.json", summary="The scene at a moment as 3D Tiles 1.1")
    @routes.head("/scenes/{scene_id}/tileset.json", include_in_schema=False)
    async def tileset(  # noqa: PLR0917 - FastAPI passes by name
        request: Request,
        scene_id: SceneId,
        at: At = "",
        hypothesis: Branch = None,
        certainty: Least = LeastCertainty.POSSIBLE,
        as_of: RecordTime = "",
    ) -> Response:
        """Ordinary 3D Tiles 1.1 of what stood then; outside all intervals an empty, valid tileset.

        Many placements stand in a tree of groups with proxies. What of these is not there yet and takes longer is made
        after the answer, and is in the next one.
        """
        wish = scene_id, at, hypothesis, certainty, as_of
        build = partial(tilesets.document, wish)
        return await answered(request, wish, build, "application/json")

    @routes.get("/scenes/{scene_id}/scene.glb", summary="The scene at a moment as one glTF binary")
    @routes.head("/scenes/{scene_id}/scene.glb", include_in_schema=False)
    async def glb(  # noqa: PLR0917 - FastAPI passes by name
        request: Request,
        scene_id: SceneId,
        at: At = "",
        hypothesis: Branch = None,
        certainty: Least = LeastCertainty.POSSIBLE,
        as_of: RecordTime = "",
        triangles: Annotated[
            int, Query(ge=1, le=_MAX_TRIANGLES, description="At most so many triangles in all.")
        ] = 200_000,
        instancing: Annotated[
            bool, Query(description="Write what repeats with EXT_mesh_gpu_instancing, which readers must know then.")
        ] = False,
    ) -> Response:
        """The scene at that moment assembled as one glTF binary within a triangle budget."""

        def build(scene: Scene, moment: MomentTable, assets: Mapping[str, Asset]) -> bytes:
            return scene_glb(
                scene, moment, assets, services.blobs.read,
                triangles=triangles, instancing=instancing, ladders=tilesets.ladders,
            )  # fmt: skip

        return await answered(request, (scene_id, at, hypothesis, certainty, as_of), build, "model/gltf-binary")

    return routes
