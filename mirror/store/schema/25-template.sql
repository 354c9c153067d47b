-- What the page around an entry is built of, so that a change of template can be told from a change of text.
-- One row a response; a revisit has its original's.
CREATE TABLE template (
    capture   INTEGER PRIMARY KEY,
    digest    INTEGER NOT NULL       -- see mirror/extraction/template.py
);
