-- storage/migrations/0007; see there for comments.
-- compatible-from: 1

CREATE TABLE purge (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    records TEXT NOT NULL CHECK (records::json IS NOT NULL),
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TEXT COLLATE "C" NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT COLLATE "C" NOT NULL DEFAULT '',
    erased_at TEXT COLLATE "C" NOT NULL DEFAULT '',
    blobs TEXT NOT NULL DEFAULT '[]' CHECK (blobs::json IS NOT NULL),
    ended_at TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE TABLE purged (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    purge TEXT COLLATE "C" NOT NULL REFERENCES purge (id)
);
