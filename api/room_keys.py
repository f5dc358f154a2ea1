"""Keys by which somebody who is no curator may guide in one room for a while.

A key is its expiry and a signature over scene, room and expiry, by the server's secret: nothing is kept, and servers
with one secret know one another's keys.
"""

from __future__ import annotations

import hashlib
import hmac

GUIDE_HOURS = 12


def guide_key(secret: str, scene: str, room: str, *, expires: int) -> str:
    """The key that opens the room to a guide until `expires` (seconds since 1970)."""
    return f"{expires}.{_signature(secret, scene, room, expires)}"


def opens(key: str, secret: str, scene: str, room: str, *, now: float) -> bool:
    """Whether this is such a key, and not expired."""
    text, _, signature = key.partition(".")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        return False
    good = _signature(secret, scene, room, int(text))
    return hmac.compare_digest(signature.encode(), good.encode()) and now < int(text)


def _signature(secret: str, scene: str, room: str, expires: int) -> str:
    said = f"guide:{scene}/{room}/{expires}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]
