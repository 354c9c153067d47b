"""The dated revisions of real texts, and how the comparison of each reads, without its words.

The texts are not ours to copy: what is kept of them are kinds, places, lengths and digests, enough to notice any
change of how a comparison reads. `python -m tests.diff.revisions` writes the golden files anew from the samples and
prints each comparison as the terminal shows it: read it before you keep it.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from mirror.diff.as_text import marked
from mirror.diff.fold import fold
from mirror.diff.hunks import Hunk, hunks
from mirror.diff.side_by_side import rows
from mirror.diff.words import in_place, readable

GOLDEN = Path(__file__).parent / "golden"
#: Hunks of one comparison that are told one by one; of a code table there are thousands.
_MOST = 60


def pairs(samples: Path) -> Iterator[tuple[str, str]]:
    """Names of dated texts and of their next revisions."""
    groups: dict[str, list[str]] = defaultdict(list)
    with (samples / "text" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["revision_group"]:
                groups[row["revision_group"]].append(row["file"])
    for names in groups.values():
        yield from pairwise(sorted(names, key=_age))


def _age(name: str) -> tuple[bool, str]:
    """An undated text is the one that was there first."""
    return "undated" not in name, name


def golden_file(old: str, new: str) -> Path:
    return GOLDEN / f"{Path(old).stem}--{Path(new).stem}.json"


def told(old: str, new: str) -> dict[str, Any]:
    """How a comparison reads: what is counted, every hunk, and what terminal and page make of them."""
    found = hunks(old, new)
    lines = ["".join(piece.mark + piece.text for piece in line) for line in in_place(old, readable(found))]
    table = list(rows(old, found))
    return {
        "kind": "cosmetic" if fold(old) == fold(new) else "edited",
        "characters": [len(old), len(new)],
        "hunks": dict(sorted(Counter(hunk.op for hunk in found).items())),
        "readable": len(readable(found)),
        "gone": sum(len(hunk.old) for hunk in found),
        "come": sum(len(hunk.new) for hunk in found),
        "terminal": {"lines": len(lines), "digest": _digest(*lines)},
        "page": {
            "rows": sum(not row.skipped for row in table),
            "skipped": sum(row.skipped for row in table),
            "digest": _digest(*(repr(row) for row in table)),
        },
        "digest": _digest(*map(_line, found)),
        "first": [_line(hunk) for hunk in found[:_MOST]],
    }


def _line(hunk: Hunk) -> str:
    """Kind, place and length on both sides, and digests of the words."""
    old, new = f"{hunk.old_at}+{len(hunk.old)}", f"{hunk.new_at}+{len(hunk.new)}"
    return f"{hunk.op} {old} {_digest(hunk.old)} {new} {_digest(hunk.new)}"


def _digest(*texts: str) -> str:
    return sha256("\0".join(texts).encode("utf-8")).hexdigest()[:16]


def main() -> None:
    samples = Path(os.environ.get("MIRROR_SAMPLES", Path(__file__).parents[3] / "shared" / "samples"))
    if not samples.is_dir():
        sys.exit(f"no real samples at {samples}: set MIRROR_SAMPLES to the folder that holds them")
    GOLDEN.mkdir(exist_ok=True)
    for names in pairs(samples):
        old, new = ((samples / "text" / name).read_text("utf-8") for name in names)
        text = json.dumps(told(old, new), ensure_ascii=False, indent=1)
        golden_file(*names).write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"\n{golden_file(*names).name}\n")
        for line in in_place(old, readable(hunks(old, new))):
            sys.stdout.write(f"  {''.join(map(marked, line))}\n")


if __name__ == "__main__":
    main()
