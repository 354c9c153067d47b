"""Changes as one page that needs nothing but itself: side by side, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mirror.diff.changes import KINDS, Change, Comparison
from mirror.diff.side_by_side import rows
from mirror.diff.words import DETAIL_WORDS, KIND_WORDS, WITH_HUNKS, doubt, evidence, heading, moment, readable, when

#: Changes of one kind that stand in the page, with their texts and without; the rest is told by number.
_MOST_WITH_TEXT, _MOST = 1_000, 5_000


def as_html(comparison: Comparison) -> Iterator[str]:
    """The page, in pieces; the text of one change is in memory at a time."""
    environment = Environment(
        loader=PackageLoader("mirror.diff", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds = [kind for kind in KINDS if any(change.kind == kind for change in comparison.changes)]
    template = environment.get_template("changes.html")
    yield from template.generate(
        comparison=comparison,
        summary={kind: count for kind, count in comparison.summary().items() if count or kind in KINDS[:6]},
        words=KIND_WORDS,
        details=DETAIL_WORDS,
        old=moment(comparison, comparison.old),
        new=moment(comparison, comparison.new),
        title=comparison.entry or comparison.new.name,
        doubt=doubt(comparison),
        groups=[("", comparison.changes)] if comparison.entry else [(kind, _of(comparison, kind)) for kind in kinds],
        texts=lambda kind: kind in WITH_HUNKS or kind == "",
        most=lambda kind: _MOST_WITH_TEXT if kind in WITH_HUNKS else _MOST,
        islice=islice,
        show=lambda change: _show(comparison, change),
        heading=heading,
        evidence_of=evidence,
        last=lambda change: comparison.old.capture(change.old[0].capture),
    )
    yield "\n"


def _of(comparison: Comparison, kind: str) -> list[Change]:
    return [change for change in comparison.changes if change.kind == kind]


def _show(comparison: Comparison, change: Change) -> dict[str, Any]:
    """What the page tells of a change of which the text is shown."""
    hunks = comparison.hunks(change)
    text = comparison.texts(change)[0]
    return {
        "rows": list(rows(text, readable(hunks) and hunks)),
        "only_layout": bool(hunks) and not readable(hunks),
        "when": when(comparison, change),
        "old": [comparison.old.capture(held.capture) for held in change.old],
        "new": [comparison.new.capture(held.capture) for held in change.new],
    }
