-- What is known.
CREATE TABLE library (code TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID;
CREATE TABLE book (
    library   TEXT NOT NULL,
    number    INTEGER NOT NULL,
    title     TEXT,
    contents  INTEGER,               -- newest table of contents
    PRIMARY KEY (library, number)
) WITHOUT ROWID;
CREATE TABLE contents (
    id        INTEGER PRIMARY KEY,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    digest    TEXT NOT NULL,
    complete  INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    UNIQUE (library, book, digest)
);
CREATE TABLE heading (
    contents  INTEGER NOT NULL,
    rec       INTEGER NOT NULL,
    place     INTEGER NOT NULL,      -- order in the page
    title     TEXT NOT NULL,
    code      TEXT,
    indent    INTEGER NOT NULL,
    path      TEXT NOT NULL,
    PRIMARY KEY (contents, rec)
) WITHOUT ROWID;
CREATE TABLE entry (
    id        INTEGER PRIMARY KEY,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    rec       INTEGER NOT NULL,
    newest    INTEGER,               -- newest version
    UNIQUE (library, book, rec)
);
CREATE TABLE version (
    id        INTEGER PRIMARY KEY,
    entry     INTEGER NOT NULL,
    digest    BLOB NOT NULL,         -- of what the source says: title, code, path, raw_text, charset
    text_digest TEXT NOT NULL,
    capture   INTEGER NOT NULL,      -- newest capture with this text
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    title     TEXT,
    code      TEXT,
    path      TEXT,
    charset   TEXT NOT NULL,
    width     INTEGER,               -- lines were joined at it
    proven    INTEGER,               -- the width the text proves by itself …
    proven_cut INTEGER NOT NULL,     -- … and the rule its lines were cut by
    -- What is long stands last: what stands before it is read without going through it.
    flags     TEXT NOT NULL,
    signatures TEXT NOT NULL,
    items     TEXT NOT NULL,
    tables    TEXT NOT NULL,
    text      TEXT NOT NULL,
    raw_text  TEXT NOT NULL,
    UNIQUE (entry, digest)
);
-- Line widths of each book, and the last version that was read with them (store/widths.py).
CREATE TABLE settled (version INTEGER NOT NULL);
INSERT INTO settled VALUES (0);
CREATE TABLE book_width (
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    place     INTEGER NOT NULL,      -- the likeliest first
    width     INTEGER NOT NULL,      -- GBK bytes of a line
    hard_cut  INTEGER NOT NULL,
    entries   INTEGER NOT NULL,      -- how many prove it
    PRIMARY KEY (library, book, place)
) WITHOUT ROWID;
