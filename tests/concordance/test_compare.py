"""Whether a number means the same entry in both databases: proved where it does, refuted where it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mirror.concordance.compare import compare
from mirror.concordance.sides import Said
from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from tests.imports.foreign import wget

CORPUS = Corpus(60)
PROSE = "沂水在城西三里，源出沂源县鲁山，经县境入沂河，长二十七公里，沿岸多平畴，宜麦宜稻。"


def said(rec: int, text: str, title: str | None = None, library: str = "ch9", book: int = 3) -> Said:
    return Said(library, book, rec, title, text, [])


def text(number: int) -> str:
    return f"第{number}段。" + "".join(chr(0x4E00 + (number * 37 + at * 11) % 5000) for at in range(120))


def test_each_kind_of_pair_is_counted() -> None:
    old = [
        said(1, text(1), "概 述"),
        said(2, text(2) + "（完）", "水 文"),
        said(3, text(3)),
        said(4, text(4)),
        said(5, "", "第一编"),
        said(6, text(6)),
        said(7, text(7)),
    ]
    new = [
        said(1, text(1), "概述"),
        said(2, "\n  ".join(text(2)) + "(完)", "水文志"),
        said(3, text(3) + "又记一句。"),
        said(4, text(44)),
        said(5, "", "第一编"),
        said(6, ""),
    ]
    (book,) = compare("a", old, "b", new).books
    counts = book.counts
    assert (counts.old, counts.new, counts.pairs) == (7, 6, 6)
    assert (counts.exact, counts.cosmetic, counts.edited, counts.other) == (1, 1, 1, 1)
    assert (counts.empty, counts.one_empty, counts.elsewhere) == (1, 1, 0)
    assert (counts.title_same, counts.title_other) == (2, 1)
    assert book.differing == ["ch9/3/4"]
    assert counts.verdict == "proved"


def test_numbers_that_shift_are_refuted_and_the_place_is_named() -> None:
    old = [said(rec, text(rec)) for rec in range(1, 21)]
    new = [said(rec if rec < 10 else rec + 1, text(rec)) for rec in range(1, 21)]
    found = compare("a", old, "b", [*new, said(10, text(99))])
    (book,) = found.books
    assert (book.counts.exact, book.counts.elsewhere, found.verdict) == (9, 11, "refuted")
    assert book.moved[0] == ("ch9/3/10", "ch9/3/11")


def test_another_book_or_library_is_found_too() -> None:
    old = [said(1, text(1)), said(2, text(2), library="a", book=70)]
    new = [said(1, text(1), book=5), said(9, text(2), library="g0", book=1), said(1, text(7))]
    found = compare("a", old, "b", new)
    assert {pair for book in found.books for pair in book.moved} == {("ch9/3/1", "ch9/5/1"), ("a/70/2", "g0/1/9")}
    assert found.verdict == "refuted"


def test_the_same_text_twice_on_both_sides_refutes_nothing() -> None:
    notice = "凡例：本志上限不限，下限断至一九八五年，详今略古，横排竖写，述而不论，生不立传。"
    old = [said(1, notice), said(2, notice), said(3, text(3))]
    new = [said(1, notice), said(3, text(3))]  # the second was not crawled yet
    found = compare("a", old, "b", new)
    assert (found.total.elsewhere, found.verdict) == (0, "proved")


def test_without_texts_nothing_is_known() -> None:
    assert compare("a", [said(1, "", "题")], "b", [said(1, "", "题")]).verdict == "open"


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 3))
def test_identical_sides_are_never_refuted(numbers: list[int], books: int) -> None:
    def side() -> Iterator[Said]:
        for book in range(1, books + 1):
            for rec, number in enumerate(numbers, 1):
                yield said(rec, text(number) if number else "", f"题{number}", book=book)

    found = compare("a", side(), "b", side())
    assert found.verdict == ("proved" if any(numbers) else "open")
    assert found.total.exact == books * sum(map(bool, numbers))


def test_two_collections_of_one_home(home: Home) -> None:
    """The imitation numbers alike; at its later state it does not, and that is found, to the number."""
    with ImitationServer(CORPUS, "mse") as old, ImitationServer(CORPUS, "chorography") as new:
        home.init(old, "old")
        home.init(new, "new")
        home.crawl(name="old")
        home.crawl(name="new")
        found = json.loads(home.mirror("concordance", "old", "new", "--json").stdout)
        total = found["total"]
        assert found["verdict"] == "proved"
        assert total["pairs"] == total["old"] == total["new"] == sum(1 for _ in CORPUS.entries())
        assert total["exact"] + total["cosmetic"] + total["empty"] == total["pairs"]
        assert (total["title_other"], total["other"], total["elsewhere"]) == (0, 0, 0)
        assert "旧 old" in home.mirror("concordance", "old", "new", "--scope", "ch9/1").stdout
        new.set_state(1)
        home.crawl(name="new")
    found = json.loads(home.mirror("concordance", "old", "new", "--json", code=3).stdout)
    moved = {
        f"{change.library}/{change.book}/{change.old_rec}": f"{change.library}/{change.book}/{change.new_rec}"
        for change in CORPUS.changes(1)
        if change.old_rec and change.new_rec and change.old_rec != change.new_rec
    }
    named = [pair for one in found["libraries"] for book in one["books"] for pair in book["moved"]]
    assert found["verdict"] == "refuted" and named
    assert all(moved[pair["id"]] == pair["found_at"] for pair in named)


def test_imports_of_the_old_database_beside_a_crawl_of_the_mirror(home: Home, tmp_path: Path) -> None:
    made = wget(tmp_path / "wget", "mse", CORPUS)
    with ImitationServer(CORPUS, "chorography") as server:
        home.init(server)
        home.crawl()
    assert "nothing to compare" in home.mirror("concordance", "t", code=1).stderr
    home.mirror("import", "t", str(made.path), "--base-url", made.root)
    found = json.loads(home.mirror("concordance", "t", "--json").stdout)
    assert found["verdict"] == "proved"
    assert found["total"]["pairs"] == found["total"]["old"] == made.entries
    assert found["total"]["new"] == sum(1 for _ in CORPUS.entries())
    # an old citation opens the entry, whichever database the collection is of
    citation = "http://lib.sdsqw.cn/bin/mse.exe?COLLCC=410&&rec=3&A=1&K=CH93&run=13"
    assert json.loads(home.mirror("show", "t", citation, "--json").stdout)["id"] == "ch9/1/3"
    captures = json.loads(home.mirror("captures", "t", citation, "--json").stdout)
    assert {("mse.exe" in one["url"]) for one in captures} == {True, False}
    assert "names a book's list" in home.mirror("show", "t", "javascript:listk('ch9','1')", code=2).stderr


def test_memory_stays_flat_over_many_entries() -> None:
    program = """
from mirror.concordance.compare import compare
from mirror.concordance.sides import Said
from tests.memory import peak_kib
prose = "".join(chr(0x4E00 + (at * 7919) % 20000) for at in range(200_000))
def side():
    for number in range(3_000):
        text = prose[number * 20 : number * 20 + 4_000]
        yield Said("ch9", number // 600 + 1, number % 600 + 1, f"题{number}", text, [])
before = peak_kib()
found = compare("a", side(), "b", side())
assert found.total.exact == 3_000, found.total
print(peak_kib() - before)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 40_000, f"{ran.stdout} KiB for 72 MB of text"
