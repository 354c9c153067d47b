"""Short entries borrow the width of their book, whatever the order in which entries came."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mirror.extraction.entry import assemble
from mirror.extraction.page import Charset, Entry
from mirror.imitation import Corpus, ImitationServer
from mirror.search import index
from mirror.store import widths
from mirror.store.database import Database
from mirror.store.entries import save_entry
from tests.extraction.prose import SENTENCES, cut_hanging, cut_hard
from tests.home import Home

GBK = Charset("gb2312", "gb18030", 0, 0)
SHORT = "    海塘长十二里，以条石砌成，岁有修葺，至今犹存；塘外沙田数百顷，民赖其利。"


def texts() -> list[tuple[int, str]]:
    """Entries of a book of two widths, half of them too short to show theirs; and of a book of another."""
    found = []
    for rec in range(1, 41):
        width, rule = ((50, cut_hanging), (60, cut_hard))[rec % 4 == 0]
        text = SHORT if rec % 2 else "    " + "".join(SENTENCES[rec % 5 :])
        found.append((rec, "\n".join(rule(text, width))))
    return found


def store(path: Path, order: list[tuple[int, str]], settle_after: set[int]) -> Database:
    database = Database(path)
    for at, (rec, raw) in enumerate(order):
        entry = Entry("ch9", 1, rec, None, None, None, assemble(raw), GBK)
        with database.transaction() as db:
            save_entry(db, entry, 1, "2026-01-01T00:00:00Z")
        if at in settle_after:
            widths.settle(database)
    widths.settle(database)
    return database


def told(database: Database) -> list[tuple[object, ...]]:
    return database.connection.execute(
        "SELECT e.rec, v.text, v.text_digest, v.width, v.flags FROM version AS v JOIN entry AS e ON e.id = v.entry "
        "ORDER BY e.rec"
    ).fetchall()


@pytest.mark.parametrize("seed", range(6))
def test_any_order_gives_the_same_text(tmp_path: Path, seed: int) -> None:
    order = texts()
    first = told(store(tmp_path / "first.db", order, set()))
    random.Random(seed).shuffle(order)
    moments = set(random.Random(seed).sample(range(40), seed))
    database = store(tmp_path / "second.db", order, moments)
    assert told(database) == first
    assert [one.columns for one in widths.widths_of(database.connection, "ch9", 1)] == [60, 50]
    assert all(row[1] == SHORT for row in first if int(str(row[0])) % 2)
    assert widths.settle(database) == 0


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("塘工如下：\n王学刚│李明\n张三│赵四", "table-unread"),
        ("名称  地点      年份\n海塘        东乡  1981\n水闸  西乡  1982", "columns-unread"),
    ],
)
def test_what_was_said_of_tables_is_still_said_when_a_text_is_read_again(
    tmp_path: Path, text: str, flag: str
) -> None:
    database = store(tmp_path / "m.db", [*texts(), (41, text)], {41})
    (said,) = [row[4] for row in told(database) if row[0] == 41]
    assert flag in str(said)


def terms(database: Database) -> list[tuple[object, ...]]:
    """Every term of the search index, in how many entries and how often it stands."""
    db = database.connection
    found = []
    for table in ("search_text", "search_title", "search_character"):
        db.execute(f"CREATE VIRTUAL TABLE temp.{table}_terms USING fts5vocab(main, {table}, row)")
        found += db.execute(f"SELECT '{table}', term, doc, cnt FROM temp.{table}_terms").fetchall()
    return found


def test_a_text_read_again_is_indexed_as_it_is_now(tmp_path: Path) -> None:
    early, late = Database(tmp_path / "early.db"), Database(tmp_path / "late.db")
    for database in (early, late):
        for rec, text in ((1, SHORT), (2, "    " + "".join(SENTENCES))):
            raw = "\n".join(cut_hanging(text, 50))
            with database.transaction() as db:
                save_entry(db, Entry("ch9", 1, rec, None, None, None, assemble(raw), GBK), 1, "2026-01-01T00:00:00Z")
    index.catch_up(early)
    assert widths.settle(early) == widths.settle(late) == 1
    assert index.waiting(early.connection) == 1
    index.catch_up(early)
    index.catch_up(late)
    assert terms(early) == terms(late)


def test_a_rewrapped_text_is_another_version_with_the_same_text(tmp_path: Path) -> None:
    whole = "    " + "".join(SENTENCES)
    order = [(1, "\n".join(cut_hanging(whole, 50))), (1, "\n".join(cut_hard(whole, 60)))]
    database = store(tmp_path / "m.db", order, set())
    assert [row[1] for row in told(database)] == [whole, whole]
    assert len({row[2] for row in told(database)}) == 1


def test_a_crawl_and_its_rebuild_read_alike_and_every_choice_is_told(home: Home) -> None:
    corpus = Corpus(120)
    with ImitationServer(corpus, "mse") as server:
        home.init(server)
        home.crawl("--limit", "40", code=3)
        home.crawl(concurrency=2)
    before = home.entries()
    home.mirror("rebuild", "t")
    assert home.entries() == before
    entry = max(before.values(), key=lambda one: len(one["text"]))
    told_lines = home.mirror("show", "t", entry["id"], "--explain").stdout
    book = corpus.book(entry["library"]["code"], entry["book"]["number"])
    assert book is not None
    assert f"本条所用 width used: {book.width} " in told_lines
    assert "widths of the book: " + str(book.width) in told_lines
    assert "接 joined: 上行已满" in told_lines
