"""Pages that do not look as pages of their kind should, by kind and reason, with examples."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field

_NUMBERS = re.compile(r"[a-z][0-9a-z]*/[0-9]+(?:/[0-9]+)?|[0-9]+")
EXAMPLES = 3


@dataclass(slots=True)
class OddPages:
    """Pages of one kind that are odd for one reason. They are archived, and not counted as held."""

    kind: str
    reason: str  #: numbers in it left out
    count: int = 0
    examples: list[str] = field(default_factory=list)  #: URLs of the first few


def odd_pages(db: sqlite3.Connection) -> list[OddPages]:
    """The questions whose newest capture is odd, most frequent first."""
    found: dict[tuple[str, str], OddPages] = {}
    for kind, reason, url in db.execute(
        "SELECT u.kind, c.reason, c.target FROM capture AS c JOIN url AS u ON u.id = c.url_id "
        "WHERE c.verdict = 'odd' AND u.newest = c.id ORDER BY c.id"
    ):
        general = _NUMBERS.sub("…", (reason or "odd").removeprefix("odd: "))
        one = found.setdefault((kind, general), OddPages(kind, general))
        one.count += 1
        if len(one.examples) < EXAMPLES:
            one.examples.append(url)
    return sorted(found.values(), key=lambda one: (-one.count, one.kind, one.reason))
