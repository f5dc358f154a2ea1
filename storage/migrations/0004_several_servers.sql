-- What servers share: uploads whose bytes lie in the store of objects, how far the look through that store has come,
-- and which programs this file is for (storage.migrate).
-- compatible-from: 3

CREATE TABLE chronotope_schema (floor INTEGER NOT NULL) STRICT;
INSERT INTO chronotope_schema VALUES (3);

CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    byte_length INTEGER NOT NULL,
    received INTEGER NOT NULL,
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    owner TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The bytes from `start` on, in an object of that name.
CREATE TABLE upload_part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    byte_length INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (upload, start)
) STRICT, WITHOUT ROWID;

-- Each time that the store was looked through; the last one may be under way, by one process, as a job is.
CREATE TABLE scrub (
    number INTEGER PRIMARY KEY,
    began_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT '',
    objects INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    damaged INTEGER NOT NULL DEFAULT 0,
    repaired INTEGER NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '',
    lease_until TEXT NOT NULL DEFAULT ''
) STRICT;
