-- Politeness that holds across runs.
CREATE TABLE host (host TEXT PRIMARY KEY, not_before TEXT) WITHOUT ROWID;
CREATE TABLE spent (day TEXT PRIMARY KEY, requests INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
