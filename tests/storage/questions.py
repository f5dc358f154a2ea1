"""Questions that a catalogue is often asked, as SQL: none of them may need the whole table."""

_STANDS = "to_revision IS NULL"

QUESTIONS: list[tuple[str, tuple[object, ...]]] = [
    (f"SELECT body FROM record WHERE id = ? AND {_STANDS}", ("a",)),
    (f"SELECT seq FROM record WHERE kind = ? AND {_STANDS} AND seq > ? ORDER BY seq", ("scene", 0)),
    (f"SELECT seq FROM record WHERE scene IN (SELECT value FROM json_each(?)) AND {_STANDS}", ("[]",)),
    ("SELECT asset FROM blob_use WHERE digest = ?", ("a",)),
    ("SELECT seq FROM job WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY seq", ("[]",)),
]
