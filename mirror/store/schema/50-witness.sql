-- Imported revisits whose original is not known yet.
CREATE TABLE awaiting (
    warc_id   INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    crawl     INTEGER NOT NULL,      -- of their import
    PRIMARY KEY (warc_id, offset)
) WITHOUT ROWID;
