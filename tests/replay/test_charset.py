"""Chinese on the screen: as the live page showed it, whatever the page says or does not say of its charset."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.home import Home
from tests.replay.browser import open_in_replayweb, replayed, served, stamp
from tests.replay.conftest import StartPywb
from warc.capture import Capture
from warc.payload import Payload
from warc.writer import Writer

#: With characters that GB2312 does not have, as pages that call themselves gb2312 do.
TEXT = "临河县志（1986--2005）　第一编 概述 ―、朱镕基 喆 丹阿嵒 “沙窝西瓜不出村” 〇二三 ①②"
#: Long enough for a browser to guess by, of one kind.
PROSE = "境内土壤以潮土、褐土为主，有机质含量低，经多年改良，谷子、甘薯等作物产量稳步提高。" * 3

META = '<meta http-equiv="Content-Type" content="text/html; charset={}">'

#: Path: Content-Type, charset of the octets, what stands in the head of the page.
PAGES = {
    "gb2312-meta": ("text/html", "gb18030", META.format("gb2312")),
    "gb2312-http": ("text/html; charset=gb2312", "gb18030", ""),
    "gbk-http": ("text/html; charset=GBK", "gb18030", ""),
    "gbk-none": ("text/html", "gb18030", ""),
    "utf8-meta": ("text/html", "utf-8", '<meta charset="utf-8">'),
    "utf8-http": ("text/html; charset=utf-8", "utf-8", ""),
    "utf8-both": ("text/html; charset=UTF-8", "utf-8", META.format("utf-8")),
    "utf8-http-over-meta": ("text/html; charset=utf-8", "utf-8", META.format("gb2312")),
    "utf8-none": ("text/html", "utf-8", ""),
}
#: A page that says nothing is guessed at: rightly, wrongly, but by the browser, not by us.
GUESSED = {"gbk-none", "utf8-none"}


def body_of(name: str) -> bytes:
    _, charset, meta = PAGES[name]
    page = f"<html><head>{meta}<title>{TEXT[:4]}</title></head><body><p>{TEXT}</p><p>{PROSE}</p></body></html>"
    return page.encode(charset)


def head_of(name: str) -> bytes:
    size = len(body_of(name))
    return f"HTTP/1.1 200 OK\r\nContent-Type: {PAGES[name][0]}\r\nContent-Length: {size}\r\n\r\n".encode()


class _Pages(BaseHTTPRequestHandler):
    """Sends exactly what was archived."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name in PAGES:
            self.wfile.write(head_of(name) + body_of(name))
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def live() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def archived(live: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, str]]:
    """The pages in a collection; and when each was captured."""
    home = Home(tmp_path_factory.mktemp("charsets"))
    home.mirror("init", "t", "--source", "chorography", "--base-url", live)
    writer = Writer(home.path / "collections/t/archive", "charsets", {"software": "test"})
    dates = {}
    for number, name in enumerate(PAGES):
        began = datetime(2026, 11, 24, 12, 0, tzinfo=UTC) + timedelta(seconds=2 * number)
        request = f"GET /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        capture = Capture(live + name, began, request, head_of(name), Payload(body_of(name)), ip="127.0.0.1")
        dates[name] = writer.write(capture).timestamp
    writer.close()
    home.mirror("rebuild", "t")
    (home.path / "packages").mkdir()
    home.mirror("export", "t", "--format", "wacz", "-o", str(home.path / "packages" / "t.wacz"))
    return home, dates


@pytest.fixture(scope="module")
def seen(live: str, browser: Browser) -> dict[str, str]:
    """What the browser shows of the live pages."""
    shown = {}
    for name in PAGES:
        page = browser.new_page()
        page.goto(live + name)
        shown[name] = page.inner_text("body").strip()
        page.close()
    return shown


def test_the_browser_shows_what_declares_itself(seen: dict[str, str]) -> None:
    for name, shown in seen.items():
        if name not in GUESSED:
            assert shown == f"{TEXT}\n\n{PROSE}", name


def test_pywb_shows_what_the_live_page_showed(
    live: str, archived: tuple[Home, dict[str, str]], seen: dict[str, str], pywb: StartPywb, browser: Browser
) -> None:
    home, dates = archived
    root = pywb(home.path)
    for name, date in dates.items():
        page = browser.new_page()
        page.goto(f"{root}/t/{stamp(date)}/{live}{name}")
        assert replayed(page, live + name).inner_text("body").strip() == seen[name], name
        page.close()


def test_replayweb_shows_every_page_right(
    live: str, archived: tuple[Home, dict[str, str]], replayweb: Path, browser: Browser
) -> None:
    """Even those that say nothing: it goes by WARC-Identified-Payload-Type."""
    home, dates = archived
    with served(root=replayweb, packages=home.path / "packages") as root:
        for name, date in dates.items():
            page = browser.new_page()
            frame = open_in_replayweb(page, root, "packages/t.wacz", live + name, date)
            assert frame.inner_text("body").strip() == f"{TEXT}\n\n{PROSE}", name
            page.close()
