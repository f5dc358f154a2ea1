"""Record time in memory: the clear version beside which `storage.history_sql` is tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenes.model import Exhibition
from scenes.ports import Difference, LogEntry, Put, Remove, Step
from storage.records import encode, is_public, scene_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scenes.model import Record, Revision
    from scenes.ports import Taking

_NOW = 1 << 62
"""later than every revision"""


def _is_draft(record: Record | None) -> bool:
    return isinstance(record, Exhibition) and not is_public(record)


@dataclass(slots=True)
class Version:
    """What a record said from one revision to another."""

    record: Record
    seq: int
    start: int
    end: int | None = None

    def stands(self, as_of: int | None) -> bool:
        """Whether it stands, or stood after a revision."""
        if as_of is None:
            return self.end is None
        return self.start <= as_of and (self.end is None or self.end > as_of)


class MemoryHistory:
    """The part of `scenes.ports.Catalogue` that asks for record time, in memory."""

    _lock: threading.RLock
    _versions: list[Version]
    _revisions: list[Revision]
    _purged: dict[str, tuple[str, str]]
    _takings: dict[int, Taking]
    """by the number of the revision that takes back"""

    def latest(self) -> int:
        """Number of the last revision, 0 where there is none."""
        with self._lock:
            return len(self._revisions)

    def revision_at(self, at: datetime) -> int:
        """Number of the last revision that was written at `at` or before, 0 where there is none."""
        with self._lock:
            return max(((each.at, each.number) for each in self._revisions if each.at <= at), default=(None, 0))[1]

    def revision_of(self, record_id: str) -> int:
        """Number of the revision that last wrote or removed the record; 0 if there is none."""
        return self.revisions_of((record_id,)).get(record_id, 0)

    def revisions_of(self, record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, int]:
        """`revision_of` for many records, up to revision `as_of`; unknown ids are left out."""
        touched = self._touched(as_of)
        return {each: max(touched[each]) for each in record_ids if each in touched}

    def last_within(self, scene_ids: Sequence[str]) -> Mapping[str, int]:
        """Number of the last revision that touched each of the scenes or what belongs to it; 0: none did."""
        touched = self._touched(None, with_members=True)
        return {each: max(touched.get(each, {0})) for each in scene_ids}

    def history(self, record_ids: Sequence[str], *, last: int, as_of: int | None = None) -> tuple[Revision, ...]:
        """The latest revisions that touched these records or what belongs to a scene among them, newest first."""
        touched = self._touched(as_of, with_members=True)
        numbers = sorted(set().union(*(touched.get(each, set()) for each in record_ids)), reverse=True)
        with self._lock:
            return tuple(self._revisions[number - 1] for number in numbers[:last])

    def histories(
        self, record_ids: Sequence[str], *, last: int, as_of: int | None = None
    ) -> Mapping[str, tuple[Revision, ...]]:
        """`history` of each of these records."""
        return {record_id: self.history((record_id,), last=last, as_of=as_of) for record_id in record_ids}

    def between(self, before: int, after: int, *, scene: str | None = None) -> tuple[Difference, ...]:
        """What revision `after` left otherwise than revision `before` did, in order of first writing."""
        sides: dict[tuple[int, str], list[Record | None]] = {}
        with self._lock:
            for version in self._versions:
                record = version.record
                if scene is None or scene in {record.id, scene_of(record)}:
                    pair = sides.setdefault((version.seq, record.id), [None, None])
                    for side, number in enumerate((before, after)):
                        if version.stands(number):
                            pair[side] = record
        return tuple(Difference(seq, old, new) for (seq, _), (old, new) in sorted(sides.items()) if old != new)

    def differing(
        self, before: int, after: int, *, scene: str, first: int, beyond: int = 0, public_only: bool = False
    ) -> tuple[tuple[Difference, ...], bool]:
        """A page of `between` for a scene, and whether more follow."""
        found = [
            each
            for each in self.between(before, after, scene=scene)
            if each.seq > beyond and not (public_only and any(map(_is_draft, (each.before, each.after))))
        ]
        return tuple(found[:first]), len(found) > first

    def count_differing(self, before: int, after: int, *, scene: str, public_only: bool = False) -> int:
        """How many there are on all these pages."""
        return len(self.differing(before, after, scene=scene, first=_NOW, public_only=public_only)[0])

    def takeable(
        self, author: str, step: Step, *, scene: str | None = None, before: int | None = None
    ) -> Revision | None:
        """The revision that an undo or a redo of this author would take back, of one scene or of all."""
        with self._lock:
            taken = {taking.number for taking in self._takings.values()}
            mine = [each for each in reversed(self._revisions) if each.author == author]
            if scene is not None:
                within = self._touched(None, with_members=True).get(scene, set())
                mine = [each for each in mine if each.number in within]
            for each in mine:
                taking = self._takings.get(each.number)
                is_undo = taking is not None and taking.step is Step.UNDO
                if is_undo is (step is Step.REDO) and each.number not in taken and each.number < (before or _NOW):
                    return each
                if step is Step.REDO and taking is None:
                    # Whoever went on working after taking back has nothing to bring again.
                    return None
        return None

    def log(self, *, after: int, first: int) -> Sequence[LogEntry]:
        """Up to `first` revisions after that number, in order, each with what it wrote and ended."""
        with self._lock:
            return [self._entry(each) for each in self._revisions[after : after + first]]

    def _entry(self, revision: Revision) -> LogEntry:
        number = revision.number
        wrote = {version.record.id: version for version in self._versions if version.start == number}
        ended = [each for each in self._versions if each.end == number and each.record.id not in wrote]
        changes: list[tuple[int, Put | Remove]] = [(each.seq, Put(each.record)) for each in wrote.values()]
        changes += [(each.seq, Remove(each.record)) for each in ended]
        ordered = tuple(change for _, change in sorted(changes, key=lambda each: each[0]))
        return LogEntry(revision, self._takings.get(number), ordered)

    def mentioning(self, record_ids: Sequence[str], *, scene: str | None) -> Mapping[str, tuple[str, ...]]:
        """For those of the records that others of a scene mention: the ids of these, sorted. None: of every scene."""
        with self._lock:
            records = [version.record for version in self._versions if version.end is None]
        bodies = {each.id: encode(each) for each in records if scene is None or scene in {each.id, scene_of(each)}}
        found = {
            name: tuple(sorted(other for other, body in bodies.items() if other != name and f'"{name}"' in body))
            for name in record_ids
        }
        return {name: others for name, others in found.items() if others}

    def ended_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that once were there and are not any more."""
        with self._lock:
            known = {version.record.id for version in self._versions}
            standing = {version.record.id for version in self._versions if version.end is None}
            return frozenset((known - standing) | self._purged.keys()).intersection(record_ids)

    def public_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that stand and say of themselves that everybody may know them."""
        wanted = set(record_ids)
        with self._lock:
            return frozenset(
                version.record.id
                for version in self._versions
                if version.end is None and version.record.id in wanted and is_public(version.record)
            )

    def _touched(self, as_of: int | None, *, with_members: bool = False) -> dict[str, set[int]]:
        """Numbers of the revisions that wrote or ended each record, or what belongs to it."""
        until, found = _NOW if as_of is None else as_of, dict[str, set[int]]()
        with self._lock:
            for version in self._versions:
                numbers = {each for each in (version.start, version.end) if each is not None and each <= until}
                home = scene_of(version.record) if with_members else ""
                for name in (version.record.id, home):
                    if name and numbers:
                        found.setdefault(name, set()).update(numbers)
        return found
