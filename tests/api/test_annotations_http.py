from __future__ import annotations

from scenes.model import Anchor, Annotation, LocalText
from scenes.ports import Put
from tests.api.museum import NOON, Doors

MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'


def write(doors: Doors) -> None:
    notes = [
        Annotation(f"annotation_{scene}", f"scene_{scene}", "N", (LocalText("b"),), Anchor.at((1, 2, 3)), "-0446/..")
        for scene in ("open", "draft")
    ]
    doors.services.catalogue.commit([Put(each) for each in notes], author="ines", reason="noted", at=NOON)


async def test_an_annotation_is_read_as_linked_data(doors: Doors) -> None:
    write(doors)
    answer = await doors.client.get("/annotations/annotation_open")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 'rel="type"' in answer.headers["link"]
    found = answer.json()
    assert found["id"] == str(answer.url)
    assert found["target"]["source"] == str(answer.url.join("/scenes/scene_open/tileset.json"))
    assert (await doors.client.get(found["target"]["source"])).status_code == 200
    again = await doors.client.get("/annotations/annotation_open", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    head = await doors.client.head("/annotations/annotation_open")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_note_in_a_draft_is_not_there_for_visitors(doors: Doors) -> None:
    write(doors)
    hidden, missing = [
        await doors.client.get(f"/annotations/{name}") for name in ("annotation_draft", "annotation_nothing")
    ]
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json()["code"] == missing.json()["code"] == "NOT_FOUND"
    seen = await doors.client.get("/annotations/annotation_draft", headers=doors.bearer())
    assert seen.status_code == 200
    assert seen.headers["cache-control"] == "private, no-cache"
    assert (await doors.client.get("/annotations/scene_open")).status_code == 404
