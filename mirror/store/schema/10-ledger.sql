-- Crawls, files, the frontier, and every capture.
CREATE TABLE crawl (
    number    INTEGER PRIMARY KEY,
    began     TEXT NOT NULL,
    ended     TEXT,
    outcome   TEXT,                -- finished, limit, interrupted, stopped: …; NULL while it runs
    scope     TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE warc (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,  -- final name, without .open
    whole     INTEGER NOT NULL DEFAULT 0,  -- finished, and every record of it is in the ledger
    size      INTEGER
);
-- The frontier: every question there is to ask, and how it stands.
CREATE TABLE url (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,  -- identity (COLLCC off, K in lower case …)
    url       TEXT NOT NULL,         -- as it is asked
    hop       TEXT,                  -- where the source sent us for the same question; asked instead of url
    hops      INTEGER NOT NULL DEFAULT 0,
    kind      TEXT NOT NULL,
    library   TEXT,
    book      INTEGER,
    rec       INTEGER,
    state     TEXT NOT NULL DEFAULT 'found', -- found, leased, done, failed, gone, refused (robots.txt)
    reason    TEXT,
    rank      INTEGER NOT NULL,      -- order of asking: smaller first
    passes    INTEGER NOT NULL DEFAULT 0,    -- how often it failed for good in this crawl
    crawl     INTEGER,               -- crawl that settled it last
    original  INTEGER,               -- newest good response: base of conditional requests and revisits
    newest    INTEGER                -- newest capture of any kind
);
CREATE INDEX url_found ON url (rank, id) WHERE state = 'found';
CREATE INDEX url_place ON url (library, book, rec) WHERE library IS NOT NULL;
CREATE TABLE capture (
    id        INTEGER PRIMARY KEY,
    url_id    INTEGER NOT NULL,
    crawl     INTEGER NOT NULL,
    target    TEXT NOT NULL,         -- the URI asked, as in the record
    timestamp TEXT NOT NULL,         -- WARC-Date
    type      TEXT NOT NULL,         -- response, revisit, metadata (an attempt that failed)
    status    INTEGER,
    mime      TEXT,
    record_id TEXT NOT NULL,
    payload_digest TEXT,
    warc_id   INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    original  INTEGER,               -- of a revisit: the response it refers to
    truncated TEXT,
    verdict   TEXT NOT NULL,
    reason    TEXT,
    oddities  TEXT,
    version   INTEGER,               -- the text it holds
    contents  INTEGER,               -- the table of contents it holds
    etag      TEXT,
    modified  TEXT
);
CREATE INDEX capture_url ON capture (url_id);
CREATE INDEX capture_place ON capture (warc_id, offset);
CREATE TABLE cdx (warc_id INTEGER NOT NULL, line TEXT NOT NULL);  -- index lines of WARCs not yet finished
CREATE INDEX cdx_warc ON cdx (warc_id);
