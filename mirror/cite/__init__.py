"""Citations of one entry: GB/T 7714, BibTeX, CSL-JSON, RIS.

`cite(entry, style)` is a pure function over an exported entry (CONTRACT: One entry, exported).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mirror.cite import bibtex, csl, gbt7714, ris
from mirror.cite.source import Source, memento, read

#: Styles by name: each makes a text from what there is to cite.
STYLES: dict[str, Callable[[Source], str]] = {
    "gb7714": gbt7714.write,
    "bibtex": bibtex.write,
    "csl-json": csl.write,
    "ris": ris.write,
}

__all__ = ["STYLES", "cite", "memento"]


def cite(entry: dict[str, Any], style: str = "gb7714", link: str | None = None) -> str:
    """A citation of an exported entry, ended by a line end.

    Args:
        entry: As `mirror export --format jsonl` gives it.
        style: One of STYLES.
        link: Where a reader finds the very capture for good (`memento` makes one); the source's own URL if None.
    """
    return STYLES[style](read(entry, link))
