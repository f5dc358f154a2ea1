"""Two curators at the same moment: each is stopped after the check and before the write, if nothing else stops them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

from scenes.errors import SceneError
from scenes.model import Hypothesis, Layer, Placement
from tests.scenes.authoring.site import Site, site


def at_once(here: Site, *changes: Callable[[], object]) -> list[str]:
    """Makes the changes in threads that wait for one another before they write; the codes of those refused."""
    catalogue, both, codes = here.museum.catalogue, Barrier(len(changes)), []
    commit = catalogue.commit

    def waiting(*args: Any, **named: Any) -> Any:
        # Who takes turns waits here in vain, and goes on.
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.3)
        return commit(*args, **named)

    def run(change: Callable[[], object]) -> None:
        try:
            change()
        except SceneError as error:
            codes.append(error.code)

    catalogue.commit = waiting  # type: ignore[method-assign]
    threads = [Thread(target=run, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    catalogue.commit = commit  # type: ignore[method-assign]
    return codes


def test_no_circle_is_closed_from_two_sides_at_once() -> None:
    here = site()
    one, two = (here.create(Hypothesis, title=title, author="A", argument="B") for title in ("One", "Two"))
    codes = at_once(
        here,
        lambda: here.update(Hypothesis, one, builds_on=two.id),
        lambda: here.update(Hypothesis, two, builds_on=one.id),
    )
    assert codes == ["CYCLE"]
    assert sorted([here.get(one).builds_on, here.get(two).builds_on]) == sorted(
        ["", two.id if here.get(one).builds_on else one.id]
    )


def test_nothing_is_put_into_what_is_removed_at_the_same_moment() -> None:
    here = site()
    layer = here.create(Layer, title="Trees")
    codes = at_once(here, lambda: here.remove(layer), lambda: here.placed("Oak", layer=layer.id))
    assert len(codes) == 1
    placed = here.museum.catalogue.within(Placement, [here.scene])[here.scene]
    assert all(here.museum.catalogue.get(Layer, each.layer) for each in placed)


def test_of_two_who_change_the_same_at_once_one_is_told() -> None:
    here = site()
    placed = here.placed("Temple")
    codes = at_once(
        here,
        *(lambda title=title: here.update(Placement, placed, title=title) for title in ("a", "b")),  # type: ignore[misc]
    )
    assert codes in ([], ["CONFLICT"])
    assert here.get(placed).title in {"a", "b"}
