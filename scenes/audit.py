"""The audit log: who did what, when, from where; a chain in which nothing can be changed unseen.

Each entry has a hash over itself and the hash of the one before it:

    hash = sha256(JSON [previous, number, at, actor, action, subject, detail, seal]), the first after 64 zeros

so that a changed, removed, inserted or reordered entry breaks the chain from there on. What is cut off at the end
leaves a whole chain, and who holds the database can write all of it anew: both are seen by an *anchor*, the number and
hash of an entry, kept where they cannot reach.

From where somebody came is personal data, and is to be forgotten after some weeks without the chain breaking: the chain
holds only its `seal`, the sha256 of a text that begins with random bits, and the text can go. Who works on a museum
stands in the history of its records, too, and stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from scenes.errors import Invalid
from scenes.model import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scenes.model import Actor

START = "0" * 64
"""what stands before the first entry"""
MAX_TEXT = 200
"""characters of an actor's name, an action, a subject"""
MAX_DETAIL = 4_000
# A quotation mark within a text of JSON has a backslash before it, so these are names of fields.
_ACCESS = re.compile(r'"(visibility|audience|georeference_for|rights|finest|embargo)":("(?:[^"\\]|\\.)*"|[^,}\]]+)')
_TOLD = 10
"""records whose access is told"""
WHENCE: ContextVar[str] = ContextVar("whence", default="")
"""Where what is done comes from, as `sealable` makes it: the door of a request says it, and threads inherit it."""
WHO: ContextVar[str] = ContextVar("who", default="")
"""Name of who is signed in, likewise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done, or tried."""

    number: int
    """from 1 on, without gaps"""
    at: datetime
    actor: str
    """name of who did it"""
    action: str
    """such as `revision`, `token.made`, `sign-in.failed`; docs/operations.md lists them"""
    subject: str
    """what it was done to, most often an id"""
    detail: str
    """more, as JSON"""
    seal: str
    """sha256 of `whence`; empty where that was empty from the beginning"""
    whence: str
    """random bits, a blank and an address; empty where it was nothing or is forgotten"""
    hash: str

    @property
    def address(self) -> str:
        """From where; empty where nothing is known of it."""
        return self.whence.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Number and hash of an entry, kept elsewhere."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


NOTHING = Anchor(0, START)
"""the anchor of an empty log"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written."""

    number: int
    """of the entry where it was noticed"""
    what: str


class Audit(Protocol):
    """The log of a museum. Entries are only ever added; every revision of the records adds one by itself."""

    def note(
        self, action: str, *, at: datetime, actor: str = "", subject: str = "", detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """Add an entry, from `WHENCE`, by `WHO` where no actor is given. It is durable when this returns."""
        ...

    def entries(self, *, after: int, first: int) -> Sequence[Entry]:
        """Up to `first` entries after that number, in order, as they are kept."""
        ...

    def last_entry(self) -> Anchor:
        """The last entry, `NOTHING` where there is none."""
        ...

    def forget_addresses(self, *, before: datetime) -> int:
        """Forget from where older entries came; of how many. The chain stays whole."""
        ...

    def carry(self, entries: Sequence[Entry]) -> None:
        """Add entries of another log as they are, chain and all, into an empty one or after what was carried before.

        Raises:
            Conflict: the log has an entry of its own.
        """
        ...

    def digests(self, *, after: int, first: int) -> Mapping[int, str]:
        """What up to `first` revisions after that number wrote and ended, as it is kept now, by `revision_digest`."""
        ...


_KEYS = {KeyKind.TOKEN: "token.made", KeyKind.LINK: "link.made", KeyKind.SESSION: "sign-in"}


class KeyTold(TypedDict):
    """Arguments of `Audit.note`."""

    action: str
    actor: str
    detail: Mapping[str, Any]


def key_told(kind: KeyKind, holder: Actor) -> KeyTold:
    """What is told of a new token, session or link. Who signs in does that, a token may be made for another."""
    by = holder.name if kind is KeyKind.SESSION else ""
    return {"action": _KEYS[kind], "actor": by, "detail": {"name": holder.name, "role": holder.role.value}}


def revision_digest(said: Sequence[object], changes: Iterable[tuple[str, str, str]]) -> str:
    """What a revision says of itself and what it changed, in one digest.

    `changes` are kind, id and body of each record, the body empty where the record was ended.
    """
    bodies = sorted((kind, name, body and _sha256(body)) for kind, name, body in changes)
    return _sha256(_json([*said, *bodies]))


def revision_told(changes: Iterable[tuple[str, str, str, str]]) -> tuple[str, dict[str, Any]]:
    """Action and detail of what a revision changed: kind, id, body before and after (empty: not there) of each record.

    Bodies are JSON. What decides who may see a record is told before and after, of ten records at most.
    """
    kinds: Counter[str] = Counter()
    access: dict[str, dict[str, list[Any]]] = {}
    shown = set()
    for kind, name, before, after in changes:
        kinds[kind] += 1
        old, new = (dict(_ACCESS.findall(body)) for body in (before, after))
        if not before:
            # Of a new record only that it is shown is worth a word.
            new = {key: value for key, value in new.items() if key == "visibility" and value != '"draft"'}
        differing = sorted(key for key in {*old, *new} if after and old.get(key) != new.get(key))
        if differing:
            access[name] = {key: [_plain(old.get(key)), _plain(new.get(key))] for key in differing}
            if kind == "exhibition" and "visibility" in differing:
                shown.add("unpublished" if new.get("visibility") == '"draft"' else "published")
    action = min(shown, default="rights" if access else "changed")
    detail: dict[str, Any] = {"records": dict(kinds)}
    if access:
        detail["access"] = dict(list(access.items())[:_TOLD])
    return f"revision.{action}", detail


def _plain(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def anchor_of(text: str) -> Anchor:
    """An anchor as it was printed.

    Raises:
        Invalid: it is none.

    >>> anchor_of("0:" + START) == NOTHING
    True
    """
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 16 and len(digest) == 64):
        raise Invalid(f"{text[:100]!r} is no anchor such as 17:9f86d0…, a number and 64 hexadecimal digits")
    return Anchor(int(number), digest.lower())


def sealable(address: str, salt: str) -> str:
    """An address with random bits before it, without which a seal could be tried out against every address there is."""
    return f"{salt} {_plain_text(address)}"


def seal_of(whence: str) -> str:
    """What the chain holds of where something came from."""
    return _sha256(whence) if whence else ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain_text(text: str) -> str:
    """A text that every database takes: no zeros, no halves of characters, not too long."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()[:MAX_TEXT]


def written(
    previous: Anchor, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any], whence: str
) -> Entry:
    """The entry after another one. Texts that are too long are cut."""
    text = _json(detail).encode("utf-8", "replace").decode()
    if len(text) > MAX_DETAIL:
        text = _json({"cut": text[: MAX_DETAIL // 2]})
    by, did, to = (_plain_text(each) for each in (actor or "nobody", action, subject))
    entry = Entry(previous.number + 1, at, by, did, to, text, seal_of(whence), whence, "")
    return replace(entry, hash=hash_of(previous.hash, entry))


def hash_of(previous: str, entry: Entry) -> str:
    """The hash of an entry after another one's; anybody can compute it from what the entry says."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = (entry.number, at, entry.actor, entry.action, entry.subject, entry.detail, entry.seal)
    return _sha256(_json([previous, *said]))


class Verifier:
    """Goes through a log in order and says what is not as it was written."""

    def __init__(self, anchors: Sequence[Anchor] = ()) -> None:
        self._anchors = {anchor.number: anchor.hash for anchor in anchors if anchor.number}
        self._last = NOTHING
        self.forgotten = 0
        """entries whose address was forgotten"""

    @property
    def last(self) -> Anchor:
        """The last entry so far."""
        return self._last

    def faults(self, entries: Iterable[Entry]) -> list[Fault]:
        """What is wrong with the entries that follow. After a gap or a break it goes on from what is there."""
        return [fault for entry in entries for fault in self._faults(entry)]

    def _faults(self, entry: Entry) -> list[Fault]:
        found = []
        if entry.number != self._last.number + 1:
            gap = f"after entry {self._last.number} comes {entry.number}: entries were removed or moved"
            found.append(Fault(entry.number, gap))
        elif hash_of(self._last.hash, entry) != entry.hash:
            found.append(Fault(entry.number, f"entry {entry.number}, or the one before it, was changed"))
        if entry.whence and seal_of(entry.whence) != entry.seal:
            found.append(Fault(entry.number, f"where entry {entry.number} came from was changed"))
        self.forgotten += bool(entry.seal and not entry.whence)
        anchored = self._anchors.pop(entry.number, entry.hash)
        if anchored != entry.hash:
            found.append(Fault(entry.number, f"entry {entry.number} is not the one that was anchored"))
        self._last = Anchor(entry.number, entry.hash)
        return found

    def missing(self) -> list[Fault]:
        """At the end: what was anchored and is not there any more."""
        return [
            Fault(number, f"entry {number} was anchored, and the log ends at {self._last.number}: it was cut off")
            for number in sorted(self._anchors)
        ]
