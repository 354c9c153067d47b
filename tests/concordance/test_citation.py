"""A footnote of any make finds its entry, in a collection of either source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.concordance.citation import find_entry
from mirror.errors import UsageError
from mirror.extraction.page import Contents, Heading
from mirror.frontier.scope import Scope
from mirror.store.database import Database
from mirror.store.entries import save_contents, save_libraries
from warc.surt import surt

OLD = "http://lib.sdsqw.cn/bin/mse.exe"
NEW = "https://shandong-chorography.org/database"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("citation") / "mirror.db")
    with database.transaction() as connection:
        save_libraries(connection, [])
        for book in (1, 3):
            codes = ["CH91", "CH96", "CH9612", "CH9A"] if book == 3 else ["CH91", "CH9N"]
            headings = tuple(Heading(rec, f"题{rec}", code, 0, ()) for rec, code in enumerate(codes, 1))
            save_contents(connection, Contents("ch9", book, headings), "2026-01-01T00:00:00Z")
    yield database
    database.close()


CITATIONS = [
    "ch9/3/12",
    "CH9/3/12",
    "ch9/3/12/",
    f"{OLD}?K=CH9&A=3&rec=12&run=13",
    f"{OLD}?k=ch9&rec=12&a=3&RUN=13",
    f"{OLD}?seachword=&K=ch9&A=3&rec=12&run=13",
    f"{OLD}?COLLCC=4108678863&K=CH91&A=3&rec=12&run=13",
    f"{OLD}?COLLCC=4108678863&COLLCC=865063344&&K=CH9&A=3&rec=12&run=13&",
    f"{OLD}?&K=CH9&A=3&rec=12&run=13#0",
    f"{OLD}?K=CH9&A=3&rec=12",
    "lib.sdsqw.cn/bin/MSE.EXE?K=CH9&amp;A=3&amp;rec=12&amp;run=13",
    "mse.exe?K=CH9612&A=3&rec=12&run=13",
    "K=CH9&A=3&rec=12&run=13",
    "?K=CH9&A=3&rec=12",
    f"https://web.archive.org/web/2019/{OLD}?K=CH9&A=3&rec=12&run=13",
    f"https://example.org/?url={quote(OLD + '?K=CH9&A=3&rec=12&run=13', safe='')}",
    "javascript:sf(3,12,'CH9612')",
    'javascript: sf( 3 , 12 , "ch91" );',
    "<A HREF=javascript:sf(3,12,'CH91') NAME='CH91'>",
    f"{NEW}/ch9/section/3/article/12/",
    f"{NEW}/ch9/section/3/article/12",
    f"{NEW}/CH9/section/3/article/12/?from=list#text",
    "http://www.shandong-chorography.org/database/ch9/section/3/article/12/",
    "shandong-chorography.org/database/ch9/section/3/article/12",
    "database/ch9/section/3/article/12/",
    f"（见 {NEW}/ch9/section/3/article/12/）。",
    surt(f"{OLD}?K=CH9&A=3&rec=12&run=13"),
    surt(f"{NEW}/ch9/section/3/article/12/"),
    "http://(cn,sdsqw,lib,)/bin/mse.exe?a=3&k=ch9&rec=12&run=13",
    f"{surt(OLD + '?K=CH9&A=3&rec=12&run=13')} 20211015000000",
]


@pytest.mark.parametrize("text", CITATIONS)
def test_every_spelling_names_the_same_entry(db: Database, text: str) -> None:
    assert find_entry(db.connection, text) == Scope("ch9", 3, 12)


@pytest.mark.parametrize(
    ("text", "rec"),
    [("ch9/3/CH9612", 3), ("3/ch9612", 3), ("CH9612", 3), ("ch9/3/CH91", 1), ("“CH9A”", 4)],
)
def test_a_code_names_the_entry_that_has_it(db: Database, text: str, rec: int) -> None:
    assert find_entry(db.connection, text) == Scope("ch9", 3, rec)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CH91", "a code of 2 entries (ch9/1/1, ch9/3/1)"),
        ("CH9ZZ", "none of this collection has that code"),
        (f"{OLD}?K=CH9&A=3&rec=1&run=12", "names a book's list"),
        ("javascript:listk('ch9','3')", "names a book's list"),
        (f"{NEW}/ch9/section/3/", "names a book's list"),
        (f"{OLD}?K=CH9&A=0&rec=1&run=13", "not an entry"),
        ("https://example.org/", "not an entry"),
        ("沂水县志", "not an entry"),
        ("", "not an entry"),
    ],
)
def test_what_names_no_entry_or_several_is_told(db: Database, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        find_entry(db.connection, text)
    assert says in str(error.value)


def test_a_library_of_the_collection_goes_before_a_guess(tmp_path: Path) -> None:
    database = Database(tmp_path / "mirror.db")
    with database.transaction() as db:
        save_contents(db, Contents("qq7", 2, (Heading(5, "题", None, 0, ()),)), "2026-01-01T00:00:00Z")
    assert find_entry(database.connection, f"{OLD}?K=QQ71A&A=2&rec=5&run=13") == Scope("qq7", 2, 5)
    database.close()


@given(st.text(max_size=80))
def test_nothing_typed_breaks_it(db: Database, text: str) -> None:
    try:
        found = find_entry(db.connection, text)
    except UsageError:
        return
    assert found.rec


@given(
    st.permutations(["K=CH9", "A=3", "rec=12", "run=13", "COLLCC=1", "COLLCC=2", "", "seachword=%u6CC2"]),
    st.booleans(),
)
def test_the_order_of_arguments_does_not_matter(db: Database, parts: list[str], lower: bool) -> None:
    query = "&".join(part.lower() if lower else part for part in parts)
    assert find_entry(db.connection, f"{OLD}?{query}") == Scope("ch9", 3, 12)
