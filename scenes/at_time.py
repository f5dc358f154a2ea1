"""What of a scene stands at a moment, under a hypothesis, and how surely.

A moment is EDTF text read as its set of days. A placement *certainly* stands if it stood on every one of these days,
*possibly* if it may have stood on one of them. Spans are half-open: on a boundary day the later state stands.

Hypotheses are rivals where one contrasts with the other, whichever of the two says so. Those that count are chosen so
that never two rivals count at once:

1. the hypothesis asked for (or else the scene's preferred one) and what it builds on, unless that is a rival of it;
2. the scene's preferred one and what it builds on, where no rivalry of theirs is touched by the choice;
3. every hypothesis without rivals, unless it builds on one that does not count.

A placement without a hypothesis always counts.

Spans are those of relative chronology (`scenes.relative`): a thing's own date, narrowed by all that counting statements
say of it. What is *undated* may have stood at any time, if nothing narrows that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scenes.dated import own_span, span_text
from scenes.errors import Invalid, NotFound
from scenes.model import ChronologyStatement, Epoch, Hypothesis, Placement, Scene
from scenes.relative import chronology_of
from timeline.edtf import Edtf, parse
from timeline.interval import BEGINNING, FOREVER, Certainty, DayRange, TimeSpan
from timeline.reasons import Bound


@dataclass(frozen=True, slots=True)
class Standing:
    """A placement that stands at the moment, how surely, and why that is said."""

    placement: Placement
    certainty: Certainty
    reason: str
    narrowed: str = ""
    """its bounds by relative chronology, as text; empty where they are its own"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A scene resolved: the time asked about, the hypothesis chosen, all that count, and what stands, by id."""

    at: Edtf
    days: tuple[DayRange, ...]
    hypothesis: Hypothesis | None
    active: frozenset[str]
    standing: tuple[Standing, ...]


def resolve(
    scene: Scene,
    placements: Iterable[Placement],
    hypotheses: Iterable[Hypothesis],
    epochs: Iterable[Epoch] = (),
    statements: Iterable[ChronologyStatement] = (),
    *,
    at: str = "",
    hypothesis: str | None = None,
    minimum: Certainty = Certainty.POSSIBLE,
) -> Moment:
    """What stands at `at` (EDTF; empty: the scene's default moment) with at least the certainty `minimum`.

    `hypothesis` is an id of one of `hypotheses`; None or empty: the scene's preferred one. `epochs` matter where
    `statements` are about them.

    Raises:
        timeline.errors.EdtfError: `at` is not EDTF.
        NotFound: the scene has no such hypothesis.
        Invalid: `minimum` is neither certain nor possible.
    """
    if minimum is Certainty.NO:
        raise Invalid("the least certainty must be 'certain' or 'possible', not 'no'")
    moment = parse(at or scene.default_moment)
    known = {each.id: each for each in hypotheses}
    if hypothesis and hypothesis not in known:
        raise NotFound(f"scene {scene.id} has no hypothesis {hypothesis!r}")
    chosen = known.get(hypothesis or scene.default_hypothesis)
    active = active_hypotheses(known, chosen="" if chosen is None else chosen.id, preferred=scene.default_hypothesis)
    days = moment.days()
    placed = list(placements)
    chronology = chronology_of([*placed, *epochs], statements, active)
    narrowed = dict(chronology.spans())
    standing = []
    for placement in placed:
        if placement.hypothesis and placement.hypothesis not in active:
            continue
        own = own_span(placement.existence)
        span = narrowed.get(placement.id, own)
        certainty = span.over(days)
        if certainty is Certainty.CERTAIN or certainty is minimum:
            by = known[placement.hypothesis].title if placement.hypothesis else ""
            text = span_text(span) if span != own else ""
            standing.append(Standing(placement, certainty, reason_of(span, days, certainty, by, own=own), text))
    standing.sort(key=lambda each: each.placement.id)
    return Moment(moment, days, chosen, active, tuple(standing))


def rivals_of(hypotheses: Mapping[str, Hypothesis]) -> dict[str, frozenset[str]]:
    """By id, the hypotheses that contradict each: contrasts hold both ways, unknown ids and itself left out."""
    rivals: dict[str, set[str]] = {each: set() for each in hypotheses}
    for each in hypotheses.values():
        for other in each.contrasts_with:
            if other in rivals and other != each.id:
                rivals[each.id].add(other)
                rivals[other].add(each.id)
    return {each: frozenset(others) for each, others in rivals.items()}


def active_hypotheses(hypotheses: Mapping[str, Hypothesis], *, chosen: str, preferred: str) -> frozenset[str]:
    """Ids of the hypotheses that count when `chosen` is shown; the rules stand at the top of this file.

    Unknown ids count as none. No two rivals are among the answer, whatever the records say.
    """
    rivals = rivals_of(hypotheses)
    active: set[str] = set()
    for each in _chain(hypotheses, chosen):
        if not rivals[each] & active:
            active.add(each)
    touched = _connected(rivals, active)
    wanted = _chain(hypotheses, preferred)
    if all(each in active or each not in touched for each in wanted):
        for each in wanted:
            if not rivals[each] & active:
                active.add(each)
    free = {each for each, others in rivals.items() if not others}
    for each in free:
        if all(base in free or base in active for base in _chain(hypotheses, each)):
            active.add(each)
    return frozenset(active)


def _chain(hypotheses: Mapping[str, Hypothesis], first: str) -> list[str]:
    """A hypothesis and what it builds on, in this order; a circle is walked once."""
    chain: dict[str, None] = {}
    while first in hypotheses and first not in chain:
        chain[first] = None
        first = hypotheses[first].builds_on
    return list(chain)


def _connected(rivals: Mapping[str, frozenset[str]], start: Iterable[str]) -> set[str]:
    """All that some chain of rivalries joins to `start`; those without rivals left out."""
    found: set[str] = set()
    waiting = [each for each in start if rivals[each]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(rivals[each])
    return found


def reason_of(
    span: TimeSpan,
    days: Sequence[DayRange],
    certainty: Certainty,
    hypothesis: str,
    *,
    own: TimeSpan | None = None,
) -> str:
    """Why a span is said to be `certainty` over these days, in words; `hypothesis` is the title of the one it is by.

    `own` is the thing's own date where `span` may be narrower.
    """
    first, last = days[0][0], days[-1][1] - 1
    said = []
    if certainty is Certainty.CERTAIN:
        said.append("stood all through the time asked about")
    else:
        if first < span.start_earliest:
            before = last < span.start_earliest
            said.append("was not there yet" + ("" if before else " at the beginning of the time asked about"))
        elif first < span.start_latest:
            said.append("may not have begun yet" if not span.start_unknown else "its beginning is not known")
        if last >= span.end_latest:
            after = first >= span.end_latest
            said.append("was gone " + ("already" if after else "before the end of the time asked about"))
        elif last >= span.end_earliest:
            said.append("may have been gone already" if not span.end_unknown else "its end is not known")
    said[-1] += f" ({_told(span, own)})"
    if hypothesis:
        said.append(f"by the hypothesis “{hypothesis}”")
    return "; ".join(said)


def deciding(span: TimeSpan, days: Sequence[DayRange], certainty: Certainty) -> tuple[Bound, ...]:
    """The bounds by which a span is said to be `certainty` over these days, those without limit left out."""
    first, last = days[0][0], days[-1][1] - 1
    found = []
    if certainty is Certainty.CERTAIN:
        found = [(Bound.START_LATEST, span.start_latest), (Bound.END_EARLIEST, span.end_earliest)]
    else:
        if first < span.start_earliest:
            found.append((Bound.START_EARLIEST, span.start_earliest))
        elif first < span.start_latest:
            found.append((Bound.START_LATEST, span.start_latest))
        if last >= span.end_latest:
            found.append((Bound.END_LATEST, span.end_latest))
        elif last >= span.end_earliest:
            found.append((Bound.END_EARLIEST, span.end_earliest))
    return tuple(bound for bound, day in found if BEGINNING < day < FOREVER)


def _told(span: TimeSpan, own: TimeSpan | None) -> str:
    text = span_text(span) or "undated"
    if own is None or own == span:
        return text
    itself = f"its own date is {own.text}" if own.text else "it has no date of its own"
    return f"{text}, by what is said of it; {itself}"
