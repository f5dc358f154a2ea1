"""The slow and clear versions of relative chronology, and random cases to compare on."""

from __future__ import annotations

from itertools import product
from random import Random

from timeline.contradiction import Claim, Contradiction
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.statement import End, Kind, Statement

Bounds = tuple[int, int, int, int]
Units = dict[str, TimeSpan | None]
UNDATED: Bounds = (BEGINNING, FOREVER, BEGINNING, FOREVER)


def is_true(statement: Statement, stood: dict[str, tuple[int, int]]) -> bool:
    """A statement about units whose days are known."""
    start, end = stood[statement.subject]
    if statement.days is not None:
        first, after = statement.days
        return {
            (Kind.TERMINUS_POST_QUEM, End.START): start >= first,
            (Kind.TERMINUS_ANTE_QUEM, End.START): start < after,
            (Kind.TERMINUS_POST_QUEM, End.END): end > first,
            (Kind.TERMINUS_ANTE_QUEM, End.END): end <= after,
        }[statement.kind, statement.end]
    others_start, others_end = stood[statement.object]
    days, others = set(range(start, end)), set(range(others_start, others_end))
    return {
        Kind.BEFORE: max(days) < min(others),
        Kind.AFTER: max(others) < min(days),
        Kind.CONTEMPORARY_WITH: bool(days & others),
        Kind.SAME_TIME_AS: days == others,
        Kind.WITHIN: days <= others,
        Kind.CARRIES: min(days) <= min(others),
        Kind.TERMINUS_POST_QUEM: min(days) >= min(others),
        Kind.TERMINUS_ANTE_QUEM: min(days) <= min(others),
    }[statement.kind]


def by_trying_all(units: dict[str, TimeSpan], statements: list[Statement]) -> dict[str, Bounds] | None:
    """Bounds over all days that the units may have stood on; None: the statements cannot all be true."""
    choices = [
        [
            (start, end)
            for start in range(span.start_earliest, span.start_latest + 1)
            for end in range(span.end_earliest, span.end_latest + 1)
            if start < end
        ]
        for span in units.values()
    ]
    found = [
        days
        for days in product(*choices)
        if all(is_true(each, dict(zip(units, days, strict=True))) for each in statements)
    ]
    if not found:
        return None
    result = {}
    for name, days in zip(units, zip(*found, strict=True), strict=True):
        starts, ends = zip(*days, strict=True)
        result[name] = (min(starts), max(starts), min(ends), max(ends))
    return result


def by_bellman_ford(  # noqa: C901 - read from top to bottom
    units: Units, statements: list[Statement]
) -> dict[str, Bounds] | None:
    """Bounds by going over all inequalities until nothing changes; None: they cannot all be satisfied.

    A start lies before FOREVER and an end after BEGINNING; what counts inequalities from there is no limit.
    """
    low: dict[tuple[str, str], int] = {}
    high: dict[tuple[str, str], int] = {}
    rules: list[tuple[tuple[str, str], int, tuple[str, str]]] = []  # x + days <= y
    for name, span in units.items():
        bounds = UNDATED if span is None else bounds_of(span)
        low[name, "B"], high[name, "B"] = bounds[0], min(bounds[1], FOREVER - 1)
        low[name, "E"], high[name, "E"] = max(bounds[2], BEGINNING + 1), bounds[3]
        rules.append(((name, "B"), 1, (name, "E")))
    for each in statements:
        s, o = each.subject, each.object
        if each.days is not None:
            at = (s, "B") if each.end is End.START else (s, "E")
            first, after = each.days
            if each.kind is Kind.TERMINUS_POST_QUEM:
                low[at] = max(low[at], first + (each.end is End.END))
            else:
                high[at] = min(high[at], after - (each.end is End.START))
            continue
        rules += {
            Kind.BEFORE: [((s, "E"), 0, (o, "B"))],
            Kind.AFTER: [((o, "E"), 0, (s, "B"))],
            Kind.CONTEMPORARY_WITH: [((s, "B"), 1, (o, "E")), ((o, "B"), 1, (s, "E"))],
            Kind.SAME_TIME_AS: [((x, end), 0, (y, end)) for x, y in ((s, o), (o, s)) for end in "BE"],
            Kind.WITHIN: [((o, "B"), 0, (s, "B")), ((s, "E"), 0, (o, "E"))],
            Kind.CARRIES: [((s, "B"), 0, (o, "B"))],
            Kind.TERMINUS_POST_QUEM: [((o, "B"), 0, (s, "B"))],
            Kind.TERMINUS_ANTE_QUEM: [((s, "B"), 0, (o, "B"))],
        }[each.kind]
    for _ in range(2 * len(units) + 2):
        changed = False
        for x, days, y in rules:
            if low[x] + days > low[y]:
                low[y], changed = low[x] + days, True
            if high[y] - days < high[x]:
                high[x], changed = high[y] - days, True
        if not changed:
            break
    else:
        return None
    if any(low[at] > high[at] for at in low):
        return None
    return {
        name: tuple(_known(day) for day in (low[name, "B"], high[name, "B"], low[name, "E"], high[name, "E"]))  # type: ignore[misc]
        for name in units
    }


def bounds_of(span: TimeSpan) -> Bounds:
    return span.start_earliest, span.start_latest, span.end_earliest, span.end_latest


def _known(day: int) -> int:
    return BEGINNING if day < BEGINNING // 2 else FOREVER if day > FOREVER // 2 else day


def can_be_true(units: Units, claims: list[Claim]) -> bool:
    """Whether claims of a contradiction, and nothing else, can all be true."""
    statements = [claim for claim in claims if isinstance(claim, Statement)]
    dated = {claim.unit for claim in claims if not isinstance(claim, Statement)}
    return by_bellman_ford({name: units[name] if name in dated else None for name in units}, statements) is not None


def is_irreducible(units: Units, contradiction: Contradiction) -> bool:
    """Whether the claims cannot all be true, but could without any one statement or any one date."""
    claims = list(contradiction.claims)
    parts = [*contradiction.statements, *contradiction.dated]
    return not can_be_true(units, claims) and all(
        can_be_true(units, [each for each in claims if part not in (each, getattr(each, "unit", None))])
        for part in parts
    )


def random_span(chance: Random, days: int) -> TimeSpan:
    while True:
        start = sorted(chance.randrange(days) for _ in range(2))
        end = sorted(chance.randrange(1, days + 1) for _ in range(2))
        if start[0] < end[1]:
            return _open(chance, TimeSpan(start[0], start[1], end[0], end[1]))


def _open(chance: Random, span: TimeSpan) -> TimeSpan:
    """Now and then without a limit, on one side or both."""
    a, b, c, d = bounds_of(span)
    what = chance.random()
    if what < 0.1:
        a = BEGINNING
    elif what < 0.2:
        d = FOREVER
    elif what < 0.25:
        a = b = BEGINNING
    elif what < 0.3:
        c = d = FOREVER
    return TimeSpan(a, b, c, d)


def random_statement(chance: Random, name: str, units: list[str], *, days: int, tangle: float = 1.0) -> Statement:
    """Of any kind. With a small `tangle`, most go from a unit to a later one of the list, and so agree."""
    kind = chance.choice(list(Kind))
    at = chance.sample(range(len(units)), 2)
    if chance.random() > tangle:
        at.sort(reverse=kind in (Kind.AFTER, Kind.TERMINUS_POST_QUEM))
    one, other = units[at[0]], units[at[1]]
    if kind in (Kind.TERMINUS_POST_QUEM, Kind.TERMINUS_ANTE_QUEM) and chance.random() < 0.6:
        first = chance.randrange(days)
        run = (first, first + chance.randrange(1, 3))
        return Statement(name, kind, one, days=run, end=chance.choice(list(End)))
    return Statement(name, kind, one, other)
