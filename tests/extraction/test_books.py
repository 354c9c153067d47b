"""Whole books with known truth, read as the store reads them (rates of many more: benchmarks/text)."""

from __future__ import annotations

import pytest

from tests.extraction.books import Score, make_book, read_book

WIDTHS = (74, 80, 110, 66, 98, 120)


@pytest.fixture(scope="module")
def scores() -> dict[tuple[int, str], Score]:
    found = {}
    for width in WIDTHS:
        for rule in ("hang", "cut"):
            score = found[width, rule] = Score()
            for seed in range(100, 103):
                book = make_book(seed, width, rule)
                for truth, text in zip(book.entries, read_book(book), strict=True):
                    score.add(truth, text)
    return found


@pytest.mark.parametrize(
    ("part", "least"), [("paragraphs", 0.995), ("items", 0.99), ("cells", 0.99), ("signatures", 0.98)]
)
def test_what_books_say_comes_back(scores: dict[tuple[int, str], Score], part: str, least: float) -> None:
    whole = sum(getattr(score, part)[0] for score in scores.values())
    right = sum(getattr(score, part)[1] for score in scores.values())
    assert whole > 100
    assert right / whole >= least
    # No width and no rule does badly behind a good mean.
    for score in scores.values():
        of, found = getattr(score, part)
        assert found >= least * of - 2


def test_no_character_is_lost() -> None:
    for rule in ("hang", "cut"):
        book = make_book(200, 74, rule)
        for truth, text in zip(book.entries, read_book(book), strict=True):
            assert "".join(text.text.split()) == "".join("".join(truth.lines).split())
