-- The audit log: a chain of hashes (scenes/audit.py). An older program writes revisions without entries; verifying says so.
-- compatible-from: 3

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    seal TEXT NOT NULL,
    whence TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_whence ON audit (at) WHERE whence <> '';
