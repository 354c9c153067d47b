"""`mirror quality`: what the store knows of its texts, counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

from mirror.extraction.entry import assemble
from mirror.extraction.page import Charset, Entry
from mirror.imitation import Corpus, ImitationServer
from mirror.store import widths
from mirror.store.database import Database
from mirror.store.entries import save_entry
from mirror.store.quality import SAMPLES, quality
from tests.extraction.prose import SENTENCES, cut_hanging
from tests.home import Home

WHOLE = "    " + "".join(SENTENCES)


def test_counts(tmp_path: Path) -> None:
    database = Database(tmp_path / "m.db")
    texts = [
        "\n".join(cut_hanging(WHOLE, 74)),
        "",
        "  短",
        "  短",
        "    〓□二字不清。\n" + WHOLE[:20],
        "\ue000海塘" * 12,
    ]
    for rec, raw in enumerate(texts, 1):
        charset = Charset("gb2312", "gb18030", rec == 1, raw.count("\ue000"))
        with database.transaction() as db:
            save_entry(db, Entry("ch9", 1, rec, None, None, None, assemble(raw), charset), 1, "2026-01-01T00:00:00Z")
    widths.settle(database)
    (book,) = quality(database.connection)
    lines = len(cut_hanging(WHOLE, 74))
    assert (book.entries, book.lines, book.joined) == (6, lines + 5, lines - 1)
    assert [width.columns for width in book.widths] == [74]
    assert book.doubts == {
        "duplicate": 2,
        "short": 2,
        "empty": 1,
        "undecodable": 1,
        "private-use": 1,
        "marks": 1,
    } | {flag: count for flag, count in book.doubts.items() if flag in ("no-width", "width-of-book")}
    assert book.samples["duplicate"] == [3, 4]
    assert (book.undecodable, book.private_use, book.marks) == (1, 12, 2)


def test_the_command(home: Home) -> None:
    corpus = Corpus(80)
    with ImitationServer(corpus, "mse") as server:
        home.init(server)
        home.crawl()
    books = json.loads(home.mirror("quality", "t", "--json").stdout)
    expected = sorted((one.library, one.number) for code, _ in corpus.libraries() for one in corpus.books(code))
    assert [(book["library"], book["number"]) for book in books] == expected
    assert sum(book["entries"] for book in books) == sum(1 for _ in corpus.entries())
    assert all(book["joined_share"] > 0.5 for book in books)
    empty = {
        f"{book.place}/{heading.rec}"
        for book, heading in corpus.entries()
        if not "".join(corpus.lines(book, heading)).strip()
    }
    assert sum(book["doubts"].get("empty", 0) for book in books) == len(empty)
    for book in books:
        assert [width["columns"] for width in book["widths"]] == [corpus.book(book["library"], book["number"]).width]  # type: ignore[union-attr]
        for doubt, samples in book["samples"].items():
            assert 0 < len(samples) <= min(SAMPLES, book["doubts"][doubt])
    one = books[0]
    said = home.mirror("quality", "t", "--scope", f"{one['library']}/{one['number']}").stdout
    assert f"{one['library']}/{one['number']}  {one['title']}" in said
    assert "无正文 without text" in said
