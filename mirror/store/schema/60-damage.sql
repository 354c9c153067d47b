-- Octets of finished WARC files that could not be read when the file was taken into the ledger.
CREATE TABLE damage (
    warc_id   INTEGER NOT NULL,
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,      -- up to where reading went on
    problem   TEXT NOT NULL,
    PRIMARY KEY (warc_id, offset)
) WITHOUT ROWID;
