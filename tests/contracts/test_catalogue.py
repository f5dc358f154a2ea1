from dataclasses import replace

import pytest

from scenes.errors import Conflict, Invalid, NotFound
from scenes.model import Asset, Exhibition, Layer, Placement, Record, Revision, Scene, Visibility
from scenes.ports import BlobUse, Catalogue, Change, Kept, Put, Remove
from tests.contracts.samples import NOON, after, asset, exhibition, layer, one_of_each, placement, scene


def write(catalogue: Catalogue, *changes: Change, reason: str = "") -> int:
    return catalogue.commit(changes, author="ada", reason=reason, at=NOON).number


def put(catalogue: Catalogue, *records: Record) -> int:
    return write(catalogue, *(Put(record) for record in records))


@pytest.mark.parametrize("record", one_of_each(), ids=lambda record: type(record).__name__)
def test_a_record_of_every_kind_is_read_as_it_was_written(catalogue, record):
    put(catalogue, record)
    assert catalogue.get(type(record), record.id) == record


def test_an_unknown_record_or_one_of_another_kind_is_none(catalogue):
    put(catalogue, scene())
    assert catalogue.get(Scene, "scene_x") is None
    assert catalogue.get(Layer, "scene_a") is None
    assert catalogue.get_many(Layer, ["scene_a"]) == {}


def test_a_record_is_found_by_its_id_alone(catalogue):
    put(catalogue, scene(), layer())
    assert catalogue.find("layer_a") == layer()
    assert catalogue.find("layer_x") is None
    write(catalogue, Remove(layer()))
    assert catalogue.find("layer_a") is None


def test_revisions_are_numbered_one_by_one_and_carry_author_reason_and_time(catalogue):
    assert put(catalogue, scene()) == 1
    revision = catalogue.commit([Put(layer())], author="bob", reason="a strand", at=after(1))
    assert revision == Revision(2, "bob", after(1), "a strand")
    assert catalogue.history(["layer_a"], last=5) == (revision,)


def test_a_record_can_be_read_as_it_stood_after_each_revision(catalogue):
    put(catalogue, scene(title="one"))
    put(catalogue, layer())
    put(catalogue, scene(title="two"))
    write(catalogue, Remove(scene()))
    put(catalogue, scene(title="three"))
    titles = [found and found.title for n in range(6) for found in [catalogue.get(Scene, "scene_a", as_of=n)]]
    assert titles == [None, "one", "one", "two", None, "three"]


def test_what_stood_within_a_scene_can_be_read_as_of_a_revision(catalogue):
    put(catalogue, placement("placement_a"), placement("placement_b"))
    write(catalogue, Remove(placement("placement_a")))
    then, now = (catalogue.within(Placement, ["scene_a"], as_of=n)["scene_a"] for n in (1, 2))
    assert [p.id for p in then] == ["placement_a", "placement_b"]
    assert [p.id for p in now] == ["placement_b"]


def test_within_answers_every_scene_in_order_of_first_writing(catalogue):
    put(catalogue, placement("p_2"), placement("p_1"), placement("p_9", of="scene_b"), layer())
    put(catalogue, replace(placement("p_2"), title="changed"))
    found = catalogue.within(Placement, ["scene_b", "scene_a", "scene_none"])
    assert {name: [p.id for p in records] for name, records in found.items()} == {
        "scene_a": ["p_2", "p_1"],
        "scene_b": ["p_9"],
        "scene_none": [],
    }


def test_get_many_leaves_out_what_is_not_there(catalogue):
    put(catalogue, placement("p_1"), placement("p_2"), placement("p_3"))
    write(catalogue, Remove(placement("p_2")))
    assert set(catalogue.get_many(Placement, ["p_1", "p_2", "p_x"])) == {"p_1"}
    assert catalogue.get_many(Placement, []) == {}


def test_pages_walk_everything_once_in_order_of_first_writing(catalogue):
    names = [f"scene_{i}" for i in (3, 1, 4, 15, 9, 2, 6)]
    for name in names:
        put(catalogue, scene(name))
    seen, after_cursor = [], None
    while True:
        page = catalogue.page(Scene, first=3, after=after_cursor)
        seen += [record.id for record in page.records]
        assert len(page.cursors) == len(page.records) <= 3
        if not page.has_next:
            break
        after_cursor = page.cursors[-1]
    assert seen == names


def test_a_page_goes_on_from_where_it_was_though_records_change_and_vanish(catalogue):
    for name in ("scene_a", "scene_b", "scene_c", "scene_d"):
        put(catalogue, scene(name))
    page = catalogue.page(Scene, first=2)
    write(catalogue, Remove(scene("scene_b")))
    put(catalogue, scene("scene_a", title="changed"), scene("scene_e"))
    rest = catalogue.page(Scene, first=9, after=page.cursors[-1])
    assert [record.id for record in rest.records] == ["scene_c", "scene_d", "scene_e"]
    assert not rest.has_next


def test_a_page_of_nothing_and_a_page_of_none(catalogue):
    empty = catalogue.page(Asset, first=5)
    assert (empty.records, empty.cursors, empty.has_next) == ((), (), False)
    put(catalogue, asset())
    assert catalogue.page(Asset, first=0).has_next


def test_a_public_page_leaves_drafts_out(catalogue):
    put(catalogue, scene("scene_a", visibility=Visibility.DRAFT), scene("scene_b"))
    assert [r.id for r in catalogue.page(Scene, first=5, public_only=True).records] == ["scene_b"]
    put(catalogue, scene("scene_a", visibility=Visibility.PUBLIC), scene("scene_b", visibility=Visibility.DRAFT))
    assert [r.id for r in catalogue.page(Scene, first=5, public_only=True).records] == ["scene_a"]


@pytest.mark.parametrize("text", ["", "scene_a", "AAAA", "*", "c2NlbmU6LTE", "é", "x" * 10_000])
def test_a_cursor_that_is_none_is_refused(catalogue, text):
    with pytest.raises(Invalid):
        catalogue.page(Scene, first=1, after=text)


def test_a_cursor_of_another_list_is_refused(catalogue):
    put(catalogue, scene(), layer())
    cursor = catalogue.page(Scene, first=1).cursors[0]
    with pytest.raises(Invalid):
        catalogue.page(Layer, first=1, after=cursor)


def test_what_belongs_to_a_scene_is_counted_as_it_stands(catalogue):
    catalogue.commit([Put(placement(f"p_{n}")) for n in range(3)], author="a", reason="", at=NOON)
    catalogue.commit([Put(placement("p_b", of="scene_b"))], author="a", reason="", at=NOON)
    catalogue.commit([Remove(placement("p_1")), Put(placement("p_2", title="Other"))], author="a", reason="", at=NOON)
    counted = [catalogue.count_within(kind, name) for kind, name in ((Placement, "scene_a"), (Layer, "scene_a"))]
    assert [*counted, catalogue.count_within(Placement, "scene_none")] == [2, 0, 0]


def test_pages_within_many_scenes_at_once(catalogue):
    put(catalogue, *(placement(f"p_{i}", of=f"scene_{i % 2}") for i in range(7)))
    pages = catalogue.pages_within(Placement, ["scene_0", "scene_1", "scene_2"], first=2)
    assert {name: [r.id for r in page.records] for name, page in pages.items()} == {
        "scene_0": ["p_0", "p_2"],
        "scene_1": ["p_1", "p_3"],
        "scene_2": [],
    }
    assert [page.has_next for page in pages.values()] == [True, True, False]
    rest = catalogue.pages_within(Placement, ["scene_0"], first=5, after=pages["scene_0"].cursors[-1])["scene_0"]
    assert [r.id for r in rest.records] == ["p_4", "p_6"]
    assert not rest.has_next


def test_a_commit_is_all_or_nothing(catalogue):
    put(catalogue, exhibition())
    with pytest.raises(Conflict):
        put(catalogue, scene(), exhibition("exhibition_b", slug="agora"))
    with pytest.raises(NotFound):
        write(catalogue, Put(scene()), Remove(layer()))
    assert catalogue.get(Scene, "scene_a") is None
    assert put(catalogue, layer()) == 2


def test_a_revision_without_changes_or_with_two_of_one_record_is_refused(catalogue):
    with pytest.raises(Invalid):
        write(catalogue)
    with pytest.raises(Invalid):
        put(catalogue, scene(title="one"), scene(title="two"))
    assert catalogue.get(Scene, "scene_a") is None


def test_an_id_belongs_to_one_kind_for_good(catalogue):
    put(catalogue, scene("thing_a"))
    write(catalogue, Remove(scene("thing_a")))
    with pytest.raises(Conflict):
        put(catalogue, layer("thing_a"))


def test_an_expected_revision_that_still_holds_lets_the_change_through(catalogue):
    read = put(catalogue, scene())
    put(catalogue, layer())
    changed = catalogue.commit(
        [Put(scene(title="new"))], author="ada", reason="", at=NOON, expected={"scene_a": read, "scene_x": 0}
    )
    assert changed.number == catalogue.revision_of("scene_a") == 3


def test_an_expected_revision_that_is_past_refuses_the_change(catalogue):
    read = put(catalogue, scene())
    put(catalogue, scene(title="theirs"))
    with pytest.raises(Conflict, match="scene_a was changed by ada in revision 2, after revision 1 that was read"):
        catalogue.commit([Put(scene(title="mine"))], author="bob", reason="", at=NOON, expected={"scene_a": read})
    with pytest.raises(Conflict, match="scene_x was changed, after revision 1 that was read"):
        catalogue.commit([Put(scene("scene_x"))], author="bob", reason="", at=NOON, expected={"scene_x": read})
    found = catalogue.get(Scene, "scene_a")
    assert found is not None
    assert found.title == "theirs"


def test_a_removal_counts_as_a_change(catalogue):
    put(catalogue, scene())
    write(catalogue, Remove(scene()))
    assert catalogue.revision_of("scene_a") == 2
    assert catalogue.revision_of("scene_x") == 0
    assert catalogue.revisions_of(["scene_a", "scene_x"]) == {"scene_a": 2}


def test_history_names_what_touched_a_record_newest_first(catalogue):
    put(catalogue, scene())
    put(catalogue, asset())
    put(catalogue, scene(title="two"))
    write(catalogue, Remove(scene()))
    assert [r.number for r in catalogue.history(["scene_a"], last=10)] == [4, 3, 1]
    assert [r.number for r in catalogue.history(["scene_a"], last=2)] == [4, 3]
    assert catalogue.history(["scene_x"], last=10) == ()


def test_history_of_a_scene_holds_that_of_what_belongs_to_it(catalogue):
    put(catalogue, scene())
    put(catalogue, asset())
    put(catalogue, placement("p_1"))
    write(catalogue, Remove(placement("p_1")))
    put(catalogue, scene("scene_b"))
    assert [r.number for r in catalogue.history(["scene_a"], last=10)] == [4, 3, 1]
    several = catalogue.histories(["scene_a", "scene_b", "scene_x"], last=2)
    assert {name: [r.number for r in found] for name, found in several.items()} == {
        "scene_a": [4, 3],
        "scene_b": [5],
        "scene_x": [],
    }


def test_an_exhibition_is_found_by_its_slug_while_it_stands(catalogue):
    put(catalogue, exhibition())
    assert catalogue.exhibition_by_slug("agora") == exhibition()
    write(catalogue, Remove(exhibition()))
    assert catalogue.exhibition_by_slug("agora") is None
    put(catalogue, exhibition("exhibition_b", slug="agora"))
    found = catalogue.exhibition_by_slug("agora")
    assert isinstance(found, Exhibition)
    assert found.id == "exhibition_b"


def test_a_slug_moves_from_one_exhibition_to_another_in_one_revision(catalogue):
    put(catalogue, exhibition())
    put(catalogue, exhibition("exhibition_b"), exhibition(slug="old-agora"))
    found = catalogue.exhibition_by_slug("agora")
    assert found is not None
    assert found.id == "exhibition_b"


def test_a_blob_is_served_for_the_assets_that_use_it(catalogue):
    use = BlobUse("c" * 64, 77, "model/gltf-binary")
    catalogue.allow_blobs("asset_b", [use])
    catalogue.allow_blobs("asset_a", [use, BlobUse("d" * 64, 1, "image/webp")])
    catalogue.allow_blobs("asset_a", [use])
    assert catalogue.blob_use("c" * 64) == (use, ("asset_a", "asset_b"))
    assert catalogue.blob_use("e" * 64) is None


def test_what_is_kept_counts_each_file_once_and_versions_of_the_past_too(catalogue):
    assert catalogue.kept() == Kept(deposited=0, made=0)
    first = asset()
    put(catalogue, first)
    put(catalogue, replace(first, master="1" * 64, byte_length=500))
    put(catalogue, replace(first, id="asset_twin"))
    write(catalogue, Remove(first))
    use = BlobUse("c" * 64, 77, "model/gltf-binary")
    catalogue.allow_blobs("asset_a", [use, BlobUse("d" * 64, 1, "image/webp")])
    catalogue.allow_blobs("asset_b", [use])
    assert catalogue.kept() == Kept(deposited=first.byte_length + 500, made=78)
