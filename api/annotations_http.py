"""`/annotations/{id}`: an annotation as JSON-LD, a W3C Web Annotation (`scenes.web_annotation`).

Reading as the Web Annotation Protocol has it (Recommendation, 23 February 2017, section 3.3): the media type with its
profile, an ETag, a Link to the type of resource. Writing is GraphQL's.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response

from api.assets import PRIVATE, deliver_bytes
from api.auth import actor_of
from api.gate import CORS
from scenes.model import Annotation, Scene, Visibility
from scenes.rights import seen
from scenes.web_annotation import MEDIA_TYPE, web_annotation

if TYPE_CHECKING:
    from api.services import Services
    from scenes.model import Actor

_LINK = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'

AnnotationId = Annotated[str, Path(description="Id of the annotation, the same as in GraphQL.")]


def _found(services: Services, actor: Actor, annotation_id: str) -> tuple[Annotation, Scene]:
    """The annotation and its scene, as whose visibility counts.

    Raises:
        NotFound: there is none, or it is not for this actor.
    """
    what = f"annotation {annotation_id[:100]}"
    cleared = services.cleared(actor)
    annotation = cleared.get(Annotation, annotation_id)
    scene = None if annotation is None else cleared.get(Scene, annotation.scene)
    shown = seen(scene, what)
    assert annotation is not None, "without it there is no scene"
    return annotation, shown


def router(services: Services) -> APIRouter:
    """The routes of annotations."""
    routes = APIRouter(tags=["annotations"])

    @routes.get("/annotations/{annotation_id}", summary="An annotation as a W3C Web Annotation")
    @routes.head("/annotations/{annotation_id}", include_in_schema=False)
    async def annotation(request: Request, annotation_id: AnnotationId) -> Response:
        """JSON-LD after the W3C Web Annotation Data Model; positions in metres, scene frame."""
        actor = await actor_of(request, services)
        found, scene = await services.call(_found, services, actor, annotation_id)
        # A target has to be an IRI: without a configured address it is the one that was asked.
        base = services.settings.public_url or str(request.base_url)
        content = orjson.dumps(web_annotation(found, base=base.rstrip("/")))
        public = scene.visibility is Visibility.PUBLIC
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "Link": _LINK,
            "Cache-Control": "public, no-cache" if public else PRIVATE,
            **(CORS if public else {"Vary": "Authorization, Cookie"}),
        }
        return deliver_bytes(request, content, media_type=MEDIA_TYPE, headers=headers)

    return routes
