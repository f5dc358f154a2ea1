"""What a parser that is taken over cannot do: tried in the real child, in the place of reading a file."""

from __future__ import annotations

import json
import platform
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from pipeline import compile_ahead, confine, sandbox
from pipeline.tile import TileSettings

if TYPE_CHECKING:
    from pathlib import Path

ATTEMPTS = {
    "start a program": "os.execv('/bin/true', ['true'])",
    "start a program beside it": "subprocess.run(['/bin/true'])",
    "spawn a program": "os.posix_spawn('/bin/true', ['true'], {})",
    "fork": "os.fork() or os._exit(0)",
    "leave its group": "os.setsid()",
    "open a socket": "socket.socket()",
    "open a socket of the machine": "socket.socket(socket.AF_UNIX)",
    "open a pair of sockets": "socket.socketpair()",
    "look into its parent": "ptrace(16, os.getppid())",
    "end its parent": "os.kill(os.getppid(), signal.SIGTERM)",
    "ask whether its parent is there": "os.kill(os.getppid(), 0)",
    "mount": "mount('/tmp', OWN)",
    "begin a namespace": "unshare(0x10000000)",
    "become another": "os.setuid(65534)",
    "change the root": "os.chroot(OWN)",
    "read a neighbour's file": "open(NEIGHBOUR).read()",
    "list its neighbours": "os.listdir(os.path.dirname(NEIGHBOUR))",
    "read passwords": "open('/etc/passwd').read()",
    "read what its parent holds": "open(f'/proc/{os.getppid()}/environ').read()",
    "write over its source": "open(SOURCE, 'a')",
    "write beside its folder": "open(NEIGHBOUR + '.new', 'w')",
    "write over a neighbour's file": "open(NEIGHBOUR, 'w')",
    "write into our code": "open(pipeline.read.__file__, 'a')",
    "leave compiled code to others": "open(os.path.join(os.path.dirname(pipeline.__file__), 'x.nbi'), 'w')",
    "move its neighbour's file": "os.rename(NEIGHBOUR, os.path.join(OWN, 'x'))",
    "remove its neighbour's file": "os.remove(NEIGHBOUR)",
    "cut its neighbour's file": "os.truncate(NEIGHBOUR, 0)",
    "open its neighbour's file to all": "os.chmod(NEIGHBOUR, 0o777)",
    "give its neighbour's file away": "os.chown(NEIGHBOUR, 1, 1)",
    "date its neighbour's file": "os.utime(NEIGHBOUR, (0, 0))",
    "link to its neighbour's file": "os.link(NEIGHBOUR, os.path.join(OWN, 'x'))",
    "link its way out": "os.symlink('/etc/passwd', os.path.join(OWN, 'x'))",
    "make a device": "os.mknod(os.path.join(OWN, 'x'), 0o020666, os.makedev(1, 1))",
    "get around by another table": "syscall(0x40000000 | 39)",
}
"""what is tried, as Python in the child"""
_KILLS = "get around by another table"
ALLOWED = {
    "read its source": "open(SOURCE).read()",
    "write into its folder": "open(os.path.join(OWN, 'x'), 'w').write('x')",
    "begin a thread": "threading.Thread(target=len, args=('',)).start()",
    "signal to itself": "os.kill(os.getpid(), 0)",
    "load a library": "__import__('lxml.etree')",
}
_PROGRAM = """
import ctypes, json, os, signal, socket, subprocess, sys, threading
sys.argv = ["child"]
import pipeline, pipeline.read
from pipeline import child
libc = ctypes.CDLL(None, use_errno=True)
def called(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
ptrace = lambda request, process: called("ptrace", request, process, None, None)
mount = lambda what, where: called("mount", what.encode(), where.encode(), None, 4096, None)
unshare = lambda flags: called("unshare", flags)
syscall = lambda number: called("syscall", number)
def work(request):
    OWN, SOURCE, NEIGHBOUR = request["out"], request["source"], request["name"]
    told = {}
    for name, attempt in ATTEMPTS.items():
        try:
            exec(attempt, {**globals(), **locals()})
            told[name] = "done"
        except BaseException as refused:
            told[name] = type(refused).__name__
        open(os.path.join(OWN, "told"), "w").write(json.dumps(told))
child.work = work
sys.exit(child.main())
"""


def _tried(
    attempts: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch, scheduler: str | None = None
) -> dict[str, str]:
    """How each attempt ended in a child."""
    own = folder / "own"
    own.mkdir()
    neighbour = folder / "neighbour"
    neighbour.write_text("a grave that must not be found")
    (folder / "source").write_text("hostile")
    program = f"ATTEMPTS = {attempts!r}\n{_PROGRAM}"
    monkeypatch.setattr(sandbox, "_command", lambda *_: [sys.executable, "-P", "-c", program])
    request = {"source": str(folder / "source"), "name": str(neighbour), "out": str(own), "work": None}
    sandbox.run(
        request,
        own,
        settings=TileSettings(scheduler=scheduler),
        progress=lambda *_: None,
        cancelled=lambda: False,
    )
    assert neighbour.read_text() == "a grave that must not be found"
    told: dict[str, str] = json.loads((own / "told").read_text())
    return told


_LOCKED = all(lock in sandbox.level() for lock in (confine.FILES, confine.CALLS))
locked = pytest.mark.skipif(not _LOCKED, reason="this system has no Landlock or no seccomp")


@locked
def test_a_parser_that_is_taken_over_can_do_nothing_but_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = {name: attempt for name, attempt in ATTEMPTS.items() if name != _KILLS}
    told = _tried(attempts | ALLOWED, tmp_path, monkeypatch)
    assert {name: how for name, how in told.items() if name in attempts and how != "PermissionError"} == {}
    assert {name: how for name, how in told.items() if name in ALLOWED and how != "done"} == {}


@locked
@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has two tables of system calls")
def test_whoever_calls_by_the_other_table_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(sandbox.ParserCrash, match="SIGSYS"):
        _tried({_KILLS: ATTEMPTS[_KILLS]}, tmp_path, monkeypatch)


@locked
def test_a_child_that_must_reach_a_scheduler_has_sockets_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("open a socket", "start a program", "read a neighbour's file", "end its parent")
    told = _tried({name: ATTEMPTS[name] for name in names}, tmp_path, monkeypatch, scheduler="tcp://127.0.0.1:9")
    assert [told[name] for name in names] == ["done", *["PermissionError"] * 3]


def _ran(program: bytes, number: int, *, processor: int, first: int = 0) -> int:
    """What a filter answers to a system call: a machine for the few instructions that there are."""
    data = struct.pack("=iIQ6Q", number, processor, 0, first, 0, 0, 0, 0, 0)
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at, word = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("=I", data, value)
            case 0x15:
                at += if_true if word == value else if_false
            case 0x35:
                at += if_true if word >= value else if_false
            case 0x45:
                at += if_true if word & value else if_false
            case 0x06:
                return int(value)


_ALLOWED, _REFUSED, _ENDED = 0x7FFF0000, 0x00050001, 0x80000000
_THREAD, _PROCESS, _NAMESPACE = 0x3D0F00, 0x1200011, 0x10000000 | 0x3D0F00


@pytest.mark.parametrize(("machine", "processor", "read", "execve", "socket", "clone", "kill"), [
    ("x86_64",  0xC000003E,  0,  59,  41,  56,  62),
    ("aarch64", 0xC00000B7, 63, 221, 198, 220, 129),
])  # fmt: skip
def test_the_filter_of_each_processor_answers_as_it_should(
    machine: str, processor: int, read: int, execve: int, socket: int, clone: int, kill: int
) -> None:
    program = confine.program(machine, 77)

    def asked(number: int, first: int = 0, *, on: int = processor) -> int:
        return _ran(program, number, processor=on, first=first)

    assert [asked(read), asked(execve), asked(socket)] == [_ALLOWED, _REFUSED, _REFUSED]
    assert [asked(clone, flags) for flags in (_THREAD, _PROCESS, _NAMESPACE)] == [_ALLOWED, _REFUSED, _REFUSED]
    assert [asked(kill, process) for process in (77, 1, (1 << 64) - 1)] == [_ALLOWED, _REFUSED, _REFUSED]
    assert asked(435) == 0x00050026, "clone3 is unknown, so that the C library takes clone"
    assert asked(read, on=0x40000003) == _ENDED, "a call of a 32-bit program"
    assert _ran(confine.program(machine, 77, network=True), socket, processor=processor) == _ALLOWED


def test_a_processor_whose_numbers_are_not_known_has_no_filter() -> None:
    assert confine.program("riscv64", 1) == b""


def test_what_a_child_had_to_compile_is_told_by_name_and_types_only() -> None:
    from numba.core import types

    from pipeline.kept_code import described, meant

    kinds = [
        types.Array(types.float32, 2, "C", readonly=True),
        types.Array(types.boolean, 1, "A", aligned=False),
        types.int64,
        types.none,
        types.Omitted(0.5),
        types.Tuple([types.int32, types.Array(types.uint8, 1, "C")]),
    ]
    assert [meant(json.loads(json.dumps(described(kind)))) for kind in kinds] == kinds
    for lie in ("object", ["array", "object", 1, "C", False, True], ["array", "int8", 99, "C", False, True],
                ["omitted", "x"], ["tuple", *["int8"] * 99], [], 7):  # fmt: skip
        with pytest.raises((ValueError, TypeError)):
            meant(lie)


@pytest.mark.parametrize("line", [
    ["this", "d", []],  # it writes a page when it is imported
    ["os", "system", []],
    ["pipeline.sandbox", "run", []],
    ["pipeline.kept_code", "_compile", ["int64"]],
    ["tiling.heap", "__doc__", []],
    ["pipeline..child", "x", []],
    [1, 2, 3],
    7,
])  # fmt: skip
def test_a_lie_about_what_was_lacking_is_not_followed(
    line: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import kept_code

    monkeypatch.delitem(sys.modules, "this", raising=False)
    kept_code._compile(json.dumps(line).encode())
    said = capsys.readouterr()
    assert said.out == ""
    assert "AttributeError" not in said.err, "what is no compiled function is not touched"


def test_a_flood_of_what_is_lacking_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_ahead, "_heard", {b"already"})
    for number in range(5000):
        compile_ahead.lacking(["no", "module", [number]])
    compile_ahead.lacking("x" * 100_000)
    assert len(compile_ahead._heard) == compile_ahead._MOST
    while not compile_ahead._lacking.empty():
        compile_ahead._lacking.get_nowait()
        compile_ahead._lacking.task_done()
