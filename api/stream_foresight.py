"""What a traveller in time will need next: the tiles of the moments that lie ahead, in the direction of travel.

A second `Delivery` looks ahead, so that what stands, and the numbers that were said, stay as they are: of its plans
only the files count. It asks for rights anew, as the first does, so nothing is foreseen that the visitor may not see.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scenes.delivery import Delivery, Wish
from scenes.errors import SceneError
from scenes.travel import upcoming
from streaming.schedule import Plan, PlanNode
from timeline.edtf import parse
from timeline.errors import TimelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenes.cleared import Cleared
    from scenes.group_tree import GroupTree, Shown
    from scenes.model import Visibility
    from tiling.select import Limits
    from tiling.stock import Stock
    from tiling.view import View

MOMENTS_AHEAD = 2


class Foresight:
    """Of one visit. `plan` is called off the event loop, one call at a time."""

    def __init__(
        self,
        cleared: Cleared,
        read_stock: Callable[[str], Stock],
        *,
        scene_id: str,
        group: Callable[[str, Shown, Visibility], GroupTree],
    ) -> None:
        self._cleared, self._scene_id = cleared, scene_id
        self._begin = partial(Delivery, cleared, read_stock, scene_id=scene_id, group=group)
        self._delivery: Delivery | None = None
        """of those who travel: most visitors never do"""
        self._wish = Wish()
        self._at = ""
        self._forward: bool | None = None
        """None: where the visitor goes is not known"""
        self._done: tuple[int, int] | None = None
        """state and look that was planned for last"""

    def travelled(self, wish: Wish, at: str) -> None:
        """The visitor went to a moment (EDTF)."""
        if self._at and at != self._at:
            self._forward = parse(at).days()[-1][1] > parse(self._at).days()[-1][1]
        self._wish, self._at = wish, at

    def began(self, wish: Wish, at: str) -> None:
        """The visitor came in at a moment (EDTF)."""
        self._wish, self._at = wish, at

    @property
    def has_direction(self) -> bool:
        """Whether the visitor travels in time."""
        return self._forward is not None

    def is_due(self, state: int, look: int) -> bool:
        """Whether there is a direction, and nothing was foreseen for this state and look."""
        return self._forward is not None and self._done != (state, look)

    def plan(
        self, view: View, limits: Limits, *, state: int, look: int, groups: bool, gzip: bool, brotli: bool
    ) -> Plan | None:  # fmt: skip
        """The files that the next moments need, the nearest first; None where there is nothing ahead. Blocking."""
        self._done = state, look
        assert self._forward is not None, "there is a direction"
        wish = self._wish
        delivery = self._delivery = self._delivery or self._begin()
        try:
            moments = upcoming(
                self._cleared.table(self._scene_id), self._at, hypothesis=wish.hypothesis, minimum=wish.minimum,
                forward=self._forward, count=MOMENTS_AHEAD,
            )  # fmt: skip
            plans: list[Plan] = []
            for moment in moments:
                delivery.enter(Wish(moment, wish.hypothesis, wish.minimum), reads=not plans)
                plans.append(
                    delivery.plan(view, limits, state=state, look=look, groups=groups, gzip=gzip, brotli=brotli)
                )
        except (SceneError, TimelineError):
            return None  # the stream itself finds out, and says so
        if not plans:
            return None
        chunks = {digest: chunk for plan in plans for digest, chunk in plan.chunks.items()}
        nodes: dict[int, PlanNode] = {}
        for plan in plans:
            for node in plan.nodes:
                nodes.setdefault(node.node, node)
        return Plan(state, look, (), tuple(nodes.values()), chunks)
