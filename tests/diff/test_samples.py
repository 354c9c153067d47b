"""Dated revisions of real texts: hunks are exact, few, and in the places where an editor would mark them."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from mirror.diff.hunks import Hunk, apply, hunks
from mirror.diff.words import readable
from tests.diff.revisions import GOLDEN, golden_file, pairs, told


def revisions(samples: Path, begin: str) -> list[tuple[str, str]]:
    """Texts and their next revisions, of those whose name begins so."""
    found = [
        [(samples / "text" / name).read_text("utf-8") for name in names]
        for names in pairs(samples)
        if names[0].startswith(begin)
    ]
    assert found
    return [(old, new) for old, new in found]


def test_revisions_read_as_they_did_when_a_person_looked(samples: Path) -> None:
    """Every dated revision has its golden file, and there is no other."""
    seen = set()
    for names in pairs(samples):
        old, new = ((samples / "text" / name).read_text("utf-8") for name in names)
        golden = golden_file(*names)
        assert told(old, new) == json.loads(golden.read_text("utf-8")), f"{golden.name}: see tests/diff/revisions.py"
        seen.add(golden)
    assert seen == set(GOLDEN.iterdir())


def shared(old: str, new: str, found: list[Hunk]) -> float:
    """The part of both texts that stays."""
    changed = sum(len(one.old) + len(one.new) for one in found)
    return 1 - changed / (len(old) + len(new))


@pytest.mark.parametrize("begin", ["KR", "law", "mca"])
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
    for old, new in revisions(samples, "law"):
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


def test_a_row_of_a_table_whose_every_row_changed_is_added_or_removed_whole(samples: Path) -> None:
    """A new year stands in every row; districts that came or went are whole rows, not a tail and a head."""
    for old, new in revisions(samples, "mca"):
        several = [one for one in hunks(old, new) if "\n" in one.old + one.new]
        assert len(several) > 50
        whole = [one for one in several if (one.old + one.new).startswith("mca") and not (one.old and one.new)]
        assert len(whole) >= 0.85 * len(several)
