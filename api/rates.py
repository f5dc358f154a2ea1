"""What each request costs, and that nobody spends more than their share: per address, and per who is signed in.

A point is about a millisecond of one core. What is cheap to serve (tiles, the front end) costs next to nothing, so that
a school class behind one address is not kept out; what is dear (a whole scene as GLB, pictures, people, sign-in) costs
what it takes; GraphQL costs by the measure of `api.guard`.

    the gate ─► enter: the address pays for the door ─► actor_of: who signed in pays it, too ─► pay: the rest by measure

- An IPv6 network of 64 bits is one address: that is what one household is given.
- This machine's own addresses pay nothing. Behind a proxy on this machine `X-Forwarded-For` says who asks; it is
  believed of the proxies that `TRUSTED_PROXIES` names and of nobody else.
- Several processes each count for themselves: two servers give twice the share. An answer about a share must not wait
  for another machine, and a share is a bound on harm, not a tariff.
"""

from __future__ import annotations

import ipaddress
import math
from typing import TYPE_CHECKING, Final

from api.buckets import Buckets
from api.errors import DoorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import HTTPConnection
    from starlette.types import Scope

    from api.settings import Settings
    from scenes.model import Actor

MOST = 50_000
"""addresses, and actors, that are remembered: about 10 MB"""
SCOPE = "chronotope.toll"
"""where the ASGI scope has the `Toll` of its request"""
_COST_PER_POINT = 40.0

OTHER: Final = 5.0
"""points of a door that is not named below, and of an operation over a WebSocket"""
_DOORS: tuple[tuple[str, Mapping[str, float]], ...] = (
    # prefix of the path, points by method ("": any other); the first that fits counts
    ("/blobs/", {"": 0.5}),
    ("/web/", {"": 0.5}),
    ("/assets/", {"": 2.0}),
    ("/livez", {"": 0.5}),
    ("/stream", {"": 20.0}),
    ("/scenes/", {"": 20.0}),
    ("/exhibitions/", {"": 10.0}),
    ("/uploads", {"POST": 20.0, "": 2.0}),
    ("/people", {"": 200.0}),
    ("/sign-in", {"POST": 200.0, "": OTHER}),
)


def door_points(method: str, path: str) -> float:
    """What a request costs before anybody has looked at what it asks.

    >>> door_points("GET", "/blobs/ab"), door_points("POST", "/graphql")
    (0.5, 5.0)
    """
    for prefix, points in _DOORS:
        if path.startswith(prefix):
            return points.get(method, points[""])
    return OTHER


def payer(host: str) -> str | None:
    """Who pays for an address; None for this machine's own.

    >>> payer("203.0.113.9"), payer("2001:db8:1:2:3::4"), payer("::ffff:203.0.113.9"), payer("::1")
    ('203.0.113.9', '2001:db8:1:2::/64', '203.0.113.9', None)
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        # A proxy may say anything; whoever it is, they are one.
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Rates:
    """The shares of one museum. For one thread, the event loop's."""

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float]) -> None:
        self._addresses = Buckets(settings.address_budget, most=MOST)
        self._actors = Buckets(settings.actor_budget, most=MOST)
        self._monotonic = monotonic

    def enter(self, scope: Scope) -> None:
        """Let an address pay for a door, and leave its toll in the scope.

        Raises:
            DoorError: FLOOD, with what is to be waited for.
        """
        client = scope.get("client")
        toll = Toll(self, payer(client[0]) if client else "nobody")
        toll.pay(door_points(scope.get("method", ""), scope["path"]))
        scope[SCOPE] = toll

    def charge(self, address: str | None, actor: str, points: float) -> None:
        """Take points of both, or of neither; None and "" pay nothing. Raises DoorError FLOOD."""
        now = self._monotonic()
        purses = [(buckets, key) for buckets, key in ((self._addresses, address), (self._actors, actor)) if key]
        wait = max((buckets.wait(key, points, now) for buckets, key in purses), default=0.0)
        if wait > 0:
            seconds = math.ceil(wait)
            told = f"this is more than one share of the museum; try again in {seconds} s"
            raise DoorError("FLOOD", told, {"Retry-After": str(seconds)})
        for buckets, key in purses:
            buckets.take(key, points, now)


class Toll:
    """What one request, or one WebSocket, has to pay, and who pays it."""

    __slots__ = ("_actor", "_address", "_points", "_rates")

    def __init__(self, rates: Rates | None, address: str | None) -> None:
        self._rates, self._address, self._actor, self._points = rates, address, "", 0.0

    def pay(self, points: float) -> None:
        """Pay more. Raises DoorError FLOOD."""
        if self._rates is not None and self._address is not None:
            self._rates.charge(self._address, self._actor, points)
            self._points += points

    def signed_in(self, actor: Actor) -> None:
        """Who it is: they pay what their address has paid so far. Raises DoorError FLOOD."""
        if self._rates is not None and self._address is not None and not self._actor:
            self._rates.charge(None, actor.name, self._points)
            self._actor = actor.name


_FREE = Toll(None, None)


def query_points(cost: int) -> float:
    """What a GraphQL operation costs beside its door, by `api.guard`'s measure of it.

    >>> query_points(2_500)
    62.5
    """
    return cost / _COST_PER_POINT


def toll_of(connection: HTTPConnection) -> Toll:
    """The toll of a request; one that nobody asks for where no gate was before its door."""
    toll: Toll | None = connection.scope.get(SCOPE)
    return toll or _FREE
