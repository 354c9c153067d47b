"""The forms changes are shown in: terminal, page, feed; one entry over time; two collections."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree, html

from mirror.collection import Collection
from mirror.diff.changelog import changelog
from mirror.diff.fold import fold
from mirror.imitation import Corpus, ImitationServer
from tests.diff.truth import diff
from tests.home import Home

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A collection with a crawl of every state."""
    home = Home(tmp_path_factory.mktemp("lived"))
    with ImitationServer(Corpus(80, 3), "mse") as server:
        home.init(server)
        for state in range(5):
            server.set_state(state)
            home.crawl(code=None)
    return home


def test_a_terminal_is_told_the_changed_words(lived: Home) -> None:
    said = lived.mirror("diff", "t", "1", "2").stdout
    assert "\x1b" not in said
    assert re.search(r"\[-\d{4}-\]\{\+\d{4}\+\}", said)
    assert "{+同年，县志办公室恢复，着手续修。" in said
    assert "新增 added" in said
    assert "补遗  新发现的碑刻" in said


def test_the_page_needs_no_network_and_shows_both_sides(lived: Home) -> None:
    said = lived.mirror("diff", "t", "1", "2", "--format", "html").stdout
    page = html.document_fromstring(said)
    assert page.get("lang") == "zh-CN"
    assert not page.xpath("//script | //link | //img | //@src")
    found = diff(lived, "1", "2")
    articles = page.xpath("//article")
    assert len(articles) == found["summary"]["edited"] + found["summary"]["retitled"]
    edited = [change for change in found["changes"] if change["kind"] == "edited"]
    for change in edited:
        article = next(one for one in articles if change["id"] in one.xpath("string(h3/small)").split())
        evidence = article.xpath("string(.)")
        for side in ("old_capture", "new_capture"):
            assert f"{change[side]['warc']}:{change[side]['offset']}" in evidence
            assert change[side]["payload_digest"] in evidence
        for hunk in change["hunks"]:
            if fold(hunk["new"]) != fold(hunk["old"]):
                assert not hunk["new"] or hunk["new"] in article.xpath(".//ins/text()")
                assert not hunk["old"] or hunk["old"] in article.xpath(".//del/text()")


def test_words_of_the_source_are_no_markup(home: Home) -> None:
    page = "/database/ch9/section/1/article/2/"
    said = (
        "<html lang=zh><head><meta charset=utf-8><title>凡  例</title></head><body><header>山东地情档案</header>"
        "<nav><ol><li>首页</li><li>临河县情资料库</li><li>临河县志</li><li>凡  例</li></ol></nav>"
        "<main><article><h2>凡  例</h2><pre>    一、&lt;script&gt;alert({0})&lt;/script&gt;&amp;amp; ]]&gt;\n</pre>"
        "</article></main></body></html>"
    )
    with ImitationServer(Corpus(40), "chorography") as server:
        home.init(server)
        for number in (1, 2):
            server._extra[page] = said.replace("{0}", str(number)).encode()
            home.crawl(code=None)
    assert diff(home)["summary"]["edited"] == 1
    document = html.document_fromstring(home.mirror("diff", "t", "--format", "html").stdout)
    assert not document.xpath("//script")
    assert "<script>alert(" in document.text_content()
    feed = etree.fromstring(home.mirror("diff", "t", "--format", "atom").stdout.encode())
    content = html.fromstring(feed.findall(f"{ATOM}entry")[1].findtext(f"{ATOM}content") or "")
    assert not content.xpath("//script")


def test_the_feed_is_valid_and_its_ids_stay(lived: Home) -> None:
    said = lived.mirror("diff", "t", "1", "2", "--format", "atom").stdout
    feed = etree.fromstring(said.encode())
    assert feed.tag == f"{ATOM}feed"
    for element in [feed, *feed.findall(f"{ATOM}entry")]:
        assert (element.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert element.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is not None
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    summary = diff(lived, "1", "2")["summary"]
    told = sum(summary[kind] for kind in ("added", "removed", "edited", "retitled"))
    assert len(feed.findall(f"{ATOM}entry")) == 1 + told
    assert said == lived.mirror("diff", "t", "1", "2", "--format", "atom").stdout
    # The feed is one feed over time: another comparison has the same id for it, and others for its entries.
    other = etree.fromstring(lived.mirror("diff", "t", "2", "4", "--format", "atom").stdout.encode())
    assert other.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")


def test_one_entry_is_followed_through_its_numbers(lived: Home) -> None:
    """The entry behind the insertion has moved on by one, and was split or merged or edited later."""
    moved = next(one for one in diff(lived, "1", "2")["changes"] if one["kind"] == "moved")
    found = diff(lived, "1", "2", "--entry", moved["id"])
    assert found["entry"] == moved["id"]
    assert found["changes"] == [moved]
    whole = diff(lived, "--entry", "ch9/1/1")
    assert [one["kind"] for one in whole["changes"] if one.get("detail") != "template"] == ["edited"]
    assert (whole["from"], whole["to"]) == (1, 5)
    assert "改动 edited" in lived.mirror("diff", "t", "--entry", "ch9/1/1").stdout


def test_two_collections_are_compared(home: Home) -> None:
    """The old site as it was, against the mirror as it is: texts count, how pages are laid out does not."""
    corpus = Corpus(80, 3)
    with ImitationServer(corpus, "mse") as old, ImitationServer(corpus.at(1), "chorography") as new:
        home.init(old, "old")
        home.init(new, "new")
        home.crawl(name="old")
        home.crawl(name="new")
    found = diff(home, "--against", "new", name="old")
    assert (found["from_collection"], found["to_collection"]) == ("old", "new")
    kinds = {"added", "removed", "edited", "retitled", "moved"}
    counted = {kind: found["summary"][kind] for kind in kinds}
    truth = [change.kind for change in corpus.changes(1)]
    assert counted == {kind: truth.count(kind) for kind in kinds}  # type: ignore[arg-type]
    assert diff(home, "--against", "old", name="old", code=0)["changes"] == []


def test_a_crawl_has_a_changelog(lived: Home) -> None:
    database = Collection(Path(lived.path), "t").database()
    try:
        assert changelog(database.connection, "t", 1) is None
        found = changelog(database.connection, "t", 2, most=1)
    finally:
        database.close()
    assert found is not None
    whole = diff(lived, "1", "2")
    assert found["summary"] == whole["summary"]
    assert sum(sum(book["counts"].values()) for book in found["books"]) == len(whole["changes"])
    assert len(found["changes"]) + found["left_out"] == len(whole["changes"])
    lines = [change.pop("lines") for change in found["changes"]]
    assert all(change in whole["changes"] for change in found["changes"])
    assert any(mark in ("del", "ins") for line in lines for pieces in line for mark, _ in pieces)
