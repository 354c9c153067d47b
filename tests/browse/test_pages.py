"""Every page shows what the collection holds, in both languages and as JSON, and changes nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from mirror.browse.addresses import Addresses
from mirror.browse.comparing import side_by_side
from mirror.collection import Collection
from mirror.extraction.flags import FLAG_WORDS
from tests.browse.conftest import CORPUS
from tests.browse.serving import Served, serving
from tests.home import Home


def test_every_page_is_there_in_both_languages(served: Served, every_path: list[str]) -> None:
    for path in every_path:
        chinese, english = served.get(path), served.get("/en" + path)
        assert chinese.status == english.status in (200, 404), path
        assert '<html lang="zh-Hans">' in chinese.text and '<html lang="en">' in english.text
        assert f'href="/en{path}" hreflang="en"' in chinese.text
        assert f'href="{path}" hreflang="zh-Hans"' in english.text
        assert "{% " not in chinese.text and "None" not in chinese.text, path


def test_json_of_an_entry_is_what_the_export_says(served: Served, held: Home) -> None:
    for place, entry in held.entries("zhi").items():
        shown = served.facts(f"/c/zhi/{place}")["entry"]
        assert {**shown, "path": entry["path"]} == entry
        assert json.loads(served.page(f"/c/zhi/{place}.entry.json")) == entry


def test_every_character_of_a_text_is_on_its_page(served: Served, held: Home) -> None:
    for place, entry in held.entries("zhi").items():
        page = html.fromstring(served.page(f"/c/zhi/{place}"))
        shown = "".join(page.find_class("reading")[0].itertext())
        for line in entry["text"].splitlines():
            for cell in line.replace("┃", "│").split("│"):
                if not set(cell) & set("━┯┓┏┠─┼┨┗┷┛"):
                    assert cell.strip(" \u3000") in shown, place
        assert page.find_class("raw")[0][0].text_content() == entry["raw_text"].rstrip("\n") or (
            page.find_class("raw")[0][0].text_content() == entry["raw_text"]
        )


def test_tables_are_tables_and_csv(served: Served, held: Home) -> None:
    found = 0
    for place, entry in held.entries("zhi").items():
        for number, table in enumerate(entry["tables"], 1):
            body = served.page(f"/c/zhi/{place}.{number}.csv")
            assert list(csv.reader(io.StringIO(body.removeprefix("\ufeff")))) == table["rows"]
            found += 1
        assert served.page(f"/c/zhi/{place}").count("<figure id=") == len(entry["tables"])
        assert served.get(f"/c/zhi/{place}.{len(entry['tables']) + 1}.csv").status == 404
    assert found > 5


def test_reading_on_goes_through_the_whole_book(served: Served) -> None:
    for book in CORPUS.at(1).books("ch9"):
        headings = served.facts(f"/c/zhi/ch9/{book.number}")["headings"]
        assert [(heading["rec"], heading["title"]) for heading in headings] == [
            (heading.rec, heading.title) for heading in CORPUS.at(1).headings(book)
        ]
        rec, walked = headings[0]["rec"], []
        while rec is not None:
            walked.append(rec)
            following = served.facts(f"/c/zhi/ch9/{book.number}/{rec}")["next"]
            rec = following and following["rec"]
        assert walked == [heading["rec"] for heading in headings]


def test_an_old_text_keeps_its_address(served: Served, changed: str, held: Home) -> None:
    first, last = served.facts(f"/history/zhi/{changed}")["versions"][:2]
    then = served.facts(f"/c/zhi/{changed}@{first['at']}")
    now = served.facts(f"/c/zhi/{changed}")
    assert then["entry"]["text_digest"] == first["text_digest"] != now["entry"]["text_digest"]
    assert now["entry"]["text_digest"] == last["text_digest"] and now["is_newest"] and not then["is_newest"]
    shown = json.loads(held.mirror("show", "zhi", changed, "--at", first["last_seen"], "--json").stdout)
    assert shown["text"] == then["entry"]["text"]
    year = first["at"][:4]
    assert served.facts(f"/c/zhi/{changed}@{year}")["entry"]["text_digest"] == last["text_digest"]
    for odd in ("99999999", "20261301", "2026022", "00000000000000"):
        assert served.get(f"/c/zhi/{changed}@{odd}").status in (200, 404)


def test_coverage_is_what_status_says(served: Served, held: Home) -> None:
    for name in ("zhi", "old"):
        stated, shown = held.coverage(name), served.facts(f"/coverage/{name}")
        assert shown["complete"] is stated["complete"]
        books = [(library, book) for library in stated["libraries"] for book in library["books"]]
        assert [
            (library["code"], book["number"], book["expected"], book["captured"], book["missing"])
            for library in shown["libraries"]
            for book in library["books"]
        ] == [
            (library["code"], book["number"], book["expected"], book["captured"], len(book["missing"]))
            for library, book in books
        ]
        for library, book in books:
            if book["expected"] is not None:
                page = served.facts(f"/c/{name}/{library['code']}/{book['number']}")
                assert page["missing"] == book["missing"]
    assert "尚不完整" in served.page("/coverage/old") and "尚不完整" not in served.page("/coverage/zhi")


def test_a_missing_entry_says_so(served: Served) -> None:
    library = next(each for each in served.facts("/coverage/old")["libraries"] if each["missing"])
    book = next(each for each in library["books"] if each["missing"])
    rec = served.facts(f"/c/old/{library['code']}/{book['number']}")["missing"][0]
    answer = served.get(f"/c/old/{library['code']}/{book['number']}/{rec}")
    assert answer.status == 404 and "尚未存得" in answer.text and "mirror crawl old --scope" in answer.text


def test_memento(served: Served, changed: str) -> None:
    entry = served.get(f"/c/zhi/{changed}")
    assert 'rel="timegate"' in entry.headers["Link"] and "Memento-Datetime" not in entry.headers
    lines = served.page(f"/timemap/zhi/{changed}").splitlines()
    mementos = [line for line in lines if "memento" in line]
    assert len(mementos) == 2 and 'rel="first memento"' in mementos[0] and 'rel="last memento"' in mementos[1]
    original = served.facts(f"/c/zhi/{changed}")["entry"]["capture"]["url"]
    for asked in (f"/timegate/zhi/{changed}", f"/timegate/zhi/{original}"):
        first = served.get(asked, Accept_Datetime="Thu, 01 Jan 1998 00:00:00 GMT")
        newest = served.get(asked)
        assert first.status == newest.status == 302 and first.headers["Location"] != newest.headers["Location"]
        memento = served.get(first.headers["Location"])
        assert memento.headers["Memento-Datetime"] in mementos[0] and memento.status == 200
    assert served.get(f"/timegate/zhi/{changed}", Accept_Datetime="yesterday").status == 400


def test_caching(served: Served, changed: str) -> None:
    first = served.get(f"/c/zhi/{changed}")
    again = served.get(f"/c/zhi/{changed}", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    english = served.get(f"/en/c/zhi/{changed}", If_None_Match=first.headers["ETag"])
    assert english.status == 200
    packed = served.get(f"/c/zhi/{changed}", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(first.body) / 2


def test_pages_link_only_to_what_is_there(served: Served) -> None:
    seen, waiting = set[str](), ["/", "/en/"]
    while waiting and len(seen) < 1500:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = served.get(path)
        absent = "/c/old/" in path and answer.status == 404
        assert answer.status == 200 or absent, f"{path}: {answer.status}"
        if answer.headers["Content-Type"].startswith("text/html"):
            for link in html.fromstring(answer.text).iter("a", "link"):
                target = link.get("href", "").partition("#")[0]
                if target.startswith("/") and not target.startswith(
                    ("/record/", "/raw/", "/compare/", "/en/compare/")
                ):
                    waiting.append(target)
    assert len(seen) > 400


def test_reading_changes_nothing(copied: Home) -> None:
    def files() -> dict[Path, tuple[int, int]]:
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_size)
            for path in copied.path.rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm"))
        }

    before = files()
    with serving(copied.path) as served:
        for path in ("/", "/c/zhi/", "/c/zhi/ch9/1/", "/c/zhi/ch9/1/1", "/coverage/zhi", "/metrics"):
            served.page(path)
    assert files() == before


def test_readers_do_not_wait_for_a_crawl(copied: Home) -> None:
    database = sqlite3.connect(copied.path / "collections" / "zhi" / "mirror.db", isolation_level=None)
    with serving(copied.path) as served:
        served.page("/c/zhi/ch9/1/1")
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE book SET title = '改了' WHERE library = 'ch9' AND number = 1")
        assert "改了" not in served.page("/c/zhi/ch9/1/")
        database.execute("COMMIT")
        assert "改了" in served.page("/c/zhi/ch9/1/")
    database.close()


def test_a_collection_that_cannot_be_read_hides_no_other(copied: Home) -> None:
    with closing(sqlite3.connect(copied.path / "collections/old/mirror.db")) as database:
        database.execute("PRAGMA user_version = 1")
    with serving(copied.path) as served:
        old, zhi = served.facts("/index")["collections"]
        assert "mirror rebuild old" in old["problem"]
        assert zhi["captured"] and "problem" not in zhi
        assert "mirror rebuild old" in served.page("/")
        assert served.get("/openapi.json").status == 200


def test_a_read_only_home_can_be_read(copied: Home) -> None:
    for path in sorted(copied.path.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with serving(copied.path) as served:
            assert served.facts("/c/zhi/ch9/1/1")["entry"]["id"] == "ch9/1/1"
    finally:
        for path in [copied.path, *copied.path.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_figures_for_prometheus(served: Served) -> None:
    served.page("/c/zhi/ch9/1/1")
    figures = served.page("/metrics")
    assert 'mirror_browse_requests_total{page="entry",status="200"}' in figures
    assert 'mirror_complete{collection="zhi"} 1.0' in figures and 'mirror_complete{collection="old"} 0.0' in figures


def test_sitemap_lists_every_entry(served: Served, held: Home) -> None:
    assert "/sitemap/zhi/1.xml" in served.page("/sitemap.xml")
    listed = served.page("/sitemap/zhi/1.xml")
    for place in held.entries("zhi"):
        assert f"{served.root}{Addresses().entry('zhi', place)}</loc>" in listed


def test_times_are_instants(served: Served, changed: str) -> None:
    capture = served.facts(f"/c/zhi/{changed}")["captures"][0]
    assert datetime.fromisoformat(capture["timestamp"]).tzinfo is not None


def test_search_finds_what_the_command_finds(served: Served, held: Home) -> None:
    for query in ("灌溉渠", "水 渠", "(棉 OR 麦) NOT 学校", "渠"):
        shown = served.facts_of("/search/zhi", q=query)
        stated = json.loads(held.mirror("search", "zhi", query, "--json").stdout)
        assert [hit["id"] for hit in shown["found"]["hits"]] == [hit["id"] for hit in stated]
        assert sum(facet["count"] for facet in shown["found"]["libraries"]) == shown["found"]["total"]
    page = served.page(f"/search/zhi?q={quote('灌溉渠')}")
    assert "<mark>灌溉渠</mark>" in page and 'value="灌溉渠"' in page
    narrowed = served.facts_of("/search/zhi", q="渠", scope="ch9/1")["found"]
    assert narrowed["hits"] and all(hit["id"].startswith("ch9/1/") for hit in narrowed["hits"])
    assert served.get("/search/zhi?scope=../..&q=x").status == 400
    assert served.get("/search?q=x").status == 303


def test_operators_that_make_no_query_are_told(served: Served) -> None:
    assert "已按原文检索" in served.page(f"/search/zhi?q={quote('NOT 渠')}")
    assert "已按原文检索" not in served.page(f"/search/zhi?q={quote('水 NOT 渠')}")


def test_what_the_reading_was_unsure_of_is_told(held: Home, tmp_path: Path) -> None:
    shutil.copytree(held.path, tmp_path, dirs_exist_ok=True)
    collection = Collection.open(tmp_path, "old")
    with closing(collection.database()) as database:
        (identity,) = database.connection.execute(
            "SELECT library || '/' || book || '/' || rec FROM entry ORDER BY id LIMIT 1"
        ).fetchone()
        database.connection.execute(
            "UPDATE version SET flags = ? WHERE id = (SELECT newest FROM entry ORDER BY id LIMIT 1)",
            ('["width-of-book", "break-in-sentence"]',),
        )
    with serving(tmp_path) as running:
        assert running.facts(f"/c/old/{identity}")["flags"] == ["break-in-sentence"]
        for language in (0, 1):
            page = running.page(f"{('', '/en')[language]}/c/old/{identity}")
            assert FLAG_WORDS["break-in-sentence"][language] in page
            assert FLAG_WORDS["width-of-book"][language] not in page


def test_every_flag_of_the_documents_has_words() -> None:
    table = (Path(__file__).parents[2] / "docs" / "text.md").read_text(encoding="utf-8").partition("| 标记 flag |")[2]
    documented = re.findall(r"^\| `([a-z-]+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    assert sorted(documented) == sorted(FLAG_WORDS)


def test_a_search_of_the_texts_of_a_time(served: Served, held: Home, changed: str) -> None:
    first = served.facts(f"/history/zhi/{changed}")["versions"][0]
    words = re.findall("[\u4e00-\u9fff]{4,}", served.facts(f"/c/zhi/{changed}@{first['at']}")["entry"]["text"])[0]
    for query in (words, "灌溉渠"):
        then = served.facts_of("/search/zhi", q=query, at=first["at"])["found"]
        asked = ("search", "zhi", query, "--at", first["last_seen"], "--limit", str(len(then["hits"])), "--json")
        assert [hit["id"] for hit in then["hits"]] == [hit["id"] for hit in json.loads(held.mirror(*asked).stdout)]
    page = served.page(f"/search/zhi?q={quote(words)}&at={first['at']}")
    assert f"/c/zhi/{changed}@{first['at']}" in page and "旧文本" in page
    assert served.get("/search/zhi?q=x&at=soon").status == served.get("/search/zhi?years=1980&at=2026").status == 404


def test_changes_are_what_diff_says(served: Served, held: Home) -> None:
    stated = json.loads(held.mirror("diff", "zhi", "--format", "json").stdout)
    shown = served.facts("/changes/zhi")["comparison"]
    assert shown["summary"] == stated["summary"] and shown["total"] == len(stated["changes"])
    for kind in ("edited", "added", "removed", "moved", "retitled"):
        listed, number = [], 1
        while batch := served.facts_of("/changes/zhi", kind=kind, page=number)["comparison"]["changes"]:
            listed += batch
            number += 1
        assert [(one["id"], one["old_id"]) for one in listed] == [
            (one["id"], one["old_id"]) for one in stated["changes"] if one["kind"] == kind
        ]
    feed = etree.fromstring(served.page("/feed/zhi.atom").encode())
    assert len(feed.findall("{*}entry")) == min(40, len(stated["changes"]))
    assert served.get("/changes/zhi/1/99").status == 404
    assert served.get("/changes/zhi?kind=x").status == 404


def test_two_versions_side_by_side(served: Served, changed: str) -> None:
    compared = served.facts(f"/compare/zhi/{changed}/1/2")
    then, now = (served.facts(f"/c/zhi/{changed}@{compared[side]['at']}")["entry"]["text"] for side in ("old", "new"))
    text, at = "", 0
    for hunk in compared["hunks"]:
        text += then[at : hunk["old_at"]] + hunk["new"]
        at = hunk["old_at"] + len(hunk["old"])
    assert text + then[at:] == now != then
    page = html.fromstring(served.page(f"/compare/zhi/{changed}/1/2"))
    assert "".join(page.xpath("//del//text()")) == "".join(hunk["old"] for hunk in compared["hunks"])
    assert "".join(page.xpath("//ins//text()")) == "".join(hunk["new"] for hunk in compared["hunks"])
    assert served.get(f"/history/zhi/{changed}?old=1&new=2").headers["Location"] == f"/compare/zhi/{changed}/1/2"
    assert served.get(f"/compare/zhi/{changed}/1/9").status == 404


def test_citations(served: Served, held: Home, changed: str) -> None:
    digits = served.facts(f"/c/zhi/{changed}")["versions"][-1]["at"]
    permanent = f"{served.root}/c/zhi/{changed}@{digits}"
    page = served.page(f"/c/zhi/{changed}")
    assert page.count(permanent) >= 4
    for form, style in (("bib", "bibtex"), ("ris", "ris"), ("csl.json", "csl-json")):
        body = served.page(f"/c/zhi/{changed}.{form}")
        stated = held.mirror("cite", "zhi", changed, "--style", style).stdout
        assert permanent in body and len(body.splitlines()) == len(stated.splitlines())
    assert held.mirror("cite", "zhi", changed).stdout.partition("http")[0] in page


def test_the_sides_of_a_comparison_lose_nothing() -> None:
    @given(st.text("甲乙丙1\n　", max_size=60), st.text("甲乙丙1\n　", max_size=60))
    def check(old: str, new: str) -> None:
        rows = side_by_side(old, new)
        for side, text in (("old", old), ("new", new)):
            pieces = [getattr(row, side) if not row.folded else row.old for row in rows]
            shown = "".join(piece for row in pieces for _, piece in row)
            assert shown.replace("\n", "") == text.replace("\n", "")

    check()
