"""Changes for a reader at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mirror.diff.changes import KINDS, Change, Comparison
from mirror.diff.hunks import Hunk

#: Kinds in words, Chinese first.
WORDS: dict[str, str] = {
    "added": "新增 added",
    "removed": "消失 removed",
    "edited": "改动 edited",
    "moved": "移位 moved",
    "retitled": "改题 retitled",
    "cosmetic": "版式 cosmetic",
    "split": "拆分 split",
    "merged": "合并 merged",
    "returned": "复现 returned",
    "captured": "补存 captured",
    "template_only": "其中仅模板 of these template only",
    "unchanged": "未变 unchanged",
    "unseen": "未再见 not seen again",
}
_COLOURS = {"added": "green", "removed": "red", "edited": "yellow", "returned": "green"}
#: Characters of unchanged text shown on either side of a hunk.
_AROUND = 12
#: Changes of one kind in one book that are told one by one; moved and cosmetic ones only counted beyond three.
_TOLD = {"moved": 3, "cosmetic": 3}
_HUNKS = 12


def as_text(comparison: Comparison) -> Iterator[str]:
    """Counts, then the changes by kind, hunks with the words around them."""
    yield f"{_moment(comparison, 'old')} → {_moment(comparison, 'new')}\n"
    for kind, count in comparison.summary().items():
        if count:
            yield f"  {count:>8}  {click.style(WORDS[kind], fg=_COLOURS.get(kind))}\n"
    if doubted := sorted(comparison.old.doubted | comparison.new.doubted):
        numbers = ", ".join(map(str, doubted))
        yield (
            f"\n抓取 {numbers} 中源站大多答“不存在”，不作为消失的证据。\n"
            f"In crawl {numbers} the source said of most that it did not exist: not taken for proof of removal.\n"
        )
    for kind in KINDS:
        shown = left = 0
        for change in comparison.changes:
            if change.kind != kind:
                continue
            if shown == _TOLD.get(kind, len(comparison.changes)):
                left += 1
                continue
            if not shown:
                yield f"\n{click.style(WORDS[kind], bold=True, fg=_COLOURS.get(kind))}\n"
            shown += 1
            yield from _tell(comparison, change)
        if left:
            yield f"  … 另有 and {left} more (--format json)\n"


def _moment(comparison: Comparison, side: str) -> str:
    state = comparison.old if side == "old" else comparison.new
    crawl = f"抓取 crawl {state.moment.crawl}, " if state.moment.crawl is not None else ""
    name = f"{state.name} " if comparison.old.name != comparison.new.name else ""
    return f"{name}{crawl}{state.moment.instant[:19]}Z"


def _tell(comparison: Comparison, change: Change) -> Iterator[str]:
    old, new = change.old, change.new
    ids = ["+".join(held.id for held in side) for side in (old, new) if side]
    titles = list(dict.fromkeys(side[0].title or "" for side in (old, new) if side))
    where = " → ".join(dict.fromkeys(ids))
    detail = f"  ({change.detail})" if change.detail else ""
    yield f"  {where}  {click.style(' → '.join(titles), bold=True)}{detail}\n"
    if change.kind in ("edited", "retitled", "split", "merged", "returned"):
        found = comparison.hunks(change)
        text = comparison.texts(change)[0]
        for hunk in found[:_HUNKS]:
            yield f"      {_in_place(text, hunk)}\n"
        if len(found) > _HUNKS:
            yield f"      … {len(found) - _HUNKS} 处 more\n"


def _in_place(text: str, hunk: Hunk) -> str:
    end = hunk.old_at + len(hunk.old)
    before = text[max(0, hunk.old_at - _AROUND) : hunk.old_at].rpartition("\n")[2]
    after = text[end : end + _AROUND].partition("\n")[0]
    old = click.style(f"[-{_plain(hunk.old)}-]", fg="red") if hunk.old else ""
    new = click.style(f"{{+{_plain(hunk.new)}+}}", fg="green") if hunk.new else ""
    return f"{before}{old}{new}{after}"


def _plain(text: str) -> str:
    return text.replace("\n", "⏎")
