"""What a visitor may find an exhibition by: words, where, when, what kind; and looking for words.

Words are compared *folded*: without accents, case and punctuation, so that `saule` finds *Säule* and `PHRYNE` *Phrynē*.
A word that is looked for is the beginning of a word that is there. All that is looked for must be in one exhibition; it
need not stand in one text.
"""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scenes.cleared import Cleared
from scenes.dated import own_span
from scenes.model import (
    Article,
    Epoch,
    Exhibition,
    Hypothesis,
    Person,
    Placement,
    Reliability,
    Scene,
    Tour,
    Visibility,
)
from timeline.errors import TimelineError
from timeline.instant import year_of
from timeline.interval import BEGINNING, FOREVER

MOST_LETTERS = 200
"""of what is looked for; the rest is left out, as are more words than `_MOST_WORDS`"""
_MOST_WORDS = 10
_MOST_SHOWN = 3
_MOST_KEPT = 2_000
_MARKS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "'": "", "’": "", "ʼ": ""})
_REAL = {Reliability.US, Reliability.SF}


class FoundIn(StrEnum):
    """What kind of text something is found in, what counts most first."""

    TITLE = "title"
    PLACE = "place"
    EPOCH = "epoch"
    PERSON = "person"
    THING = "thing"
    STORY = "story"
    DESCRIPTION = "description"


_WEIGHT = {kind: 2 ** (len(FoundIn) - at) for at, kind in enumerate(FoundIn)}


class Kind(StrEnum):
    """What an exhibition has to offer."""

    REMAINS = "remains"
    """something real, in its place or found there"""
    RECONSTRUCTION = "reconstruction"
    RIVALS = "rivals"
    """readings of the evidence that contradict each other"""
    TOUR = "tour"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that something is found in."""

    kind: FoundIn
    text: str


@dataclass(frozen=True, slots=True)
class Findable:
    """An exhibition, as one actor may find it."""

    exhibition: Exhibition
    place: str
    """name of its scene; empty where that is not for the actor"""
    kinds: tuple[Kind, ...]
    years: tuple[int | None, int | None]
    """astronomical; the first that an epoch may have begun in, the last that one may have stood in; None: no limit"""
    texts: tuple[Text, ...]
    folded: tuple[str, ...]
    """the same, each behind a space"""


@dataclass(frozen=True, slots=True)
class Found:
    """An exhibition that was looked for, and the texts that tell why it was found, other than title and description."""

    item: Findable
    why: tuple[Text, ...]


def folded(text: str) -> str:
    """A text's words as they are compared, with a space between them.

    >>> folded("L'Église  Sainte-Œuvre, STRAẞE & Phrynē")
    'leglise sainte oeuvre strasse phryne'
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_MARKS)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


def reach_of(existences: Iterable[str]) -> tuple[int | None, int | None]:
    """The first and the last year of all of these; None: without a limit, or nothing is dated.

    >>> reach_of(["-0599/-0400", "0391/1200", ""])
    (-599, 1200)
    >>> reach_of(["1990/.."]), reach_of([])
    ((1990, None), (None, None))
    """
    first, last = FOREVER, BEGINNING
    for existence in existences:
        try:
            span = own_span(existence)
        except TimelineError:
            continue
        if existence:
            first, last = min(first, span.start_earliest), max(last, span.end_latest)
    return (
        year_of(first) if BEGINNING < first < FOREVER else None,
        year_of(last - 1) if BEGINNING < last < FOREVER else None,
    )


def look_for(words: str, items: Sequence[Findable]) -> list[Found]:
    """Those of the items that all words are found in, the best first; all, in their order, where there are no words."""
    wanted = folded(words[:MOST_LETTERS]).split()[:_MOST_WORDS]
    if not wanted:
        return [Found(item, ()) for item in items]
    weighed = [(_weight(item, wanted), item) for item in items]
    ordered = sorted((each for each in weighed if each[0]), key=lambda each: -each[0])
    return [Found(item, _why(item, wanted)) for _, item in ordered]


def _weight(item: Findable, wanted: Sequence[str]) -> int:
    """What finding is worth; 0: not all is found."""
    total = 0
    for word in wanted:
        start = f" {word}"
        best = max(
            (_WEIGHT[text.kind] for text, line in zip(item.texts, item.folded, strict=True) if start in line), default=0
        )
        if not best:
            return 0
        total += best
    return total


def _why(item: Findable, wanted: Sequence[str]) -> tuple[Text, ...]:
    """The texts with most of the words, each text once."""
    told: dict[str, tuple[int, Text]] = {}
    for text, line in zip(item.texts, item.folded, strict=True):
        if text.kind in {FoundIn.TITLE, FoundIn.DESCRIPTION}:
            continue
        if (count := sum(f" {word}" in line for word in wanted)) and text.text not in told:
            told[text.text] = count, text
    ordered = sorted(told.values(), key=lambda each: (-each[0], -_WEIGHT[each[1].kind]))
    return tuple(text for _, text in ordered[:_MOST_SHOWN])


class Findables:
    """What is found, kept as long as the exhibition and its scene are as they were. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Exhibition, int, Visibility], Findable] = OrderedDict()

    def of(self, cleared: Cleared, exhibitions: Sequence[Exhibition]) -> list[Findable]:
        """Exhibitions that the actor may see, as he may find them, in their order. Seven statements for what is new."""
        scenes = cleared.get_many(Scene, sorted({each.scene for each in exhibitions}))
        last = cleared.catalogue.last_within(sorted(scenes))
        names = {each.id: (each, last.get(each.scene, 0), cleared.level_in(each.scene)) for each in exhibitions}
        with self._lock:
            known = {name: self._kept[key] for name, key in names.items() if key in self._kept}
        missing = [each for each in exhibitions if each.id not in known]
        if missing:
            ids = sorted({each.scene for each in missing if each.scene in scenes})
            within = {kind: cleared.within(kind, ids) for kind in (Epoch, Placement, Hypothesis, Tour, Person, Article)}
            for each in missing:
                belongs = [member for kind in within.values() for member in kind.get(each.scene, ())]
                known[each.id] = findable(each, scenes.get(each.scene), belongs)
        with self._lock:
            for name, item in known.items():
                self._kept[names[name]] = item
                self._kept.move_to_end(names[name])
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return [known[each.id] for each in exhibitions]


def findable(exhibition: Exhibition, scene: Scene | None, belongs: Iterable[object]) -> Findable:
    """An exhibition with its scene and what belongs to that, as far as the actor may know of them."""
    texts = [Text(FoundIn.TITLE, exhibition.title), Text(FoundIn.DESCRIPTION, exhibition.description)]
    if scene is not None:
        texts += [Text(FoundIn.PLACE, scene.title), Text(FoundIn.DESCRIPTION, scene.description)]
    existences: list[str] = []
    kinds: set[Kind] = set()
    for each in belongs:
        if isinstance(each, Epoch):
            existences.append(each.existence)
            texts.append(Text(FoundIn.EPOCH, each.title))
        elif isinstance(each, Placement):
            kinds.add(Kind.REMAINS if each.reliability in _REAL else Kind.RECONSTRUCTION)
            texts.append(Text(FoundIn.THING, each.title))
        elif isinstance(each, Hypothesis):
            kinds |= {Kind.RIVALS} if each.contrasts_with else set()
        elif isinstance(each, Tour):
            kinds.add(Kind.TOUR)
            texts.append(Text(FoundIn.STORY, each.title))
        elif isinstance(each, Article):
            texts.append(Text(FoundIn.STORY, each.title))
        elif isinstance(each, Person):
            kinds.add(Kind.PEOPLE)
            texts += [Text(FoundIn.PERSON, name.text) for name in each.names]
            events = (each.birth, each.death, *each.events)
            texts += [Text(FoundIn.PLACE, event.place) for event in events if event is not None]
    unique = dict.fromkeys(text for text in texts if text.text)
    return Findable(
        exhibition,
        "" if scene is None else scene.title,
        tuple(kind for kind in Kind if kind in kinds),
        reach_of(existences),
        tuple(unique),
        tuple(f" {folded(text.text)}" for text in unique),
    )
