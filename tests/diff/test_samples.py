"""Dated revisions of real texts: hunks are exact, few, and in the places where an editor would mark them."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from mirror.diff.hunks import Hunk, apply, hunks
from mirror.diff.words import readable


def revisions(samples: Path, begin: str) -> list[tuple[str, str]]:
    """Texts and their next revisions, of groups whose name begins so."""
    groups: dict[str, list[str]] = defaultdict(list)
    with (samples / "text" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["revision_group"].startswith(begin):
                groups[row["revision_group"]].append(row["file"])
    found = []
    for names in groups.values():
        texts = [(samples / "text" / name).read_text("utf-8") for name in sorted(names)]
        found += pairwise(texts)
    assert found
    return found


def shared(old: str, new: str, found: list[Hunk]) -> float:
    """The part of both texts that stays."""
    changed = sum(len(one.old) + len(one.new) for one in found)
    return 1 - changed / (len(old) + len(new))


@pytest.mark.parametrize("begin", ["KR", "上海", "北京", "mca"])
def test_revisions_read_well(samples: Path, begin: str) -> None:
    for old, new in revisions(samples, begin):
        found = hunks(old, new)
        assert apply(old, found) == new
        assert apply(new, hunks(new, old)) == old
        for one in found:
            for text, start, part in ((old, one.old_at, one.old), (new, one.new_at, one.new)):
                for edge in (start, start + len(part)):
                    assert not (text[edge - 1 : edge].isdigit() and text[edge : edge + 1].isdigit())
        if begin != "mca":  # in the code tables every line has another date
            assert len(found) < 40
            assert shared(old, new, found) > 0.97


def test_blanks_move_and_words_stay(samples: Path) -> None:
    """Headings of laws are set with blanks between their two characters, and were set anew (总 则, 附 则)."""
    for old, new in revisions(samples, "上海"):
        found = readable(hunks(old, new))
        moved = [
            one for one, other in pairwise(found) if one.old.strip() and (one.old, one.new) == (other.new, other.old)
        ]
        assert not moved


def test_a_normalised_character_is_one_hunk(samples: Path) -> None:
    """Entities for rare characters were replaced, one by one, over two years."""
    for old, new in revisions(samples, "KR"):
        entities = Counter(one.old.startswith("&KR") for one in hunks(old, new))
        assert entities[True] >= 0.8 * entities.total()


def test_a_column_that_changes_in_every_row_leaves_the_rows_alone(samples: Path) -> None:
    for old, new in revisions(samples, "mca"):
        found = hunks(old, new)
        dates = [one for one in found if one.old[:4].isdigit() and len(one.old) == len(one.new) == 6]
        assert len(dates) > 2_500
