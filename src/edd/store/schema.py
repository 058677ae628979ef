"""The tables, as the steps that lead to them; a step that was ever released never changes."""

MIGRATIONS = (
    """
    CREATE TABLE deployments (
        name TEXT PRIMARY KEY,
        desired TEXT NOT NULL DEFAULT '',
        release INTEGER,
        container TEXT NOT NULL DEFAULT ''
    ) STRICT;

    CREATE TABLE releases (
        deployment TEXT NOT NULL,
        number INTEGER NOT NULL,
        image TEXT NOT NULL DEFAULT '',
        reference TEXT NOT NULL,
        caller TEXT NOT NULL,
        created_at TEXT NOT NULL,
        state TEXT NOT NULL,
        size INTEGER NOT NULL DEFAULT 0,
        kept INTEGER NOT NULL DEFAULT 0,
        detail TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (deployment, number)
    ) STRICT;

    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        deployment TEXT NOT NULL,
        caller TEXT NOT NULL,
        state TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT NOT NULL DEFAULT '',
        step TEXT NOT NULL DEFAULT '',
        release INTEGER,
        code TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '',
        rollout TEXT
    ) STRICT;

    CREATE INDEX jobs_by_deployment ON jobs (deployment, id);
    CREATE UNIQUE INDEX one_running_job ON jobs (deployment) WHERE state = 'running';

    CREATE TABLE journal (
        job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        step TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;

    CREATE INDEX journal_by_job ON journal (job);

    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        caller TEXT NOT NULL,
        action TEXT NOT NULL,
        deployment TEXT NOT NULL,
        status INTEGER NOT NULL,
        code TEXT NOT NULL,
        times INTEGER NOT NULL DEFAULT 1,
        refusal INTEGER NOT NULL
    ) STRICT;

    CREATE INDEX audit_by_quota ON audit (refusal, id);
    """,
    """
    CREATE TABLE packings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        deployment TEXT NOT NULL,
        digest TEXT NOT NULL,
        layer TEXT NOT NULL,
        size INTEGER NOT NULL
    ) STRICT;

    CREATE UNIQUE INDEX one_packing ON packings (deployment, digest);
    CREATE INDEX packings_by_age ON packings (deployment, id);
    """,
    "ALTER TABLE releases ADD COLUMN config TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE sketches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        layer TEXT NOT NULL UNIQUE,
        hashes BLOB NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE passwords (
        name TEXT PRIMARY KEY,
        password TEXT NOT NULL
    ) STRICT;
    """,
    "ALTER TABLE jobs ADD COLUMN log TEXT NOT NULL DEFAULT ''",
)
