import pytest

from pipeline.gedcom_lines import MOST_LINE, Line, read
from scenes.errors import Malformed, TooLarge, Unsupported

NAME = "Grüneñ Žá"


def old(*lines: str, character: str = "UTF-8") -> str:
    return "\n".join(["0 HEAD", "1 GEDC", "2 VERS 5.5.1", f"1 CHAR {character}", *lines, "0 TRLR", ""])


def new(*lines: str) -> bytes:
    return "\n".join(["0 HEAD", "1 GEDC", "2 VERS 7.0", *lines, "0 TRLR", ""]).encode()


def name_in(data: bytes) -> str:
    (record,) = read(data).records
    return record.text("NAME")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (old("0 @I1@ INDI", f"1 NAME {NAME}").encode(), "utf-8"),
        (b"\xef\xbb\xbf" + old("0 @I1@ INDI", f"1 NAME {NAME}").encode(), "utf-8"),
        (old("0 @I1@ INDI", f"1 NAME {NAME}", character="UNICODE").encode("utf-16"), "utf-16-le"),
        (old("0 @I1@ INDI", f"1 NAME {NAME}", character="UNICODE").encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + old("0 @I1@ INDI", f"1 NAME {NAME}").encode("utf-16-be"), "utf-16-be"),
        (old("0 @I1@ INDI", f"1 NAME {NAME}").encode("utf-16-be"), "utf-16-be"),
        # ANSEL puts a mark before its letter: diaeresis E8, tilde E4, caron E9, acute E2.
        (
            old("0 @I1@ INDI", "1 NAME *", character="ANSEL").encode().replace(b"*", b"Gr\xe8une\xe4n \xe9Z\xe2a"),
            "ansel",
        ),
        (old("0 @I1@ INDI", f"1 NAME {NAME}", character="ANSI").encode("cp1252"), "cp1252"),
    ],
    ids=["utf-8", "utf-8 marked", "utf-16", "utf-16-le", "utf-16-be marked", "utf-16-be", "ansel", "ansi"],
)
def test_letters_are_the_same_in_every_encoding(data: bytes, encoding: str) -> None:
    assert name_in(data) == NAME
    assert read(data).encoding == encoding


def test_bytes_that_are_none_of_the_encoding_are_replaced_and_counted() -> None:
    data = old("0 @I1@ INDI", "1 NAME *").encode().replace(b"*", b"Gr\xfcn")
    assert name_in(data) == "Gr�n"
    assert read(data).report == ("1 character is not utf-8, and was replaced by �",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r"])
def test_lines_end_in_every_way(end: str) -> None:
    assert name_in(old("0 @I1@ INDI", "1 NAME Ada").replace("\n", end).encode()) == "Ada"


def test_texts_go_on_over_lines_and_at_signs_are_halved() -> None:
    text = old("0 @N1@ NOTE first", "1 CONC , still the first", "1 CONT second @@ home", "1 CONT", "1 CONT fourth")
    (note,) = read(text.encode()).records
    assert note.value == "first, still the first\nsecond @ home\n\nfourth"


def test_a_line_without_a_level_belongs_to_the_line_before_and_is_told() -> None:
    found = read(old("0 @N1@ NOTE first", "second, by a careless program", "1712 was a good year").encode())
    assert found.records[0].value == "first\nsecond, by a careless program\n1712 was a good year"
    assert found.report == ("2 lines without a level were taken for what belongs to the line before",)


def test_a_line_that_is_too_deep_is_left_out_and_told() -> None:
    found = read(old("0 @I1@ INDI", "1 NAME Ada", "4 PAGE 7", "1 SEX F").encode())
    assert found.records[0].text("SEX") == "F"
    assert "1 line is deeper" in found.report[0]


def test_pointers_are_told_from_texts() -> None:
    found = read(old("0 @I1@ INDI", "1 FAMC @F1@", "1 BIRT", "2 DATE @#DJULIAN@ 1 JAN 1700").encode()).records[0]
    assert found == Line(
        "INDI", xref="@I1@", number=5, children=[
            Line("FAMC", pointer="@F1@", number=6),
            Line("BIRT", number=7, children=[Line("DATE", "@#DJULIAN@ 1 JAN 1700", number=8)]),
        ],
    )  # fmt: skip


def test_version_7_gives_the_same_lines() -> None:
    (record,) = read(new("0 @I1@ INDI", f"1 NAME {NAME}", "1 FAMC @F1@", "1 NOTE @@home", "2 CONT second")).records
    assert (record.xref, record.text("NAME"), record.text("NOTE")) == ("@I1@", NAME, "@home\nsecond")
    assert [line.pointer for line in record.all("FAMC")] == ["@F1@"]


def test_version_7_is_strict_and_says_where() -> None:
    with pytest.raises(Malformed, match=r"line 5|line_number=5|5"):
        read(new("0 @I1@ INDI", "no level"))
    with pytest.raises(Malformed, match="UTF-8"):
        read(new("0 @I1@ INDI").decode().encode("utf-16"))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 100, b"GIF89a", b"0 INDI\n", b"0 HEAD\n" + b"junk\n" * 2_000, "0 HEADER".encode("utf-16")[:7]],
    ids=["empty", "zeros", "gif", "no head", "junk", "cut short"],
)
def test_what_is_no_gedcom_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


def test_a_huge_line_and_a_huge_level_are_refused() -> None:
    with pytest.raises(TooLarge, match="line 5"):
        read(old("0 @N1@ NOTE " + "x" * MOST_LINE).encode())
    with pytest.raises(TooLarge, match="level 100"):
        read(new(*[f"{level} A" for level in range(1, 101)]))
    with pytest.raises(TooLarge, match="level 999"):
        read(new("9" * 5_000 + " A"))


def test_unknown_versions_and_encodings_are_refused() -> None:
    with pytest.raises(Unsupported, match="GEDCOM 4"):
        read(old().replace("5.5.1", "4.0").encode())
    with pytest.raises(Unsupported, match="KLINGON"):
        read(old(character="KLINGON").encode())


def test_the_deepest_lines_and_a_text_of_many_lines_take_no_time() -> None:
    deep = [f"{level} A" for level in range(1, 100)]
    many = ["0 @N1@ NOTE x", *["1 CONC " + "x" * 20] * 100_000]
    found = read(old("0 @I1@ INDI", *deep, *many).encode())
    assert len(found.records[1].value) == 2_000_001
