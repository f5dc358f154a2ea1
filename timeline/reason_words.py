"""The words of reasons, in English, German, French and Italian: a table per language, each with the same entries.

`{subject}` and `{object}` stand for what people call a unit, the object of a terminus perhaps for a date. Nothing here
agrees with a name in gender or number, since names come from curators; Italian does without articles and prepositions
that would change with the date that follows, as `timeline.label_words` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timeline.remark import LANGUAGES, column


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """Sentences of one language."""

    said: Mapping[str, str]
    """by `timeline.statement.Kind`"""
    said_of_ends: Mapping[str, str]
    """termini that are about the end of the subject"""
    bounds: Mapping[str, str]
    """by `timeline.reasons.Bound`: `{subject}`, `{date}`"""
    own: str
    """that a bound is the unit's own date"""
    own_date: str
    """the same with the `{date}`"""
    a_day: str
    """that a thing stands for a day at least"""
    why: str
    """what follows from what: `{bound}`, `{reason}`"""
    title: str
    """a title in a sentence, with the quotation marks of the language"""


_TABLE: Mapping[str, ReasonWords] = {
    "en": ReasonWords(
        said={
            "before": "{subject} was gone when {object} began",
            "after": "{subject} began when {object} was gone",
            "contemporary_with": "{subject} and {object} stood at the same time, for a day at least",
            "same_time_as": "{subject} and {object} stood over the same days",
            "within": "{subject} stood within {object}",
            "carries": "{subject} carries {object}, so it is not later",
            "terminus_post_quem": "{subject} was made no earlier than {object}",
            "terminus_ante_quem": "{subject} was made no later than {object}",
        },
        said_of_ends={
            "terminus_post_quem": "{subject} was not gone before {object}",
            "terminus_ante_quem": "{subject} was gone by {object}",
        },
        bounds={
            "start_earliest": "{subject} began no earlier than {date}",
            "start_latest": "{subject} had begun by {date}",
            "end_earliest": "{subject} still stood on {date}",
            "end_latest": "{subject} stood no later than {date}",
        },
        own="its own date",
        own_date="its own date, {date}",
        a_day="it stood for a day at least",
        why="{bound}: {reason}",
        title="“{}”",
    ),
    "de": ReasonWords(
        said={
            "before": "{subject} bestand nicht mehr, als {object} begann",
            "after": "{subject} begann, als {object} nicht mehr bestand",
            "contemporary_with": "{subject} und {object} bestanden zur selben Zeit, mindestens einen Tag lang",
            "same_time_as": "{subject} und {object} bestanden an denselben Tagen",
            "within": "{subject} bestand nur in der Zeit von {object}",
            "carries": "{subject} trägt {object}, ist also nicht später",
            "terminus_post_quem": "{subject} entstand nicht früher als {object}",
            "terminus_ante_quem": "{subject} entstand nicht später als {object}",
        },
        said_of_ends={
            "terminus_post_quem": "{subject} endete nicht früher als {object}",
            "terminus_ante_quem": "{subject} endete nicht später als {object}",
        },
        bounds={
            "start_earliest": "{subject} begann nicht früher als {date}",
            "start_latest": "{subject} begann nicht später als {date}",
            "end_earliest": "{subject} endete nicht früher als {date}",
            "end_latest": "{subject} endete nicht später als {date}",
        },
        own="so ist es selbst datiert",
        own_date="so ist es selbst datiert, {date}",
        a_day="alles besteht mindestens einen Tag",
        why="{bound}: {reason}",
        title="„{}“",
    ),
    "fr": ReasonWords(
        said={
            "before": "{subject} n’existait plus quand {object} a commencé",
            "after": "{subject} a commencé quand {object} n’existait plus",
            "contemporary_with": "{subject} et {object} ont existé en même temps, un jour au moins",
            "same_time_as": "{subject} et {object} ont existé aux mêmes jours",
            "within": "{subject} n’a existé que pendant {object}",
            "carries": "{subject} porte {object}, donc ne vient pas après",
            "terminus_post_quem": "{subject} n’a pas commencé plus tôt que {object}",
            "terminus_ante_quem": "{subject} n’a pas commencé plus tard que {object}",
        },
        said_of_ends={
            "terminus_post_quem": "{subject} n’a pas fini plus tôt que {object}",
            "terminus_ante_quem": "{subject} n’a pas fini plus tard que {object}",
        },
        bounds={
            "start_earliest": "{subject} n’a pas commencé plus tôt que {date}",
            "start_latest": "{subject} n’a pas commencé plus tard que {date}",
            "end_earliest": "{subject} n’a pas fini plus tôt que {date}",
            "end_latest": "{subject} n’a pas fini plus tard que {date}",
        },
        own="sa propre date",
        own_date="sa propre date, {date}",
        a_day="toute chose existe un jour au moins",
        why="{bound}\u00a0: {reason}",
        title="«\u00a0{}\u00a0»",
    ),
    "it": ReasonWords(
        said={
            "before": "{subject} non esisteva più quando cominciò {object}",
            "after": "{subject} cominciò quando {object} non esisteva più",
            "contemporary_with": "{subject} e {object} esistettero nello stesso tempo, almeno per un giorno",
            "same_time_as": "{subject} e {object} esistettero negli stessi giorni",
            "within": "{subject} esistette solo durante {object}",
            "carries": "{subject} regge {object}, quindi non è posteriore",
            "terminus_post_quem": "{subject} non cominciò prima di: {object}",
            "terminus_ante_quem": "{subject} non cominciò dopo: {object}",
        },
        said_of_ends={
            "terminus_post_quem": "{subject} non finì prima di: {object}",
            "terminus_ante_quem": "{subject} non finì dopo: {object}",
        },
        bounds={
            "start_earliest": "{subject} non cominciò prima di: {date}",
            "start_latest": "{subject} non cominciò dopo: {date}",
            "end_earliest": "{subject} non finì prima di: {date}",
            "end_latest": "{subject} non finì dopo: {date}",
        },
        own="la propria data",
        own_date="la propria data, {date}",
        a_day="ogni cosa esiste almeno un giorno",
        why="{bound}: {reason}",
        title="«{}»",
    ),
}


def reason_words(language: str) -> ReasonWords:
    """The table of a language; English where it has none.

    >>> reason_words("de-AT").own
    'so ist es selbst datiert'
    """
    return _TABLE[LANGUAGES[column(language)]]
