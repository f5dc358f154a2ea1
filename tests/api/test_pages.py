from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api import pages

if TYPE_CHECKING:
    from tests.api.museum import Doors

PAGE = (
    '<!doctype html><html lang="en"><head><title>Exhibition</title></head>'
    '<body class="page"><script type=module src=/web/a.js></script><noscript><p>Needs JavaScript.</p></noscript>'
)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end as Vite leaves it. It is found beside the package, so that place is what the test moves."""
    static = tmp_path / "package" / "static"
    (static / "assets").mkdir(parents=True)
    for name in ("index.html", "exhibition.html", "studio.html"):
        (static / name).write_text(PAGE)
    (static / "assets" / "viewer-Ab12_-9z.js").write_text("export const x = 1;\n" * 100)
    (static / "icon.svg").write_text("<svg/>")
    (tmp_path / "package" / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "_HERE", tmp_path / "package")
    return static


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_HERE", tmp_path / "nothing")


@pytest.mark.usefixtures("built")
async def test_pages_are_isolated_and_run_our_own_scripts_only(doors: Doors) -> None:
    for path in ("/", "/exhibitions/terrace", "/studio"):
        answer = await doors.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'; script-src 'self' 'wasm-unsafe-eval';" in policy
        assert "connect-src 'self' blob: ws://127.0.0.1:8000 wss://127.0.0.1:8000" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert answer.headers["permissions-policy"] == "xr-spatial-tracking=(self)"


@pytest.mark.usefixtures("built")
async def test_an_exhibitions_page_bears_its_own_title_and_description(doors: Doors) -> None:
    page = (await doors.client.get("/exhibitions/terrace")).text
    assert "<title>Stones &amp; &quot;Gods&quot; \\1</title>" in page
    assert '<meta name="description" content="Eight states">' in page
    assert page.count("<title>") == 1


@pytest.mark.usefixtures("built")
async def test_an_unknown_and_a_draft_exhibition_are_the_same_page(doors: Doors) -> None:
    unknown = await doors.client.get("/exhibitions/no-such")
    draft = await doors.client.get("/exhibitions/next-year")
    assert (unknown.status_code, draft.status_code) == (404, 404)
    assert unknown.text == draft.text
    assert "All exhibitions" in unknown.text
    assert (await doors.client.get("/exhibitions/next-year", headers=doors.bearer())).status_code == 200


@pytest.mark.usefixtures("built")
async def test_only_the_page_for_frames_may_be_framed_by_others_and_only_of_what_all_may_see(doors: Doors) -> None:
    embedded = await doors.client.get("/embed/terrace")
    assert "frame-ancestors *;" in embedded.headers["content-security-policy"]
    assert embedded.headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/exhibitions/terrace", "/studio"):
        assert "frame-ancestors 'self';" in (await doors.client.get(path)).headers["content-security-policy"]
    assert (await doors.client.get("/embed/next-year", headers=doors.bearer())).status_code == 404


@pytest.mark.usefixtures("built")
async def test_the_gallery_names_what_is_open_to_who_runs_no_scripts(doors: Doors) -> None:
    page = (await doors.client.get("/", headers=doors.bearer())).text
    assert '<a href="/exhibitions/terrace">Stones &amp; &quot;Gods&quot; \\1</a><p>Eight states</p>' in page
    assert "next-year" not in page, "what curators alone know of is told to nobody by a page that is kept"


@pytest.mark.usefixtures("built")
async def test_a_drafts_page_has_its_title_and_nothing_to_share(doors: Doors) -> None:
    page = (await doors.client.get("/exhibitions/next-year", headers=doors.bearer())).text
    assert "<title>Next</title>" in page
    assert "og:image" not in page
    assert "oembed" not in page
    assert "ld+json" not in page


@pytest.mark.usefixtures("built")
async def test_a_page_that_the_browser_holds_is_not_sent_again(doors: Doors) -> None:
    tag = (await doors.client.get("/")).headers["etag"]
    assert (await doors.client.get("/", headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.usefixtures("built")
async def test_built_files_are_packed_and_kept_for_good_when_their_name_is_their_content(doors: Doors) -> None:
    answer = await doors.client.get("/web/assets/viewer-Ab12_-9z.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith("export const")
    plain = await doors.client.get("/web/assets/viewer-Ab12_-9z.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    icon = await doors.client.get("/web/icon.svg")
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    ["/web/no.js", "/web/assets", "/web/../secret.txt", "/web/%2e%2e/secret.txt", "/web//etc/passwd", "/web/%00"],
)
async def test_nothing_but_the_built_files_is_served(doors: Doors, path: str) -> None:
    answer = await doors.client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


async def test_a_link_that_leads_out_of_the_folder_is_not_followed(doors: Doors, built: Path) -> None:
    (built / "out.txt").symlink_to(built.parent / "secret.txt")
    assert (await doors.client.get("/web/out.txt")).status_code == 404


@pytest.mark.usefixtures("unbuilt")
async def test_without_a_front_end_the_pages_say_how_to_build_it(doors: Doors) -> None:
    for path in ("/", "/studio", "/exhibitions/terrace"):
        answer = await doors.client.get(path)
        assert answer.status_code == 200
        assert "make web" in answer.text
    assert (await doors.client.get("/web/a.js")).json()["code"] == "NOT_FOUND"


async def test_docs_list_every_code_and_setting(doors: Doors) -> None:
    text = (await doors.client.get("/docs")).text
    assert all(name in text for name in ("BAD_EDTF", "CHRONOTOPE_DATABASE_URL", "/uploads", "/openapi.json"))
    assert (await doors.client.get("/openapi.json")).json()["info"]["title"] == "Chronotope"


def test_packing_gives_the_same_bytes_every_time(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("x" * 2000)
    first = pages._packed(file, 1)
    assert gzip.decompress(first[1]) == b"x" * 2000
    assert pages._packed(file, 2) == first
