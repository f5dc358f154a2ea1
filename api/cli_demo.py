"""`chronotope demo`: makes the sample museum in a data directory, each asset in a process of its own, then serves it.

What is made is remembered asset by asset, so that an interrupted run goes on where it stopped and a second one starts
in seconds. Beside each stands a digest of the code that made it: a newer program makes it anew. What curators changed
of the records since stays as they left it.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli_keep import prepared
from api.cli_progress import progress_bar
from api.data_directory import held
from api.demo_log import DemoLog
from api.errors import DoorError
from api.services import open_services
from scenes.model import Asset, AssetState, Visibility
from scenes.ports import BlobUse, Put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from api.demo_files import Told, Version
    from api.services import Services
    from api.settings import Settings
    from pipeline.tile import TileResult
    from sample_museum.build import SampleMuseum
    from scenes.model import ObjectIdentity, Record

    class Sample(Told, Protocol):
        """`sample_museum.build.SampleAsset`, or a smaller one in tests."""

        @property
        def slug(self) -> str:
            """Name of its file."""
            ...

        @property
        def make(self) -> Callable[[], object]:
            """Makes the model; can be sent to another process."""
            ...

        @property
        def identity(self) -> ObjectIdentity | None:
            """The object that it shows."""
            ...

        @property
        def finest(self) -> float:
            """Metres: visitors get no finer detail; 0: all."""
            ...

        @property
        def later(self) -> Sequence[Version]:
            """Later scans of it."""
            ...


_AUTHOR = "sample museum"
_MAKERS = ("sample_museum", "tiling", "pipeline", "scenes/glb.py", "scenes/gltf_build.py")


@dataclass(frozen=True, slots=True)
class _Made:
    """What a process of the pool made in `folder`: the master as `master.glb`, the tiles beside the document."""

    folder: Path
    result: TileResult


def demo(
    *, data: Path | None, host: str | None, port: int | None, automatic: bool, as_json: bool, build_only: bool
) -> None:
    """Make what is missing of the sample museum, then serve it, unless `build_only`."""
    if build_only:
        build(prepared(data, host=host, port=port))
        return
    from api.cli_serve import serve

    serve(
        data=data,
        host=host,
        port=port,
        certificate=None,
        key=None,
        automatic=automatic,
        as_json=as_json,
        first=build,
    )


def build(settings: Settings) -> None:
    """The sample museum in the data directory of `settings`. Raises SettingsError where a server holds it."""
    from api.demo_files import add_files, add_scans, put_up_versions
    from api.sandboxed import sandboxed_tile
    from sample_museum.build import build as sample

    with held(settings.data), open_services(settings) as services:
        museum = sample()
        stamp, log = stamp_of_makers(), DemoLog.of(settings)
        build_assets(services, museum.assets, stamp=stamp, processes=os.cpu_count() or 1)
        add_files(services, museum.files, log, stamp=stamp, author=_AUTHOR)
        add_scans(services, museum.scans, sandboxed_tile(settings), log, stamp=stamp)
        write_records(services, records_of(museum))
        put_up_versions(services, museum.assets, sandboxed_tile(settings), log, stamp=stamp)


def stamp_of_makers() -> str:
    """A digest of the code that the sample museum's bytes depend on."""
    root = Path(__file__).resolve().parent.parent
    hasher = hashlib.sha256()
    for name in _MAKERS:
        path = root / name
        for file in sorted(path.glob("**/*.py")) if path.is_dir() else [path]:
            if file.is_file():
                hasher.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return hasher.hexdigest()


def records_of(museum: SampleMuseum) -> list[Record]:
    """All records but the assets, what others refer to first."""
    return list(museum.records())


def write_records(services: Services, records: Sequence[Record]) -> None:
    """Those of `records` that are missing or differ, as one revision; not those that somebody else wrote last."""
    changed = [
        record
        for record in records
        if services.catalogue.get(type(record), record.id) != record and _is_ours(services, record)
    ]
    if changed:
        services.catalogue.commit(
            [Put(record) for record in changed], author=_AUTHOR, reason="sample museum", at=services.clock.now()
        )


def _is_ours(services: Services, record: Record) -> bool:
    """Whether nobody but the sample museum ever wrote it, or wrote or removed it last."""
    number = services.catalogue.revision_of(record.id)
    if number == 0:
        return True
    (last,) = services.catalogue.history([record.id], last=1, as_of=number)
    return last.author == _AUTHOR


def build_assets(services: Services, samples: Sequence[Sample], *, stamp: str, processes: int) -> None:
    """Make those of `samples` that are missing or were made by other code.

    Raises:
        DoorError: one of them could not be made; what is made stays.
    """
    log = DemoLog.of(services.settings)
    missing = [sample for sample in samples if not _is_made(services, sample, log, stamp)]
    if not missing:
        return
    scratch = services.settings.data / "work" / "sample"
    shutil.rmtree(scratch, ignore_errors=True)
    # Fresh processes: this one may have threads, which a fork would leave behind in an unknown state.
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(
        min(processes, len(missing)), mp_context=context, initializer=_belong_to_parent
    )
    try:
        with progress_bar("making the sample museum", len(missing), unit_bytes=False) as advance:
            running = {pool.submit(_make, sample.make, scratch / sample.slug): sample for sample in missing}
            for number, future in enumerate(concurrent.futures.as_completed(running), 1):
                sample = running[future]
                _keep(services, sample, future.result())
                log.add(sample.id, stamp)
                advance(1, sample.title)
                if not sys.stderr.isatty():
                    print(f"made {number} of {len(missing)}: {sample.title}", file=sys.stderr, flush=True)
    except concurrent.futures.process.BrokenProcessPool as e:
        raise DoorError(
            "UNAVAILABLE",
            "a process that made the sample museum died, perhaps for want of memory; run it again to go on",
        ) from e
    except BaseException:
        # Ctrl-C, or one could not be made: the others are not waited for.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(scratch, ignore_errors=True)


def _is_made(services: Services, sample: Sample, log: DemoLog, stamp: str) -> bool:
    """Whether it is there, made by this code. What was scanned again later is kept up by its later scans."""
    asset = services.catalogue.get(Asset, sample.id)
    if asset is None or asset.state is not AssetState.READY:
        return False
    return log.has(sample.id, stamp) or bool(sample.later)


def _belong_to_parent() -> None:
    """In each process of the pool: Ctrl-C is the parent's to answer, and when the parent is killed, this ends, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "this runs in a process of the pool"

    def end_with_parent() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _make(make: Callable[[], object], folder: Path) -> _Made:
    """In a process of the pool: the model, its master and its tiles."""
    from pipeline.tile import TileSettings, tile_model
    from scenes.gltf_build import write_glb
    from tiling.mesh import Model

    folder.mkdir(parents=True)
    model = make()
    assert isinstance(model, Model), "a sample makes a model"
    (folder / "master.glb").write_bytes(write_glb(model))
    return _Made(folder, tile_model(model, folder, TileSettings(), lambda fraction, message: None))


def _keep(services: Services, sample: Sample, made: _Made) -> None:
    """Put what was made into the blobs, then record the asset: public, and ready."""
    put = services.blobs.put_stream
    uses = []
    for name, digest, size, media_type in made.result.files:
        with (made.folder / name).open("rb") as file:
            if put(file) != (digest, size):
                raise RuntimeError(f"{sample.slug}: {name} is not what the tiler said that it wrote")
        uses.append(BlobUse(digest, size, media_type))
    with (made.folder / made.result.document).open("rb") as file:
        digest, size = put(file)
    uses.append(BlobUse(digest, size, "application/json"))
    with (made.folder / "master.glb").open("rb") as file:
        master, length = put(file)
    now = services.clock.now()
    before = services.catalogue.get(Asset, sample.id)
    asset = Asset(
        id=sample.id,
        title=sample.title,
        rights=sample.rights,
        master=master,
        master_name=f"{sample.slug}.glb",
        media_type="model/gltf-binary",
        byte_length=length,
        state=AssetState.READY,
        visibility=Visibility.PUBLIC,
        created_at=before.created_at if before else now,
        created_by=_AUTHOR,
        tileset=made.result.tileset,
        attribution=sample.attribution,
        report=made.result.report,
        identity=sample.identity,
        finest=sample.finest,
    )
    services.catalogue.allow_blobs(asset.id, uses)
    if asset != before:
        services.catalogue.commit([Put(asset)], author=_AUTHOR, reason=f"made {sample.title}", at=now)
    shutil.rmtree(made.folder)
