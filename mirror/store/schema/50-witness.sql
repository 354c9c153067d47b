-- Imported revisits whose original is not known yet.
CREATE TABLE awaiting (
    warc_id   INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    crawl     INTEGER NOT NULL,      -- of their import
    PRIMARY KEY (warc_id, offset)
) WITHOUT ROWID;
-- Witnesses: texts that somebody copied out of the source, without a capture. No capture, version or coverage rests
-- on them.
CREATE TABLE witness_source (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,  -- of its manifest in witnesses/, without .json
    given     TEXT NOT NULL,         -- as the file was called
    imported  TEXT NOT NULL,
    whole     INTEGER NOT NULL DEFAULT 0  -- every text of it has been read
);
CREATE TABLE witness (
    id        INTEGER PRIMARY KEY,
    source    INTEGER NOT NULL,
    file      TEXT NOT NULL,         -- path inside the dump
    title     TEXT NOT NULL,
    path      TEXT NOT NULL,         -- names of the folders above, outermost first
    url       TEXT,                  -- where its head says it came from
    said      TEXT,                  -- the time its head names, as it stands
    library   TEXT,                  -- the entry that its URL asks for
    book      INTEGER,
    rec       INTEGER,
    charset   TEXT NOT NULL,
    undecodable INTEGER NOT NULL,
    raw_text  TEXT NOT NULL,         -- what stands behind the head
    UNIQUE (source, file)
);
CREATE INDEX witness_place ON witness (library, book, rec) WHERE library IS NOT NULL;
-- Pairs of characters, as in 40-search.sql.
CREATE VIRTUAL TABLE witness_text USING fts5 (
    pairs, content = '', tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
