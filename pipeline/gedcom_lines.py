"""A GEDCOM file as a forest of lines: 5.5.1 by a reader of our own, which forgives, and 7 by the package gedcom7.

Files of 5.5.1 come in many encodings and are seldom quite right: lines without a level are taken for what belongs to
the line before, lines that are nested too deep at once are left out; both are counted and told. Files of 7 are UTF-8
and strict, so one that is wrong is refused with the number of its line. Which it is, the header says (GEDC.VERS).

No line and no depth is trusted: both are limited before anything else looks at them, and texts that go on over many
lines are joined once, at the end. ged4py, the other package under MIT, reads bytes one by one and asks for PyMeeus,
which is LGPL and comes as source only; its codec of ANSEL is a package by itself, and is what we use.

Sources: GEDCOM 5.5.1, chapters 1 and 3; FamilySearch GEDCOM 7.0, chapter 1.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scenes.counting import counted
from scenes.errors import Malformed, TooLarge, Unsupported

MOST_BYTES = 64 << 20
MOST_LINES = 2_000_000
MOST_LINE = 32_768
"""characters; 5.5.1 allows 255, and programs write more"""
MOST_DEPTH = 99
"""levels have two digits"""
_MOST_WRONG = 1_000
"""lines without a level, beyond which a file is no GEDCOM"""

_LINE = re.compile(r"\s*([0-9]{1,2})\s+(?:@([^@\s][^@]{0,100})@\s+)?([A-Za-z0-9_]{1,40})(?:[ \t](.*))?", re.DOTALL)
_POINTER = re.compile(r"@[^@#\s][^@]*@")
_DEEP = re.compile(r"^([0-9]{3,})(?: |$)", re.MULTILINE)
_ENDS = re.compile(r"\r\n|\n\r|\r|\n")
_VERSION = re.compile(r"^\s*2\s+VERS\s+([0-9]+(?:\.[0-9]+)*)", re.MULTILINE)
_CHARACTERS = re.compile(rb"(?:^|[\r\n])\s*1\s+CHAR\s+([^\r\n]{1,40})")
_HEAD = 1 << 16

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    # Without a mark: the level 0 of the header, then a space.
    (b"0\x00 \x00", "utf-16-le"),
    (b"\x000\x00 ", "utf-16-be"),
)
_CODECS = {
    "ansel": "ansel",
    "ascii": "ascii",
    "us-ascii": "ascii",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-8",  # means UTF-16, but what is that has been told by then
    "ansi": "cp1252",
    "cp1252": "cp1252",
    "windows": "cp1252",
    "windows-1252": "cp1252",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "iso-8859-1": "iso8859-1",
    "iso8859-1": "iso8859-1",
    "latin1": "iso8859-1",
    "iso-8859-15": "iso8859-15",
    "ibmpc": "cp437",
    "ibm": "cp437",
    "oem": "cp437",
    "ibm dos": "cp850",
    "msdos": "cp850",
    "ms-dos": "cp850",
    "macintosh": "mac-roman",
}
"""by what programs write after CHAR, in small letters"""


@dataclass(slots=True)
class Line:
    """A line with what is below it."""

    tag: str
    value: str = ""
    """of CONC and CONT lines, too"""
    xref: str = ""
    """`@I1@`; empty: none"""
    pointer: str = ""
    """the xref that it points to; empty: its value is a text"""
    number: int = 0
    """of the line in the file"""
    children: list[Line] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Line]:
        """The lines directly below with one of these tags."""
        return (child for child in self.children if child.tag in tags)

    def first(self, tag: str) -> Line | None:
        """The first of these."""
        return next(self.all(tag), None)

    def text(self, tag: str) -> str:
        """The value of the first of these; empty: there is none."""
        found = self.first(tag)
        return "" if found is None else found.value.strip()


@dataclass(frozen=True, slots=True)
class Forest:
    """All records of a file."""

    version: str
    encoding: str
    records: tuple[Line, ...]
    report: tuple[str, ...]
    """what was odd, in words"""


def read(data: bytes) -> Forest:
    """The records of a file, header and trailer left out.

    Raises:
        Malformed: it is no GEDCOM.
        Unsupported: its version or its encoding is not known here.
        TooLarge: it is larger, or one of its lines is longer or deeper, than is read.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"the file has {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    encoding, mark = _encoding(data)
    text, lost = _decoded(data[mark:], encoding)
    found = _VERSION.search(text[:_HEAD])
    version = found[1] if found else "5.5.1"
    if not text.lstrip().startswith("0") or "HEAD" not in text[:200].upper():
        raise Malformed("the file does not begin with `0 HEAD`, so it is no GEDCOM")
    lines = _limited(text)
    if version.startswith("7"):
        if encoding != "utf-8":
            raise Malformed(f"GEDCOM {version} is UTF-8, and this is {encoding}")
        records, report = _of_7(text), Counter[str]()
    elif version.startswith("5"):
        records, report = _of_5(lines)
    else:
        raise Unsupported(f"GEDCOM {version[:20]} is not read here; 5.5, 5.5.1 and 7 are")
    said = [counted(count, words) for words, count in report.items()]
    if lost:
        said.append(counted(lost, f"[character is|characters are] not {encoding}, and [was|were] replaced by �"))
    kept = tuple(record for record in records if record.tag not in ("HEAD", "TRLR"))
    return Forest(version, encoding, kept, tuple(said))


def _encoding(data: bytes) -> tuple[str, int]:
    """The codec, and how many bytes its mark has."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark) if mark[:1] not in (b"0", b"\x00") else 0
    head = data[:_HEAD]
    found = _CHARACTERS.search(head)
    if found is None:
        # 7 has no CHAR, and in 5.5.1 it must be there.
        return "utf-8", 0
    said = found[1].decode("ascii", "replace").strip()
    if said.lower() not in _CODECS:
        raise Unsupported(f"the encoding {said!r} is not known here")
    return _CODECS[said.lower()], 0


def _decoded(data: bytes, encoding: str) -> tuple[str, int]:
    """The text, and how many characters could not be read."""
    if encoding == "ansel":
        from ansel.encodings import gedcom

        text = str(gedcom.Codec().decode(data, "replace")[0])
    else:
        text = data.decode(encoding, "replace")
    return unicodedata.normalize("NFC", text), text.count("\ufffd")


def _limited(text: str) -> list[str]:
    lines = _ENDS.split(text)
    if len(lines) > MOST_LINES:
        raise TooLarge(f"the file has {len(lines):,} lines; at most {MOST_LINES:,} are read")
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            raise TooLarge(f"line {number} has {len(line):,} characters; at most {MOST_LINE:,} are read")
    return lines


def _of_5(lines: Iterable[str]) -> tuple[list[Line], Counter[str]]:
    """By our own reader."""
    records: list[Line] = []
    stack: list[Line] = []
    parts: dict[int, list[str]] = {}
    """by id of the line its texts, where they go on"""
    odd: Counter[str] = Counter()
    for number, text in enumerate(lines, 1):
        if not text.strip("\ufeff \t\x1a"):
            continue
        match = _LINE.fullmatch(text.lstrip("\ufeff"))
        if match is None:
            if not stack or odd.total() > _MOST_WRONG:
                raise Malformed(f"line {number} is no line of GEDCOM: {text[:80]!r}")
            odd["[line without a level was|lines without a level were] taken for what belongs to the line before"] += 1
            parts.setdefault(id(stack[-1]), [stack[-1].value]).append("\n" + text)
            continue
        level, xref, tag, value = int(match[1]), match[2], match[3].upper(), (match[4] or "").replace("@@", "@")
        if tag in ("CONC", "CONT") and 0 < level <= len(stack):
            del stack[level:]
            parts.setdefault(id(stack[-1]), [stack[-1].value]).append(value if tag == "CONC" else "\n" + value)
            continue
        if level > len(stack):
            if odd.total() > _MOST_WRONG:
                raise Malformed(f"line {number}: too many lines are wrong before it")
            odd["[line is|lines are] deeper than one below the line before, and [was|were] left out"] += 1
            continue
        to = (match[4] or "").strip()
        pointer = to if _POINTER.fullmatch(to) else ""
        line = Line(tag, "" if pointer else value, f"@{xref}@" if xref else "", pointer, number)
        del stack[level:]
        (stack[-1].children if stack else records).append(line)
        stack.append(line)
    for line in _every(records):
        if id(line) in parts:
            line.value = "".join(parts[id(line)])
    return records, odd


def _of_7(text: str) -> list[Line]:
    """By gedcom7."""
    import gedcom7

    if deep := _DEEP.search(text):
        raise TooLarge(f"a line is at level {deep[1][:20]}; at most {MOST_DEPTH} are read")
    try:
        found = gedcom7.loads(text)
    except gedcom7.GedcomParseError as wrong:
        raise Malformed(f"the file is no GEDCOM 7: {str(wrong)[:300]}") from wrong
    records: list[Line] = []
    waiting = [(structure, records) for structure in reversed(found)]
    while waiting:
        structure, into = waiting.pop()
        line = Line(structure.tag, structure.text, structure.xref or "", structure.pointer or "")
        into.append(line)
        waiting += [(child, line.children) for child in reversed(structure.children)]
    return records


def _every(records: Iterable[Line]) -> Iterator[Line]:
    waiting = list(records)
    while waiting:
        line = waiting.pop()
        yield line
        waiting += line.children
