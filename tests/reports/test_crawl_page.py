"""The page of a crawl: its figures are the server's, it needs no network, and shows nothing as markup."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from mirror.imitation import Corpus, Faults, ImitationServer
from mirror.imitation.corpus import ImitatedBook, ImitatedHeading
from mirror.reports.page import number, share, size
from mirror.reports.rhythm import Rhythm, rhythm_of
from tests.home import Home

SIZE = 60


class Sly(Corpus):
    """A title that would run, were it not escaped."""

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        first, *rest = super().headings(book)
        return (replace(first, title="&lt;script&gt;document.title='x'&lt;/script&gt;"), *rest)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, int]:
    """A home after two crawls of a source that changed and asked us to wait, and the requests of the second."""
    home = Home(tmp_path_factory.mktemp("home"))
    faults = Faults(too_many=0.05, retry_after="1", gone=0.05)
    with ImitationServer(Sly(SIZE), "chorography", faults=faults) as server:
        home.init(server)
        home.crawl(code=3)
        before = len(server.log)
        server.set_state(1)
        server.counts.clear()  # faults befall the first request of a URL
        home.crawl("--set", "politeness.daily_requests=1000", code=3, concurrency=1)
        return home, len(server.log) - before


def page_of(home: Home) -> Path:
    return home.path / "collections/t/reports/crawl-00002.html"


def rhythm(home: Home, crawl: int = 2) -> Rhythm:
    folder = home.path / "collections/t"
    with sqlite3.connect(folder / "mirror.db") as db:
        return rhythm_of(db, folder / "archive", crawl, ZoneInfo("Asia/Shanghai"))


def test_the_rhythm_is_what_the_server_saw(crawled: tuple[Home, int]) -> None:
    home, requests = crawled
    found = rhythm(home)
    assert found.requests == sum(found.bars) == sum(found.per_day.values()) == requests
    assert found.told
    assert (found.obeyed, found.disobeyed) == (len(found.told), 0)
    assert 1 <= found.most_in_a_second <= found.most_in_a_minute <= requests


def test_a_crawl_that_did_not_wait_is_found_out(crawled: tuple[Home, int]) -> None:
    """The same records, as if the request after the 429 had left 10 ms later."""
    home, _ = crawled
    told = rhythm(home).told[0]
    told.following = told.at.replace("Z", "")[:-3] + "999Z"
    assert told.obeyed is False


def test_the_page_says_what_the_report_says(crawled: tuple[Home, int]) -> None:
    home, requests = crawled
    text = page_of(home).read_text("utf-8")
    report = json.loads(page_of(home).with_suffix(".json").read_text("utf-8"))
    shown = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)", text))
    assert shown["应有 expected"] == str(report["totals"]["expected"])
    assert shown["已存 held"] == str(report["totals"]["captured"])
    assert shown["本次请求 requests"] == str(requests)
    changes = json.loads(home.mirror("diff", "t", "--format", "json").stdout)["summary"]
    assert shown["改动 edited"] == str(changes["edited"])
    record = re.search(r"(&lt;urn:uuid:[0-9a-f-]+&gt;) (t-\S+\.warc\.gz) @ (\d+)", text)
    assert record, "failures lead to their records"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1200, "light")])
def test_it_stands_alone_and_fits(crawled: tuple[Home, int], browser: Browser, width: int, scheme: str) -> None:
    home, _ = crawled
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_of(home).as_uri())
    assert asked == [page_of(home).as_uri()]
    assert "第 2 次抓取" in page.title(), "no script of a title ran"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg").count() == 3
    page.close()


def test_figures_are_never_flattered() -> None:
    assert share(99_999, 100_000) == "99.9 %"
    assert share(100_000, 100_000) == "100 %"
    assert (number(1234567), number(None), size(1536)) == ("1,234,567", "–", "1.5 KiB")
