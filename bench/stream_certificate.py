"""A certificate of our own for rows with TLS; contenders don't check it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from api.tls import certify


def certificate(work: Path) -> tuple[Path, Path]:
    """Files of a certificate and its key, as `chronotope serve --tls-auto` makes them."""
    made = certify(work / "tls", now=datetime.now(UTC))
    return made.certificate, made.key
