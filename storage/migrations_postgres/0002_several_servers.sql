-- storage/migrations/0004; see there for comments.
-- compatible-from: 1

ALTER TABLE chronotope_schema ADD COLUMN floor INTEGER NOT NULL DEFAULT 1;

CREATE TABLE upload (
    id TEXT COLLATE "C" PRIMARY KEY,
    byte_length BIGINT NOT NULL,
    received BIGINT NOT NULL,
    metadata TEXT NOT NULL CHECK (metadata::json IS NOT NULL),
    owner TEXT NOT NULL,
    at TEXT COLLATE "C" NOT NULL
);

CREATE TABLE upload_part (
    upload TEXT COLLATE "C" NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    start BIGINT NOT NULL,
    byte_length BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (upload, start)
);

CREATE TABLE scrub (
    number BIGINT PRIMARY KEY,
    began_at TEXT COLLATE "C" NOT NULL,
    ended_at TEXT COLLATE "C" NOT NULL DEFAULT '',
    after TEXT COLLATE "C" NOT NULL DEFAULT '',
    objects BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0,
    damaged BIGINT NOT NULL DEFAULT 0,
    repaired BIGINT NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '',
    lease_until TEXT COLLATE "C" NOT NULL DEFAULT ''
);
