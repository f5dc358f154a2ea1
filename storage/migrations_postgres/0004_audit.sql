-- storage/migrations/0006; see there for comments.
-- compatible-from: 1

CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    seal TEXT NOT NULL,
    whence TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_whence ON audit (at) WHERE whence <> '';
