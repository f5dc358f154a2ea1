"""Whatever is written in whatever order, the engines and the plain model in memory answer the same."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.errors import SceneError
from scenes.model import Exhibition, Placement, Scene
from scenes.ports import Change, Put, Remove, Step, Taking
from storage.catalogue_sqlite import SqliteCatalogue
from storage.memory import MemoryCatalogue
from tests.contracts.conftest import AnyCatalogue
from tests.contracts.samples import after, exhibition, placement, scene
from tests.postgres_server import empty_postgres

NAMES = ["scene_a", "scene_b", "p_1", "p_2", "x_1", "x_2"]

records = st.one_of(
    st.builds(scene, st.sampled_from(["scene_a", "scene_b"]), title=st.sampled_from("AB")),
    st.builds(
        placement,
        st.sampled_from(["p_1", "p_2"]),
        of=st.sampled_from(["scene_a", "scene_b"]),
        title=st.sampled_from("AB"),
    ),
    st.builds(exhibition, st.sampled_from(["x_1", "x_2"]), slug=st.sampled_from(["one", "two"])),
)
changes = st.lists(st.one_of(st.builds(Put, records), st.builds(Remove, records)), min_size=1, max_size=3)
steps = st.lists(st.tuples(changes, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 6), max_size=1)), max_size=8)


def outcome(catalogue: AnyCatalogue, changes: list[Change], expected: dict[str, int]) -> object:
    # Every third change says that it takes back what an undo would, every sixth what a redo would.
    number = catalogue.latest()
    step = {0: Step.UNDO, 3: Step.REDO}.get(number % 6)
    target = step and catalogue.takeable("ada", step)
    try:
        return catalogue.commit(
            changes,
            author="ada",
            reason="r",
            at=after(number // 2),
            expected=expected,
            taking=Taking(step, target.number) if step and target else None,
        )
    except SceneError as error:
        return error.code


def everything(catalogue: AnyCatalogue, revisions: int) -> list[object]:
    pages = []
    for kind in (Scene, Placement, Exhibition):
        page = catalogue.page(kind, first=2)
        pages += [page, catalogue.page(kind, first=2, after=page.cursors[-1]) if page.cursors else None]
    return [
        pages,
        [catalogue.find(name) for name in NAMES],
        [catalogue.get(Placement, "p_1", as_of=n) for n in range(revisions + 2)],
        [catalogue.within(Placement, ["scene_a", "scene_b"], as_of=n) for n in [None, *range(revisions + 2)]],
        catalogue.pages_within(Placement, ["scene_b", "scene_a"], first=1),
        [catalogue.pages_within(Placement, ["scene_a"], first=1, as_of=n) for n in range(revisions + 2)],
        [catalogue.get_many(Placement, NAMES, as_of=n) for n in range(revisions + 2)],
        [catalogue.revisions_of(NAMES, as_of=n) for n in [None, *range(revisions + 2)]],
        [catalogue.histories(NAMES, last=2, as_of=n) for n in range(revisions + 2)],
        [catalogue.between(a, b, scene=name) for a, b in ((0, revisions), (1, 3)) for name in (None, "scene_a")],
        [
            (page, catalogue.count_differing(a, b, scene="scene_a", public_only=public))
            for a, b in ((0, revisions), (1, 3))
            for public in (False, True)
            for page in pages_of(catalogue, a, b, public=public)
        ],
        [
            catalogue.takeable("ada", step, scene=name)
            for step in (Step.UNDO, Step.REDO)
            for name in (None, "scene_a", "scene_b")
        ],
        (catalogue.latest(), catalogue.last_within(NAMES), catalogue.public_among(NAMES)),
        (catalogue.ended_among(NAMES), catalogue.mentioning(["scene_a", "layer_a", "p_1"], scene="scene_a")),
        [catalogue.revision_at(after(seconds)) for seconds in (-1, 0, 1, 2)],
        catalogue.history(NAMES[:2], last=4),
        catalogue.histories(NAMES, last=2),
        [catalogue.exhibition_by_slug(slug) for slug in ("one", "two")],
    ]


def pages_of(catalogue: AnyCatalogue, before: int, after: int, *, public: bool) -> list[object]:
    """What differs, page by page; together the pages are all of it."""
    found, beyond, has_next = [], 0, True
    while has_next:
        page, has_next = catalogue.differing(before, after, scene="scene_a", first=1, beyond=beyond, public_only=public)
        assert page or not found
        found += page
        beyond = page[-1].seq if page else 0
    whole, _ = catalogue.differing(before, after, scene="scene_a", first=99, public_only=public)
    assert tuple(found) == whole
    if not public:
        assert whole == catalogue.between(before, after, scene="scene_a")
    return list(found)


def agree(engine: AnyCatalogue, steps: list[tuple[list[Change], dict[str, int]]]) -> None:
    model = MemoryCatalogue()
    for number, (changes, expected) in enumerate(steps):
        assert outcome(engine, changes, expected) == outcome(model, changes, expected)
        assert everything(engine, number) == everything(model, number)
    engine.close()


@settings(max_examples=60, deadline=None)
@given(steps)
def test_sqlite_and_the_model_agree(steps: list[tuple[list[Change], dict[str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        agree(SqliteCatalogue(Path(folder) / "catalogue.db"), steps)


@settings(max_examples=8, deadline=None)
@given(steps)
def test_postgres_and_the_model_agree(steps: list[tuple[list[Change], dict[str, int]]]) -> None:
    agree(empty_postgres(), steps)
