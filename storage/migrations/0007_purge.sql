-- What is erased for good, who wanted it and who agreed (scenes/purging.py); and the ids of what is gone, so that nothing
-- that names one is brought back.
-- compatible-from: 3

CREATE TABLE purge (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    records TEXT NOT NULL CHECK (json_valid(records)),
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT NOT NULL DEFAULT '',
    erased_at TEXT NOT NULL DEFAULT '',
    -- Digests that were of what was erased: looked at after it, and again after a crash.
    blobs TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(blobs)),
    ended_at TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE purged (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    purge TEXT NOT NULL REFERENCES purge (id)
) STRICT, WITHOUT ROWID;
