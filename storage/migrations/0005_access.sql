-- Who may come in: accounts, the roles they were given, and keys (tokens, sessions, links) by their hashes.
-- compatible-from: 3

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    made_at TEXT NOT NULL,
    disabled_at TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_subject ON account (issuer, subject) WHERE subject <> '';

-- Append-only, as records are: a role that is given ends the one before it. An empty exhibition is the whole museum.
CREATE TABLE account_role (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    exhibition TEXT NOT NULL,
    role TEXT NOT NULL,
    given_at TEXT NOT NULL,
    given_by TEXT NOT NULL,
    ended_at TEXT,
    ended_by TEXT
) STRICT;
CREATE UNIQUE INDEX account_role_holds ON account_role (account, exhibition) WHERE ended_at IS NULL;

-- A table of its own and not more columns of `token`: a program that knows nothing of scopes must not find these.
CREATE TABLE access_key (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    account TEXT NOT NULL,
    scopes TEXT NOT NULL,
    made_at TEXT NOT NULL,
    expires_at TEXT,
    idle_s INTEGER NOT NULL,
    once INTEGER NOT NULL CHECK (once IN (0, 1)),
    used_at TEXT,
    ended_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX access_key_account ON access_key (account, kind);
CREATE INDEX access_key_expiry ON access_key (expires_at) WHERE kind <> 'token';

INSERT INTO access_key (hash, kind, label, name, role, account, scopes, made_at, expires_at, idle_s, once, used_at, ended_at)
SELECT hash, CASE once WHEN 1 THEN 'link' ELSE 'token' END, '', name, role, '',
    'administer edit ingest publish read', made_at, expires_at, 0, once, used_at, used_at FROM token;
