-- Versions of next to no text, their own title aside: the source may have lost it. Few, so they stand apart.
CREATE TABLE short_version (version INTEGER PRIMARY KEY, characters INTEGER NOT NULL);
