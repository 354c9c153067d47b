"""What `mirror diff` says beside what the imitation knows to be true."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from mirror.imitation import Corpus
from tests.home import Home

#: Kind, ids before, ids after.
Told = tuple[str, tuple[str, ...], tuple[str, ...]]


def told(found: dict[str, Any]) -> Counter[Told]:
    """The changes of a JSON answer, template-only ones left out: the truth knows of texts and layout."""
    return Counter(
        (
            change["kind"],
            tuple(
                change.get("old_ids", [change["old_id"]] if change["old_id"] and change["kind"] != "returned" else [])
            ),
            tuple(change.get("ids", [change["id"]] if change["kind"] != "removed" else [])),
        )
        for change in found["changes"]
        if change.get("detail") != "template"
    )


def true_changes(corpus: Corpus, since: int, until: int) -> Counter[Told]:
    found: Counter[Told] = Counter()
    for change in corpus.at(since).changes(until):
        place = f"{change.library}/{change.book}"
        kind = "removed" if change.kind == "book-removed" else change.kind
        old = () if change.old_rec is None else (change.old_rec,)
        new = () if change.new_rec is None else (change.new_rec,)
        old = change.parts if kind == "merged" else () if kind == "returned" else old
        new = change.parts if kind == "split" else new
        found[kind, tuple(f"{place}/{rec}" for rec in old), tuple(f"{place}/{rec}" for rec in new)] += 1
    return found


def diff(home: Home, *arguments: str, name: str = "t", code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.mirror("diff", name, *arguments, "--format", "json", code=code).stdout)
    return found
