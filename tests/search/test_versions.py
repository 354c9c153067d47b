"""Earlier texts: whatever an entry ever said is found, and what it said at a time, beside brute force."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.frontier.scope import Scope
from mirror.search import Filters, Hit
from mirror.search.fold import stream
from mirror.search.index import forget
from tests.search.shelf import Shelf, Shelved, shelf

texts = st.text("沂水县縣碑1a， \n", max_size=6)


@dataclass
class Kept:
    """A version, as anybody would write it down."""

    rec: int
    said: Shelved
    first: str
    last: str


def instant(number: int) -> str:
    return f"2026-01-01T00:00:00.{number:06d}Z"


def identity(hits: list[Hit]) -> list[tuple[str, str, bool]]:
    return sorted((hit.id, hit.first_seen, hit.newest) for hit in hits)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.builds(Shelved, texts, texts)), min_size=1, max_size=10),
    st.sets(st.integers(0, 10)),
    st.text("沂水县碑1a", min_size=1, max_size=3),
    st.integers(0, 11),
)
def test_every_text_an_entry_had_is_found(
    puts: list[tuple[int, Shelved]], indexed: set[int], query: str, at: int
) -> None:
    kept: list[Kept] = []
    with shelf() as books:
        for number, (rec, said) in enumerate(puts, 1):
            books.put(rec, said)
            same = [one for one in kept if (one.rec, one.said) == (rec, said)]
            if same:
                same[0].last = instant(number)
            else:
                kept.append(Kept(rec, said, instant(number), instant(number)))
            if number in indexed:
                books.index()
        newest = {rec: max((one for one in kept if one.rec == rec), key=lambda one: one.last) for rec, _ in puts}
        hits = [one for one in kept if any(stream(query) in stream(part) for part in one.said.parts())]
        then = {
            rec: max(seen, key=lambda one: one.last)
            for rec in newest
            if (seen := [one for one in kept if one.rec == rec and one.first <= instant(at)])
        }

        def expected(found: list[Kept]) -> list[tuple[str, str, bool]]:
            return sorted((f"ch9/1/{one.rec}", one.first, one is newest[one.rec]) for one in found)

        for _ in range(2):
            every = books.find(query, Filters(all_versions=True))
            assert every.total == len(every.hits)
            assert identity(every.hits) == expected(hits)
            assert identity(books.find(query).hits) == expected([one for one in hits if one is newest[one.rec]])
            as_of = books.find(query, Filters(at=instant(at)), facets=True)
            assert identity(as_of.hits) == expected([one for one in hits if one is then.get(one.rec)])
            assert as_of.total == sum(one.count for one in as_of.books)
            books.index()


def changed(books: Shelf) -> None:
    books.put(1, Shelved("旧题", "沂水旧碑，1943年立"))
    books.put(1, Shelved("新题", "沂水新亭，1986年建"))
    books.put(2, Shelved("他题", "沂水旧碑"))


def test_hits_say_which_text_they_are_of() -> None:
    with shelf() as books:
        changed(books)
        for _ in range(2):
            first, second = books.find("旧碑", Filters(all_versions=True)).hits
            by_id = {first.id: first, second.id: second}
            assert (by_id["ch9/1/1"].newest, by_id["ch9/1/2"].newest) == (False, True)
            old = by_id["ch9/1/1"]
            assert (old.title, old.snippet.text) == ("旧题", "沂水旧碑,1943年立".replace(",", "，"))
            assert (old.first_seen, old.last_seen) == (instant(1), instant(1))
            assert [hit.id for hit in books.find("旧题", Filters(all_versions=True)).hits] == ["ch9/1/1"]
            assert not books.ids("旧题")
            books.index()


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(all_versions=True), 3),
        (Filters([Scope("ch9", 1, 1)], all_versions=True), 2),
        (Filters([Scope("c87")], all_versions=True), 0),
        (Filters(years=(1943, 1943), all_versions=True), 1),
        (Filters(years=(1943, 1943), at=instant(1)), 1),
        (Filters(years=(1943, 1943), at=instant(2)), 0),
        (Filters(at=instant(0)), 0),
    ],
)
def test_filters_hold_for_earlier_texts_too(filters: Filters, count: int) -> None:
    with shelf() as books:
        changed(books)
        for _ in range(2):
            assert books.find("沂水", filters).total == count
            books.index()


def test_an_earlier_text_that_is_read_again_is_taken_out_first() -> None:
    with shelf() as books:
        changed(books)
        books.index()
        with books.database.transaction() as db:
            (old,) = db.execute("SELECT id FROM version WHERE title = '旧题'").fetchone()
            forget(db, old)
            db.execute("UPDATE version SET text = '沂水古碣' WHERE id = ?", (old,))
        for _ in range(2):
            assert books.find("古碣", Filters(all_versions=True)).total == 1
            assert books.find("旧碑", Filters(all_versions=True)).total == 1
            books.index()
        books.database.connection.execute("INSERT INTO search_earlier (search_earlier) VALUES ('integrity-check')")


def test_a_text_that_comes_back_is_the_newest_and_nothing_else() -> None:
    with shelf() as books:
        for text in ("甲文", "乙文", "甲文", "乙文", "甲文"):
            books.put(1, Shelved("题", text))
            books.index()
        assert identity(books.find("甲文", Filters(all_versions=True)).hits) == [("ch9/1/1", instant(1), True)]
        assert identity(books.find("乙文", Filters(all_versions=True)).hits) == [("ch9/1/1", instant(2), False)]
