-- Lists that the source shows in several pages: the contents of a book, the books of a library (frontier/chains.py).
-- What a captured page of such a list says of the others. A revisit has what its original has.
CREATE TABLE paged (
    capture   INTEGER PRIMARY KEY,
    pages     TEXT NOT NULL,         -- JSON list: keys of the other pages it leads to
    names     TEXT                   -- JSON list: the books it names, of a library's list
);
-- The pages that one crawl found to be one list.
CREATE TABLE chain (
    id        INTEGER PRIMARY KEY,
    crawl     INTEGER NOT NULL,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,      -- 0: the books of the library
    whole     INTEGER NOT NULL,      -- every page was captured
    since     TEXT NOT NULL,         -- WARC-Date of its first capture …
    until     TEXT NOT NULL,         -- … and of its last
    list      INTEGER,               -- the contents, or the listing, that it makes; NULL: it is not believed
    UNIQUE (library, book, crawl)
);
CREATE TABLE chain_page (
    chain     INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    key       TEXT NOT NULL,
    capture   INTEGER,               -- NULL: not had
    PRIMARY KEY (chain, place)
) WITHOUT ROWID;
