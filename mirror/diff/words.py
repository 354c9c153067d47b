"""Changes in words, Chinese and English, and hunks in the text around them; for every form that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mirror.diff.changes import Change, Comparison
from mirror.diff.fold import fold
from mirror.diff.hunks import Hunk
from mirror.diff.side_by_side import Piece
from mirror.diff.state import State

#: Names of kinds and of what else a summary counts.
KIND_WORDS: dict[str, tuple[str, str]] = {
    "added": ("新增", "added"),
    "removed": ("消失", "removed"),
    "edited": ("改动", "edited"),
    "moved": ("移位", "moved"),
    "retitled": ("改题", "retitled"),
    "cosmetic": ("版式", "cosmetic"),
    "split": ("拆分", "split"),
    "merged": ("合并", "merged"),
    "returned": ("复现", "returned"),
    "captured": ("补存", "newly captured"),
    "template_only": ("其中仅模板", "of these template only"),
    "unchanged": ("未变", "unchanged"),
    "unseen": ("未再见", "not seen again"),
    "unknown": ("不知是哪一条", "witnesses of no known entry"),
}
DETAIL_WORDS = {"layout": "排版 layout", "width": "全半角 width", "template": "模板 template", "": ""}

#: Kinds of which the hunks are worth reading.
WITH_HUNKS = frozenset(("edited", "retitled", "split", "merged", "returned"))


def readable(hunks: Sequence[Hunk]) -> list[Hunk]:
    """Hunks in which more than blanks and widths changed."""
    return [hunk for hunk in hunks if fold(hunk.old) != fold(hunk.new)]


def in_place(text: str, hunks: Sequence[Hunk], around: int = 16) -> Iterator[list[Piece]]:
    """Hunks with the words around them in the old text; those of one line that stand close together in one piece.

    Args:
        text: The old text.
        hunks: In order.
        around: Characters of the same line that are shown before and behind.
    """
    shown: list[Piece] = []
    end = 0
    for hunk in hunks:
        between = text[end : hunk.old_at]
        if shown and len(between) <= 2 * around and "\n" not in between and not _ends_line(shown):
            shown.append(Piece("", between))
        else:
            if shown:
                yield [*shown, Piece("", _behind(text, end, around, shown))]
            shown = [Piece("", _ahead(text, hunk.old_at, around))]
        shown += [Piece(mark, side) for mark, side in (("del", hunk.old), ("ins", hunk.new)) if side]
        end = hunk.old_at + len(hunk.old)
    if shown:
        yield [*shown, Piece("", _behind(text, end, around, shown))]


#: What is left of a number or a word where it was cut.
_CUT_HEAD, _CUT_TAIL = re.compile(r"^[0-9A-Za-z]+"), re.compile(r"[0-9A-Za-z]+$")


def _ahead(text: str, at: int, around: int) -> str:
    start = max(0, at - around)
    words = text[start:at].rpartition("\n")
    cut = not words[1] and start > 0 and _CUT_TAIL.search(text[start - 1])
    return (_CUT_HEAD.sub("", words[2]) if cut else words[2]).lstrip()


def _behind(text: str, at: int, around: int, shown: Sequence[Piece]) -> str:
    if _ends_line(shown):
        return ""
    words = text[at : at + around].partition("\n")
    cut = not words[1] and _CUT_HEAD.search(text[at + around : at + around + 1])
    return (_CUT_TAIL.sub("", words[0]) if cut else words[0]).rstrip()


def _ends_line(shown: Sequence[Piece]) -> bool:
    return shown[-1].text.endswith("\n")


def moment(comparison: Comparison, state: State) -> str:
    """Crawl and time of a state, and the collection where two are compared; of witnesses, the dumps."""
    if state.given:
        return f"旁证 witness {', '.join(state.given)}"
    crawl = f"抓取 crawl {state.moment.crawl}, " if state.moment.crawl is not None else ""
    name = f"{state.name}, " if comparison.old.name != comparison.new.name else ""
    return f"{name}{crawl}{state.moment.instant[:19]}Z"


def heading(change: Change) -> tuple[str, str]:
    """Numbers and titles, old and new joined by an arrow where they differ."""
    sides = [side for side in (change.old, change.new) if side]
    ids = dict.fromkeys(" + ".join(held.id for held in side) for side in sides)
    titles = dict.fromkeys(side[0].title or "" for side in sides)
    return " → ".join(ids), " → ".join(titles)


def evidence(place: dict[str, Any]) -> str:
    """Where one side of a change lies: WARC file, offset and digest; of a witness, dump and file."""
    if place.get("captured") is False:
        return f"旁证 witness {place['source']} › {place['file']}"
    return f"{place['warc']}:{place['offset']} {place['payload_digest']}"


def when(comparison: Comparison, change: Change) -> str:
    """When a change was first seen: the time of the newer capture; of what is gone, between which two times."""
    if change.new:
        seen: str = comparison.new.capture(change.new[0].capture)["timestamp"]
        return f"{seen[:19]}Z"
    seen = comparison.old.capture(change.old[0].capture)["timestamp"]
    return f"{seen[:19]}Z 之后 after"


def doubt(comparison: Comparison) -> tuple[str, str] | None:
    """A warning, Chinese and English, if answers of some crawl were not taken for proof."""
    numbers = ", ".join(map(str, sorted(comparison.old.doubted | comparison.new.doubted)))
    if not numbers:
        return None
    return (
        f"抓取 {numbers} 中源站大多答“不存在”，不作为条目消失的证据。",
        f"In crawl {numbers} the source said of most that it did not exist: not taken for proof of removal.",
    )
