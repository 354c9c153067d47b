"""BM25 of few hits, out of their texts: FTS5 would read the lists of a frequent term twice more for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mirror.search.fold import BOUNDARY, fold_frequent
from mirror.search.index import parts

#: As FTS5 has them; an entry of so many characters is neither short nor long.
_K1, _B, _USUAL = 1.2, 0.75, 1000


def weigh(db: sqlite3.Connection, term: str, numbers: Sequence[int]) -> Iterator[tuple[float, int]]:
    """Weights, the smaller the better, and numbers of documents; in any order.

    How many entries have the term weighs nothing where it is the only one. A term is counted as it is written in
    title and text, line ends aside; only where it is nowhere written so is all that can be found in an entry folded
    for it, which takes ten times as long.

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
    for number, title, text, items, tables in rows:
        plain = fold_frequent(title + BOUNDARY + text.replace("\n", ""))
        count = plain.count(term) or BOUNDARY.join(parts(title, text, items, tables)).count(term)
        yield -count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * len(plain) / _USUAL)), number
