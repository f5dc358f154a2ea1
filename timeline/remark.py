"""What is said about a date beside the date, in English, German, French and Italian: notes on what a text was taken
for, assumptions of a proposal, and reasons why nothing could be proposed.

A remark is a code, which is stable, and values; words are made from both when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "de", "fr", "it")


@dataclass(frozen=True, slots=True)
class Remark:
    """A code of `WORDS`, and the values of the names in its words; a value may be a remark itself.

    >>> Remark.of("BC_YEAR", year=430).words("de")
    '430 v. Chr.'
    """

    code: str
    values: tuple[tuple[str, str | Remark], ...] = ()

    @classmethod
    def of(cls, code: str, **values: str | int | Remark) -> Remark:
        """With values by name."""
        pairs = ((name, str(value) if isinstance(value, int) else value) for name, value in values.items())
        return cls(code, tuple(pairs))

    def words(self, language: str = "en") -> str:
        """In a language of `LANGUAGES` (`de-AT` counts as `de`), else in English."""
        at = column(language)
        values = {name: value.words(language) if isinstance(value, Remark) else value for name, value in self.values}
        return WORDS[self.code][at].format_map(values)


def column(language: str) -> int:
    """The place of a language in `LANGUAGES`; 0, English, for any other."""
    short = language.partition("-")[0].lower()
    return LANGUAGES.index(short) if short in LANGUAGES else 0


def year_remark(year: int) -> Remark:
    """An astronomical year as people say it."""
    return Remark.of("AD_YEAR", year=year) if year > 0 else Remark.of("BC_YEAR", year=1 - year)


_PARTS = {
    "FIRST_HALF": ("the first half", "die erste Hälfte", "la première moitié", "la prima metà"),
    "SECOND_HALF": ("the second half", "die zweite Hälfte", "la seconde moitié", "la seconda metà"),
    "MIDDLE_HALF": ("the middle half", "die mittlere Hälfte", "la moitié médiane", "la metà centrale"),
    "FIRST_THIRD": ("the first third", "das erste Drittel", "le premier tiers", "il primo terzo"),
    "MIDDLE_THIRD": ("the middle third", "das mittlere Drittel", "le tiers médian", "il terzo centrale"),
    "LAST_THIRD": ("the last third", "das letzte Drittel", "le dernier tiers", "l’ultimo terzo"),
    "FIRST_QUARTER": ("the first quarter", "das erste Viertel", "le premier quart", "il primo quarto"),
    "LAST_QUARTER": ("the last quarter", "das letzte Viertel", "le dernier quart", "l’ultimo quarto"),
    "FIRST_TENTH": ("the first tenth", "das erste Zehntel", "le premier dixième", "il primo decimo"),
    "LAST_TENTH": ("the last tenth", "das letzte Zehntel", "le dernier dixième", "l’ultimo decimo"),
}
_NOTES = {
    "NORTHERN": (
        "a season without its hemisphere, taken for the northern one",
        "eine Jahreszeit ohne Halbkugel, als nördliche verstanden",
        "saison sans hémisphère, prise pour celle du nord",
        "una stagione senza emisfero, intesa come boreale",
    ),
    "SHORT_FORM": (
        "'{text}' says the years {first} to {last}; the year alone is written {year}",
        "„{text}“ heißt die Jahre {first} bis {last}; das Jahr allein schreibt man {year}",
        "« {text} » dit les années {first} à {last} ; l’année seule s’écrit {year}",
        "«{text}» dice gli anni dal {first} al {last}; il solo anno si scrive {year}",
    ),
    "CIRCA_SHARP": (
        "'~' (about) is kept and shown, and moves no bound",
        "„~“ (um) wird behalten und gezeigt, verschiebt aber keine Grenze",
        "« ~ » (vers) est gardé et montré, et ne déplace aucune limite",
        "«~» (circa) è conservato e mostrato, e non sposta alcun limite",
    ),
}
_ASSUMPTIONS = {
    "AS_EDTF": ("read as EDTF", "als EDTF gelesen", "lu comme EDTF", "letto come EDTF"),
    "CIRCA_WIDE": (
        "'about' taken as {width} either way",
        "„um“ als {width} nach beiden Seiten verstanden",
        "« vers » pris pour {width} de part et d’autre",
        "«circa» inteso come {width} in più o in meno",
    ),
    "DAYS": ("{n} days", "{n} Tage", "{n} jours", "{n} giorni"),
    "MONTHS": ("{n} months", "{n} Monate", "{n} mois", "{n} mesi"),
    "YEARS": ("{n} years", "{n} Jahre", "{n} ans", "{n} anni"),
    "BOTH_DATES": (
        "'about' and '?' hold for both dates",
        "„um“ und „?“ gelten für beide Daten",
        "« vers » et « ? » valent pour les deux dates",
        "«circa» e «?» valgono per entrambe le date",
    ),
    "YEARS_OF": (
        "the years {first} to {last}",
        "die Jahre {first} bis {last}",
        "les années {first} à {last}",
        "gli anni dal {first} al {last}",
    ),
    "SOME_TIME": (
        "at some time within these limits",
        "irgendwann innerhalb dieser Grenzen",
        "à un moment entre ces limites",
        "in un momento entro questi limiti",
    ),
    "THROUGHOUT": (
        "lasting from the first to the last",
        "während der ganzen Zeit vom ersten bis zum letzten",
        "durant tout le temps du premier au dernier",
        "per tutto il tempo dal primo all’ultimo",
    ),
    "ONE_OF_THESE": ("one of these", "eines davon", "l’une d’elles", "una di queste"),
    "ALL_OF_THESE": ("all of these", "alle zusammen", "toutes ensemble", "tutte insieme"),
    "HUNDREDS": (
        "the hundred years that share their first digits",
        "die hundert Jahre mit gleichen ersten Ziffern",
        "les cent années qui partagent leurs premiers chiffres",
        "i cento anni con le stesse prime cifre",
    ),
    "TEN_YEARS": ("ten years only", "nur zehn Jahre", "dix années seulement", "solo dieci anni"),
    "PART": (
        "'{word}' taken as {part}",
        "„{word}“ als {part} verstanden",
        "« {word} » pris pour {part}",
        "«{word}» inteso come {part}",
    ),
    "AD_ASSUMED": ("AD assumed", "n. Chr. angenommen", "apr. J.-C. supposé", "d.C. presunto"),
    "BC_ASSUMED": ("BC assumed", "v. Chr. angenommen", "av. J.-C. supposé", "a.C. presunto"),
    "MINUS_BC": (
        "the minus taken as BC",
        "das Minus als v. Chr. verstanden",
        "le moins pris pour av. J.-C.",
        "il meno inteso come a.C.",
    ),
    "MINUS_ASTRONOMICAL": (
        "the minus taken as in astronomy, where 0 is 1 BC",
        "das Minus wie in der Astronomie verstanden, wo 0 für 1 v. Chr. steht",
        "le moins pris comme en astronomie, où 0 est 1 av. J.-C.",
        "il meno inteso come in astronomia, dove 0 è 1 a.C.",
    ),
    "COMPLETED": (
        "{short} completed to {year}",
        "{short} zu {year} ergänzt",
        "{short} complété en {year}",
        "{short} completato in {year}",
    ),
    "JULIAN": (
        "a date of the Julian calendar, converted",
        "ein Datum des julianischen Kalenders, umgerechnet",
        "une date du calendrier julien, convertie",
        "una data del calendario giuliano, convertita",
    ),
    "GREGORIAN": (
        "a date of the Gregorian calendar, as written",
        "ein Datum des gregorianischen Kalenders, wie geschrieben",
        "une date du calendrier grégorien, telle qu’écrite",
        "una data del calendario gregoriano, come scritta",
    ),
    "OLD_STYLE": (
        "a year that began on 25 March; by ours {year}",
        "ein Jahr, das am 25. März begann; nach unserem {year}",
        "une année commencée le 25 mars ; {year} selon la nôtre",
        "un anno iniziato il 25 marzo; secondo il nostro {year}",
    ),
    "DAY_FIRST": (
        "the day stands first",
        "der Tag steht vorn",
        "le jour vient en premier",
        "il giorno viene prima",
    ),
    "MONTH_FIRST": (
        "the month stands first",
        "der Monat steht vorn",
        "le mois vient en premier",
        "il mese viene prima",
    ),
    "NOT_INCLUDED": (
        "{date} itself does not count",
        "{date} selbst zählt nicht",
        "{date} même ne compte pas",
        "{date} stesso non conta",
    ),
    "NO_END": ("without an end", "ohne Ende", "sans fin", "senza fine"),
    "NO_BEGINNING": ("without a beginning", "ohne Beginn", "sans début", "senza inizio"),
    "END_UNKNOWN": (
        "it ended, and when is not known",
        "es endete, wann ist unbekannt",
        "la fin a eu lieu, on ne sait quand",
        "è finito, non si sa quando",
    ),
    "BEGINNING_UNKNOWN": (
        "it began, and when is not known",
        "es begann, wann ist unbekannt",
        "le début a eu lieu, on ne sait quand",
        "è iniziato, non si sa quando",
    ),
    "WINTER": (
        "the winter that begins in that year",
        "der Winter, der in diesem Jahr beginnt",
        "l’hiver qui commence cette année-là",
        "l’inverno che inizia in quell’anno",
    ),
    "NO_EDTF": (
        "EDTF cannot say it without claiming more",
        "EDTF kann es nicht sagen, ohne mehr zu behaupten",
        "EDTF ne peut le dire sans affirmer davantage",
        "EDTF non può dirlo senza affermare di più",
    ),
    "LIMITS_ONLY": (
        "the outermost limits in EDTF; that it certainly stood in between is lost",
        "die äußersten Grenzen in EDTF; dass es dazwischen gewiss bestand, geht verloren",
        "les limites extrêmes en EDTF ; que la chose existait à coup sûr entre-temps se perd",
        "i limiti estremi in EDTF; che nel frattempo esistesse di certo va perso",
    ),
}
_REASONS = {
    "EMPTY": ("nothing is written", "es steht nichts da", "rien n’est écrit", "non c’è scritto nulla"),
    "TOO_LONG": (
        "longer than {most} characters",
        "länger als {most} Zeichen",
        "plus de {most} caractères",
        "oltre {most} caratteri",
    ),
    "UNKNOWN_WORD": (
        "'{word}' (column {column}) is no word for a date that is known here",
        "„{word}“ (Spalte {column}) ist kein hier bekanntes Wort für ein Datum",
        "« {word} » (colonne {column}) n’est pas un mot de date connu ici",
        "«{word}» (colonna {column}) non è una parola di data nota qui",
    ),
    "UNEXPECTED": (
        "'{word}' (column {column}) is not understood in this place",
        "„{word}“ (Spalte {column}) wird an dieser Stelle nicht verstanden",
        "« {word} » (colonne {column}) n’est pas compris à cet endroit",
        "«{word}» (colonna {column}) non si capisce in questo punto",
    ),
    "ENDS_EARLY": (
        "the text ends where a date was expected",
        "der Text endet, wo ein Datum erwartet wurde",
        "le texte finit là où une date était attendue",
        "il testo finisce dove si attendeva una data",
    ),
    "NO_YEAR": (
        "a year is missing",
        "es fehlt ein Jahr",
        "il manque une année",
        "manca un anno",
    ),
    "NO_SUCH_YEAR": (
        "there is no year or century {n} of people's counting",
        "ein Jahr oder Jahrhundert {n} gibt es in der üblichen Zählung nicht",
        "il n’y a pas d’année ni de siècle {n} dans le compte usuel",
        "non esiste un anno o secolo {n} nel computo comune",
    ),
    "IMPOSSIBLE": (
        "there is no such date: {why}",
        "ein solches Datum gibt es nicht: {why}",
        "une telle date n’existe pas : {why}",
        "una tale data non esiste: {why}",
    ),
}
_YEARS = {
    "AD_YEAR": ("AD {year}", "{year} n. Chr.", "{year} apr. J.-C.", "{year} d.C."),
    "BC_YEAR": ("{year} BC", "{year} v. Chr.", "{year} av. J.-C.", "{year} a.C."),
}

WORDS: dict[str, tuple[str, str, str, str]] = _PARTS | _NOTES | _ASSUMPTIONS | _REASONS | _YEARS
