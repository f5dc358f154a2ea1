"""The application on a fresh data directory, without a network and without a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from tests.api.museum import Doors, write_museum

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    app = create_app(Settings(data=tmp_path / "museum", workers=0, max_upload=1 << 20))
    async with app.router.lifespan_context(app):
        write_museum(app.state.services)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            yield Doors(app, app.state.services, client)
