"""Two texts side by side: rows of paragraphs, with what differs marked on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mirror.diff.hunks import hunks

Mark = Literal["same", "changed"]
#: Paragraphs that did not change and stand between this many others are folded away.
_CONTEXT = 1


@dataclass(slots=True)
class Row:
    """Paragraphs that stand beside each other, each in pieces; of a fold, all that is in it, once."""

    old: list[tuple[Mark, str]] = field(default_factory=list)
    new: list[tuple[Mark, str]] = field(default_factory=list)
    folded: int = 0  #: paragraphs in a fold

    @property
    def changed(self) -> bool:
        return any(mark == "changed" for mark, _ in (*self.old, *self.new))


def side_by_side(old: str, new: str) -> list[Row]:
    """The rows of a comparison; a paragraph that is the same on both sides stands on both."""
    rows = [Row()]
    at = 0
    for hunk in hunks(old, new):
        _add_same(rows, old[at : hunk.old_at])
        rows[-1].old += [("changed", hunk.old)] if hunk.old else []
        rows[-1].new += [("changed", hunk.new)] if hunk.new else []
        at = hunk.old_at + len(hunk.old)
    _add_same(rows, old[at:])
    return list(_folded([row for row in rows if row.old or row.new]))


def _add_same(rows: list[Row], text: str) -> None:
    first, *others = text.split("\n")
    for number, line in enumerate((first, *others)):
        if number:
            rows.append(Row())
        if line:
            rows[-1].old.append(("same", line))
            rows[-1].new.append(("same", line))


def _folded(rows: list[Row]) -> Iterator[Row]:
    near = {other for at, row in enumerate(rows) if row.changed for other in range(at - _CONTEXT, at + _CONTEXT + 1)}
    fold: list[Row] = []
    for at, row in enumerate(rows):
        if at not in near:
            fold.append(row)
            continue
        yield from _fold(fold)
        fold = []
        yield row
    yield from _fold(fold)


def _fold(rows: list[Row]) -> Iterator[Row]:
    if len(rows) < 3:
        yield from rows
        return
    text = "\n".join("".join(piece for _, piece in row.old) for row in rows)
    yield Row([("same", text)], [], len(rows))
