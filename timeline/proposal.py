"""Dates as people write them, turned into proposals that a curator confirms: never a guess that is silently taken.

A text gives a list in order of likelihood: EDTF, or four bounds where EDTF cannot say it, with everything that had to
be assumed, in words. What is ambiguous gives several; what is not understood gives none, and a reason. Each proposal
differs from the first in one assumption, so that there are few, and the time grows with the length of the text only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from timeline.bounds import as_edtf
from timeline.edtf import MAX_LENGTH, Edtf, parse
from timeline.errors import EdtfError, TimelineError
from timeline.julian import Calendar, Given
from timeline.label import label
from timeline.phrase import read
from timeline.reading import Choices, Reading, Widths, beside, limit_text, moved, reading
from timeline.remark import Remark, year_remark
from timeline.said import Form, NotUnderstood, Statement

MOST = 12
"""proposals for one text"""
_MOST_TOLD = 3
"""of them where a text is refused"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to understand a text. `text` is read by `timeline.edtf.parse`; `rank` counts from 1, the likeliest."""

    text: str
    rank: int
    assumed: tuple[Remark, ...]
    given: Given

    @property
    def parsed(self) -> Edtf:
        """What the proposal says."""
        return parse(self.text)

    @property
    def is_edtf(self) -> bool:
        """Whether other readers of EDTF know the text; four bounds are ours alone."""
        return self.parsed.is_edtf

    def label(self, language: str = "en") -> str:
        """The proposal in words, as visitors will read it."""
        return label(self.parsed, language)

    def assumptions(self, language: str = "en") -> tuple[str, ...]:
        """What was assumed, in words."""
        return tuple(remark.words(language) for remark in self.assumed)


@dataclass(frozen=True, slots=True)
class Proposals:
    """Proposals, the likeliest first; `reason` says why there are none."""

    proposals: tuple[Proposal, ...] = ()
    reason: Remark | None = None


def propose(text: str, *, widths: Widths | None = None) -> Proposals:
    """What a text may mean, whatever of the four languages it is in. Never raises.

    `widths`: how far "about" may be taken, for the proposals that take it so.

    >>> [proposal.text for proposal in propose("c. 1210").proposals]
    ['1210~', '[1205..1215]']
    >>> propose("late 3rd century BC").proposals[0].text, propose("vor 1200").proposals[0].text
    ('[-0233..-0200]', '[..1199]')
    >>> propose("under Hadrian").reason.words()
    "'under' (column 1) is no word for a date that is known here"
    """
    if len(text) > MAX_LENGTH:
        return Proposals(reason=Remark.of("TOO_LONG", most=MAX_LENGTH))
    stripped = text.strip()
    exact, last = _as_edtf_already(stripped)
    in_words: list[_Found] = []
    try:
        in_words, reason = _readings(read(stripped), widths or Widths())
    except NotUnderstood as problem:
        reason = problem.reason
    found = _distinct([*exact, *in_words, *last])[:MOST]
    if not found:
        return Proposals(reason=reason)
    return Proposals(
        tuple(Proposal(one.text, rank, one.assumed, Given(stripped, one.calendar)) for rank, one in enumerate(found, 1))
    )


def told_what_it_may_mean(error: EdtfError) -> EdtfError:
    """The same error, which now says what its text may mean: people write "c. 1210". A person chooses.

    >>> try:
    ...     parse("c. 1210")
    ... except EdtfError as error:
    ...     print(told_what_it_may_mean(error))
    EDTF 'c. 1210': found 'c', expected a year (column 1); it may mean 1210~ or [1205..1215]
    """
    if not error.may_mean:
        error.may_mean = tuple(each.text for each in propose(error.text).proposals[:_MOST_TOLD])
    return error


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    assumed: tuple[Remark, ...]
    calendar: Calendar = Calendar.GREGORIAN


def _as_edtf_already(text: str) -> tuple[list[_Found], list[_Found]]:
    """The text itself, if it is EDTF or four bounds: to be offered first, or last where it is a likely slip."""
    try:
        parsed = parse(text)
    except EdtfError:
        return [], []
    found = [_Found(str(parsed), (Remark("AS_EDTF"), *parsed.notes))]
    slip = any(note.code == "SHORT_FORM" for note in parsed.notes)
    return ([], found) if slip else (found, [])


def _readings(statement: Statement, widths: Widths) -> tuple[list[_Found], Remark]:
    """The first reading, and each that differs from it in one choice; and why, if there is none."""
    found: list[_Found] = []
    reason = Remark("ENDS_EARLY")
    first = Choices(widths=widths)
    runs = [first]
    for choices in runs:
        try:
            text = str(parse(_text(statement, choices)))
        except NotUnderstood as problem:
            reason = problem.reason
        except EdtfError as problem:
            reason = Remark.of("IMPOSSIBLE", why=problem.found)
        except TimelineError as problem:
            reason = Remark.of("IMPOSSIBLE", why=str(problem))
        else:
            calendar = Calendar.JULIAN if choices.julian else Calendar.GREGORIAN
            found.append(_Found(text, tuple(choices.assumed), calendar))
        if choices is first:
            others = [(about, at) for about, count in first.offered.items() for at in range(1, count)]
            runs += [Choices({about: at}, widths) for about, at in others][: 2 * MOST]
    return found + [said for one in found[:1] for said in _in_edtf(one)], reason


def _in_edtf(found: _Found) -> list[_Found]:
    """What EDTF can say of four bounds, if it can."""
    parsed = parse(found.text)
    conversion = as_edtf(parsed)
    if parsed.is_edtf or conversion.text is None:
        return []
    lost = () if conversion.lost is None else (conversion.lost,)
    return [_Found(conversion.text, found.assumed + lost, found.calendar)]


def _distinct(found: list[_Found]) -> list[_Found]:
    first: dict[str, _Found] = {}
    for one in found:
        first.setdefault(one.text, one)
    return list(first.values())


# Statements


_SOME_TIME, _THROUGHOUT = Remark("SOME_TIME"), Remark("THROUGHOUT")


def _text(statement: Statement, choices: Choices) -> str:
    return _WRITERS[statement.form](statement, choices)


def _date(statement: Statement, choices: Choices) -> str:
    found = reading(statement.dates[0], choices)
    first, last = found.limits
    if found.coarse and found.simple is None:
        return choices.pick("shape", [(f"[{first}..{last}]", _SOME_TIME), (f"{first}/{last}", _THROUGHOUT)])
    if found.coarse and found.simple is not None:
        open_digits = f"{found.simple}{found.sign}" if _is_decade(found) else f"[{first}..{last}]"
        return choices.pick("shape", [(open_digits, _SOME_TIME), (f"{first}/{last}", _THROUGHOUT)])
    return str(found)


def _is_decade(found: Reading) -> bool:
    """Whether EDTF's digits say it as people do: the 1920s are 192X, but the third century BC is better two years."""
    return found.first[0] >= 0


def _pair(statement: Statement, choices: Choices) -> str:
    first, last = (reading(when, choices) for when in statement.dates)
    if (
        bool(first.sign) != bool(last.sign)
        and statement.form is not Form.LASTING
        and choices.pick("both", [(False, None), (True, Remark("BOTH_DATES"))])
    ):
        sign = first.sign or last.sign
        first, last = _signed(first, sign), _signed(last, sign)
    lasting, one_of = f"{first}/{last}", f"[{first.limits[0]}..{last.limits[1]}]"
    if statement.form is Form.LASTING:
        return lasting
    options = [(lasting, _THROUGHOUT), (one_of, _SOME_TIME)]
    return choices.pick("shape", options if statement.form is Form.PAIR else options[::-1])


def _signed(found: Reading, sign: str) -> Reading:
    return Reading(found.first, found.last, found.simple, sign, found.width, found.coarse)


def _since(statement: Statement, choices: Choices) -> str:
    found = reading(statement.dates[0], choices)
    options = [(f"{found}/..", Remark("NO_END")), (f"{found}/", Remark("END_UNKNOWN"))]
    return f"{found}/" if statement.unknown else choices.pick("end", options)


def _until(statement: Statement, choices: Choices) -> str:
    found = reading(statement.dates[0], choices)
    options = [
        (f"../{found}", Remark("NO_BEGINNING")),
        (f"/{found}", Remark("BEGINNING_UNKNOWN")),
        (f"[..{found.limits[1]}]", _SOME_TIME),
    ]
    return f"/{found}" if statement.unknown else choices.pick("end", options)


def _before(statement: Statement, choices: Choices) -> str:
    found = _beside(statement, choices, later=False)
    return choices.pick("end", [(f"[..{found}]", _SOME_TIME), (f"/{found}", Remark("BEGINNING_UNKNOWN"))])


def _after(statement: Statement, choices: Choices) -> str:
    found = _beside(statement, choices, later=True)
    return choices.pick("end", [(f"[{found}..]", _SOME_TIME), (f"{found}/", Remark("END_UNKNOWN"))])


def _beside(statement: Statement, choices: Choices, *, later: bool) -> str:
    """The last date before the one that is said, or the first after it; further out where "about" was widened."""
    found = reading(statement.dates[0], choices)
    width = found.width
    back = (-width[0], -width[1], -width[2])
    # Undo the widening on the near side, then widen on the far side: "before about 1210" reaches to 1214.
    said = moved(found.last, back) if later else moved(found.first, width)
    limit = moved(beside(said, later=later), back if later else width)
    said_words = year_remark(said[0]) if not said[1] else limit_text(said)
    choices.assume(Remark.of("NOT_INCLUDED", date=said_words))
    return limit_text(limit) + found.sign


def _not_before(statement: Statement, choices: Choices) -> str:
    return f"[{reading(statement.dates[0], choices).limits[0]}..]"


def _not_after(statement: Statement, choices: Choices) -> str:
    return f"[..{reading(statement.dates[0], choices).limits[1]}]"


def _list(statement: Statement, choices: Choices) -> str:
    form = statement.form
    if form is Form.LIST:
        options = [(Form.ONE_OF, Remark("ONE_OF_THESE")), (Form.ALL_OF, Remark("ALL_OF_THESE"))]
        form = choices.pick("joint", options)
    members = ",".join(_member(member, choices) for member in statement.members if member is not None)
    return f"[{members}]" if form is Form.ONE_OF else f"{{{members}}}"


def _member(statement: Statement, choices: Choices) -> str:
    """A member of a set, or what stands in the brackets of four bounds."""
    readings = [reading(when, choices) for when in statement.dates]
    first, last = readings[0].limits[0], readings[-1].limits[1]
    if statement.form is Form.BEFORE:
        return f"..{_beside(statement, choices, later=False)}"
    if statement.form is Form.AFTER:
        return f"{_beside(statement, choices, later=True)}.."
    if statement.form in (Form.NOT_AFTER, Form.UNTIL):
        return f"..{last}"
    if statement.form in (Form.NOT_BEFORE, Form.SINCE):
        return f"{first}.."
    if len(readings) == 1 and readings[0].simple is not None:
        return readings[0].simple + readings[0].sign
    return f"{first}..{last}"


def _bounds(statement: Statement, choices: Choices) -> str:
    ends = []
    for member, unknown in zip(statement.members, (statement.unknown, statement.end_unknown), strict=True):
        if member is None:
            ends.append("" if unknown else "..")
        else:
            text = _member(member, choices)
            ends.append(f"[{text}]" if ".." in text else text)
    return "/".join(ends)


def _always(_statement: Statement, _choices: Choices) -> str:
    return "../.."


_WRITERS: dict[Form, Callable[[Statement, Choices], str]] = {
    Form.DATE: _date,
    Form.PAIR: _pair,
    Form.LASTING: _pair,
    Form.BETWEEN: _pair,
    Form.SINCE: _since,
    Form.UNTIL: _until,
    Form.BEFORE: _before,
    Form.AFTER: _after,
    Form.NOT_BEFORE: _not_before,
    Form.NOT_AFTER: _not_after,
    Form.ONE_OF: _list,
    Form.ALL_OF: _list,
    Form.LIST: _list,
    Form.BOUNDS: _bounds,
    Form.ALWAYS: _always,
}
