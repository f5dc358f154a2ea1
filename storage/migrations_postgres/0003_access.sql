-- storage/migrations/0005; see there for comments.
-- compatible-from: 1

CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    password TEXT NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    made_at TEXT COLLATE "C" NOT NULL,
    disabled_at TEXT COLLATE "C"
);
CREATE UNIQUE INDEX account_subject ON account (issuer, subject) WHERE subject <> '';

CREATE TABLE account_role (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    exhibition TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL,
    given_at TEXT COLLATE "C" NOT NULL,
    given_by TEXT NOT NULL,
    ended_at TEXT COLLATE "C",
    ended_by TEXT
);
CREATE UNIQUE INDEX account_role_holds ON account_role (account, exhibition) WHERE ended_at IS NULL;

CREATE TABLE access_key (
    hash TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    scopes TEXT NOT NULL,
    made_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C",
    idle_s INTEGER NOT NULL,
    once INTEGER NOT NULL CHECK (once IN (0, 1)),
    used_at TEXT COLLATE "C",
    ended_at TEXT COLLATE "C"
);
CREATE INDEX access_key_account ON access_key (account, kind);
CREATE INDEX access_key_expiry ON access_key (expires_at) WHERE kind <> 'token';

INSERT INTO access_key (hash, kind, label, name, role, account, scopes, made_at, expires_at, idle_s, once, used_at, ended_at)
SELECT hash, CASE once WHEN 1 THEN 'link' ELSE 'token' END, '', name, role, '',
    'administer edit ingest publish read', made_at, expires_at, 0, once, used_at, used_at FROM token;
