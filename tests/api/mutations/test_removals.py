"""Ending what was made, and above all what was deposited: who is in the way, and what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import AnchorKind, Annotation, Asset, JobState, Media, Placement, Role, Scene
from scenes.ports import Put, Remove
from tests.api.museum import DRAFT_TILE, NOON, TILE, Doors, digest, write_asset
from tests.api.mutations.test_mutations import BODY, OPEN, STEP
from tests.api.test_graphql import ask, post, refused
from tests.contracts.samples import job

if TYPE_CHECKING:
    import httpx

REMOVE = """mutation ($id: ID!, $r: Int) { removeAsset(id: $id, expectedRevision: $r) {
    asset { id title tileset { digest } } revision { number reason } } }"""


async def message(doors: Doors, query: str, **variables: Any) -> str:
    """What an answer's only error says."""
    (error,) = (await post(doors, query, **variables)).json()["errors"]
    assert error["extensions"]["code"] == "IN_USE"
    return str(error["message"])


async def fetched(doors: Doors, path: str, role: Role | None = None) -> httpx.Response:
    return await doors.client.get(path, headers=doors.bearer(role) if role else {})


async def make(doors: Doors, kind: str, values: dict[str, Any]) -> str:
    name = kind[0].lower() + kind[1:]
    query = f"mutation ($i: Create{kind}Input!) {{ create{kind}(input: $i) {{ {name} {{ id }} }} }}"
    return str((await ask(doors, query, i=values))[f"create{kind}"][name]["id"])


def clear(doors: Doors, asset: str = "asset_temple") -> None:
    """Take away what stands of an asset."""
    catalogue = doors.services.catalogue
    standing = [each for each in catalogue.within(Placement, ["scene_open"])["scene_open"] if each.asset == asset]
    catalogue.commit([Remove(each) for each in standing], author="bob", reason="cleared", at=NOON)


async def test_an_asset_that_stands_somewhere_is_in_use_and_a_few_of_these_are_named(doors: Doors) -> None:
    assert await message(doors, REMOVE, id="asset_temple") == (
        "the asset “Temple” (asset_temple) is needed by 4 placements: “roof_high” (placement_roof_high), “roof_low” "
        "(placement_roof_low), “shrine” (placement_shrine) and 1 more"
    )
    assert doors.services.catalogue.get(Asset, "asset_temple") is not None


async def test_an_asset_is_in_use_in_other_scenes_pictured_or_heard(doors: Doors) -> None:
    clear(doors)
    temple = doors.services.catalogue.get(Asset, "asset_temple")
    assert temple
    heard = replace(
        temple, id="asset_song", title="Song", media_type="audio/flac", tileset=None,
        media=Media(temple.master, "audio/flac", temple.byte_length, duration_s=2.0),
    )  # fmt: skip
    doors.services.catalogue.commit([Put(heard)], author="bob", reason="", at=NOON)
    picture = await make(
        doors, "Article", OPEN | {"title": "Stone", "bodies": [BODY], "pictures": [{"asset": "asset_temple"}]}
    )
    audio = STEP | {"audio": {"asset": "asset_song"}}
    tour = await make(doors, "Tour", {"scene": "scene_draft", "title": "Round", "steps": [audio]})
    assert await message(doors, REMOVE, id="asset_temple") == (
        f"the asset “Temple” (asset_temple) is needed by the article “Stone” ({picture})"
    )
    assert await message(doors, REMOVE, id="asset_song") == (
        f"the asset “Song” (asset_song) is needed by the tour “Round” ({tour})"
    )


async def test_a_text_that_is_an_assets_id_is_no_use_of_it(doors: Doors) -> None:
    await make(doors, "Epoch", OPEN | {"title": "asset_secret", "existence": "-0480/-0323"})
    assert (await ask(doors, REMOVE, id="asset_secret"))["removeAsset"]["asset"]["id"] == "asset_secret"


async def test_an_anchor_on_an_asset_is_in_the_way_as_long_as_its_placement_is(doors: Doors) -> None:
    clear(doors)
    placed = await make(
        doors, "Placement", {"layer": "layer_open", "asset": "asset_temple", "existence": "-0446/-0290", "title": "T"}
    )
    note = {"title": "Tool marks", "existence": "-0446", "bodies": [BODY], "anchor": {"placement": placed}}
    made = await make(doors, "Annotation", OPEN | note)
    remove = "mutation ($id: ID!) { removePlacement(id: $id) { revision { number } } }"
    assert "“T”" in await message(doors, REMOVE, id="asset_temple")
    assert await message(doors, remove, id=placed) == (
        f"the placement “T” ({placed}) is needed by the annotation “Tool marks” ({made})"
    )
    stored = doors.services.catalogue.get(Annotation, made)
    assert stored is not None
    assert stored.anchor.kind is AnchorKind.PLACEMENT


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.CANCELLED])
async def test_an_asset_is_in_use_while_it_is_tiled(doors: Doors, state: JobState) -> None:
    jobs = doors.services.jobs
    jobs.enqueue(job("job_1", subject="asset_secret"))
    if state is JobState.CANCELLED:
        jobs.cancel("job_1", at=NOON)
        await ask(doors, REMOVE, id="asset_secret")
    else:
        assert "is being tiled by job_1; wait" in await message(doors, REMOVE, id="asset_secret")


async def test_a_removed_asset_is_gone_for_visitors_and_stays_in_the_past_for_curators(doors: Doors) -> None:
    then = doors.services.catalogue.latest()
    tileset = "/assets/asset_temple/tileset.json"
    assert (await fetched(doors, f"/blobs/{digest(TILE)}.glb")).status_code == 200
    clear(doors)
    done = (await ask(doors, REMOVE, id="asset_temple"))["removeAsset"]
    assert (done["asset"]["title"], done["revision"]["reason"]) == ("Temple", "removed the asset “Temple”")
    assert await refused(doors, '{ node(id: "asset_temple") { id } }') == "NOT_FOUND"
    assert await refused(doors, REMOVE, id="asset_temple") == "NOT_FOUND"
    listed = (await ask(doors, "{ assets(first: 9) { nodes { id } } }"))["assets"]["nodes"]
    assert listed == [{"id": "asset_secret"}]
    for path in (tileset, f"/blobs/{digest(TILE)}.glb", f"/blobs/{done['asset']['tileset']['digest']}"):
        assert (await fetched(doors, path)).status_code == 404
        assert (await fetched(doors, path, Role.VISITOR)).status_code == 404
    kept = await fetched(doors, f"/blobs/{digest(TILE)}.glb", Role.CURATOR)
    assert (kept.content, kept.headers["cache-control"]) == (TILE, "private, no-cache")
    past = """query ($asOf: AsOf) { scene(id: "scene_open", asOf: $asOf) {
        placements { nodes { asset { title tileset { tiles } } } } } }"""
    shown = {"asset": {"title": "Temple", "tileset": {"tiles": 1}}}
    assert (await ask(doors, past, asOf=then))["scene"]["placements"]["nodes"] == [shown] * 4
    hidden = await ask(doors, past, asOf=then, role=None)
    assert hidden["scene"]["placements"]["nodes"] == [{"asset": None}] * 4


async def test_undo_brings_an_asset_back_with_its_status_and_redo_takes_both_again(doors: Doors) -> None:
    status = await make(doors, "ObjectStatus", {"asset": "asset_secret", "kind": "STOLEN", "existence": "1944"})
    await ask(doors, REMOVE, id="asset_secret")
    find = "query ($id: ID!) { node(id: $id) { id } }"
    assert await refused(doors, find, id=status) == "NOT_FOUND"
    await ask(doors, "mutation { undo { revision { number } } }")
    shown = await ask(doors, '{ node(id: "asset_secret") { ... on Asset { title status { kind } } } }')
    assert shown["node"] == {"title": "Secret", "status": [{"kind": "STOLEN"}]}
    assert (await fetched(doors, f"/blobs/{digest(DRAFT_TILE)}", Role.CURATOR)).status_code == 200
    await ask(doors, "mutation { redo { revision { number } } }")
    assert await refused(doors, find, id="asset_secret") == "NOT_FOUND"
    await ask(doors, "mutation { undo { revision { number } } }")
    # Bob places it in a scene of his: the redo would leave his placement without its asset.
    home = doors.services.catalogue.get(Scene, "scene_draft")
    assert home is not None
    doors.services.catalogue.commit(
        [Put(Placement("placement_bob", "scene_draft", "layer_x", "asset_secret", "B", "1900"))],
        author="bob", reason="placed", at=NOON,
    )  # fmt: skip
    assert await refused(doors, "mutation { redo { revision { number } } }") == "CONFLICT"


async def test_a_deposit_is_not_taken_back_by_undo(doors: Doors) -> None:
    write_asset(doors.services, "fresh", tile=b"glTF fresh", visibility=_draft(doors))
    assert await refused(doors, "mutation { undo { revision { number } } }") == "INVALID"


def _draft(doors: Doors) -> Any:
    found = doors.services.catalogue.get(Asset, "asset_secret")
    assert found is not None
    return found.visibility


async def test_who_may_remove_an_asset_and_from_which_revision(doors: Doors) -> None:
    for role, code in ((None, "UNAUTHORIZED"), (Role.VISITOR, "FORBIDDEN")):
        assert await refused(doors, REMOVE, role=role, id="asset_secret") == code
    read = doors.services.catalogue.revision_of("asset_secret")
    found = doors.services.catalogue.get(Asset, "asset_secret")
    assert found is not None
    doors.services.catalogue.commit([Put(replace(found, title="New"))], author="bob", reason="", at=NOON)
    assert await refused(doors, REMOVE, id="asset_secret", r=read) == "CONFLICT"
    await ask(doors, REMOVE, id="asset_secret", r=doors.services.catalogue.revision_of("asset_secret"))


async def test_a_scene_that_is_not_empty_says_what_is_in_it(doors: Doors) -> None:
    query = "mutation ($id: ID!) { removeScene(id: $id) { revision { number } } }"
    assert await message(doors, query, id="scene_open") == (
        "the scene “The terrace” (scene_open) has the layer “Buildings” (layer_open)"
    )
    query = "mutation ($id: ID!) { removeHypothesis(id: $id) { revision { number } } }"
    assert await message(doors, query, id="hypothesis_high") == (
        "the hypothesis “High” (hypothesis_high) is needed by the scene “The terrace” (scene_open), and by the "
        "placement “roof_high” (placement_roof_high)"
    )
