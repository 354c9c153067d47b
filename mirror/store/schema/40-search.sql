-- Full text search (mirror/search). Number of the folding, to be changed with it: 2.
-- Entries whose newest text or title is not in the index yet; a search reads these one by one.
CREATE TABLE search_waiting (entry INTEGER PRIMARY KEY);
CREATE TRIGGER search_new_text AFTER UPDATE OF newest ON entry WHEN new.newest IS NOT old.newest BEGIN
    INSERT OR IGNORE INTO search_waiting VALUES (new.id);
END;
CREATE TRIGGER search_new_contents AFTER UPDATE OF contents ON book WHEN new.contents IS NOT old.contents BEGIN
    INSERT OR IGNORE INTO search_waiting
    SELECT e.id FROM entry AS e
    LEFT JOIN heading AS before ON before.contents = old.contents AND before.rec = e.rec
    LEFT JOIN heading AS now ON now.contents = new.contents AND now.rec = e.rec
    WHERE e.library = new.library AND e.book = new.number AND e.newest IS NOT NULL AND now.title IS NOT before.title;
END;
CREATE TRIGGER search_new_book_title AFTER UPDATE OF title ON book WHEN new.title IS NOT old.title BEGIN
    INSERT OR IGNORE INTO search_waiting
    SELECT id FROM entry WHERE library = new.library AND book = new.number AND newest IS NOT NULL;
END;
CREATE TRIGGER search_new_library_title AFTER UPDATE OF title ON library WHEN new.title IS NOT old.title BEGIN
    INSERT OR IGNORE INTO search_waiting SELECT id FROM entry WHERE library = new.code AND newest IS NOT NULL;
END;
-- Versions that are not their entry's newest, in an index of their own (number: version.id). Those of
-- search_earlier_waiting are not in it yet. One that is the newest again stays, and is left out by whoever asks.
CREATE TABLE search_earlier_waiting (version INTEGER PRIMARY KEY);
CREATE TABLE search_earlier_document (version INTEGER PRIMARY KEY);
CREATE TRIGGER search_superseded AFTER UPDATE OF newest ON entry
WHEN old.newest IS NOT NULL AND new.newest IS NOT old.newest BEGIN
    INSERT OR IGNORE INTO search_earlier_waiting
    SELECT old.newest WHERE NOT EXISTS (SELECT 1 FROM search_earlier_document WHERE version = old.newest);
END;
CREATE TRIGGER search_second_version AFTER INSERT ON version
WHEN EXISTS (SELECT 1 FROM version WHERE entry = new.entry AND id <> new.id) BEGIN
    INSERT INTO search_earlier_waiting VALUES (new.id);
END;
CREATE INDEX version_first_seen ON version (first_seen);
-- 1024 numbers in a row of one book. The document of an entry is number block * 1024 + rec % 1024 of block
-- (library, book, rec / 1024): hits come in the order of the book, and are counted by book without a join.
CREATE TABLE search_block (
    id        INTEGER PRIMARY KEY,
    library   TEXT NOT NULL,
    book      INTEGER NOT NULL,
    part      INTEGER NOT NULL,
    UNIQUE (library, book, part)
);
-- What stands in the index: FTS5 without content has to be told the old text when it is to forget it.
CREATE TABLE search_document (
    id        INTEGER PRIMARY KEY,
    version   INTEGER NOT NULL,
    title     TEXT NOT NULL,
    facts     TEXT NOT NULL          -- years and places (mirror/search/facts.py)
);
-- Tokens are made in Python (mirror/search/match.py): pairs of characters, parted by blanks.
CREATE VIRTUAL TABLE search_text USING fts5 (
    pairs, content = '', tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
CREATE VIRTUAL TABLE search_earlier USING fts5 (
    pairs, content = '', tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
CREATE VIRTUAL TABLE search_title USING fts5 (
    pairs, content = '', tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
-- Single characters, and only in which document they stand.
CREATE VIRTUAL TABLE search_character USING fts5 (
    characters, content = '', detail = none, columnsize = 0,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);
-- Of so many documents of a block: single characters stand in most entries, and are counted by adding these up.
CREATE TABLE search_count (
    block     INTEGER NOT NULL,
    character TEXT NOT NULL,
    count     INTEGER NOT NULL,
    PRIMARY KEY (block, character)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE search_fact USING fts5 (
    facts, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
);
-- Pieces that stay in the cache of the processor while they are made, and then merged sixteen at a time, a little with
-- each new one: a third less work than with the defaults of FTS5 (1 MiB, four). At the default for `crisismerge`,
-- sixteen, each of these merges would be done at once instead, and a crawl stand still for seconds. What is left is
-- merged at the end (mirror/search/index.py).
INSERT INTO search_text (search_text, rank) VALUES ('hashsize', 524288), ('automerge', 16), ('crisismerge', 64);
INSERT INTO search_earlier (search_earlier, rank) VALUES ('hashsize', 524288), ('automerge', 16), ('crisismerge', 64);
