"""Every adapter of a port, by name. A new adapter is added here and nowhere else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.blobs_local import LocalBlobs
from storage.blobs_s3 import S3Blobs
from storage.bus_local import LocalBus
from storage.catalogue_postgres import PostgresCatalogue
from storage.catalogue_sqlite import SqliteCatalogue
from storage.memory import MemoryBlobs, MemoryBus, MemoryCatalogue, MemoryUploads
from storage.uploads_local import LocalUploads
from storage.uploads_s3 import S3Uploads
from tests.postgres_server import empty_postgres
from tests.s3_server import empty_s3, new_bucket, shared_s3

AnyCatalogue = SqliteCatalogue | PostgresCatalogue | MemoryCatalogue

CATALOGUES: dict[str, Callable[[Path], AnyCatalogue]] = {
    "sqlite": lambda folder: SqliteCatalogue(folder / "catalogue.sqlite"),
    "postgres": lambda folder: empty_postgres(),
    "memory": lambda folder: MemoryCatalogue(),
}
AnyBlobs = LocalBlobs | S3Blobs | MemoryBlobs
BLOBS: dict[str, Callable[[Path], AnyBlobs]] = {
    "local": lambda folder: LocalBlobs(folder / "objects"),
    "s3": empty_s3,
    "memory": lambda folder: MemoryBlobs(),
}
AnyUploads = LocalUploads | S3Uploads | MemoryUploads
UPLOADS: dict[str, Callable[[Path], AnyUploads]] = {
    "local": lambda folder: LocalUploads(folder / "uploads"),
    "s3": lambda folder: S3Uploads(
        SqliteCatalogue(folder / "catalogue.sqlite"), new_bucket(), environment=shared_s3().environment
    ),
    "s3 and postgres": lambda folder: S3Uploads(empty_postgres(), new_bucket(), environment=shared_s3().environment),
    "memory": lambda folder: MemoryUploads(),
}
BUSES: dict[str, Callable[[], LocalBus]] = {"local": LocalBus, "memory": MemoryBus}


@pytest.fixture(params=CATALOGUES)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyCatalogue]:
    opened = CATALOGUES[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=BLOBS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AnyBlobs:
    return BLOBS[request.param](tmp_path)


@pytest.fixture(params=UPLOADS)
def uploads(request: pytest.FixtureRequest, tmp_path: Path) -> AnyUploads:
    return UPLOADS[request.param](tmp_path)


@pytest.fixture(params=BUSES)
def bus(request: pytest.FixtureRequest) -> LocalBus:
    return BUSES[request.param]()
