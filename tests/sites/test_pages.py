"""Reading of pages: the real list page, and pages nobody could foresee."""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.page import Page
from mirror.sites import Answer, open_site

MSE, MIRROR = open_site("mse"), open_site("chorography")
URLS = {
    MSE: [
        MSE.entry_link("ch9", 3, 12).url,
        MSE.list_link("ch9", 3).url,
        MSE.library_link("ch9").url,
        MSE.seeds()[0].url,
    ],
    MIRROR: [
        MIRROR.entry_link("c87", 1, 2).url,
        MIRROR.list_link("c87", 1).url,
        MIRROR.library_link("c87").url,
        MIRROR.base_url,
        *(MIRROR.base_url + name for name in ("sitemap.xml", "robots.txt", "a.css")),
    ],
}
QUESTIONS = [(site, url) for site, urls in URLS.items() for url in urls]


@pytest.fixture(scope="module")
def real_list_path(samples) -> Path:
    return samples / "mse" / "ch9-A3-run12.html"


@pytest.fixture(scope="module")
def real_list(real_list_path) -> bytes:
    return real_list_path.read_bytes()


@pytest.fixture(scope="module")
def real_page(real_list) -> Page:
    return MSE.read(Answer(MSE.list_link("CH9", 3).url, 200, [(b"Content-Type", b"text/html")], real_list))


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_the_real_list_is_read_to_the_letter(real_page, samples):
    expected = rows(samples / "mse" / "ch9-A3-run12.expected.tsv")
    found = [
        {"A": "3", "rec": str(h.rec), "code": h.code, "indent": str(h.indent), "title": h.title}
        for h in real_page.contents.headings
    ]
    assert len(found) == 643
    assert found == expected
    books = rows(samples / "mse" / "ch9-books.expected.tsv")
    assert [{"K": b.library, "A": str(b.number), "title": b.title} for b in real_page.books] == books
    assert [(lib.code, lib.title) for lib in real_page.libraries] == [("ch9", "东明县情资料库")]
    assert (real_page.verdict, real_page.contents.complete, real_page.oddities) == ("ok", True, ())


def test_the_tree_of_the_real_list_follows_the_codes(real_page):
    by_code = {heading.code: heading for heading in real_page.contents.headings}
    assert by_code["CH9A28"].indent == 0
    assert by_code["CH9A28"].path == (by_code["CH9A"].title, by_code["CH9A2"].title)
    assert by_code["CH9612"].path == ("大事记",)
    assert by_code["CH91"].path == ()
    assert sum(1 for heading in by_code.values() if not heading.path) == 23


def test_the_real_list_asks_as_its_own_script_does(real_page):
    entries = [link for link in real_page.links if link.kind == "entry"]
    assert len(entries) == 643
    assert entries[11].url == "http://lib.sdsqw.cn/bin/mse.exe?seachword=&K=ch9&A=3&rec=12&run=13"
    lists = [link.url for link in real_page.links if link.kind == "list"]
    assert len(lists) == 14
    assert lists[0] == "http://lib.sdsqw.cn/bin/mse.exe?seachword=&K=ch9&A=1&run=12"
    assert [link.url for link in real_page.links if link.kind == "home"] == ["http://lib.sdsqw.cn/ftr/ftr.htm"]
    assert sum(link.kind == "asset" for link in real_page.links) == 4
    assert all(MSE.identify(link.url) == link for link in real_page.links)


def test_a_cut_list_proves_nothing_missing(real_list):
    page = MSE.read(Answer(MSE.list_link("ch9", 3).url, 200, [], real_list[:30_000]))
    assert (page.verdict, page.contents.complete) == ("odd", False)
    assert 200 < len(page.contents.headings) < 643


def test_pages_served_from_elsewhere_ask_there():
    site = open_site("mse", "http://127.0.0.1:8000/old/")
    body = b"<SCRIPT>\nK='ch9';\nA='3';\n</SCRIPT><A HREF=javascript:sf(3,1,'CH91') NAME='CH91'>x</A></html>"
    page = site.read(Answer("http://127.0.0.1:8000/old/cgi/mse.exe?K=ch9&A=3&run=12", 200, [], body))
    assert page.links[0].url == "http://127.0.0.1:8000/old/cgi/mse.exe?seachword=&K=ch9&A=3&rec=1&run=13"
    assert site.identify(page.links[0].url).key == site.entry_link("ch9", 3, 1).key


FRAGMENTS = """
<a href=
<a href="/database/c87/section/1/article/2/">
</a>
<div class="txt">
</div>
<pre>
<!--
-->
<script>
</script>
<option value=a>
javascript:sf(3,1,'CH91')
K='ch9';
<br>
第一章 海塘
【概况】
（王刚）
┏━┓
┃海┃
总用时
</html>
&
&#1;
&amp;
<h1>
<li>
<ul>
<
>
"
'
=
<meta charset=gb2312>
<title>
<nav>
验证码
404
"""
fragments = st.sampled_from([*FRAGMENTS.strip().split("\n"), "\n", " ", "　", "\x00", "\x1e", "\ue816"])


@given(
    question=st.sampled_from(QUESTIONS),
    parts=st.lists(fragments, max_size=60),
    status=st.sampled_from([200, 404, 0]),
)
def test_no_page_is_too_odd(question, parts, status):
    site, url = question
    for charset in ("gb18030", "utf-8"):
        page = site.read(Answer(url, status, [], "".join(parts).encode(charset)))
        assert "the reader failed" not in page.reason
        for link in page.links:
            assert site.identify(link.url).key == link.key
            assert link.url.isascii()


@given(
    question=st.sampled_from(QUESTIONS),
    body=st.binary(max_size=400),
    status=st.integers(0, 999),
    fields=st.lists(
        st.tuples(st.sampled_from([b"Content-Type", b"content-encoding", b"LOCATION", b"x"]), st.binary(max_size=40)),
        max_size=4,
    ),
)
def test_no_bytes_are_too_odd(question, body, status, fields):
    site, url = question
    assert "the reader failed" not in site.read(Answer(url, status, fields, body)).reason


@given(data=st.data())
def test_the_real_list_damaged_anywhere_is_still_read(real_list_path, data):
    body = real_list_path.read_bytes()
    at = data.draw(st.integers(10, len(body)))  # a BOM at the very beginning would make it another page
    noise, lost = data.draw(st.binary(max_size=8)), data.draw(st.integers(0, 50))
    page = MSE.read(Answer(MSE.list_link("ch9", 3).url, 200, [], body[:at] + noise + body[at + lost :]))
    assert "the reader failed" not in page.reason
    assert len(page.links) > 640


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<a",
            '<a href="',
            "<!--",
            "<script>",
            "<option>",
            "<div>",
            '<div class="txt">',
            "<h1>题",
            "<ul><li>",
        ),
        *("&", "海塘", "<a href=javascript:sf(3,", "┃ ┃\n", "（", "【", " ", "\n　", "<br>\n  x"),
        "<a href=/database/c87/section/1/>书</a>",
    ],
)
def test_a_hostile_page_costs_its_length(piece):
    for site, url in QUESTIONS[:4] + QUESTIONS[4:8]:
        began = time.process_time()
        site.read(Answer(url, 200, [], (piece * (300_000 // len(piece))).encode()))
        assert time.process_time() - began < 3.0


def test_a_page_too_deep_for_any_stack():
    for site, url in QUESTIONS[:8]:
        page = site.read(Answer(url, 200, [], b"<div><p>" * 50_000 + "海塘".encode() * 40))
        assert "the reader failed" not in page.reason


SIZED = ((b"Content-Length", b"1000"),)
CHUNKED = ((b"Transfer-Encoding", b"chunked"),)
_MSE_BOOKS = "<table>" + "".join(
    f"<td><A HREF=javascript:listk('ch9','{n}')>  {n} 东明县志{n} </A></td>" for n in range(1, 9)
)
_MIRROR_BOOKS = "<html><body><ol>" + "".join(f'<li><a href="section/{n}/">东明县志{n}</a></li>' for n in range(1, 9))
_SITE_MAP = "<urlset>" + "".join(f"<url><loc>{MIRROR.base_url}database/c87/section/{n}/</loc></url>" for n in (1, 2))


@pytest.mark.parametrize(
    ("site", "url", "cut", "end"),
    [
        (MSE, MSE.library_link("ch9").url, _MSE_BOOKS, "</table><!--总用时93 ms-->"),
        (MSE, MSE.library_link("ch9").url, _MSE_BOOKS, "</table></HTML>"),
        (MIRROR, MIRROR.library_link("c87").url, _MIRROR_BOOKS, "</ol></body></html>"),
        (MIRROR, MIRROR.base_url + "sitemap.xml", _SITE_MAP, "</urlset>"),
    ],
)
def test_a_list_of_which_nothing_proves_the_end_is_not_believed(site, url, cut, end):
    """A body that ends with its connection may have been cut, and what it no longer names nobody would miss."""

    def verdict(markup, fields=()):
        return site.read(Answer(url, 200, fields, markup.encode("gb18030" if site is MSE else "utf-8"))).verdict

    assert verdict(cut) == "odd"
    assert verdict(cut + end) == verdict(cut, SIZED) == verdict(cut, CHUNKED) == "ok"


def test_a_part_of_a_list_is_never_the_whole_of_it():
    """The last of several pages shows no way to the others, and one asked with a word may leave out the rest."""
    markup = "K='ch9';\nA='3';\n" + "<br><A HREF=javascript:sf(3,641,'CH9N5') NAME='CH9N5'>结语</A><!--总用时9 ms-->"
    for url, complete in (
        (MSE.list_link("ch9", 3).url, True),
        (MSE.list_link("ch9", 3).url + "&list=2&page=20", False),
        (MSE.list_link("ch9", 3).url.replace("seachword=", "seachword=%u6CB3"), False),
    ):
        page = MSE.read(Answer(url, 200, (), markup.encode("gb18030")))
        assert (page.verdict, page.contents.complete) == ("ok", complete)


def test_a_pager_without_end_is_followed_to_its_bound_and_never_whole():
    def read(number):
        markup = (
            f'<h2>岱西水利志</h2><a href="article/{number}/">第{number}节</a><a href="article/{number + 1}/">海塘</a>'
            f'<div><a href="?page={number}">{number}</a> <a href="?page={number + 1}">下一页</a></div></body></html>'
        )
        return MIRROR.read(Answer(MIRROR.list_link("c87", 2).url + f"?page={number}", 200, SIZED, markup.encode()))

    for number, asked in ((1999, True), (2000, False)):
        page = read(number)
        (behind,) = [key for key in page.pages if key.endswith(f"?page={number + 1}")]
        assert (behind in {link.key for link in page.links}) == asked
        assert not page.contents.complete


def test_an_entry_on_several_pages_is_told():
    for pager, told in (("", False), ('<a href="?page=2">下一页</a>', True)):
        markup = f"<h1>海塘</h1><p>{'唐代始筑海塘，' * 40}</p><a href='/database/c87/'>库</a>{pager}</body></html>"
        page = MIRROR.read(Answer(MIRROR.entry_link("c87", 1, 2).url, 200, SIZED, markup.encode()))
        assert page.entry is not None
        assert any("several pages" in oddity for oddity in page.oddities) == told


NOTICE = (
    "您的访问请求已被网站防护系统拦截。系统检测到您所在网络的请求次数过于频繁，为保障网站的正常运行，暂时限制您的访问。"
    "如果您认为这是误判，请保存本页面，并将下方的事件编号、您的网络地址、访问时间以及正在进行的操作一并告知网站管理员，"
    "我们会在两个工作日内核实并答复。请勿反复刷新本页面，否则限制的时间将自动延长。感谢您对网络安全工作的理解与支持。"
    "事件编号：20260301-7f3a9c。网络地址：192.0.2.17。"
)


def test_a_long_block_page_is_no_entry():
    url = MIRROR.entry_link("c87", 1, 2).url
    assert 200 < len(NOTICE) < 800
    blocked = f"<html><body><p>{NOTICE}</p></body></html>"
    assert MIRROR.read(Answer(url, 200, SIZED, blocked.encode())).verdict == "blocked"
    # The same words in a page of the source, which leads back to its book, are its text.
    held = f'<html><body><a href="../../">东明县志</a><p>{NOTICE}</p></body></html>'
    page = MIRROR.read(Answer(url, 200, SIZED, held.encode()))
    assert page.verdict == "ok"
    assert page.entry.content.raw_text.strip() == NOTICE


@pytest.mark.parametrize("status", [204, 206, 304])
@pytest.mark.parametrize(("site", "url"), QUESTIONS)
def test_a_status_that_cannot_answer_answers_nothing(site, url, status):
    page = site.read(Answer(url, status, SIZED, f"<html><body><p>{NOTICE}</p></body></html>".encode()))
    assert (page.verdict, page.entry, page.contents, page.links) == ("odd", None, None, ())


@pytest.mark.parametrize(
    ("site", "name"),
    [
        (MSE, "mse-list"),
        (MSE, "mse-library"),
        (MSE, "mse-entry-hanging-74"),
        (MIRROR, "chorography-list-indent"),
        (MIRROR, "chorography-library"),
        (MIRROR, "chorography-entry-pre"),
    ],
)
def test_a_body_whose_checksum_is_wrong_is_not_believed(site, name):
    """Every octet came out, and any of them may be another than was sent."""
    folder = Path(__file__).parents[1] / "cases" / name
    url = (folder / "url").read_text("utf-8").split()[1]
    body = gzip.compress((folder / "page.html").read_bytes(), mtime=0)
    fields = ((b"Content-Encoding", b"gzip"), *SIZED)
    assert site.read(Answer(url, 200, fields, body)).verdict == "ok"
    altered = body[:-8] + bytes([body[-8] ^ 1]) + body[-7:]
    assert site.read(Answer(url, 200, fields, altered)).verdict == "odd"
