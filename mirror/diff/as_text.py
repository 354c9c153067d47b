"""Changes for a reader at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mirror.diff.changes import KINDS, Change, Comparison
from mirror.diff.side_by_side import Piece
from mirror.diff.words import DETAIL_WORDS, KIND_WORDS, WITH_HUNKS, doubt, heading, in_place, moment, readable, when

_COLOURS = {"added": "green", "removed": "red", "edited": "yellow", "returned": "green"}
#: Of these only the first few are told one by one: hundreds move when one is inserted before them.
_TOLD = {"moved": 3, "cosmetic": 3, "captured": 3}
_HUNKS = 12
_LONGEST = 200  #: characters of one side of a hunk


def as_text(comparison: Comparison) -> Iterator[str]:
    """Counts, then the changes by kind, hunks with the words around them."""
    yield f"{moment(comparison, comparison.old)} → {moment(comparison, comparison.new)}\n"
    for kind, count in comparison.summary().items():
        if count:
            yield f"  {count:>8}  {click.style(_name(kind), fg=_COLOURS.get(kind))}\n"
    if (warning := doubt(comparison)) is not None:
        yield click.style(f"\n{warning[0]}\n{warning[1]}\n", fg="yellow")
    if comparison.entry is not None:
        for change in comparison.changes:
            yield f"\n{when(comparison, change)}  {click.style(_name(change.kind), bold=True)}\n"
            yield from _tell(comparison, change)
        return
    for kind in KINDS:
        found = [change for change in comparison.changes if change.kind == kind]
        if found:
            yield f"\n{click.style(_name(kind), bold=True, fg=_COLOURS.get(kind))}\n"
        told = _TOLD.get(kind, len(found))
        for change in found[:told]:
            yield from _tell(comparison, change)
        if len(found) > told:
            yield f"  … 另有 and {len(found) - told:,} more (--format json)\n"


def _name(kind: str) -> str:
    return " ".join(KIND_WORDS[kind])


def _tell(comparison: Comparison, change: Change) -> Iterator[str]:
    ids, titles = heading(change)
    detail = f"  ({DETAIL_WORDS[change.detail]})" if change.detail else ""
    yield f"  {ids}  {click.style(titles, bold=True)}{detail}\n"
    if change.kind not in WITH_HUNKS:
        return
    hunks = comparison.hunks(change)
    found = readable(hunks)
    if hunks and not found:
        yield "      （仅排版与全半角不同 layout and widths only）\n"
    for pieces in in_place(comparison.texts(change)[0], found[:_HUNKS]):
        yield f"      {''.join(map(marked, pieces))}\n"
    if len(found) > _HUNKS:
        yield f"      … 另有 and {len(found) - _HUNKS} 处 more\n"


def marked(piece: Piece) -> str:
    """Part of a line: [-gone-], {+come+}, or as it was."""
    text = _plain(piece.text)
    match piece.mark:
        case "del":
            return click.style(f"[-{text}-]", fg="red")
        case "ins":
            return click.style(f"{{+{text}+}}", fg="green")
        case _:
            return text


def _plain(text: str) -> str:
    """On one line, cut in the middle if it is long; control characters must not reach the terminal."""
    line = "".join(one if one.isprintable() or one == "\u3000" else " " for one in text.replace("\n", "⏎"))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]}…{line[-_LONGEST // 2 :]}"
