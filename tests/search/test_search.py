"""What a reader expects of a search."""

from __future__ import annotations

import pytest

from mirror.cli.search import _years
from mirror.errors import UsageError
from mirror.frontier.scope import Scope
from mirror.search import Filters
from mirror.search.find import MOST_WEIGHED
from mirror.search.query import All, is_as_written, parse
from tests.search.shelf import Shelf, Shelved, shelf


@pytest.mark.parametrize("query", ["沂水县", "沂水縣", "沂 水 县", "“沂　水　縣”", '"沂水\n县"'])
@pytest.mark.parametrize(
    "text", ["在沂水县城", "在沂水縣城", "在沂 水 县城", "在沂　水　县城", "在沂水\n县城", "在沂\u200b水县城"]
)
def test_script_and_blanks_do_not_matter(query: str, text: str) -> None:
    with shelf() as books:
        books.put(1, Shelved("", text))
        books.put(2, Shelved("", "在沂源县城"))
        books.index()
        assert books.ids(query) == {"ch9/1/1"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ＧＤＰ", {1}),
        ("gdp", {1}),
        ("(GDP)", {1}),
        ("98", {1, 2}),
        ("一九八六―二○○五", {3}),
        ("一九八六—二〇〇五", {3}),
        ("重建 墓碑", {2}),
        ("重建 OR GDP", {1, 2}),
        ("1986 NOT 墓碑", {1}),
        ("(墓碑 OR GDP) 1986", {1, 2}),
        ("（墓碑 OR GDP） NOT (重建 县志)", {1, 2}),
        ("重建 NEAR/3 墓碑", {2}),
        ("墓碑 NEAR 重建", {2}),
        ("墓碑 NEAR/2 1986", set()),
        ("建 NEAR/3 碑", {2}),
        ('"重建 墓碑"', set()),
        ("合计", {3}),
        ("概况", {3}),
        ("1986 AND NOT 墓碑", {1}),
        ("1986　ＮＯＴ　墓碑", {1}),
        ("重建 ＮＥＡＲ／３ 墓碑 ＯＲ GDP", {1, 2}),
        ("(墓碑 OR 碣) NEAR/3 (重修 OR 重建)", {2}),
        ("(墓碑 OR 碣) NEAR/2 (1986 OR 1987)", set()),
        ("（墓碑 OR 碣）清代", {2}),
        ("清代（墓碑 OR 碣）NOT 城北", set()),
        ("(国内生产总值)为", {1}),
        ('"(国内生产总值)为"', {1}),
        ("二零零五", {3}),
        ('"二零零五"', set()),
        ("（一九八六——二零〇五）", {3}),
        ("碑" + " NOT 木" * 2000, {2}),
        (" OR ".join(f"碑{one}" for one in range(2000)) + " OR 墓碑", {2}),
        ("(" * 3000 + "墓碑", set()),
        ("墓碑" * 5000, set()),
    ],
    ids=lambda one: one[:40] if isinstance(one, str) else None,
)
def test_the_language(query: str, expected: set[int]) -> None:
    with shelf() as books:
        books.put(1, Shelved("经济", "1986年GDP(国内生产总值)为3.2亿元"))
        books.put(2, Shelved("文物", "1986年秋于城北重建清代墓碑"))
        books.put(3, Shelved("县志（一九八六——二○○五）", "一九八六—二〇〇五", cells=("合 计", "12"), item="无"))
        assert books.ids(query) == {f"ch9/1/{rec}" for rec in expected}
        books.index()
        assert books.ids(query) == {f"ch9/1/{rec}" for rec in expected}


@pytest.mark.parametrize(
    ("query", "as_written"),
    [
        *(
            (query, True)
            for query in ("NOT 碑", "碑 OR", "碑 NEAR/5", "OR 碑", "AND", "(碑 石) NEAR 碣", "碑 OR NOT 碣")
        ),
        *((query, False) for query in ("碑", "碑 OR 碣", "((碑", "(一)概述", '"碑 OR"', "碑 or 碣", "OR碑")),
    ],
)
def test_whoever_asks_is_told_what_makes_no_query(query: str, as_written: bool) -> None:
    assert is_as_written(query) == as_written


def test_a_near_has_each_word_of_one_bracket_beside_each_of_the_other() -> None:
    assert parse("(碑 OR 碣) NEAR/20 重修") == parse("(碑 NEAR/20 重修) OR (碣 NEAR/20 重修)")
    many = " OR ".join(f"{one:02}" for one in range(15))
    assert isinstance(parse(f"({many}) NEAR ({many})"), All)  # as written


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1942", (1942, 1942)),
        ("1937—1945", (1937, 1945)),
        ("-209", (-209, -209)),
        ("民国三十一年", (1942, 1942)),
        ("一九四二", (1942, 1942)),
        ("清光绪十年", (1884, 1884)),
    ],
)
def test_years_as_they_are_written(text: str, years: tuple[int, int]) -> None:
    assert _years(text) == years


@pytest.mark.parametrize("text", ["", "某年", "1942年和1950年", "20000"])
def test_what_is_no_year(text: str) -> None:
    with pytest.raises(UsageError, match="write a year or two"):
        _years(text)


@pytest.mark.parametrize("query", ["", " ", "　", "\u200b", "\n"])
def test_nothing_is_no_query(query: str) -> None:
    with pytest.raises(UsageError, match="nothing to search for"):
        parse(query)


def test_titles_come_first_the_closest_before_the_rest() -> None:
    with shelf() as books:
        books.put(1, Shelved("农业", "碑碑碑碑碑"))
        books.put(2, Shelved("墓碑与碑刻", ""))
        books.put(3, Shelved("碑", "无"))
        books.put(4, Shelved("碑刻", "无"))
        books.put(5, Shelved("林业", "一块碑，" + "别的" * 50))
        books.index()
        assert [hit.rec for hit in books.find("碑").hits] == [3, 4, 2, 1, 5]
        assert [hit.rec for hit in books.find("碑", limit=2, offset=3).hits] == [1, 5]


@pytest.mark.parametrize("most_read", [0, 100])
def test_more_finds_come_before_fewer_and_short_texts_before_long(
    most_read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirror.search.find.MOST_READ", most_read)
    with shelf() as books:
        for rec, text in enumerate(
            ("碑刻" + "别" * 900, "碑刻" * 9 + "别" * 50, "碑刻" + "别" * 50, "碑刻别碑刻"), 1
        ):
            books.put(rec, Shelved("", text))
        for rec in range(5, 40):
            books.put(rec, Shelved("", "别" * 100))
        books.index()
        assert [hit.rec for hit in books.find("碑刻").hits] == [2, 4, 3, 1]
        for query in ("碑", "碑 刻"):
            assert [hit.rec for hit in books.find(query).hits] == ([2, 4, 3, 1] if most_read else [1, 2, 3, 4])


def test_the_newest_text_counts_and_the_newest_title() -> None:
    with shelf() as books:
        books.put(1, Shelved("旧题", "旧文"))
        books.put(2, Shelved("他题", "他文"))
        books.list_titles(["旧题", "他题"])
        books.index()
        books.put(1, Shelved("旧题", "新文"))
        for _ in range(2):
            assert (books.ids("旧文"), books.ids("新文"), books.ids("旧题")) == (set(), {"ch9/1/1"}, {"ch9/1/1"})
            assert books.find("新文").hits[0].snippet.text == "新文"
            books.index()
        books.list_titles(["改题", "他题"])
        assert books.find("改题").unindexed == 1
        for _ in range(2):
            assert (books.ids("旧题"), books.ids("改题"), books.ids("他题")) == (set(), {"ch9/1/1"}, {"ch9/1/2"})
            books.index()
        books.put(1, Shelved("旧题", "旧文"))
        books.index()
        assert (books.ids("旧文"), books.ids("新文")) == ({"ch9/1/1"}, set())


def test_an_index_without_content_forgets_what_it_is_told_to() -> None:
    with shelf() as books:
        for turn in range(8):
            for rec in range(1, 40):
                books.put(rec, Shelved(f"题{turn}", f"第{turn}轮之文{rec}"))
            books.index()
        for table in ("search_text", "search_title", "search_character"):
            books.database.connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        characters_are_counted(books)
        assert books.find("轮之文").total == 39
        assert not books.ids("第3轮")


def characters_are_counted(books: Shelf) -> None:
    """The counts of characters by block are those of their index, and none is of no entry."""
    db = books.database.connection
    db.execute("CREATE VIRTUAL TABLE temp.instances USING fts5vocab (main, search_character, instance)")
    counted = "SELECT doc >> 10, term, count(*) FROM temp.instances GROUP BY 1, 2 ORDER BY 1, 2"
    assert db.execute(counted).fetchall() == db.execute("SELECT * FROM search_count ORDER BY 1, 2").fetchall()
    db.execute("DROP TABLE temp.instances")


@pytest.mark.parametrize("query", ["碑", "碑刻", "碑 NOT 石", "碑 刻"])
@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters([Scope("ch9")]), Filters([Scope("ch9", 2), Scope("c87")]), Filters(years=(1942, 1942))],
)
def test_many_hits_are_counted_as_few_are(query: str, filters: Filters, monkeypatch: pytest.MonkeyPatch) -> None:
    with shelf() as books:
        for library, book, rec, text in (
            *(("ch9", 1, rec, "1942年立碑刻石") for rec in range(1, 30)),
            *(("ch9", 2, 1024 * rec, "碑刻") for rec in range(1, 7)),
            *(("c87", 1, rec, "刻1942年碑") for rec in range(1, 9)),
        ):
            books.put(rec, Shelved("", text), library, book)
        for _ in range(3):
            few = books.find(query, filters, facets=True)
            with monkeypatch.context() as changed:
                changed.setattr("mirror.search.find.MOST_WEIGHED", 3)
                many = books.find(query, filters, facets=True)
                assert many.total == books.find(query, filters).total == few.total
            assert (many.libraries, many.books) == (few.libraries, few.books)
            books.index()
            characters_are_counted(books)
            books.put(1, Shelved("", "无"), "c87")


def test_many_pieces_of_the_index_become_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirror.search.index.MOST_PIECES", 4)
    monkeypatch.setattr("mirror.search.index._MERGE", 1)
    with shelf() as books:
        db = books.database.connection
        for turn in range(1, 40):
            for rec in range(turn * 5, turn * 5 + 5):
                books.put(rec, Shelved(f"题{turn}", f"第{turn}轮之文{rec}"))
            books.index()
            (pieces,) = db.execute("SELECT count(DISTINCT segid) FROM search_text_idx").fetchone()
            assert pieces <= 4 + 1
        db.execute("INSERT INTO search_text (search_text) VALUES ('integrity-check')")
        assert books.find("轮之文").total == 39 * 5
        assert books.find("第7轮").total == 5


def test_filters_and_counts() -> None:
    with shelf() as books:
        for book in (1, 2, 3):
            for rec in (1, 1023, 1024, 5000, 1 << 40):
                books.put(rec, Shelved("", "碑" if book < 3 else "无碑之石"), book=book)
        books.put(1, Shelved("", "碑"), library="c87")
        for _ in range(2):
            found = books.find("碑", facets=True)
            assert found.total == 16
            assert [(one.value, one.count) for one in found.libraries] == [("ch9", 15), ("c87", 1)]
            assert [(one.value, one.count) for one in found.books] == [
                ("ch9/1", 5), ("ch9/2", 5), ("ch9/3", 5), ("c87/1", 1),
            ]  # fmt: skip
            assert books.ids("碑", Filters([Scope("c87")])) == {"c87/1/1"}
            assert len(books.ids("碑", Filters([Scope("ch9", 3), Scope("c87")]))) == 6
            assert books.ids("碑", Filters([Scope("ch9", 2, 5000)])) == {"ch9/2/5000"}
            assert books.ids("碑", Filters([Scope("ch9", 2, 4)])) == set()
            books.index()


def test_more_hits_than_are_weighed_come_in_the_order_of_their_books(monkeypatch: pytest.MonkeyPatch) -> None:
    with shelf() as books:
        for library, book, rec in (("ch9", 2, 7), ("c87", 1, 9), ("ch9", 1, 3), ("c87", 1, 2)):
            books.put(rec, Shelved("", f"碑刻{rec}"), library, book)
            books.index()
        books.put(4, Shelved("碑刻", ""), "ch9", 2)
        books.index()
        assert MOST_WEIGHED > 5
        monkeypatch.setattr("mirror.search.find.MOST_WEIGHED", 3)
        ordered = ["ch9/2/4", "c87/1/2", "c87/1/9", "ch9/1/3", "ch9/2/7"]
        assert [hit.id for hit in books.find("碑刻").hits] == ordered
        pages = [books.find("碑刻", limit=2, offset=at).hits for at in (0, 2, 4)]
        assert [hit.id for page in pages for hit in page] == ordered


def marked(books: Shelf, query: str) -> tuple[str, list[str]]:
    piece = books.find(query).hits[0].snippet
    return piece.text, [piece.text[start:end] for start, end in piece.marks]


def test_snippets_show_and_mark_what_was_found() -> None:
    with shelf() as books:
        books.put(1, Shelved("概 述", "前" * 300 + "沂 水 縣之碑\n┃重建┃" + "后" * 300, cells=("合 计",)))
        books.index()
        text, found = marked(books, "沂水县 碑")
        assert text.startswith("…前") and text.endswith("后…") and found == ["沂 水 縣", "碑"]
        assert "┃" not in text and "\n" not in text
        assert marked(books, "合计") == ("合 计", ["合 计"])
        hit = books.find("概述").hits[0]
        assert (hit.title, hit.title_marks) == ("概 述", ((0, 3),))
        assert hit.snippet.text.startswith("前前") and not hit.snippet.marks


def test_a_query_of_many_words_is_marked_in_little_time() -> None:
    text = "".join(chr(0x4E00 + one) for one in range(4000))
    with shelf() as books:
        books.put(1, Shelved("", text))
        books.index()
        hit = books.find(" ".join(text[at : at + 2] for at in range(0, 4000, 2))).hits[0]
        assert len(hit.snippet.marks) > 20


def test_years_and_places() -> None:
    with shelf() as books:
        with books.database.transaction() as db:
            db.execute("INSERT INTO library VALUES ('ch9', '东明县情资料库')")
            db.execute("INSERT INTO library VALUES ('bg', '临沂市情资料库')")
            db.execute("INSERT INTO book (library, number, title) VALUES ('ch9', 1, '东明县志（1986--2005）')")
        books.put(1, Shelved("灾异", "民国三十一年大旱；1958—1960年亦旱"))
        books.put(2, Shelved("一九四三年", "旱，时称旱灾"))
        books.put(3, Shelved("灾害", "旱灾。沂水县来人赈济"))
        books.put(1, Shelved("水利", "旱情"), library="bg")
        expected = [
            (Filters(years=(1942, 1942)), {"ch9/1/1"}),
            (Filters(years=(1959, 1959)), {"ch9/1/1"}),
            (Filters(years=(1940, 1950)), {"ch9/1/1", "ch9/1/2"}),
            (Filters(years=(1999, 1999)), {"ch9/1/3"}),
            (Filters(place="沂水县"), {"ch9/1/3"}),
            (Filters(place="东明县"), {"ch9/1/1", "ch9/1/2", "ch9/1/3"}),
            (Filters(place="临沂市"), {"ch9/1/3", "bg/1/1"}),
            (Filters(place="371700"), {"ch9/1/1", "ch9/1/2", "ch9/1/3"}),
            (Filters([Scope("ch9")], (1986, 2005), "临沂市"), {"ch9/1/3"}),
        ]
        for _ in range(2):
            for filters, ids in expected:
                assert books.ids("旱", filters) == ids
            found = books.find("旱", facets=True)
            assert {one.value: one.count for one in found.places} == {"东明县": 3, "沂水县": 1, "临沂市": 1}
            assert [(one.value, one.count) for one in found.decades][:4] == [
                ("1940", 2), ("1950", 1), ("1960", 1), ("1980", 1),
            ]  # fmt: skip
            books.index()
        with books.database.transaction() as db:
            db.execute("UPDATE book SET title = '东明县志（1840—1985）' WHERE library = 'ch9'")
        for _ in range(2):
            assert books.ids("旱", Filters(years=(1999, 1999))) == set()
            assert books.ids("旱", Filters(years=(1900, 1900))) == {"ch9/1/3"}
            books.index()
        for filters in (Filters(place="蓬莱仙岛"), Filters(years=(2000, 1990))):
            with pytest.raises(UsageError):
                books.find("旱", filters)
