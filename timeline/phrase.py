"""The grammar of statements about dates as people write them: from a text to what it says, still in people's terms.

    statement = "always" | beginning "," end | member (("," | "or" | "and") member)*
    member    = about? ("between" date "and" date | "from" date ("to" date)? | "until" date | "before" date
              | "after" date | date ("-" date | "or later" | "or earlier")?)

One pass without going back; what a text may mean beside what it was taken for is not lost, because `timeline.proposal`
offers it as another reading. Dates of a pair complete each other: "3–5 May 1842", "12th–13th century", "447–432 BC".
"""

from __future__ import annotations

from timeline.date_phrase import DateGrammar
from timeline.lexer import tokens
from timeline.remark import Remark
from timeline.said import Form, NotUnderstood, Statement, Unit, When
from timeline.words import Tag

_PREFIXES = (
    (Tag.NOT_BEFORE, Form.NOT_BEFORE),
    (Tag.NOT_AFTER, Form.NOT_AFTER),
    (Tag.BEFORE, Form.BEFORE),
    (Tag.AFTER, Form.AFTER),
)


def read(text: str) -> Statement:
    """What the text says.

    Raises:
        NotUnderstood: with the reason.
    """
    found = tokens(text)
    if not found:
        raise NotUnderstood(Remark("EMPTY"))
    for token in found:
        if not token.tags:
            raise NotUnderstood(Remark.of("UNKNOWN_WORD", word=token.text, column=token.column))
    return _Grammar(found).whole()


class _Grammar(DateGrammar):
    def whole(self) -> Statement:
        found = self.statement()
        if self.at < len(self.tokens):
            raise self.fail()
        return found

    def statement(self) -> Statement:
        if self.take(Tag.ALWAYS):
            return Statement(Form.ALWAYS)
        if self.is_bounds():
            return self.bounds()
        if self.take(Tag.BEGINNING_UNKNOWN):
            self.take(Tag.COMMA)
            if not self.take(Tag.UNTIL, Tag.TO):
                raise self.fail()
            return Statement(Form.UNTIL, [self.date()], unknown=True)
        first = self.member()
        if self.has(Tag.COMMA, Tag.OR, Tag.AND):
            return self.list_of(first)
        return first

    def member(self) -> Statement:
        """A statement that may stand in a list."""
        circa, doubted = self.about()
        for tag, form in _PREFIXES:
            if self.take(tag):
                return Statement(form, [self.date(circa=circa, doubted=doubted)])
        if self.take(Tag.BETWEEN):
            first = self.date(circa=circa, doubted=doubted)
            if not self.take(Tag.AND, Tag.TO, Tag.DASH):
                raise self.fail()
            return Statement(Form.BETWEEN, _completed(first, self.date(circa=circa, doubted=doubted)))
        if self.take(Tag.FROM):
            return self.since(self.date(circa=circa, doubted=doubted))
        if self.take(Tag.UNTIL):
            return Statement(Form.UNTIL, [self.date(circa=circa, doubted=doubted)])
        return self.after_date(self.date(circa=circa, doubted=doubted))

    def after_date(self, first: When) -> Statement:
        if self.take(Tag.NOT_BEFORE):
            return Statement(Form.NOT_BEFORE, [first])
        if self.take(Tag.NOT_AFTER):
            return Statement(Form.NOT_AFTER, [first])
        if self.take(Tag.DASH, Tag.SLASH, Tag.TO):
            return self.pair(first, Form.PAIR)
        return Statement(Form.DATE, [first])

    def since(self, first: When) -> Statement:
        if self.take(Tag.DASH, Tag.SLASH, Tag.TO, Tag.UNTIL):
            return self.pair(first, Form.LASTING)
        comma = self.has(Tag.COMMA) and self.has(Tag.END_UNKNOWN, ahead=1)
        self.at += comma
        return Statement(Form.SINCE, [first], unknown=self.take(Tag.END_UNKNOWN) is not None)

    def pair(self, first: When, form: Form) -> Statement:
        if self.at >= len(self.tokens) or self.take(Tag.NO_END):
            return Statement(Form.SINCE, [first])
        if self.has(Tag.QUESTION) and self.at + 1 == len(self.tokens):
            self.at += 1
            return Statement(Form.SINCE, [first], unknown=True)
        return Statement(form, _completed(first, self.date()))

    def list_of(self, first: Statement) -> Statement:
        members: list[Statement | None] = [first]
        joint = None
        while token := self.take(Tag.COMMA, Tag.OR, Tag.AND):
            if Tag.COMMA not in token.tags:
                joint = Form.ONE_OF if Tag.OR in token.tags else Form.ALL_OF
            members.append(self.member())
        dates = [date for member in members if member is not None for date in member.dates]
        for date in dates[:-1]:
            _complete(date, dates[-1])
        return Statement(joint or Form.LIST, members=members)

    # "beginning between 1205 and 1215, end unknown"

    def is_bounds(self) -> bool:
        if self.has(Tag.NO_BEGINNING):
            return True
        ends = (Tag.END, Tag.END_UNKNOWN, Tag.NO_END)
        after_comma = any(
            Tag.COMMA in token.tags and any(tag in after.tags for tag in ends)
            for token, after in zip(self.tokens, self.tokens[1:], strict=False)
        )
        if self.has(Tag.BEGINNING_UNKNOWN):
            return after_comma
        return self.has(Tag.BEGINNING) and after_comma

    def bounds(self) -> Statement:
        found = Statement(Form.BOUNDS)
        found.unknown = self.take(Tag.BEGINNING_UNKNOWN) is not None
        dated = not found.unknown and not self.take(Tag.NO_BEGINNING)
        if dated:
            self.take(Tag.BEGINNING)
        found.members.append(self.member() if dated else None)
        if not self.take(Tag.COMMA):
            raise self.fail()
        found.end_unknown = self.take(Tag.END_UNKNOWN) is not None
        dated = not found.end_unknown and not self.take(Tag.NO_END)
        if dated and not self.take(Tag.END):
            raise self.fail()
        found.members.append(self.member() if dated else None)
        return found


def _completed(first: When, second: When) -> list[When]:
    """A pair, each with what only the other says."""
    _complete(first, second)
    if second.unit is Unit.NONE and first.unit in (Unit.CENTURY, Unit.MILLENNIUM):
        second.unit = first.unit
    counted = (Unit.NONE, Unit.YEAR, Unit.PLURAL)
    years = first.unit in counted and second.unit in counted
    shorter = years and 0 < second.digits < first.digits and second.number < first.number
    if shorter and not second.era and not first.era and not second.month:
        step = 10**second.digits
        second.number += first.number // step * step
        second.digits = first.digits
    if first.era and not second.era:
        second.era = max(first.era, 0)
        second.era_open = first.era < 0 and second.number <= first.number
    return [first, second]


def _complete(date: When, last: When) -> None:
    """Give a date what the last one of its pair or list says for both."""
    units = (Unit.CENTURY, Unit.MILLENNIUM, Unit.PLURAL)
    if date.unit is Unit.NONE and date.number and last.unit in units and date.number < 100 and not date.month:
        date.unit = last.unit
    elif date.unit is Unit.NONE and last.day and not date.month and not date.era and date.number <= 31:
        date.day, date.number = date.number, 0  # "3–5 May 1842"
        date.month = last.month
    if (date.month or date.season) and not date.number:
        date.number, date.unit, date.digits = last.number, last.unit, last.digits
        date.old_style = last.old_style
    if not date.era and last.era:
        date.era = last.era
    if date.julian is None:
        date.julian = last.julian
