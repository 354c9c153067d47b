"""Two texts in rows of paragraphs, old beside new, for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirror.diff.fold import fold, has_frame
from mirror.diff.hunks import Hunk

#: Characters of an unchanged run that are shown at each end, where it is longer than twice this.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a paragraph: "" as it was, "del" only in the old text, "ins" only in the new one, "gap" left out.

    `slight`: only blanks or widths differ from the other side.
    """

    mark: str
    text: str
    slight: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph, old and new; or, with `skipped`, so many unchanged ones that are not shown."""

    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()
    skipped: int = 0

    @property
    def framed(self) -> bool:
        """Whether it belongs to a table drawn in characters, which needs letters of one width."""
        return any(has_frame(piece.text) for piece in (*self.old, *self.new))


def rows(old: str, hunks: Sequence[Hunk]) -> Iterator[Row]:
    """The paragraphs that changed by more than blanks and widths, in order, with how many others lie between.

    A paragraph ends where both texts end a line; one that only one of them ends there goes on in its row. Lines that
    are gone or come whole have a row of their own.
    """
    left, right = list[Piece](), list[Piece]()
    changed, skipped, at = False, 0, 0
    for hunk in [*hunks, None]:
        same = old[at : hunk.old_at] if hunk else old[at:]
        for number, part in enumerate(same.split("\n")):
            if number:
                if changed:
                    if skipped:
                        yield Row(skipped=skipped)
                    yield Row(_elided(left), _elided(right))
                    skipped = 0
                else:
                    skipped += 1
                left, right, changed = [], [], False
            if part:
                left.append(Piece("", part))
                right.append(Piece("", part))
        if hunk:
            slight = fold(hunk.old) == fold(hunk.new)
            if not left and not right and _is_whole(hunk):
                at = hunk.old_at + len(hunk.old)
                if not slight:
                    if skipped:
                        yield Row(skipped=skipped)
                    yield Row(_mark("del", hunk.old.strip("\n")), _mark("ins", hunk.new.strip("\n")))
                    skipped = 0
                continue
            changed, at = changed or not slight, hunk.old_at + len(hunk.old)
            left += _mark("del", hunk.old, slight)
            right += _mark("ins", hunk.new, slight)
    skipped += bool(left) and not changed
    if skipped:
        yield Row(skipped=skipped)
    if changed:
        yield Row(_elided(left), _elided(right))


def _is_whole(hunk: Hunk) -> bool:
    """Whether it takes whole lines out or puts them in, if it stands where a line begins."""
    return hunk.op != "replace" and (hunk.old or hunk.new).endswith("\n")


def _mark(mark: str, text: str, slight: bool = False) -> tuple[Piece, ...]:
    return (Piece(mark, text, slight),) if text else ()


def _elided(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    found = []
    for place, piece in enumerate(pieces):
        if piece.mark or len(piece.text) <= 2 * _SHOWN + 20:
            found.append(piece)
            continue
        head = piece.text[:_SHOWN] if place else ""
        tail = piece.text[-_SHOWN:] if place + 1 < len(pieces) else ""
        left_out = len(piece.text) - len(head) - len(tail)
        found += [Piece("", head), Piece("gap", f"…… {left_out} 字 ……"), Piece("", tail)]
    return tuple(piece for piece in found if piece.text)
