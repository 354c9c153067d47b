"""Changes as JSON (CONTRACT.md, `mirror diff --format json`), written as they are found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mirror.diff.changes import Change, Comparison
from mirror.diff.state import State


def change_as_dict(comparison: Comparison, change: Change) -> dict[str, Any]:
    """One change with its hunks and the captures of both sides.

    `id` and `title` are the newest known: of what was removed, its last ones. `old_id` and `old_title` are null for
    what was added. Of a split, `ids` names all parts, and offsets of `new` are into the parts joined by line feeds;
    of a merger, `old_ids` likewise. Where witnesses are compared, `old_capture` names dump and file of the witness,
    and says that it was not `captured`.
    """
    old, new = change.old, change.new
    now = (new or old)[0]
    found: dict[str, Any] = {
        "kind": change.kind,
        "id": now.id,
        "old_id": old[0].id if old else None,
        "title": now.title,
        "old_title": old[0].title if old else None,
        "hunks": [asdict(hunk) for hunk in comparison.hunks(change)],
        "old_capture": comparison.old.capture(old[0].capture) if old else None,
        "new_capture": comparison.new.capture(new[0].capture) if new else None,
    }
    if change.detail:
        found["detail"] = change.detail
    if len(new) > 1:
        found["ids"] = [held.id for held in new]
        found["new_captures"] = [comparison.new.capture(held.capture) for held in new]
    if len(old) > 1:
        found["old_ids"] = [held.id for held in old]
        found["old_captures"] = [comparison.old.capture(held.capture) for held in old]
    return found


def head(comparison: Comparison) -> dict[str, Any]:
    """What was compared, and the counts: everything but the changes."""
    found: dict[str, Any] = {
        "from": _name(comparison.old),
        "to": _name(comparison.new),
        "from_time": comparison.old.moment.instant,
        "to_time": comparison.new.moment.instant,
    }
    if comparison.old.name != comparison.new.name:
        found |= {"from_collection": comparison.old.name, "to_collection": comparison.new.name}
    if comparison.old.given:
        found["from_witnesses"] = list(comparison.old.given)
    if comparison.entry is not None:
        found["entry"] = comparison.entry
    if doubted := sorted(comparison.old.doubted | comparison.new.doubted):
        found["doubted_crawls"] = doubted
    return found | {"summary": comparison.summary()}


def _name(state: State) -> int | str:
    return state.moment.instant if state.moment.crawl is None else state.moment.crawl


def as_json(comparison: Comparison) -> Iterator[str]:
    """The document in pieces; one change is in memory at a time."""
    yield json.dumps(head(comparison), ensure_ascii=False, indent=1)[:-2] + ',\n "changes": ['
    separator = "\n"
    for change in comparison.changes:
        yield separator + json.dumps(change_as_dict(comparison, change), ensure_ascii=False)
        separator = ",\n"
    yield "\n]}\n" if comparison.changes else "]}\n"
