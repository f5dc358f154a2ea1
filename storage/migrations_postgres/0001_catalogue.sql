-- The catalogue in PostgreSQL: the tables of storage/migrations up to 0002, and the same meaning; see there for comments.
-- Text is compared by its bytes ("C"), as in SQLite, wherever it is looked up or ordered.

CREATE TABLE revision (
    number BIGINT PRIMARY KEY,
    author TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('change', 'undo', 'redo')),
    takes_back BIGINT REFERENCES revision (number)
);

CREATE INDEX revision_author ON revision (author, number);
CREATE INDEX revision_at ON revision (at, number);
CREATE UNIQUE INDEX revision_taken_back ON revision (takes_back) WHERE takes_back IS NOT NULL;

CREATE TABLE record (
    "row" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    scene TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    public INTEGER NOT NULL CHECK (public IN (0, 1)),
    slug TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL CHECK (body::json IS NOT NULL),
    from_revision BIGINT NOT NULL REFERENCES revision (number),
    to_revision BIGINT REFERENCES revision (number),
    CHECK (to_revision IS NULL OR to_revision > from_revision)
);

CREATE UNIQUE INDEX record_current ON record (id) WHERE to_revision IS NULL;
CREATE UNIQUE INDEX record_version ON record (id, from_revision);
CREATE UNIQUE INDEX record_slug ON record (kind, slug) WHERE to_revision IS NULL AND slug IS NOT NULL;
CREATE INDEX record_page ON record (kind, seq) WHERE to_revision IS NULL;
CREATE INDEX record_within ON record (scene, kind, seq);
CREATE INDEX record_members ON record (scene, kind, seq) WHERE to_revision IS NULL;
CREATE INDEX record_from ON record (from_revision);
CREATE INDEX record_to ON record (to_revision) WHERE to_revision IS NOT NULL;
CREATE INDEX record_seq ON record (seq);
CREATE INDEX record_scene_from ON record (scene, from_revision);
CREATE INDEX record_scene_to ON record (scene, to_revision) WHERE to_revision IS NOT NULL;
CREATE INDEX record_ended ON record (id, to_revision) WHERE to_revision IS NOT NULL;

CREATE TABLE blob_use (
    digest TEXT COLLATE "C" NOT NULL,
    asset TEXT COLLATE "C" NOT NULL,
    byte_length BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (digest, asset)
);

CREATE TABLE token (
    hash TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    made_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C",
    once INTEGER NOT NULL CHECK (once IN (0, 1)),
    used_at TEXT COLLATE "C"
);

CREATE TABLE job (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    progress DOUBLE PRECISION NOT NULL,
    message TEXT NOT NULL,
    code TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    updated_at TEXT COLLATE "C" NOT NULL,
    worker TEXT NOT NULL DEFAULT '',
    lease_until TEXT COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX job_open ON job (seq) WHERE state IN ('queued', 'running');
CREATE INDEX job_subject ON job (subject, seq);

-- Elements of a list in JSON as text, and their places: what `json_each` is in SQLite.
CREATE FUNCTION json_texts(list TEXT) RETURNS TABLE (key BIGINT, value TEXT) LANGUAGE sql IMMUTABLE AS
$$ SELECT ordinality - 1, value COLLATE "C" FROM json_array_elements_text(list::json) WITH ORDINALITY $$;
