"""The way to an S3 service, as the environment names it, and what it says in our words.

The service, its region and the keys have the names that all tools of S3 know: `AWS_ENDPOINT_URL`, `AWS_REGION`,
`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. Each may be in a file that a name with `_FILE` at its
end says, as secrets of containers are.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from obstore.exceptions import BaseError
from obstore.store import S3Store

from scenes.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import S3Config

_NAMES = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def open_store(url: str, environment: Mapping[str, str] | None = None) -> S3Store:
    """The store at `s3://bucket/prefix`. `environment` holds the names above; by default that of the process.

    Raises:
        OSError: a file that holds one of them cannot be read.
    """
    named = os.environ if environment is None else environment
    known = {name: named[name] for name in _NAMES if name in named}
    known |= {name: Path(named[f"{name}_FILE"]).read_text().strip() for name in _NAMES if f"{name}_FILE" in named}
    return S3Store.from_url(
        url,
        config=cast("S3Config", {name.lower(): value for name, value in known.items()}),
        checksum_algorithm="SHA256",  # the service refuses what came otherwise than it was sent
        client_options={
            "connect_timeout": "5s",
            "timeout": "60s",
            "allow_http": known.get("AWS_ENDPOINT_URL", "").startswith("http://"),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )


@contextmanager
def told(what: str) -> Iterator[None]:
    """What the service says, in our words: NotFound names `what`, everything else is Unavailable."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"there is no {what}") from None
    except (BaseError, OSError) as error:
        raise Unavailable(f"the store of objects does not answer as it should ({type(error).__name__})") from error
