"""What a reader sees: archived pages in Chromium, by pywb and by ReplayWeb.page, found by clicking."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from mirror.imitation import Corpus, ImitationServer
from tests.home import ROOT, Home
from tests.replay.browser import WAIT_MS, open_in_replayweb, replayed, served, stamp, text_of
from tests.replay.conftest import StartPywb
from warc import reader
from warc.reader import Record
from warc.revisit import IDENTICAL_PAYLOAD, NOT_MODIFIED

Dialect = Literal["mse", "chorography"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has seen nothing yet."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(WAIT_MS)
        yield context.new_page()


class Crawled:
    """A home whose collection was crawled twice, and its packages in `packages/`."""

    def __init__(self, dialect: Dialect, path: Path) -> None:
        self.home = Home(path)
        with ImitationServer(Corpus(90), dialect, conditional=True) as server:
            self.root = server.url
            self.home.init(server)
            self.home.crawl()
            time.sleep(1.1)
            server.set_state(1)
            self.home.crawl()
        self.packages = path / "packages"
        self.packages.mkdir()
        for output, options in (("whole.wacz", []), ("books", ["--shard", "book"])):
            self.home.mirror("export", "t", "--format", "wacz", *options, "-o", str(self.packages / output))
        # As above 4 GiB: Python's own library with its limit lowered.
        lowered = "import zipfile; zipfile.ZIP64_LIMIT = 5_000; from mirror.cli import main; main()"
        export = ["export", "t", "--format", "wacz", "-o", self.packages / "zip64.wacz", "--home", path]
        subprocess.run([sys.executable, "-c", lowered, *export], check=True, cwd=ROOT, capture_output=True)
        self.entries = self.home.entries()

    def revisits(self) -> list[Record]:
        return [record for path in self.home.archive() for record in reader.read(path) if record.type == "revisit"]


@pytest.fixture(scope="module")
def mse(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return Crawled("mse", tmp_path_factory.mktemp("mse"))


@pytest.fixture(scope="module")
def chorography(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return Crawled("chorography", tmp_path_factory.mktemp("chorography"))


@pytest.fixture
def opener(replayweb: Path, mse: Crawled, chorography: Crawled) -> Iterator[str]:
    """Root of a server that has ReplayWeb.page and the packages of both."""
    with served(root=replayweb, mse=mse.packages, chorography=chorography.packages) as root:
        yield root


def reads(shown: str, entry: dict[str, Any]) -> None:
    """What is shown is the entry, to the character."""
    assert shown.splitlines() == entry["raw_text"].strip("\n").splitlines()


@pytest.mark.parametrize("package", ["whole.wacz", "zip64.wacz", "books/datapackage.json"])
def test_replayweb_follows_the_script_links_of_the_old_site(
    mse: Crawled, opener: str, page: Page, tmp_path: Path, package: str
) -> None:
    """listk() from book to book and sf() to an entry; in a manifest, from package to package."""
    entry, date = mse.entries["ch9/2/5"], mse.entries["ch9/1/1"]["capture"]["timestamp"]
    first, second = (f"{mse.root}bin/mse.exe?seachword=&K=ch9&A={book}&run=12" for book in (1, 2))
    frame = open_in_replayweb(page, opener, f"mse/{package}", first, date)
    expect(frame.locator("b").first).to_have_text(mse.entries["ch9/1/1"]["book"]["title"])
    frame.locator("a", has_text=entry["book"]["title"]).click()  # javascript:listk('ch9','2')
    frame = replayed(page, second)
    expect(frame.locator("b").first).to_have_text(entry["book"]["title"])
    page.screenshot(path=tmp_path / "contents.png")
    frame.locator(f"a[name='{entry['code']}']").click()  # javascript:sf(2,5,'CH9…')
    reads(text_of(replayed(page, entry["capture"]["url"])), entry)
    page.screenshot(path=tmp_path / "entry.png")


@pytest.mark.parametrize("package", ["whole.wacz", "books/datapackage.json"])
def test_replayweb_leads_from_the_home_page_to_an_entry(
    chorography: Crawled, opener: str, page: Page, tmp_path: Path, package: str
) -> None:
    """At the date of the second crawl, most of which are revisits whose block is empty."""
    entry = chorography.entries["ch9/1/3"]
    links = (entry["library"]["title"], entry["book"]["title"], entry["title"])
    places = ("database/ch9/", "database/ch9/section/1/", "database/ch9/section/1/article/3/")
    frame = open_in_replayweb(page, opener, f"chorography/{package}", chorography.root, entry["capture"]["timestamp"])
    for link, place in zip(links, places, strict=True):
        frame.get_by_role("link", name=link, exact=True).first.click()
        frame = replayed(page, chorography.root + place)
    reads(text_of(frame), entry)
    page.screenshot(path=tmp_path / "entry.png")


def test_replayweb_shows_a_revisit_as_the_page_it_speaks_of(
    mse: Crawled, chorography: Crawled, opener: str, page: Page
) -> None:
    """Of either profile: a 304, whose block is empty, and the same payload again."""
    entries = {entry["capture"]["url"]: entry for entry in chorography.entries.values()}
    revisits = [record for record in chorography.revisits() if record.target_uri in entries]
    assert len(revisits) >= 15
    for record in revisits[:3]:
        assert (record.block.size, record.get("WARC-Profile")) == (0, NOT_MODIFIED)
        frame = open_in_replayweb(page, opener, "chorography/whole.wacz", record.target_uri or "", record.date)
        reads(text_of(frame), entries[record.target_uri or ""])
        page.goto("about:blank")
    record = next(record for record in mse.revisits() if (record.target_uri or "").endswith("ftr.htm"))
    assert record.get("WARC-Profile") == IDENTICAL_PAYLOAD
    frame = open_in_replayweb(page, opener, "mse/whole.wacz", record.target_uri or "", record.date)
    assert mse.entries["ch9/1/1"]["library"]["title"] in text_of(frame, "select")


def test_replayweb_lists_entrances_and_finds_entries(mse: Crawled, opener: str, page: Page, tmp_path: Path) -> None:
    titled = {entry["title"]: entry for entry in mse.entries.values()}
    entry = titled["凡  例"]
    page.goto(f"{opener}/?source={opener}/mse/whole.wacz")
    expect(page.locator("[title='首页 home']")).to_be_visible()
    assert page.locator("wr-page-entry").count() == 1 + 2 + 4  # home page, libraries, books
    page.screenshot(path=tmp_path / "pages.png")
    page.get_by_placeholder("Search by Page URL, Title, or Text").fill("凡")
    expect(page.locator(f"[title='{entry['capture']['url']}']").first).to_be_visible()
    page.screenshot(path=tmp_path / "found.png")


def test_the_signature_is_sound_as_browsers_check_it(mse: Crawled, opener: str, page: Page) -> None:
    """By WebCrypto, with the parameters of wabac.js, which shows the key and counts any signature as valid."""
    with zipfile.ZipFile(mse.packages / "whole.wacz") as wacz:
        signed = json.loads(wacz.read("datapackage-digest.json"))["signedData"]
    forged = {**signed, "signature": base64.b64encode(bytes(range(96))).decode()}
    page.goto(opener)
    for stated, sound in ((signed, True), (forged, False)):
        assert sound == page.evaluate(
            """async ({ hash, signature, publicKey }) => {
                const octets = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                const curve = { name: "ECDSA", namedCurve: "P-384" };
                const key = await crypto.subtle.importKey("spki", octets(publicKey), curve, true, ["verify"]);
                const how = { name: "ECDSA", hash: "SHA-256" };
                return crypto.subtle.verify(how, key, octets(signature), new TextEncoder().encode(hash));
            }""",
            stated,
        )


def test_pywb_follows_the_script_links_of_the_old_site(
    mse: Crawled, pywb: StartPywb, page: Page, tmp_path: Path
) -> None:
    """A first click opens a window, the next stays in it."""
    entry, date = mse.entries["ch9/2/5"], mse.entries["ch9/1/1"]["capture"]["timestamp"]
    first, second = (f"{mse.root}bin/mse.exe?seachword=&K=ch9&A={book}&run=12" for book in (1, 2))
    page.goto(f"{pywb(mse.home.path)}/t/{stamp(date)}/{first}")
    with page.expect_popup() as opened:
        replayed(page, first).locator("a", has_text=entry["book"]["title"]).click()
    contents = replayed(opened.value, second)
    expect(contents.locator("b").first).to_have_text(entry["book"]["title"])
    opened.value.screenshot(path=tmp_path / "contents.png")
    contents.locator(f"a[name='{entry['code']}']").click()
    reads(text_of(replayed(opened.value, entry["capture"]["url"])), entry)
    opened.value.screenshot(path=tmp_path / "entry.png")


def test_pywb_leads_from_the_home_page_to_an_entry(
    chorography: Crawled, pywb: StartPywb, page: Page, tmp_path: Path
) -> None:
    entry = chorography.entries["ch9/1/3"]
    page.goto(f"{pywb(chorography.home.path)}/t/{stamp(entry['capture']['timestamp'])}/{chorography.root}")
    frame = replayed(page, chorography.root)
    for link in (entry["library"]["title"], entry["book"]["title"], entry["title"]):
        place = frame.get_by_role("link", name=link, exact=True).first
        place.click()
        frame = replayed(
            page,
            chorography.root
            + {
                entry["title"]: "database/ch9/section/1/article/3/",
                entry["book"]["title"]: "database/ch9/section/1/",
            }.get(link, "database/ch9/"),
        )
    reads(text_of(frame), entry)
    page.screenshot(path=tmp_path / "entry.png")
