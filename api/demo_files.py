"""What of the sample museum comes as files: recordings and pictures, clouds, and later scans of things that are there.

A cloud is deposited and tiled in the sandbox, as anybody's is. A later scan goes the way of every new version: it takes
the place of the one before together with the notes at it (`scenes.versions`). A museum never goes back to an earlier
one.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scenes.ingest import deposit
from scenes.model import Actor, Asset, AssetState, Job, Media, Role, Visibility
from scenes.ports import BlobUse, Put
from scenes.versions import deposit_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Protocol

    from api.demo_log import DemoLog
    from api.services import Services
    from api.worker import Tile

    class Told(Protocol):
        """What every sample says of itself."""

        @property
        def id(self) -> str:
            """Fixed id of the asset."""
            ...

        @property
        def title(self) -> str:
            """What it is called."""
            ...

        @property
        def attribution(self) -> str:
            """Whom to name."""
            ...

        @property
        def rights(self) -> str:
            """Address of its licence."""
            ...

    class Scan(Told, Protocol):
        """`sample_museum.build.SampleScan`."""

        @property
        def name(self) -> str:
            """Name of its file."""
            ...

        @property
        def make(self) -> Callable[[], bytes]:
            """Makes the file."""
            ...

    class File(Scan, Protocol):
        """`sample_museum.build.SampleFile`."""

        @property
        def media_type(self) -> str:
            """What the file is."""
            ...

        @property
        def embargo(self) -> datetime | None:
            """Before this moment only curators saw it."""
            ...

    class Version(Protocol):
        """`sample_museum.build.SampleVersion`."""

        @property
        def name(self) -> str:
            """Name of its file, which is of no other version."""
            ...

        @property
        def make(self) -> Callable[[], object]:
            """Makes the model."""
            ...

    class Versioned(Protocol):
        """An asset with later scans."""

        @property
        def id(self) -> str:
            """Fixed id of the asset."""
            ...

        @property
        def later(self) -> Sequence[Version]:
            """Its later scans, in order."""
            ...


SURVEYOR = Actor("sample museum, survey", Role.CURATOR)
"""who signs later scans and what they do to notes"""


def add_files(services: Services, files: Sequence[File], log: DemoLog, *, stamp: str, author: str) -> None:
    """Make those that are missing or were made by other code. They are public and ready as they are, without tiles."""
    for file in files:
        before = services.catalogue.get(Asset, file.id)
        if before is not None and log.has(file.id, stamp):
            continue
        content = file.make()
        master, length = services.blobs.put_stream(io.BytesIO(content))
        media = _media(services, file, content, master)
        now = services.clock.now()
        asset = Asset(
            id=file.id,
            title=file.title,
            rights=file.rights,
            master=master,
            master_name=file.name,
            media_type=file.media_type,
            byte_length=length,
            state=AssetState.READY,
            visibility=Visibility.PUBLIC,
            created_at=before.created_at if before else now,
            created_by=author,
            attribution=file.attribution,
            media=media,
            embargo=file.embargo,
        )
        served = BlobUse(media.digest, media.byte_length, media.media_type)
        deposited = BlobUse(master, length, file.media_type)
        services.catalogue.allow_blobs(asset.id, list(dict.fromkeys([deposited, served])))
        if asset != before:
            services.catalogue.commit([Put(asset)], author=author, reason=f"made {file.title}", at=now)
        log.add(file.id, stamp)


def _media(services: Services, file: File, content: bytes, master: str) -> Media:
    """What is served of it: read here and not in the sandbox, because we made it."""
    from pipeline import pictures, recordings

    kind = file.name.rpartition(".")[2]
    with tempfile.NamedTemporaryFile(dir=services.settings.data) as copy:
        copy.write(content)
        copy.flush()
        if file.media_type.startswith("audio/"):
            duration = recordings.checked(Path(copy.name), kind).duration_s
            return Media(master, file.media_type, len(content), duration_s=duration)
        picture = pictures.checked(Path(copy.name), kind)
    served, length = services.blobs.put_stream(io.BytesIO(picture.served))
    return Media(served, "image/webp", length, width=picture.width, height=picture.height)


def add_scans(services: Services, scans: Sequence[Scan], tile: Tile, log: DemoLog, *, stamp: str) -> None:
    """Deposit those that are missing or were made by other code, tile them in the sandbox, and publish them.

    Raises:
        RuntimeError: one was refused, which is a fault of ours.
    """
    for scan in scans:
        if log.has(scan.id, stamp):
            continue
        content = scan.make()
        present = services.catalogue.get(Asset, scan.id)
        if present is None:
            _, job = deposit(
                services, SURVEYOR, io.BytesIO(content), name=scan.name, title=scan.title, rights=scan.rights,
                attribution=scan.attribution, asset_id=scan.id,
            )  # fmt: skip
            _work_off(services, job, tile)
        elif present.master != services.blobs.put_stream(io.BytesIO(content))[0]:
            _, job = deposit_version(services, SURVEYOR, io.BytesIO(content), asset_id=scan.id, name=scan.name)
            _work_off(services, job, tile)
        asset = services.catalogue.get(Asset, scan.id)
        if asset is None or asset.state in {AssetState.REJECTED, AssetState.FAILED}:
            raise RuntimeError(f"{scan.name}: {asset.state if asset else 'not there'} {asset.report if asset else ''}")
        if asset.state is AssetState.READY:
            if asset.visibility is not Visibility.PUBLIC:
                services.catalogue.commit(
                    [Put(replace(asset, visibility=Visibility.PUBLIC))],
                    author=SURVEYOR.name, reason=f"published {scan.title}", at=services.clock.now(),
                )  # fmt: skip
            log.add(scan.id, stamp)


def put_up_versions(services: Services, assets: Sequence[Versioned], tile: Tile, log: DemoLog, *, stamp: str) -> None:
    """Deposit the later scans that are missing or were made by other code, and tile them.

    One that is not tiled at the end, because another process works on it, is left to that.
    """
    from scenes.gltf_build import write_glb
    from tiling.mesh import Model

    for asset in assets:
        for version in asset.later:
            if log.has(version.name, stamp):
                continue
            model = version.make()
            assert isinstance(model, Model), "a sample makes a model"
            content = write_glb(model)
            present = services.catalogue.get(Asset, asset.id)
            if present is not None and present.master != services.blobs.put_stream(io.BytesIO(content))[0]:
                _, job = deposit_version(services, SURVEYOR, io.BytesIO(content), asset_id=asset.id, name=version.name)
                _work_off(services, job, tile)
            log.add(version.name, stamp)


def _work_off(services: Services, job: Job, tile: Tile) -> None:
    """Work until a job is done, or another process has it."""
    from api.worker import Worker

    worker = Worker(services, tile)
    while (now := services.jobs.job(job.id)) is not None and now.is_at_work:
        if not worker.work_once(services.ids.new("worker")):
            break
