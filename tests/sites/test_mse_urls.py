"""The URL grammar of the old database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.errors import UsageError
from mirror.sites import mse, open_site
from mirror.sites.mse import KNOWN_LIBRARIES, inferred_library_codes
from mirror.sites.script import escape, unescape

MSE = open_site("mse")
CGI = "http://lib.sdsqw.cn/bin/mse.exe?"
ENTRY = "mse.exe?K=ch9&A=3&rec=12&run=13"


@pytest.mark.parametrize(
    "query",
    [
        "seachword=&K=ch9&A=3&rec=12&run=13",
        "K=CH9&A=3&rec=12&run=13",
        "COLLCC=4108678863&K=CH91&A=3&rec=12&run=13",
        "COLLCC=2964076775&COLLCC=865063344&K=ch9&A=3&rec=12&run=13",
        "COLLCC=4110192742&&K=CH9&A=3&rec=12&run=13&",
        "&seachword=%u9EC4%u6CB3&run=13&rec=12&A=3&K=ch9",
        "k=CH9612&a=03&REC=012&Run=13#0",
        "K=ch9&A=3&rec=12&run=13&collcc=1",
    ],
)
def test_an_entry_is_one_however_it_is_asked_for(query):
    link = MSE.identify(CGI + query)
    assert (link.key, link.kind, link.library, link.book, link.rec) == (ENTRY, "entry", "ch9", 3, 12)
    assert link.url == (CGI + query).partition("#")[0]


@pytest.mark.parametrize(
    ("code", "library"),
    [("CH91", "ch9"), ("C871", "c87"), ("B9A1", "b9"), ("BH2", "bh"), ("A1", "a"), ("ab", "ab"),
     ("fa01", "fa01"), ("fa01B3", "fa01"), ("XZCZ1", "xzcz"), ("D001", "d00"), ("unheard", "unheard"),
     ("G0F", "g0"), ("g01", "g01"), ("b91", "b91")],
)  # fmt: skip
def test_the_code_of_an_entry_names_its_library(code, library):
    assert MSE.identify(f"{CGI}K={code}&A=1&rec=1&run=13").library == library


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True), st.integers(1, 999), st.integers(1, 9999))
def test_two_libraries_never_pass_for_one(code, book, rec):
    """What a contents page leads to is the entry it names, also where one code begins as another does."""
    link = mse.entry_link(CGI.removesuffix("?"), "", code, book, rec)
    found = MSE.identify(link.url)
    assert (found.key, found.library, found.book, found.rec) == (link.key, code.lower(), book, rec)


def test_a_code_without_rec_is_a_library_as_it_stands():
    assert MSE.identify(CGI + "K=g01&A=2&run=12").library == "g01"


@pytest.mark.parametrize(
    ("query", "kind", "key"),
    [
        ("seachword=&K=ch9&A=1&run=12#0", "list", "mse.exe?K=ch9&A=1&run=12"),
        ("COLLCC=4110192742&&K=CH9&A=3&rec=1&run=12", "list", "mse.exe?K=ch9&A=3&run=12"),
        ("K=ch9&A=3&list=1&page=&run=12", "list", "mse.exe?K=ch9&A=3&run=12"),
        ("K=ch9&A=3&list=2&page=&run=12", "list", "mse.exe?K=ch9&A=3&run=12&list=2&page=0"),
        ("seachword=&K=A&run=12", "library", "mse.exe?K=a&run=12"),
        ("K=a&A=&run=12", "library", "mse.exe?K=a&run=12"),
        ("&seachword=%u6CB3&K=a&run=11&list=1&page=20", "search",
         "mse.exe?seachword=%u6CB3&K=a&run=11&list=1&page=20"),
        ("K=ch9&A=0&run=12", "other", "mse.exe?A=0&K=ch9&run=12"),
        ("", "other", "mse.exe"),
    ],
)  # fmt: skip
def test_kinds(query, kind, key):
    link = MSE.identify(CGI + query)
    assert (link.kind, link.key) == (kind, key)


def test_the_rest_of_the_host():
    assert MSE.identify("http://lib.sdsqw.cn/ftr/ftr.htm?COLLCC=3225355915&").key == "ftr/ftr.htm"
    assert MSE.identify("http://lib.sdsqw.cn/images/01.gif").kind == "asset"
    assert MSE.identify("http://lib.sdsqw.cn/robots.txt").kind == "robots"
    assert MSE.identify("https://LIB.sdsqw.cn:443/x?PHPSESSID=1&b=2&a=1").key == "x?a=1&b=2"
    for url in (
        "http://lib.sdsqw.cn:8080/",
        "http://www.sdsqw.cn/",
        "ftp://lib.sdsqw.cn/",
        "javascript:sf(1)",
        "",
        "//",
    ):
        assert MSE.identify(url) is None


def test_links_are_spelled_as_the_script_of_the_page_spells_them():
    site = open_site("mse", "http://127.0.0.1:8080/old")
    assert (
        site.entry_link("ch9", 3, 12).url
        == "http://127.0.0.1:8080/old/bin/mse.exe?seachword=&K=ch9&A=3&rec=12&run=13"
    )
    assert site.list_link("ch9", 1).url == "http://127.0.0.1:8080/old/bin/mse.exe?seachword=&K=ch9&A=1&run=12"
    assert site.library_link("a").url == "http://127.0.0.1:8080/old/bin/mse.exe?seachword=&K=a&run=12"
    for link in (*site.seeds(), site.entry_link("CH9", 3, 12), site.list_link("ch9", 1)):
        assert site.identify(link.url) == link


def test_seeds():
    assert [link.kind for link in MSE.seeds()] == ["home"] + ["library"] * 12
    assert {"a", "ch9", "xzcz"} < set(KNOWN_LIBRARIES)
    assert {"c87", "ch9", "b9", "bg", "bh"} < set(inferred_library_codes())


def test_sources_and_base_urls_that_are_none():
    for name, base in (
        ("old", None),
        ("mse", "ftp://x/"),
        ("mse", "x"),
        ("mse", "http://"),
        ("mse", "http://h:x/"),
    ):
        with pytest.raises(UsageError):
            open_site(name, base)


@given(st.text())
def test_what_is_escaped_unescapes(text):
    assert unescape(escape(text)) == text
    assert escape(text).isascii()


@given(st.text(max_size=40))
def test_identity_is_stable(query):
    for site in (MSE, open_site("chorography", "http://127.0.0.1:1/x/")):
        link = site.identify(site.base_url + query)
        if link is not None:
            assert site.identify(link.url).key == link.key
