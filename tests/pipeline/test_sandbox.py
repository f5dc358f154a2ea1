import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from pipeline import MANIFEST, sandbox
from pipeline.tile import TileResult, TileSettings, tile_file
from scenes.errors import ForbiddenReference, Malformed, ParserCrash, StorageFull, TooLarge, Unsupported
from tests.pipeline.hostile import document, packed, write_hostile
from tiling import meshopt

DATA = Path(__file__).parent.parent / "data"


def _tile(
    source: Path,
    name: str,
    out: Path,
    settings: TileSettings | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[TileResult, list[tuple[float, str]]]:
    told: list[tuple[float, str]] = []
    out.mkdir(exist_ok=True)
    result = sandbox.tile_in_sandbox(
        source,
        name,
        out,
        settings=settings or TileSettings(),
        progress=lambda fraction, message: told.append((fraction, message)),
        cancelled=cancelled,
    )
    return result, told


def test_a_child_makes_what_this_process_would_make(tmp_path: Path) -> None:
    result, told = _tile(DATA / "small.glb", "small.glb", tmp_path / "a")
    (tmp_path / "b").mkdir()
    assert result == tile_file(DATA / "small.glb", "small.glb", tmp_path / "b", TileSettings(), lambda *_: None)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(p.name for p in (tmp_path / "b").iterdir())
    assert told[0] == (0.0, "reading")
    assert told[-1][0] == 1.0


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("a cut GLB", Malformed),
        ("an accessor of four billion", TooLarge),
        ("a picture", Unsupported),
        ("a zip that climbs", ForbiddenReference),
    ],
)
def test_a_refusal_comes_through_with_its_code_and_words(what: str, error: type[Exception], tmp_path: Path) -> None:
    source = tmp_path / "master"
    name, _ = write_hostile(what, source)
    with pytest.raises(error) as refusal:
        _tile(source, name, tmp_path / "out")
    assert len(str(refusal.value)) > 10
    assert list((tmp_path / "out").iterdir()) == []


def test_too_little_memory_is_a_limit(tmp_path: Path) -> None:
    count = 45_000_000
    coded = meshopt.encode_vertices(np.zeros((count, 12), np.uint8))
    view = {"buffer": 1, "byteLength": 12 * count, "byteStride": 12}
    packing = {"buffer": 0, "byteLength": len(coded), "byteStride": 12, "count": count, "mode": "ATTRIBUTES"}
    view["extensions"] = {"EXT_meshopt_compression": packing}
    zeros = {"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}
    meshes = [{"primitives": [{"attributes": {"POSITION": 0}}]}]
    source = tmp_path / "master"
    fallback = {"byteLength": 12 * count, "extensions": {"EXT_meshopt_compression": {"fallback": True}}}
    buffers = [{"byteLength": len(coded)}, fallback]
    used = ["EXT_meshopt_compression"]
    gltf = document(accessors=[zeros], meshes=meshes, bufferViews=[view], buffers=buffers, extensionsUsed=used)
    source.write_bytes(packed(gltf, coded))
    with pytest.raises(TooLarge, match="memory"):
        _tile(source, "zeros.glb", tmp_path / "out", TileSettings(memory_bytes=sandbox.LEAST_MEMORY_BYTES))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).symlink_to("/dev/full")
    with pytest.raises(StorageFull, match="full"):
        sandbox.tile_in_sandbox(
            DATA / "tiny.stl",
            "tiny.stl",
            out,
            settings=TileSettings(),
            progress=lambda fraction, message: None,
            cancelled=lambda: False,
        )


def test_a_cancelled_child_is_gone_at_once(tmp_path: Path) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(sandbox.Cancelled):
        _tile(DATA / "venus.glb", "venus.glb", tmp_path / "out", cancelled=cancelled)


def _acting(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let another program play the child: what it does is what is tested."""
    monkeypatch.setattr(sandbox, "_command", lambda *arguments: [sys.executable, "-c", program])


@pytest.mark.parametrize(
    "program",
    [
        f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})",
        "raise SystemExit(3)",
        "print('not json')",
        "print('[' * 100000)",
        'print(\'{"code": "OUT_OF_MY_MIND", "message": "x"}\'); raise SystemExit(1)',
        "pass",
        "open('manifest.json', 'w').write('{')",
        "import os; os.symlink('/etc/passwd', 'manifest.json')",
        "print('x' * 10_000_000)",
    ],
)
def test_a_child_that_dies_or_lies_is_a_parser_crash(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _acting(monkeypatch, program)
    with pytest.raises(ParserCrash):
        _tile(DATA / "small.glb", "small.glb", tmp_path / "out")


_BROKEN = "import sys; sys.argv = ['x']; from pipeline import child, read; read.read = {}; sys.exit(child.main())"


@pytest.mark.parametrize(("program", "words"), [
    ("raise SystemExit(3)",                                         "status 3"),
    (f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})",     "signal SIGSEGV"),
    ("import os; print('{\"at\": \"dae\"}', flush=True); os.abort()", "SIGABRT, while reading DAE by trimesh"),
    ("import os; print('{\"at\": \"tiling\"}', flush=True); os.abort()", "SIGABRT, while tiling"),
    ("print('{\"at\": \"<script>\"}'); raise SystemExit(3)",          r"\(status 3\)"),
    ("import os; os.write(2, b'std::bad_alloc'); os.abort()",       "SIGABRT, out of the 2.0 GiB of memory"),
    (_BROKEN,                                                       "status 1, TypeError in our own code"),
])  # fmt: skip
def test_a_crash_tells_how_and_where_but_shows_no_traceback(
    program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _acting(monkeypatch, program)
    with pytest.raises(ParserCrash, match=words) as caught:
        _tile(DATA / "small.glb", "small.glb", tmp_path / "out")
    assert "Traceback" not in str(caught.value)
    assert "File" not in str(caught.value)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[TileResult, Path]:
    """What a child made, and its folder: to be copied."""
    folder = tmp_path_factory.mktemp("honest")
    return _tile(DATA / "small.glb", "small.glb", folder)[0], folder


@pytest.mark.parametrize("lie", ["none", "digest", "size", "name", "document", "missing", "counts"])
def test_a_manifest_that_is_not_true_is_a_parser_crash(
    lie: str, honest: tuple[TileResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, made = honest
    out = shutil.copytree(made, tmp_path / "out")
    name, digest, size, kind = result.files[0]
    entries = {"name": ["../../x", digest, size, kind], "size": [name, digest, size + 1, kind]}
    manifest = asdict(result)
    if lie == "document":
        manifest["tileset"]["digest"] = "0" * 64
    if lie == "counts":
        manifest["done"] = ["make"]
    if lie == "digest":
        (out / name).write_bytes(b"x" * size)
    if lie == "missing":
        (out / name).unlink()
    manifest["files"] = [entries.get(lie, [name, digest, size, kind]), *result.files[1:]]
    (out / "manifest.json").write_text(json.dumps(manifest))
    _acting(monkeypatch, "pass")
    if lie == "none":
        assert _tile(DATA / "small.glb", "small.glb", out)[0] == result
        return
    with pytest.raises(ParserCrash, match="makes no sense"):
        _tile(DATA / "small.glb", "small.glb", out)


def test_a_child_that_is_killed_leaves_its_work_and_the_next_goes_on(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    told: list[float] = []

    def again(cancelled: Callable[[], bool]) -> TileResult:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        out.mkdir()
        return sandbox.tile_in_sandbox(
            DATA / "venus.glb",
            "venus.glb",
            out,
            settings=TileSettings(leaf_triangles=1000),
            progress=lambda fraction, message: told.append(fraction),
            cancelled=cancelled,
            work=tmp_path / "work",
        )

    with pytest.raises(sandbox.Cancelled):
        again(lambda: bool(told) and told[-1] > 0.5)
    first, second = again(lambda: False), again(lambda: False)
    assert first.known["take_leaf"] == 32
    assert first.done["make"] > 0
    assert second.done == {}
    assert second == first


def test_further_documents_of_a_tileset_are_told_as_json(
    honest: tuple[TileResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, made = honest
    out = shutil.copytree(made, tmp_path / "out")
    digest = hashlib.sha256(b"{}").hexdigest()
    (out / f"{digest}.json").write_bytes(b"{}")
    # What the child calls its type does not count.
    manifest = asdict(result) | {"files": [*result.files, (f"{digest}.json", digest, 2, "text/html")]}
    (out / "manifest.json").write_text(json.dumps(manifest))
    _acting(monkeypatch, "pass")
    found, _ = _tile(DATA / "small.glb", "small.glb", out)
    assert found.files == (*result.files, (f"{digest}.json", digest, 2, "application/json"))


def test_nothing_of_our_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHRONOTOPE_SECRET_KEY", "very secret")
    assert "very secret" not in sandbox._environment(tmp_path).values()


def test_the_level_is_told_in_words() -> None:
    assert sandbox.level().startswith("process, limits")


@pytest.mark.skipif("no network" not in sandbox.level(), reason="this system lets no process leave the network")
def test_the_child_has_no_network(tmp_path: Path) -> None:
    program = (
        "import sys, socket; sys.argv = ['child']; from pipeline import child; child._leave_network(); "
        "s = socket.socket(); s.settimeout(2); s.connect(('127.0.0.1', int(sys.stdin.read())))"
    )
    import socket
    import subprocess

    with socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=str(server.getsockname()[1]).encode(),
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[2],
            env={**os.environ},
        )
    assert done.returncode == 1
    assert b"unreachable" in done.stderr.lower()


def test_a_version_of_what_lies_far_off_is_moved_as_the_one_before_was(tmp_path: Path) -> None:
    obj = "v 465123 312 5422871\nv {} 312 5422871\nv 465123 330.7 5422871\nf 1 2 3\n"
    results = []
    for name, x in (("before", 465173.4), ("after", 465190.9)):
        (tmp_path / f"{name}.obj").write_text(obj.format(x))
        (tmp_path / name).mkdir()
        origin = results[0].tileset.origin if results else None
        results.append(
            sandbox.tile_in_sandbox(
                tmp_path / f"{name}.obj",
                f"{name}.obj",
                tmp_path / name,
                settings=TileSettings(units="m", up="y"),
                progress=lambda *_: None,
                cancelled=lambda: False,
                origin=origin,
            )
        )
    before, after = (result.tileset for result in results)
    assert any(before.origin)
    assert after.origin == before.origin
    assert after.extent.low == pytest.approx(before.extent.low, abs=0.01)
    assert after.extent.high[0] - before.extent.high[0] == pytest.approx(17.5, abs=0.01)
