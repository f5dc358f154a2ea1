"""An OCFL 1.1 storage root (ocfl.io/1.1/spec): objects whose versions are never rewritten, readable without us.

Objects lie by the sha256 of their id, in a folder named by it (extension 0003). A version is made beside the root and
renamed into its place, then the inventory of the object is replaced, its sidecar last; every step is synced. What a
crash left between these is put right when the object is written next: a version that no inventory knows goes, a sidecar
is written again.
One process writes a root at a time (`Ocfl.locked`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from scenes.errors import Conflict, Malformed
from storage.files import disk_refused, make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

_PIECE = 1 << 20
_LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_CONFIG = {
    "extensionName": _LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
}
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_MOST_LETTERS = 100
_TYPE = "https://ocfl.io/1.1/spec/#inventory"


Source = Callable[[], BinaryIO]
"""opens the bytes of a file; they are closed after reading"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an object's newest version."""

    name: str
    digest: str
    """sha512"""
    byte_length: int


class Ocfl:
    """One root in a folder."""

    def __init__(self, root: Path) -> None:
        """Make the root where there is none. Raises Malformed: the folder is no OCFL root of this layout."""
        self._root = root
        self._work = root.with_name(f".{root.name}.incoming")
        if root.is_dir() and any(root.iterdir()):
            self._check_root()
        else:
            self._make_root()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While the block lasts no other process writes. Raises Conflict where one does."""
        make_folder(self._work)
        with (self._work / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Conflict(f"{self._root} is being written by another process") from error
            for left in self._work.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
            yield

    def ids(self) -> Iterator[str]:
        """Ids of all objects, in the order of their places."""
        for marker in sorted(self._root.glob("???/???/???/*/0=ocfl_object_1.1")):
            yield str(self._inventory(marker.parent)["id"])

    def kept(self, object_id: str) -> Mapping[str, Kept] | None:
        """The files of an object's newest version by their names; None where there is no such object."""
        folder = self._folder(object_id)
        if not (folder / "inventory.json").is_file():
            return None
        inventory = self._inventory(folder)
        paths = {digest: folder / found[0] for digest, found in inventory["manifest"].items()}
        state = inventory["versions"][inventory["head"]]["state"]
        return {
            name: Kept(name, digest, paths[digest].stat().st_size) for digest, names in state.items() for name in names
        }

    def open(self, object_id: str, kept: Kept) -> BinaryIO:
        """A file for sequential reading; close it."""
        folder = self._folder(object_id)
        (first, *_) = self._inventory(folder)["manifest"][kept.digest]
        return (folder / str(first)).open("rb")

    def write(
        self,
        object_id: str,
        files: Mapping[str, Source | Kept],
        *,
        message: str,
        author: str,
        at: datetime,
        is_anew: bool = False,
    ) -> bool:
        """A new version that holds these files: new ones, and kept ones of the version before.

        Whether there was anything to write: what is the same makes no version. `is_anew`: versions before are erased,
        because they hold what must not be kept; then no file is a kept one.

        Raises:
            StorageFull: the disk is full.
        """
        if is_anew:
            self.erase(object_id)
        folder = self._folder(object_id)
        inventory = self._mended(folder) if folder.is_dir() else None
        number = 1 if inventory is None else int(inventory["head"][1:]) + 1
        manifest: dict[str, list[str]] = {} if inventory is None else dict(inventory["manifest"])
        new = self._work / f"{folder.name}.v{number}"
        state: dict[str, list[str]] = {}
        with disk_refused():
            shutil.rmtree(new, ignore_errors=True)
            make_folder(new)
            for name in sorted(files):
                digest = self._placed(new, f"v{number}", name, files[name], manifest)
                state.setdefault(digest, []).append(name)
            if inventory is not None and state == inventory["versions"][inventory["head"]]["state"]:
                shutil.rmtree(new)
                return False
            written = {
                "id": object_id,
                "type": _TYPE,
                "digestAlgorithm": "sha512",
                "head": f"v{number}",
                "manifest": manifest,
                "versions": {
                    **({} if inventory is None else inventory["versions"]),
                    f"v{number}": {
                        "created": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                        "message": message,
                        "state": state,
                        "user": {"name": author},
                    },
                },
            }
            self._publish(folder, new, number, (json.dumps(written, indent=1, sort_keys=True) + "\n").encode())
        return True

    def erase(self, object_id: str) -> None:
        """Delete an object with all its versions; nothing where there is none."""
        folder = self._folder(object_id)
        if folder.is_dir():
            # In one step out of the tree, so that it is never there in part; what is left here goes the next time.
            aside = self._work / f"{folder.name}.erased"
            shutil.rmtree(aside, ignore_errors=True)
            with disk_refused():
                os.rename(folder, aside)  # noqa: PTH104 a folder is not replaced
                sync_folder(folder.parent)
                shutil.rmtree(aside)
                _drop_empty(folder.parent, self._root)

    def damaged(self) -> Iterator[str]:
        """What is not as its inventory says, in words. All files are read."""
        for marker in sorted(self._root.glob("???/???/???/*/0=ocfl_object_1.1")):
            folder = marker.parent
            try:
                inventory = self._inventory(folder)
            except Malformed as error:
                yield str(error)
                continue
            for digest, paths in sorted(inventory["manifest"].items()):
                for path in paths:
                    found = _sha512(folder / path)
                    if found != digest:
                        yield f"{inventory['id']}: {path} is {'damaged' if found else 'missing'}"

    def _make_root(self) -> None:
        make_folder(self._root)
        config = self._root / "extensions" / _LAYOUT / "config.json"
        make_folder(config.parent)
        _write(config, json.dumps(_CONFIG, indent=1).encode())
        layout = {
            "extension": _LAYOUT,
            "description": "by the sha256 of an object's id, in three folders of three digits, then by the id",
        }
        _write(self._root / "ocfl_layout.json", json.dumps(layout, indent=1).encode())
        _write(self._root / "0=ocfl_1.1", b"ocfl_1.1\n")

    def _check_root(self) -> None:
        try:
            is_ours = json.loads((self._root / "extensions" / _LAYOUT / "config.json").read_bytes()) == _CONFIG
            is_root = (self._root / "0=ocfl_1.1").read_bytes() == b"ocfl_1.1\n"
        except (OSError, ValueError):
            is_ours = is_root = False
        if not (is_ours and is_root):
            raise Malformed(f"{self._root} is not empty, and no OCFL 1.1 root with the layout {_LAYOUT}")

    def _folder(self, object_id: str) -> Path:
        digest = hashlib.sha256(object_id.encode()).hexdigest()
        name = "".join(chr(each) if each in _PLAIN else f"%{each:02x}" for each in object_id.encode())
        if len(name) > _MOST_LETTERS:
            name = f"{name[:_MOST_LETTERS]}-{digest}"
        return self._root / digest[:3] / digest[3:6] / digest[6:9] / name

    def _inventory(self, folder: Path) -> dict[str, Any]:
        """Of an object, as its sidecar or, where a crash kept that from being written, its newest version says."""
        try:
            data = (folder / "inventory.json").read_bytes()
            found: dict[str, Any] = json.loads(data)
            told = [folder, folder / found["head"]]
            if not any(_is_told(data, each) for each in told):
                raise Malformed(f"{folder.relative_to(self._root)}: the inventory is not what its sidecar says")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Malformed(f"{folder.relative_to(self._root)}: the inventory cannot be read: {error}") from error
        return found

    def _mended(self, folder: Path) -> dict[str, Any]:
        """The inventory of an object that is to be written, after what a crash may have left of the last writing."""
        inventory = self._inventory(folder)
        data = (folder / "inventory.json").read_bytes()
        if not _is_told(data, folder):
            _write(folder / "inventory.json.sha512", _sidecar(data))
        orphan = folder / f"v{int(inventory['head'][1:]) + 1}"
        if orphan.is_dir():
            shutil.rmtree(orphan)
        return inventory

    def _placed(self, new: Path, version: str, name: str, source: Source | Kept, manifest: dict[str, list[str]]) -> str:
        """Keep a file of a new version, unless its bytes are there; its digest."""
        if isinstance(source, Kept):
            return source.digest
        path = new / "content" / name
        make_folder(path.parent)
        hasher = hashlib.sha512()
        with source() as given, path.open("wb") as file:
            while piece := given.read(_PIECE):
                hasher.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        digest = hasher.hexdigest()
        if digest in manifest:
            path.unlink()
            _drop_empty(path.parent, new)
        else:
            manifest[digest] = [f"{version}/content/{name}"]
            sync_folder(path.parent)
        return digest

    def _publish(self, folder: Path, new: Path, number: int, inventory: bytes) -> None:
        version = f"v{number}"
        _write(new / "inventory.json", inventory)
        _write(new / "inventory.json.sha512", _sidecar(inventory))
        if number > 1:
            os.rename(new, folder / version)  # noqa: PTH104 a folder is not replaced
            sync_folder(folder)
            _write(folder / "inventory.json", inventory)
            _write(folder / "inventory.json.sha512", _sidecar(inventory))
            return
        # An object is there whole or not at all.
        whole = self._work / f"{folder.name}.object"
        shutil.rmtree(whole, ignore_errors=True)
        make_folder(whole)
        os.rename(new, whole / version)  # noqa: PTH104
        _write(whole / "0=ocfl_object_1.1", b"ocfl_object_1.1\n")
        _write(whole / "inventory.json", inventory)
        _write(whole / "inventory.json.sha512", _sidecar(inventory))
        make_folder(folder.parent)
        os.rename(whole, folder)  # noqa: PTH104
        sync_folder(folder.parent)


def _is_told(inventory: bytes, folder: Path) -> bool:
    """Whether the sidecar in a folder is of this inventory."""
    try:
        return (folder / "inventory.json.sha512").read_bytes() == _sidecar(inventory)
    except OSError:
        return False


def _sidecar(inventory: bytes) -> bytes:
    return f"{hashlib.sha512(inventory).hexdigest()} inventory.json\n".encode()


def _write(path: Path, data: bytes) -> None:
    """Replace a file, durably."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def _sha512(path: Path) -> str:
    """Of a file; empty where there is none."""
    hasher = hashlib.sha512()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                hasher.update(piece)
    except OSError:
        return ""
    return hasher.hexdigest()


def _drop_empty(folder: Path, until: Path) -> None:
    """Folders without files are no part of an object."""
    while folder != until and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
