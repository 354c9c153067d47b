"""What `mirror diff` says beside what the imitation knows to be true."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from mirror.imitation import Corpus
from tests.home import Home

#: Kind, old id, new id.
Told = tuple[str, str | None, str | None]


def told(found: dict[str, Any]) -> Counter[Told]:
    """The changes of a JSON answer, template-only ones left out: the truth knows of texts and layout."""
    return Counter(
        (change["kind"], change["old_id"], None if change["kind"] == "removed" else change["id"])
        for change in found["changes"]
        if change.get("detail") != "template"
    )


def true_changes(corpus: Corpus, since: int, until: int) -> Counter[Told]:
    found: Counter[Told] = Counter()
    for change in corpus.at(since).changes(until):
        place = f"{change.library}/{change.book}"
        kind = "removed" if change.kind == "book-removed" else change.kind
        old = None if change.old_rec is None else f"{place}/{change.old_rec}"
        new = None if change.new_rec is None else f"{place}/{change.new_rec}"
        found[kind, old, new] += 1
    return found


def diff(home: Home, *arguments: str, name: str = "t", code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.mirror("diff", name, *arguments, "--format", "json", code=code).stdout)
    return found
