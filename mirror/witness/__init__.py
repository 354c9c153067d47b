"""Witnesses: texts of the source that people copied into files, without a capture.

A witness is no evidence of what crossed a connection, so it never becomes a version of an entry, is never counted
in coverage, and every result says that it is one. It can be searched, read, and compared with the entry it
corresponds to:

    for witness in witnesses(db):                  every text, in order of its dump and path
        found = entry_of(db, witness)              the entry it corresponds to, and how that is known; None if unknown
    find(db, "霸王墓")                              witnesses that say so; the language of `mirror search`
    count(db, "霸王墓")                             how many they are

`mirror import` takes the dumps in (a ZIP, a folder, one TXT) and keeps them unchanged under `witnesses/`, so that
`mirror rebuild` can read them again.
"""

from mirror.witness.match import Correspondence, entry_of
from mirror.witness.store import Witness, count, find, witness_at, witnesses

__all__ = ["Correspondence", "Witness", "count", "entry_of", "find", "witness_at", "witnesses"]
