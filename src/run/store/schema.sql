-- Times are microseconds since 1970. `item` and `entry` hold JSON.
CREATE TABLE plans (
    hash TEXT PRIMARY KEY,
    plan TEXT NOT NULL
) STRICT;

CREATE TABLE items (
    id    TEXT PRIMARY KEY,
    plan  TEXT NOT NULL REFERENCES plans (hash),
    flow  TEXT NOT NULL,
    place TEXT NOT NULL,    -- the state where it is, or the end to which it came
    due   INTEGER,          -- when something happens to it by itself
    ended INTEGER,
    fault TEXT,             -- why nothing more can happen to it, which is a bug
    item  TEXT NOT NULL
) STRICT;
CREATE INDEX items_due ON items (due) WHERE due IS NOT NULL;
CREATE INDEX items_open ON items (id) WHERE ended IS NULL AND fault IS NULL;

-- What owners are told, and what they replied.
CREATE TABLE attempts (
    attempt  TEXT PRIMARY KEY,
    item     TEXT NOT NULL REFERENCES items (id),
    owner    TEXT NOT NULL, -- the actor
    by_hand  INTEGER NOT NULL,
    opened   INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    started  INTEGER,       -- when it was given to a program
    told     INTEGER,       -- when people were told that it is there
    reminded INTEGER,       -- and that it is nearly too late
    closed   INTEGER,       -- when it was answered, or the work left the state
    reply    TEXT           -- what was answered
) STRICT;
CREATE INDEX attempts_of_item ON attempts (item) WHERE closed IS NULL;
CREATE INDEX attempts_of_owner ON attempts (owner, opened) WHERE closed IS NULL AND started IS NULL;
CREATE INDEX attempts_started ON attempts (started) WHERE closed IS NULL AND started IS NOT NULL;

CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    item   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    who    TEXT NOT NULL,
    entry  TEXT NOT NULL
) STRICT;
CREATE INDEX log_of_item ON log (item);
