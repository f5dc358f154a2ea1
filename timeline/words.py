"""The words and phrases that people write dates with, in English, French, German and Italian, and what each may be.

One vocabulary for all four, because a catalogue mixes them. A word may be several things (`third`, `quarto`, Italian
`metà`); the grammar in `timeline.phrase` takes the one that fits its place. Words are in lower case, without accents
unless the accent tells (French `dès`, from, and `des`), without the full stops of abbreviations; `v. Chr.` is `v chr`
and `J.-C.` is `j - c`. The longest phrase counts: `avant j - c` is an era, `avant` alone is "before".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import Enum, auto

LONGEST = 5
"""words of the longest phrase"""


class Tag(Enum):
    """What a word may be. Beside some a number is kept."""

    NUMBER = auto()
    ROMAN = auto()
    ORDINAL = auto()  # -1: last
    MONTH = auto()
    SEASON = auto()  # code of EDTF
    HEMISPHERE = auto()  # what is added to the code
    CENTURY = auto()
    CENTURY_NAME = auto()  # Quattrocento is 15
    MILLENNIUM = auto()
    TENS = auto()  # twenties are 20
    DECADE = auto()
    ERA = auto()  # -1 BC, 1 AD
    CIRCA = auto()
    PERHAPS = auto()
    BEFORE = auto()
    AFTER = auto()
    NOT_BEFORE = auto()
    NOT_AFTER = auto()
    FROM = auto()
    UNTIL = auto()
    TO = auto()
    BETWEEN = auto()
    AND = auto()
    OR = auto()
    BEGINNING = auto()
    EARLY = auto()
    MIDDLE = auto()
    LATE = auto()
    END = auto()
    PART = auto()  # into how many parts it divides
    CALENDAR = auto()  # 0 Julian, 1 Gregorian
    PLUS_MINUS = auto()
    YEARS = auto()
    BEGINNING_UNKNOWN = auto()
    END_UNKNOWN = auto()
    NO_BEGINNING = auto()
    NO_END = auto()
    ALWAYS = auto()
    DASH = auto()
    SLASH = auto()
    COMMA = auto()
    QUESTION = auto()
    NOISE = auto()


_MONTHS = (
    "january jan|janvier janv|januar janner|gennaio gen genn",
    "february feb|fevrier fevr fev|februar|febbraio febb",
    "march mar|mars|marz maerz|marzo",
    "april apr|avril avr|aprile",
    "may|mai|maggio mag magg",
    "june jun|juin|juni|giugno giu",
    "july jul|juillet juil|juli|luglio lug",
    "august aug|aout|agosto ago ag",
    "september sept sep|septembre|settembre sett set",
    "october oct|octobre|oktober okt|ottobre ott",
    "november nov|novembre",
    "december dec|decembre|dezember dez|dicembre dic",
)
_SEASONS = (
    "spring|printemps|fruhling fruehling fruhjahr|primavera",
    "summer|ete|sommer|estate",
    "autumn fall|automne|herbst|autunno",
    "winter|hiver|inverno",
)
_ENGLISH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
)
_FRENCH = (
    "premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme onzieme douzieme "
    "treizieme quatorzieme quinzieme seizieme dix-septieme dix-huitieme dix-neuvieme vingtieme vingt-et-unieme"
)
_GERMAN = (
    "erst zweit dritt viert funft sechst siebt acht neunt zehnt elft zwolft dreizehnt vierzehnt funfzehnt sechzehnt "
    "siebzehnt achtzehnt neunzehnt zwanzigst einundzwanzigst"
)
_ITALIAN = (
    "prim second terz quart quint sest settim ottav non decim undicesim dodicesim tredicesim quattordicesim "
    "quindicesim sedicesim diciassettesim diciottesim diciannovesim ventesim ventunesim"
)
_ORDINALS = (
    (_ENGLISH, ("",)),
    (_FRENCH, ("",)),
    (_GERMAN, ("e", "es", "en", "er", "em")),
    (_ITALIAN, ("o", "a")),
)
_TENS = (
    "twenties thirties forties fifties sixties seventies eighties nineties",
    "vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix",
    "zwanziger dreissiger vierziger funfziger sechziger siebziger achtziger neunziger",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
)
_CENTURY_NAMES = "duecento trecento quattrocento cinquecento seicento settecento ottocento novecento"

# Phrases of a tag without a number, languages apart by `|`, phrases by `,`.
_PLAIN = {
    Tag.CENTURY: "century, centuries, cent, c, cc, cty|siecle, siecles, s, sc|jahrhundert, jahrhunderts, jahrhunderte, "
    "jahrhunderten, jh, jhd, jhs, jhdt, jhdts, jhdts|secolo, secoli, sec, secc, se",
    Tag.MILLENNIUM: "millennium, millennia, mill|millenaire, millenaires|jahrtausend, jahrtausends, jahrtausende, jt, "
    "jts, jtsd|millennio, millenni",
    Tag.DECADE: "decade, decades|annees, decennie|jahrzehnt, jahrzehnts|anni, decennio",
    Tag.CIRCA: "c, ca, circa, cca, about, around, approximately, approx, roughly, ~, ≈|vers, environ, env, autour de, "
    "aux environs de|um, um das jahr, gegen, etwa, ungefahr, rund, zirka, in etwa|verso, verso il, intorno a, "
    "intorno al, all incirca, attorno al, attorno a",
    Tag.PERHAPS: "perhaps, probably, prob, possibly, poss, maybe, presumably|peut - etre, probablement, sans doute|"
    "vielleicht, wohl, vermutlich, wahrscheinlich, moglicherweise|forse, probabilmente, probabile",
    Tag.BEFORE: "before, prior to, pre, earlier than, <|avant, avant le, avant l|vor, vor dem|prima di, prima del, "
    "prima dell, prima della, prima dello, anteriore al, avanti il, ante",
    Tag.AFTER: "after, post, later than, >|apres, apres le, apres l|nach, nach dem|dopo, dopo il, dopo la, dopo l, "
    "posteriore al",
    Tag.NOT_BEFORE: "not before, not earlier than, no earlier than, at the earliest, or later, or after, "
    "terminus post quem, tpq|pas avant, au plus tot, ou apres, ou plus tard, ou posterieur|fruhestens, nicht vor, "
    "oder spater, oder danach|non prima di, non prima del, non prima dell, al piu presto, o dopo, o piu tardi, "
    "o successivo",
    Tag.NOT_AFTER: "not after, not later than, no later than, at the latest, by, or earlier, or before, "
    "terminus ante quem, taq|pas apres, au plus tard, ou avant, ou plus tot, ou anterieur|spatestens, nicht nach, "
    "oder fruher, oder davor|non dopo, non dopo il, non oltre, non oltre il, al piu tardi, entro, entro il, o prima, "
    "o anteriore",
    Tag.FROM: "from, since, beginning in, starting in|depuis, depuis le, depuis l, a partir de, a partir du, dès|"
    "ab, seit, von, vom, ab dem, seit dem|da, dal, dall, dalla, dallo, a partire da, a partire dal, fin dal, sin dal",
    Tag.BETWEEN: "between, betw, some time between|entre, entre le, entre l|zwischen|tra, fra, tra il, fra il, tra l, "
    "fra l, tra la, fra la, compreso tra",
    Tag.OR: "or|ou|oder|o",
    Tag.BEGINNING: "beginning, start|debut, commencement|beginn, anfang, anfangs|inizio, inizi, principio",
    Tag.EARLY: "early, earlier|fruhes, fruhen, fruhe, fruher, fruh, frueh, fruehes|primo",
    Tag.MIDDLE: "mid, middle, mid -|milieu, mi, mi -, courant|mitte, mittleres, mittleren|meta, alla meta, a meta",
    Tag.LATE: "late, later|spates, spaten, spate, spater, spat, spaet, spaetes|tardo, tardi",
    Tag.END: "end, end of|fin|ende, ausgang|fine, finale, fine del",
    Tag.PLUS_MINUS: "±, plus or minus, + / -, + -, plus ou moins, plus minus, piu o meno",
    Tag.YEARS: "years, yrs|ans|jahre, jahren|",
    Tag.BEGINNING_UNKNOWN: "beginning unknown, start unknown, begin unknown|debut inconnu|beginn unbekannt, "
    "anfang unbekannt|inizio sconosciuto",
    Tag.END_UNKNOWN: "end unknown|fin inconnue, fin inconnu|ende unbekannt|fine sconosciuta",
    Tag.NO_BEGINNING: "no beginning, without a beginning|sans debut|ohne beginn, ohne anfang|senza inizio",
    Tag.NO_END: "no end, without an end, present, today, now, still standing|sans fin, aujourd hui, nos jours|"
    "ohne ende, heute|senza fine, oggi",
    Tag.ALWAYS: "at all times, always|de tout temps, toujours|zu allen zeiten, immer|in ogni tempo, sempre",
    Tag.DASH: "-",
    Tag.SLASH: "/",
    Tag.COMMA: ",",
    Tag.QUESTION: "?",
    Tag.NOISE: "of, the, in, on, at, dated, date, year, years, onward, onwards, an, some, time|"
    "de, du, d, des, la, le, les, l, en, an, l an, ans, annee, datant, date de, date du|"
    "der, die, das, dem, den, im, am, des, jahr, jahre, jahren, jahres, datiert, auf, zum, zur, an|"
    "di, del, della, dell, dello, dei, degli, il, lo, gli, nel, nell, nella, nei, negli, anno, all anno, datato",
}
# Phrases of a tag with a number.
_NUMBERED = {
    (Tag.ERA, -1): "bc, b c, bce, b c e, before christ, before our era|av j - c, av jc, av j c, avant j - c, "
    "avant jc, avant jesus - christ, avant jesus christ, avant notre ere, av n e|v chr, vor chr, vor christus, "
    "vor christi geburt, v u z, vor u z, v d z, vor unserer zeitrechnung|a c, ac, a c n, a cr, av cr, avanti cristo, "
    "prima di cristo, a e v",
    (Tag.ERA, 1): "ad, a d, ce, c e, anno domini, of our era|ap j - c, apr j - c, ap jc, apr jc, apres j - c, "
    "apres jc, apres jesus - christ, apres jesus christ, de notre ere|n chr, nach chr, nach christus, n u z, n d z, "
    "unserer zeitrechnung|d c, dc, d cr, dopo cristo, e v",
    (Tag.PART, 2): "half, halves|moitie, semestre|halfte, halbjahr, h|meta, semestre",
    (Tag.PART, 3): "third|tiers|drittel|terzo, quadrimestre",
    (Tag.PART, 4): "quarter|quart, trimestre|viertel, quartal|quarto, trimestre",
    (Tag.ORDINAL, -1): "last|dernier, derniere|letztes, letzten, letzte, letzter|ultimo, ultima",
    (Tag.ORDINAL, 1): "premiere|",
    (Tag.ORDINAL, 2): "second, seconde|",
    (Tag.CALENDAR, 0): "julian, julian calendar, in the julian calendar, old style, o s, os|"
    "calendrier julien, julien, ancien style|julianisch, julianischer kalender, julianischen kalenders, jul kal, "
    "alten stils, alter stil, a st|calendario giuliano, giuliano, stile antico",
    (Tag.CALENDAR, 1): "gregorian, gregorian calendar, new style, n s, ns|calendrier gregorien, gregorien, "
    "nouveau style|gregorianisch, gregorianischer kalender, neuen stils, neuer stil, n st|"
    "calendario gregoriano, gregoriano, stile nuovo",
    (Tag.HEMISPHERE, 4): "northern hemisphere|hemisphere nord|nordhalbkugel|emisfero nord",
    (Tag.HEMISPHERE, 8): "southern hemisphere|hemisphere sud|sudhalbkugel|emisfero sud",
}
# Words that both stand between two dates and do something else.
_LINKS = {
    Tag.UNTIL: "until, till, up to, through, to|jusqu a, jusqu au, jusqu en, jusque vers|bis, bis zum, bis um das jahr|"
    "fino a, fino al, fino all, fino alla, sino al, sino a",
    Tag.TO: "to, until, till, up to, through|a, au, jusqu a, jusqu au, jusqu en|bis, bis zum|a, al, all, alla, "
    "fino a, fino al, fino all, sino al",
    Tag.AND: "and, &|et|und|e, ed, e il, e l, e la",
}


def _meanings() -> Iterator[tuple[str, Tag, int]]:
    """Every phrase with what it may be."""
    for tag, phrases in itertools.chain(_PLAIN.items(), _LINKS.items()):
        yield from ((phrase, tag, 0) for phrase in _split(phrases))
    for (tag, number), phrases in _NUMBERED.items():
        yield from ((phrase, tag, number) for phrase in _split(phrases))
    for tag, start, rows in ((Tag.MONTH, 1, _MONTHS), (Tag.SEASON, 21, _SEASONS)):
        for number, words in enumerate(rows, start):
            yield from ((word, tag, number) for word in words.replace("|", " ").split())
    for stems, endings in _ORDINALS:
        for number, stem in enumerate(stems.split(), 1):
            yield from (((stem + ending).replace("-", " - "), Tag.ORDINAL, number) for ending in endings)
    for names in _TENS:
        yield from ((name.replace("-", " - "), Tag.TENS, 10 * at) for at, name in enumerate(names.split(), 2))
    yield from ((name, Tag.CENTURY_NAME, number) for number, name in enumerate(_CENTURY_NAMES.split(), 13))


def _split(phrases: str) -> list[str]:
    return [phrase.strip() for part in phrases.split("|") for phrase in part.split(", ") if phrase.strip()]


VOCABULARY: dict[tuple[str, ...], dict[Tag, int]] = {}
for _phrase, _tag, _number in _meanings():
    VOCABULARY.setdefault(tuple(_phrase.split()), {})[_tag] = _number
