-- What a home page (place: / and its key) names as libraries, and a library's page (place: its code) as books.
CREATE TABLE listing (
    id        INTEGER PRIMARY KEY,
    place     TEXT NOT NULL,
    names     TEXT NOT NULL,         -- JSON list, sorted
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    UNIQUE (place, names)
);
CREATE TABLE capture_listing (capture INTEGER PRIMARY KEY, listing INTEGER NOT NULL);
-- What a crawl set out to ask, where that is not everything.
CREATE TABLE plan (crawl INTEGER PRIMARY KEY, plan TEXT NOT NULL);
