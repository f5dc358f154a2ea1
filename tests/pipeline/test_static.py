import gzip
import json
import os
import tempfile
from pathlib import Path

import pytest

from pipeline import stamp, static
from pipeline.tile import TileResult, TileSettings, tile_model
from tests.tiling.shapes import ball
from tiling import check, implicit


def _put(
    base: Path,
    out: Path,
    *,
    leaf: int = 500,
    is_implicit: bool = False,
    is_coded: bool = False,
    with_copies: bool = False,
    work: Path | None = None,
) -> TileResult:
    """`with_copies` says whether tiles are given their gzip copies as they are made."""
    made = base / "made"
    made.mkdir()
    settings = TileSettings(leaf_triangles=leaf, is_coded=with_copies)
    result = tile_model(ball(16, ripple=0.02), made, settings, lambda fraction, message: None, work=work)
    assert {path.name[:-3] for path in made.glob("*.glb.gz")} == {
        path.name for path in made.glob("*.glb") if with_copies
    }
    static.put(made, out, result, digest="d", is_implicit=is_implicit, is_coded=is_coded)
    assert list(made.iterdir()) == []
    made.rmdir()
    return result


def _names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def test_all_that_was_made_is_put_in_place_and_told_to_the_next_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = _put(tmp_path, out)
    assert _names(out) == {name for name, *_ in result.files} | {"tileset.json", stamp.NAME}
    assert stamp.matches(out, "d")
    assert all(static.FILES.fullmatch(name) for name in _names(out))


def test_what_was_made_on_another_disk_is_put_in_place(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not os.access(other, os.W_OK) or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    with tempfile.TemporaryDirectory(dir=other) as base:
        result = _put(Path(base), tmp_path / "out")
    assert _names(tmp_path / "out") == {name for name, *_ in result.files} | {"tileset.json", stamp.NAME}


def test_coded_files_lie_beside_plain_ones_and_decode_to_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _put(tmp_path, out, is_coded=True)
    coded = {name for name in _names(out) if name.endswith(".gz")}
    assert coded == {f"{name}.gz" for name in _names(out) if name.endswith((".glb", ".json")) and name != stamp.NAME}
    assert all(gzip.decompress((out / name).read_bytes()) == (out / name[:-3]).read_bytes() for name in coded)
    assert stamp.matches(out, "d")
    _put(tmp_path, out)
    assert not {name for name in _names(out) if name.endswith(".gz")}


@pytest.mark.parametrize("is_implicit", [False, True])
def test_copies_that_were_made_with_the_tiles_are_those_that_would_be_made_here(
    is_implicit: bool, tmp_path: Path
) -> None:
    later, at_once = tmp_path / "later", tmp_path / "at once"
    _put(tmp_path, later, is_coded=True, is_implicit=is_implicit)
    _put(tmp_path, at_once, is_coded=True, is_implicit=is_implicit, with_copies=True)
    assert _names(later) == _names(at_once)
    told = _names(later) - {stamp.NAME}
    assert any(name.endswith(".glb.gz") for name in told)
    assert all((later / name).read_bytes() == (at_once / name).read_bytes() for name in told)


def test_copies_come_from_a_folder_of_work_that_had_none(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    _put(tmp_path, tmp_path / "a", work=work)
    _put(tmp_path, tmp_path / "b", work=work, is_coded=True, with_copies=True)
    lost = min((work / "tiles").glob("*.glb.gz"))
    lost.unlink()
    _put(tmp_path, tmp_path / "c", work=work, is_coded=True, with_copies=True)
    assert lost.exists()


@pytest.mark.parametrize("is_coded", [False, True])
def test_implicit_tiles_have_names_by_place_and_the_same_content(is_coded: bool, tmp_path: Path) -> None:
    explicit, out = tmp_path / "explicit", tmp_path / "out"
    _put(tmp_path, explicit)
    _put(tmp_path, out, is_implicit=True, is_coded=is_coded)
    tiles = list(out.glob("*.glb"))
    assert {path.read_bytes() for path in tiles} == {path.read_bytes() for path in explicit.glob("*.glb")}
    assert all(static.FILES.fullmatch(name) for name in _names(out))
    assert not any(len(path.stem) == 64 for path in tiles)
    document = (out / "tileset.json").read_bytes()
    assert "implicitTiling" in json.loads(document)["root"]
    whole = implicit.expanded(document, lambda name: (out / name).read_bytes())
    assert check.check(whole, lambda uri: (out / uri).read_bytes()) == []


def test_nothing_of_before_stays_and_names_of_others_are_not_ours(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _put(tmp_path, out, leaf=500, is_implicit=True)
    _put(tmp_path, out, leaf=4000)
    assert not {name for name in _names(out) if "-" in name}
    for name in ("notes.txt", "tileset.json.bak", "a" * 63 + ".glb", "1-2.glb", ".chronotope.lock"):
        assert not static.FILES.fullmatch(name)
