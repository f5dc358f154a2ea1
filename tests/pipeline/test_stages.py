"""The steps of a tiling on two small leaves, run one after the other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import source, stages
from pipeline.graph import At, Graph, Task
from pipeline.results import Results
from scenes import glb
from tests.tiling.shapes import sheet
from tiling import build, content, written
from tiling.mesh import Material, Model
from tiling.patch import layout_of

LOOK = written.Look(step=2.0**-14, skirt=0.0, halvings=0, most_texels=1 << 20, fan=0, coding="meshopt", is_leaf=True)


@pytest.fixture
def run(tmp_path: Path) -> Iterator["Steps"]:
    steps = Steps(tmp_path)
    yield steps
    steps.graph.close()


class Steps:
    """A sheet of 800 triangles with hills, dealt to two leaves, and a graph to run steps on it."""

    def __init__(self, base: Path) -> None:
        self.source = source.of(Model((sheet(20, 20, height=0.1),), (Material(),)))
        about = source.origin(self.source)
        self.dealt = source.dealt(self.source, about, 1, None)
        self.out = base / "out"
        self.out.mkdir()
        surface = build.Surface(
            layout=layout_of(self.source.primitives, normals=True),
            origin=about,
            cells=self.dealt.cells,
            textures={},
            textured=frozenset(),
            texel_sizes={},
            mean_colours={},
        )
        self.context = stages.Context(surface, (Material(),), {}, (), str(self.out), 500, "digest")
        self.results = Results(str(base / "results"))
        self.graph = Graph(self.results, self.context, None, ahead=1)

    def step(self, name: str, function: object, **arguments: object) -> object:
        (receipt,) = self.graph.run([Task(function, name, arguments)])  # type: ignore[arg-type]
        return receipt

    def leaves(self) -> list[stages.TileReceipt]:
        """Both leaves, closed."""
        found = []
        for number in range(2):
            rows = self.dealt.order[self.dealt.offsets[number] : self.dealt.offsets[number + 1]]
            self.step(f"leaf-{number}", stages.take_leaf, parts=source.gathered(self.source, rows))
            rim: stages.Rim = self.results.get(f"leaf-{number}", stages.RIM)
            owners = np.full((len(rim.positions), 4), number, np.int32)
            arguments = {"leaf_key": f"leaf-{number}", "number": number, "leaves": owners, "sums": rim.sums}
            found.append(self.step(f"tile-{number}", stages.close, **arguments))
        return found  # type: ignore[return-value]


def test_leaves_hold_all_triangles_and_tell_of_their_rims(run: Steps) -> None:
    receipts = run.leaves()
    assert sum(receipt.triangles for receipt in receipts) == 800
    rims = [{tuple(row) for row in run.results.get(f"leaf-{n}", stages.RIM).positions.tolist()} for n in range(2)]
    assert len(rims[0] & rims[1]) >= 20
    low = np.min([receipt.low for receipt in receipts], axis=0)
    high = np.max([receipt.high for receipt in receipts], axis=0)
    assert (high - low).tolist() == pytest.approx([1.0, 0.2, 1.0], abs=0.02)


def test_the_same_leaf_has_the_same_digest_and_another_one_has_not(run: Steps) -> None:
    receipts = run.leaves()
    again = Steps(run.out)
    assert [receipt.digest for receipt in again.leaves()] == [receipt.digest for receipt in receipts]
    assert receipts[0].digest != receipts[1].digest
    again.graph.close()


def test_a_made_leaf_is_a_file_true_to_its_rounding(run: Steps) -> None:
    run.leaves()
    arguments = {"tile_key": "tile-0", "neighbours": (), "below": np.zeros((0, 12)), "missing": ()}
    made = run.step("made", stages.make, place=build.Place(0, 0), look=LOOK, **arguments)
    assert isinstance(made, stages.MakeReceipt)
    path = run.out / f"{made.made.stored.digest}.glb"
    assert len(path.read_bytes()) == made.made.stored.byte_length
    assert made.forward.bound <= LOOK.step
    placed = list(content.placed(content.read(path.read_bytes())))
    assert len(placed) == 1
    assert glb.read(path.read_bytes()).json


def test_a_file_counts_as_whole_by_its_size(run: Steps) -> None:
    run.leaves()
    arguments = {"tile_key": "tile-0", "neighbours": (), "below": np.zeros((0, 12)), "missing": ()}
    made = run.step("made", stages.make, place=build.Place(0, 0), look=LOOK, **arguments)
    assert isinstance(made, stages.MakeReceipt)
    assert stages.is_whole(run.context, made)
    path = run.out / f"{made.made.stored.digest}.glb"
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert not stages.is_whole(run.context, made)
    # Made again it is whole, though a file of that name is there; and nothing else is left behind.
    run.step("made again", stages.make, place=build.Place(0, 0), look=LOOK, **arguments)
    assert path.read_bytes() == data
    path.unlink()
    assert not stages.is_whole(run.context, made)
    assert list(run.out.iterdir()) == []


def test_a_parent_has_fewer_triangles_and_an_error_that_is_measured(run: Steps) -> None:
    run.leaves()
    children = ("tile-0", "tile-1")
    place = build.Place(0, 1)
    merged = run.step("merged", stages.merge, children=children, place=place)
    assert merged == stages.MergeReceipt((), ())
    goal = build.Goal(0.25, None, 0, 1 << 20)
    parent = run.step("parent", stages.reduce, merged="merged", strips=(), children=children, place=place, goal=goal)
    assert isinstance(parent, stages.TileReceipt)
    assert 100 < parent.triangles < 400
    assert 0.0 < parent.mean < 0.02
    look = replace(LOOK, fan=1, is_leaf=False)
    arguments = {"tile_key": "parent", "neighbours": (), "below": np.zeros((0, 12)), "missing": ()}
    made = run.step("made", stages.make, place=place, look=look, **arguments)
    assert isinstance(made, stages.MakeReceipt)
    assert made.forward.mean <= made.forward.bound <= made.forward.most < 0.1
    assert made.area == pytest.approx(run.results.get("parent", stages.POINTS).area)
    back = run.step("back", stages.back, leaf_key="tile-0", points=run.results.get("made", stages.POINTS).points)
    assert isinstance(back, np.ndarray)
    # Half of the parent's points lie upon this leaf, all others at most a metre from it.
    assert np.median(back) < 0.3
    assert back.max() < 1.2


def test_steps_put_what_their_receipts_tell_of(run: Steps) -> None:
    """The digest in a receipt is that of the stored bytes: keys further on are made of it."""
    receipts = run.leaves()
    at = At(run.context, run.results, "other")
    assert at.put(run.results.get("tile-0")) == receipts[0].digest
