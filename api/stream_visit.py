"""What lasts of a visitor's stream while connections come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiling.select import Limits
from tiling.view import View, gaze_towards

if TYPE_CHECKING:
    from api.stream_foresight import Foresight
    from scenes.delivery import Delivery
    from scenes.model import Actor
    from streaming.events import DeviceBudget
    from streaming.opening import Opening
    from streaming.server import ServerSession

_NODE_BYTES = 600
"""of a node or a chunk that a session knows, about: measured with 10,000 of each"""
_LEAST_BYTES = 32 << 10


@dataclass(slots=True)
class Visit:
    """One visitor in one scene: the session, what is delivered to it, and what it wished last."""

    token: str
    actor: Actor
    scene: str
    session: ServerSession
    delivery: Delivery
    view: View
    limits: Limits
    gzip: bool
    brotli: bool
    groups: bool
    prefetch: bool
    foresight: Foresight
    look: int = 0
    answered: int = 0
    """number of the seek that the present state answers"""

    @property
    def weight(self) -> int:
        """Bytes that it takes while it waits, about. Pieces of files that it may have to say again are shared."""
        return _LEAST_BYTES + self.session.kept_bytes + _NODE_BYTES * self.session.known


def first_view(opening: Opening, delivery: Delivery) -> View:
    """Where the eye is before it says so."""
    viewpoint = delivery.viewpoint
    eye = opening.eye or viewpoint.position
    gaze = opening.gaze or gaze_towards(eye, viewpoint.target)
    return View(eye, gaze, opening.fov, opening.width / opening.height, opening.height)


def limits_of(budget: DeviceBudget, error: float) -> Limits:
    """A device's budget and the error that may show, as selection takes them."""
    return Limits(budget.bytes, budget.triangles, budget.draws, budget.textures, error)
