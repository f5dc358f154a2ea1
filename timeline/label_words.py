"""The words of labels, in English, German, French and Italian: a table per language, each with the same entries.

Italian phrases do without articles, whose forms change with the number that follows (dal 900, dall'800).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases of one language; `{}` stands for a date."""

    bc: str
    ad: str
    circa: str
    group: str
    """separates thousands of years of five digits and more"""
    months: str
    """twelve, a space between"""
    seasons: tuple[str, ...]
    """21 to 41: `{}` is the year"""
    day: str
    first_day: str
    decade: str
    between: str
    since: str
    until: str
    from_unknown: str
    to_unknown: str
    always: str
    or_earlier: str
    or_later: str
    one_of: str
    all_of: str
    begin: str
    """where four bounds have their beginning; `{}` is a date or a range"""
    end: str
    begin_unknown: str
    end_unknown: str
    no_begin: str
    no_end: str
    unknown: str


def _seasons(four: str, of: str, north: str, south: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    seasons = tuple(each + of for each in four.split())
    return (
        seasons
        + tuple(f"{each} ({north})" for each in seasons)
        + tuple(f"{each} ({south})" for each in seasons)
        + parts
    )


WORDS: dict[str, Words] = {
    "en": Words(
        bc="BC",
        ad="AD",
        circa="c.",
        group=",",
        months="January February March April May June July August September October November December",
        seasons=_seasons(
            "spring summer autumn winter",
            " {}",
            "northern hemisphere",
            "southern hemisphere",
            tuple(f"{n} quarter of {{}}" for n in ("1st", "2nd", "3rd", "4th"))
            + tuple(f"{n} third of {{}}" for n in ("1st", "2nd", "3rd"))
            + tuple(f"{n} half of {{}}" for n in ("1st", "2nd")),
        ),
        day="{day} {month}",
        first_day="{day} {month}",
        decade="{}s",
        between="between {} and {}",
        since="from {} on",
        until="until {}",
        from_unknown="beginning unknown, until {}",
        to_unknown="from {}, end unknown",
        always="at all times",
        or_earlier="{} or earlier",
        or_later="{} or later",
        one_of=" or ",
        all_of=" and ",
        begin="beginning {}",
        end="end {}",
        begin_unknown="beginning unknown",
        end_unknown="end unknown",
        no_begin="no beginning",
        no_end="no end",
        unknown="date unknown",
    ),
    "de": Words(
        bc="v. Chr.",
        ad="n. Chr.",
        circa="um",
        group=".",
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        seasons=_seasons(
            "Frühling Sommer Herbst Winter",
            " {}",
            "Nordhalbkugel",
            "Südhalbkugel",
            tuple(f"{n}. Quartal {{}}" for n in range(1, 5))
            + tuple(f"{n}. Drittel {{}}" for n in range(1, 4))
            + tuple(f"{n}. Halbjahr {{}}" for n in range(1, 3)),
        ),
        day="{day}. {month}",
        first_day="{day}. {month}",
        decade="{}er Jahre",
        between="zwischen {} und {}",
        since="ab {}",
        until="bis {}",
        from_unknown="Beginn unbekannt, bis {}",
        to_unknown="ab {}, Ende unbekannt",
        always="zu allen Zeiten",
        or_earlier="{} oder früher",
        or_later="{} oder später",
        one_of=" oder ",
        all_of=" und ",
        begin="Beginn {}",
        end="Ende {}",
        begin_unknown="Beginn unbekannt",
        end_unknown="Ende unbekannt",
        no_begin="ohne Beginn",
        no_end="ohne Ende",
        unknown="Zeit unbekannt",
    ),
    "fr": Words(
        bc="av. J.-C.",
        ad="apr. J.-C.",
        circa="vers",
        group="\u202f",
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        seasons=_seasons(
            "printemps été automne hiver",
            " {}",
            "hémisphère nord",
            "hémisphère sud",
            tuple(f"{n} trimestre {{}}" for n in ("1er", "2e", "3e", "4e"))
            + tuple(f"{n} tiers de {{}}" for n in ("1er", "2e", "3e"))
            + tuple(f"{n} semestre {{}}" for n in ("1er", "2e")),
        ),
        day="{day} {month}",
        first_day="1er {month}",
        decade="années {}",
        between="entre {} et {}",
        since="depuis {}",
        until="jusqu’à {}",
        from_unknown="début inconnu, jusqu’à {}",
        to_unknown="depuis {}, fin inconnue",
        always="de tout temps",
        or_earlier="{} ou avant",
        or_later="{} ou après",
        one_of=" ou ",
        all_of=" et ",
        begin="début {}",
        end="fin {}",
        begin_unknown="début inconnu",
        end_unknown="fin inconnue",
        no_begin="sans début",
        no_end="sans fin",
        unknown="date inconnue",
    ),
    "it": Words(
        bc="a.C.",
        ad="d.C.",
        circa="ca.",
        group=".",
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        seasons=_seasons(
            "primavera estate autunno inverno",
            " {}",
            "emisfero nord",
            "emisfero sud",
            tuple(f"{n}º trimestre {{}}" for n in range(1, 5))
            + tuple(f"{n}º quadrimestre {{}}" for n in range(1, 4))
            + tuple(f"{n}º semestre {{}}" for n in range(1, 3)),
        ),
        day="{day} {month}",
        first_day="1º {month}",
        decade="anni {}",
        between="tra {} e {}",
        since="da: {}",
        until="fino a: {}",
        from_unknown="inizio sconosciuto, fino a: {}",
        to_unknown="da: {}, fine sconosciuta",
        always="in ogni tempo",
        or_earlier="{} o prima",
        or_later="{} o dopo",
        one_of=" o ",
        all_of=" e ",
        begin="inizio {}",
        end="fine {}",
        begin_unknown="inizio sconosciuto",
        end_unknown="fine sconosciuta",
        no_begin="senza inizio",
        no_end="senza fine",
        unknown="data sconosciuta",
    ),
}
