-- The catalogue: records with their history, what is served of them, tokens, jobs.
-- Times are ISO 8601 text in UTC with six decimals of a second, so that they sort as text.

CREATE TABLE revision (
    number INTEGER PRIMARY KEY,
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Append-only: a change ends the current row (to_revision) and adds one. A row stands after revision r exactly where
-- from_revision <= r and (to_revision is null or r < to_revision). seq is the order of first writing; versions share it.
CREATE TABLE record (
    row INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    scene TEXT NOT NULL,
    seq INTEGER NOT NULL,
    public INTEGER NOT NULL CHECK (public IN (0, 1)),
    slug TEXT,
    body TEXT NOT NULL CHECK (json_valid(body)),
    from_revision INTEGER NOT NULL REFERENCES revision (number),
    to_revision INTEGER REFERENCES revision (number),
    CHECK (to_revision IS NULL OR to_revision > from_revision)
) STRICT;

CREATE UNIQUE INDEX record_current ON record (id) WHERE to_revision IS NULL;
CREATE UNIQUE INDEX record_version ON record (id, from_revision);
CREATE UNIQUE INDEX record_slug ON record (kind, slug) WHERE to_revision IS NULL AND slug IS NOT NULL;
CREATE INDEX record_page ON record (kind, seq) WHERE to_revision IS NULL;
CREATE INDEX record_within ON record (scene, kind, seq);
CREATE INDEX record_from ON record (from_revision);
CREATE INDEX record_to ON record (to_revision) WHERE to_revision IS NOT NULL;
CREATE INDEX record_seq ON record (seq);

CREATE TABLE blob_use (
    digest TEXT NOT NULL,
    asset TEXT NOT NULL,
    byte_length INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (digest, asset)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    made_at TEXT NOT NULL,
    expires_at TEXT,
    once INTEGER NOT NULL CHECK (once IN (0, 1)),
    used_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    progress REAL NOT NULL,
    message TEXT NOT NULL,
    code TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    worker TEXT NOT NULL DEFAULT '',
    lease_until TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX job_open ON job (seq) WHERE state IN ('queued', 'running');
CREATE INDEX job_subject ON job (subject, seq);
