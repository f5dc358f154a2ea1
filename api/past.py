"""Record time in GraphQL: below a field that asks for a past moment, everything is read as it was recorded then.

Such a field (`Query.scene(asOf:)`, `Scene.asOf`) registers its place in the answer. `info.context` of whatever is
resolved below that place is the context of that moment, so no other type needs to know of it: they ask the loaders of
their context, as always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

from scenes.history import revision_number, scene_as_of

if TYPE_CHECKING:
    from api.loaders import Context
    from scenes.model import Scene
    from scenes.recorded import AsOf


class PastInfo(strawberry.Info):
    """What a resolver is handed, with the context of its place in the answer."""

    @property
    def context(self) -> Any:
        """Of the nearest field above that asks for a past moment, else of the operation."""
        context: Context = self._raw_info.context
        return context.nearest(self._raw_info.path) if context.pasts else context


async def entered_at(info: Any, scene_id: str, as_of: AsOf) -> Scene:
    """A scene as it was recorded at a moment; all below this field is read as of then.

    Raises:
        NotFound: there is no such revision, or the scene was not there, or is not for this actor.
    """
    context: Context = info.context
    services = context.services
    number = await services.call(revision_number, services.catalogue, as_of)
    scene = await services.call(scene_as_of, services.cleared(context.actor), scene_id, number)
    root: Context = info._raw_info.context  # noqa: SLF001 the operation's own, whichever past this field stands in
    root.enter(info.path, number)
    return scene
