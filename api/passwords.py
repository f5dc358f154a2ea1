"""Passwords: argon2id, two at a time in the whole process.

A password takes 32 MiB and some 50 ms, on purpose (RFC 9106; OWASP's least is 19 MiB and two passes). So that a flood
of sign-ins can take neither the memory nor the event loop, hashing has two threads of its own, at most `MOST_WAITING`
wait for them, and who comes then is told to come again (FLOOD). An unknown name costs the same as a known one: its
password is compared with that of nobody.
"""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import DoorError
from scenes.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

AT_ONCE = 2
MOST_WAITING = 32
LEAST = 12
"""characters"""
MOST_BYTES = 1024
_HASHER = PasswordHasher(time_cost=3, memory_cost=32 << 10, parallelism=1)
_POOL = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
_PLACES = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


def checked(password: str, *, name: str = "") -> str:
    """A new password that may be used. Length is what counts (NIST SP 800-63B): no rules about its characters.

    Raises:
        Invalid: it is too short or too long, or the name.
    """
    if len(password) < LEAST:
        raise Invalid(f"password: {len(password)} characters, at least {LEAST} are needed")
    if len(password.encode()) > MOST_BYTES:
        raise Invalid(f"password: at most {MOST_BYTES} bytes are taken")
    if len(set(password)) < 4 or password.casefold().strip() in {name.casefold(), name.casefold() * 2}:
        raise Invalid("password: this one is guessed first")
    return password


def hashed(password: str) -> str:
    """A password as it is kept, with its salt and its cost."""
    return _HASHER.hash(_one_form(password))


def matches(password: str, kept: str) -> bool:
    """Whether a password is the one that is kept; empty stands for that of nobody, and takes as long."""
    try:
        _HASHER.verify(kept or _nobodys(), _one_form(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def is_outdated(kept: str) -> bool:
    """Whether a password was hashed at another cost than today's."""
    return _HASHER.check_needs_rehash(kept)


async def aside(function: Callable[..., T], *args: object) -> T:
    """Hash in a thread of the two.

    Raises:
        DoorError: FLOOD, too many wait for one.
    """
    if not _PLACES.acquire(blocking=False):
        raise DoorError("FLOOD", "too many sign in at this moment; try again soon", {"Retry-After": "5"})
    future = _POOL.submit(function, *args)
    # Given back when the work is done, and not when who asked for it has left.
    future.add_done_callback(lambda _: _PLACES.release())
    return await asyncio.wrap_future(future)


@cache
def _nobodys() -> str:
    return _HASHER.hash("of nobody")


def _one_form(password: str) -> str:
    """Keyboards write one letter in several ways."""
    return unicodedata.normalize("NFC", password[: MOST_BYTES + 1])
