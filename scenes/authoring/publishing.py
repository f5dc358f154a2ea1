"""Showing a scene to everybody, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scenes.authoring import text
from scenes.authoring.admission import admit
from scenes.authoring.desk import Desk
from scenes.authoring.use import Done
from scenes.errors import Forbidden, Invalid
from scenes.hidden import is_within, widest
from scenes.model import Actor, Asset, Exhibition, Record, Scene, Visibility
from scenes.ports import Museum, Notice, Put
from scenes.rights import Action, may, require, require_work
from scenes.showing import SHOWING, assets_of


def publish_exhibition(
    museum: Museum, actor: Actor, exhibition_id: str, *, audience: Visibility = Visibility.PUBLIC, reason: str = ""
) -> Done[Exhibition]:
    """Show an exhibition to an audience, and with it its scene and every asset there, in one revision.

    What is shown already to more people stays so. What is published of an asset are its tiles, as far as its limits
    allow; whether the deposited file may be had, its rights say.

    Raises:
        NotFound: there is no such exhibition.
        Conflict: one of these changed at the same moment.
        Invalid: the audience is nobody.
        Forbidden, Unauthorized: the actor is no curator.
    """
    if audience is Visibility.DRAFT:
        raise Invalid("audience: a draft is shown to nobody; unpublish takes an exhibition back")
    require_work(actor, Action.PUBLISH)
    exhibition, scene, read = _exhibited(museum, actor, exhibition_id)
    shown = assets_shown(museum, scene.id)
    read |= museum.catalogue.revisions_of(shown)
    assets = museum.catalogue.get_many(Asset, shown)
    candidates: list[Exhibition | Scene | Asset] = [exhibition, scene, *(assets[name] for name in sorted(assets))]
    shown_now = [
        replace(record, visibility=audience) for record in candidates if not is_within(record.visibility, audience)
    ]
    _check_ones_own(actor, exhibition, shown_now)
    to = "" if audience is Visibility.PUBLIC else " for members"
    return _set_visible(
        museum, actor, exhibition, shown_now, read=read, reason=reason or f"published “{exhibition.title}”{to}"
    )


def unpublish_exhibition(museum: Museum, actor: Actor, exhibition_id: str, *, reason: str = "") -> Done[Exhibition]:
    """Make an exhibition a draft again, and its scene as far as no other exhibition shows it.

    Assets stay as they are: another scene may show them. Raises as `publish_exhibition`.
    """
    require_work(actor, Action.PUBLISH)
    exhibition, scene, read = _exhibited(museum, actor, exhibition_id)
    others = museum.catalogue.within(Exhibition, (scene.id,))[scene.id]
    left = widest(each.visibility for each in others if each.id != exhibition_id)
    wanted: list[tuple[Exhibition | Scene, Visibility]] = [(exhibition, Visibility.DRAFT), (scene, left)]
    hidden = [
        replace(record, visibility=visibility)
        for record, visibility in wanted
        if record.visibility is not visibility and is_within(record.visibility, visibility)
    ]
    return _set_visible(
        museum, actor, exhibition, hidden, read=read, reason=reason or f"took back “{exhibition.title}”"
    )


def _check_ones_own(actor: Actor, exhibition: Exhibition, records: Sequence[Record]) -> None:
    """Who publishes one exhibition shows with it what they deposited; other drafts are the museum's to show."""
    for record in records:
        if isinstance(record, Asset) and not may(actor, Action.PUBLISH, record):
            raise Forbidden(f"{exhibition.id} shows {record.id}, which the museum has not shown yet")


def assets_shown(museum: Museum, scene_id: str) -> list[str]:
    """Ids of the assets that are placed in a scene, pictured in its articles or heard on its tours."""
    members = (each for kind in SHOWING for each in museum.catalogue.within(kind, (scene_id,))[scene_id])
    return sorted({asset for each in members for asset in assets_of(each)} - {""})


def _exhibited(museum: Museum, actor: Actor, exhibition_id: str) -> tuple[Exhibition, Scene, dict[str, int]]:
    desk = Desk(museum, actor, "")
    exhibition = desk.exists(Exhibition, exhibition_id)
    if not may(actor, Action.PUBLISH, exhibition):
        admit(museum, actor, exhibition)
        require(actor, Action.PUBLISH, exhibition)
    read = dict(museum.catalogue.revisions_of((exhibition_id, exhibition.scene)))
    return desk.exists(Exhibition, exhibition_id), desk.exists(Scene, exhibition.scene), read


def _set_visible(
    museum: Museum,
    actor: Actor,
    exhibition: Exhibition,
    records: Sequence[Record],
    *,
    read: Mapping[str, int],
    reason: str,
) -> Done[Exhibition]:
    if not records:
        # Doing it twice is no change and no error: the revision that made it so is answered.
        return Done(exhibition, museum.catalogue.history((exhibition.id,), last=1)[0])
    revision = museum.catalogue.commit(
        tuple(Put(record) for record in records),
        author=actor.name,
        reason=text.line("reason", reason),
        at=museum.clock.now(),
        expected={record.id: read[record.id] for record in records},
    )
    museum.bus.publish(Notice(exhibition.scene))
    return Done(Desk(museum, actor, "").exists(Exhibition, exhibition.id), revision)
