"""BM25 of few hits, out of their texts: FTS5 would read the lists of a frequent term twice more for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from mirror.search.fold import BOUNDARY, fold_frequent
from mirror.search.index import parts

#: As FTS5 has them; an entry of so many characters is neither short nor long.
_K1, _B, _USUAL = 1.2, 0.75, 1000


def weigh(db: sqlite3.Connection, terms: Sequence[str], numbers: Sequence[int]) -> Iterator[tuple[float, int]]:
    """Weights, the smaller the better, and numbers of documents; in any order.

    How many entries have a term weighs nothing, as if it were the only one. Terms are counted as they are written in
    title and text, line ends aside; only where one is nowhere written so is all that can be found in an entry folded
    for it, which takes ten times as long.

    Args:
        db: The store.
        terms: Streams; each of the documents has one of them.
        numbers: Of documents in the index.
    """
    rows = db.execute(
        "SELECT d.id, d.title, v.text, v.items, v.tables FROM search_document AS d "
        "JOIN version AS v ON v.id = d.version WHERE d.id IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    )
    for number, title, text, items, tables in rows:
        plain = fold_frequent(title + BOUNDARY + text.replace("\n", ""))
        counts = [plain.count(term) for term in terms]
        if not all(counts):
            folded = BOUNDARY.join(parts(title, text, items, tables))
            counts = [folded.count(term) for term in terms]
        long = _K1 * (1 - _B + _B * len(plain) / _USUAL)
        yield -sum(count * (_K1 + 1) / (count + long) for count in counts), number
