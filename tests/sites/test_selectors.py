"""Pages of a markup nobody foresaw: they are told, and read with a few hints."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.errors import UsageError
from mirror.imitation import Corpus, ImitationServer
from mirror.sites import Answer, open_site
from mirror.sites.selectors import Selectors, compile_selector
from tests.crawl.test_imitated_sites import agrees
from tests.home import Home

HINTS = """
entry_text = "textarea"
entry_title = "p.caption"
links = "//b/@data-path"
"""


def test_an_unknown_markup_is_told_and_read_with_selectors(home: Home) -> None:
    corpus = Corpus(60)
    with ImitationServer(corpus, "chorography", markup="fields") as server:
        home.init(server)
        home.crawl(code=3)
        odd = home.coverage()["odd_pages"]
        assert [(one["kind"], one["reason"], one["count"]) for one in odd] == [
            ("list", "the page shows no table of contents", len(corpus.books("ch9")))
        ]
        assert all(url.startswith(server.url + "database/ch9/section/") for url in odd[0]["examples"])
        said = home.mirror("status", "t", code=3).stdout
        assert "异样 odd list:" in said
        assert odd[0]["examples"][0] in said
        assert "[selectors]" in said

        settings = home.path / "collections/t/mirror.toml"
        text = settings.read_text("utf-8")
        head, _, tail = text.partition("[selectors]\n")
        assert "entry_text" in tail
        settings.write_text(head + "[selectors]" + HINTS, "utf-8")
        home.mirror("rebuild", "t")
        assert home.coverage()["odd_pages"] == []
        home.crawl()
        assert home.coverage()["complete"] is True
        entries = home.entries()
        for book, heading in corpus.entries():
            agrees(corpus, book, heading, entries[f"{book.place}/{heading.rec}"])
        home.mirror("rebuild", "t")
        assert home.entries() == entries


@pytest.mark.parametrize("selector", ["div[", "//div[", "((", "a::nothing"])
def test_a_wrong_selector_is_a_mistake_with_its_place(home: Home, selector: str) -> None:
    home.mirror("init", "t", "--source", "mse", "--base-url", "http://127.0.0.1:9/")
    settings = home.path / "collections/t/mirror.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('entry_text = ""', f"entry_text = {json.dumps(selector)}"), "utf-8")
    said = home.mirror("crawl", "t", code=2).stderr
    assert "selectors.entry_text" in said and "line " in said and "no CSS selector" in said


def test_css_and_xpath() -> None:
    page = b"<html><body><div class=a><p id=x>\xe7\x94\xb2</p><p>\xe4\xb9\x99</p></div></body></html>"
    for selector in ("div.a > p", "//div/p", ".//p"):
        site = open_site("mse", None, Selectors(entry_text=selector))
        answer = Answer(site.base_url + "bin/mse.exe?K=ch9&A=3&rec=12&run=13", 200, (), page)
        entry = site.read(answer).entry
        assert entry is not None and entry.content.raw_text == "甲\n乙"
    site = open_site("mse", None, Selectors(entry_text="div.none"))
    read = site.read(answer)
    assert read.verdict == "odd" and "selector entry_text finds nothing" in read.oddities


def test_no_selectors_leave_the_source_as_it_is() -> None:
    assert type(open_site("mse", None, Selectors())) is type(open_site("mse"))


@given(st.binary(max_size=300), st.sampled_from(["ch9&A=3&rec=12&run=13", "ch9&A=3&run=12", "ch9&run=12"]))
def test_any_bytes(body: bytes, asked: str) -> None:
    site = open_site("mse", None, Selectors("//text()", "//@*", "count(//a)", "//a/@href"))
    assert site.read(Answer(f"{site.base_url}bin/mse.exe?K={asked}", 200, (), b"<a href=x>" + body)).kind


def test_an_expression_that_is_no_set_of_elements_finds_nothing() -> None:
    from mirror.extraction.blocks import parse

    root = parse("<p>甲</p>")
    assert root is not None
    assert compile_selector("(count(//p))")(root) == []
    with pytest.raises(UsageError):
        compile_selector("p[")
