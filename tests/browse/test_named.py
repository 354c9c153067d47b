"""Years, places and witnesses of an entry; searching by years and places; searching while many entries wait."""

from __future__ import annotations

import sqlite3

import pytest

from mirror.browse import pages
from mirror.browse.holdings import Holdings, NotHeldError
from tests.browse.serving import Served
from tests.home import Home


def test_years_of_an_entry_lead_to_entries_of_those_years(served: Served, held: Home) -> None:
    place = next(place for place, entry in held.entries("zhi").items() if "1986年" in entry["text"])
    facts = served.facts(f"/c/zhi/{place}")
    years = [one for one in facts["years"] if one["words"].startswith("1986年")]
    text = facts["entry"]["text"]
    assert years and all(text[one["at"] :].startswith(one["words"]) for one in facts["years"])
    assert 'href="/search/zhi?years=1986"' in served.page(f"/c/zhi/{place}")
    assert 'href="/en/search/zhi?years=1986"' in served.page(f"/en/c/zhi/{place}")
    found, number = [], 1
    while hits := served.facts_of("/search/zhi", years="1986", page=number)["found"]["hits"]:
        found += [hit["id"] for hit in hits]
        number += 1
    assert place in found and len(found) == len(set(found))
    words = served.facts_of("/search/zhi", q="年", years="1986")["found"]
    assert set(found) >= {hit["id"] for hit in words["hits"]}
    book = "/".join(place.split("/")[:2])
    scoped = served.facts_of("/search/zhi", years="1986", scope=book)["found"]
    assert scoped["total"] == sum(one.startswith(f"{book}/") for one in found)


def test_what_is_no_year_or_place(served: Served) -> None:
    for query in ("years=x", "years=1-2-3", "years=%EF%BC%91"):
        assert served.get(f"/search/zhi?{query}").status == 400, query
    for query in ("years=9999", "years=1990-1980", "place=nowhere", "q=a&years=2101"):
        assert served.get(f"/search/zhi?{query}").status == 404, query


def test_witnesses_are_told_apart(served: Served, held: Home) -> None:
    """The first has the words the entry had at first; the second was altered. Neither is a capture."""
    (same, other) = served.facts("/c/zhi/ch9/1/1")["witnesses"]
    assert (same["same"], same["versions"]) == (False, [1])
    assert (other["same"], other["versions"]) == (False, [])
    oldest = served.facts("/c/zhi/ch9/1/1")["versions"][0]["at"]
    assert served.facts(f"/c/zhi/ch9/1/1@{oldest}")["witnesses"][0]["same"] is True
    captures = served.facts("/c/zhi/ch9/1/1")["captures"]
    assert all(capture["warc"] for capture in captures)
    page = served.page("/c/zhi/ch9/1/1")
    assert "见证文本" in page and "与本条文字不同" in page and "与第 1 版文字相同" in page
    found = served.facts(f"/witness/zhi/{other['number']}")
    assert found["id"] == "ch9/1/1" and "后人所加" in found["raw_text"] and found["is"] == "witness, not a capture"
    beside = served.page(f"/en/witness/zhi/{other['number']}")
    assert "not a capture" in beside and "<del>" in beside and "后人所加" in beside
    assert served.get("/witness/zhi/999").status == 404


def test_a_search_does_not_wait_for_the_index(copied: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_WAITING", 5)
    database = copied.path / "collections" / "zhi" / "mirror.db"
    holdings = Holdings(copied.path)

    def found() -> dict[str, object]:
        with holdings.reading("zhi") as db:
            facts: dict[str, object] = pages.search_page(db, "zhi", "灌溉渠").facts["found"]
        return facts

    before = found()
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO search_waiting SELECT id FROM entry ORDER BY id LIMIT 5")
    db.close()
    few = found()
    assert (few["total"], few["unindexed"], few["unread"]) == (before["total"], 5, 0)
    with sqlite3.connect(database) as db:
        db.execute("INSERT OR IGNORE INTO search_waiting SELECT id FROM entry ORDER BY id LIMIT 60")
    db.close()
    many = found()
    assert (many["unindexed"], many["unread"]) == (0, 60)
    assert isinstance(many["total"], int) and isinstance(before["total"], int) and many["total"] < before["total"]
    with holdings.reading("zhi") as db, pytest.raises(NotHeldError):
        pages.search_page(db, "zhi", "灌溉渠", place="nowhere")
