from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenes.errors import Invalid, NotFound, SceneError
from scenes.model import Article, Audio, LocalText, Picture, Tour, TourStep
from tests.contracts.samples import VIEW
from tests.scenes.authoring.site import Site, site
from timeline.errors import TimelineError

STEP = TourStep("Look", "Up.", VIEW, "-0430")
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.500\nHere they turned.\n"


def article(here: Site, **given: Any) -> Article:
    made: Article = here.create(Article, **({"title": "Colour", "bodies": [LocalText("<p>Blue.</p>")]} | given))
    return made


def test_an_article_has_texts_pictures_and_perhaps_a_time() -> None:
    here = site()
    pictures = [Picture(url="https://example.org/a.jpg", caption="A", credit="B"), Picture(asset="asset_a")]
    found = article(here, pictures=pictures, existence="-0447/-0432", bodies=[LocalText("<p>B<img src=x></p>")])
    assert (found.pictures, found.existence, found.author) == (tuple(pictures), "-0447/-0432", "ada")
    assert found.bodies == (LocalText("<p>B</p>"),)


@pytest.mark.parametrize(
    "given",
    [
        {"pictures": [Picture()]},
        {"pictures": [Picture(url="https://example.org/a", asset="asset_a")]},
        {"pictures": [Picture(url="file:///etc/passwd")]},
        {"pictures": [Picture(asset="asset_x")]},
        {"pictures": [Picture(asset="asset_a")] * 101},
        {"existence": "once"},
        {"bodies": []},
        {"bodies": [LocalText(f"{n}", f"x-{n}") for n in range(21)]},
        {"title": ""},
    ],
)
def test_an_article_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    here = site()
    before = here.revisions()
    with pytest.raises((SceneError, TimelineError)):
        article(here, **given)
    assert here.revisions() == before


def test_a_step_may_be_heard_and_read() -> None:
    here = site()
    heard = replace(STEP, audio=Audio(url="https://example.org/a.mp3", captions=CAPTIONS, language="el"))
    tour = here.create(Tour, title="Round", steps=[STEP, heard], description="Two stops.")
    assert tour.steps == (STEP, heard)
    assert here.update(Tour, tour, steps=[heard]).steps == (heard,)


@pytest.mark.parametrize(
    "audio",
    [
        Audio(),
        Audio(url="ftp://example.org/a.mp3"),
        Audio(asset="asset_x"),
        Audio(url="https://example.org/a.mp3", language="?"),
        Audio(url="https://example.org/a.mp3", captions="1\n00:01 --> 00:02\nx"),
    ],
)
def test_a_recording_that_cannot_be_is_refused(audio: Audio) -> None:
    with pytest.raises((Invalid, NotFound)):
        site().create(Tour, title="Round", steps=[replace(STEP, audio=audio)])
