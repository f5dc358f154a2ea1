"""Whether an actor may change something there: in the whole museum, or where they have a role.

What they may not know of is answered as if it were not there, as everywhere.
"""

from __future__ import annotations

from scenes.authoring.desk import home_of, word
from scenes.authoring.text import shown
from scenes.errors import NotFound
from scenes.model import Actor, Asset, ObjectStatus, Record, Scene
from scenes.ports import Museum
from scenes.rights import Action, may, require
from scenes.showing import assets_of, shown_in


def admit(museum: Museum, actor: Actor, record: Record | None) -> None:
    """Let an actor change a record, or what is in a scene, or of an asset; None: what stands alone.

    Raises:
        NotFound: it is not for the actor to know of.
        Forbidden, Unauthorized: it is not for the actor to change.
    """
    if may(actor, Action.EDIT):
        return
    of: Record | None = record
    if isinstance(record, ObjectStatus):
        of = museum.catalogue.get(Asset, record.asset)
    if of is not None and may(actor, Action.EDIT, of):
        return
    if record is not None and of is not None and not _knows(museum, actor, of):
        raise NotFound(f"there is no {word(type(record))} {shown(record.id)}")
    require(actor, Action.EDIT, of)


def check_shown(museum: Museum, actor: Actor, record: Record, before: Record | None = None) -> None:
    """Let an actor show only assets that they know of: showing one lets others know of it, and themselves.

    Raises:
        NotFound: the record names one that is not for the actor to know of, and did not name it `before`.
    """
    named = {*assets_of(record)} - {"", *(assets_of(before) if before is not None else ())}
    if not named or may(actor, Action.EDIT):
        return
    assets = museum.catalogue.get_many(Asset, sorted(named))
    for asset in assets.values():
        if not _knows(museum, actor, asset):
            raise NotFound(f"there is no asset {shown(asset.id)}")


def _knows(museum: Museum, actor: Actor, record: Record) -> bool:
    """Whether an actor may know of an asset, or of the scene that a record belongs to or is."""
    if isinstance(record, Asset):
        scenes = sorted({each.scene for each in actor.grants})
        places = shown_in(museum.catalogue, [record.id], scenes).get(record.id, ())
        return bool(may(actor, Action.SEE, record, at=museum.clock.now(), scenes=places))
    home = record if isinstance(record, Scene) else museum.catalogue.get(Scene, home_of(record))
    return home is not None and bool(may(actor, Action.SEE, home))
