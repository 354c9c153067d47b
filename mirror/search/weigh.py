"""BM25 of few hits, out of their texts: FTS5 would read the lists of a frequent term twice more for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mirror.search.fold import BOUNDARY
from mirror.search.index import parts
from mirror.search.match import places

#: As FTS5 has them; an entry of so many characters is neither short nor long.
_K1, _B, _USUAL = 1.2, 0.75, 1000


def weigh(db: sqlite3.Connection, term: str, numbers: Sequence[int]) -> Iterator[tuple[float, int]]:
    """Weights, the smaller the better, and numbers of documents; in any order.

    How many entries have the term weighs nothing where it is the only one.

    Args:
        db: The store.
        term: A stream that each of the documents has.
        numbers: Of documents in the index.
    """
    rows = db.execute(
        "SELECT d.id, d.title, v.text, v.items, v.tables FROM search_document AS d "
        "JOIN version AS v ON v.id = d.version WHERE d.id IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )
    for number, *said in rows:
        text = BOUNDARY.join(parts(*said))
        count = len(places(term, text))
        yield -count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * len(text) / _USUAL)), number
