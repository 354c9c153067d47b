"""The static site: whole, the same every time, in any folder, and searched without a server."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from playwright.sync_api import Browser, expect

from mirror.browse.siteindex import shard_of
from mirror.collection import Collection
from mirror.export import site
from mirror.export.formats import Export
from mirror.search.fold import stream
from tests.chromium import PHONE, tab
from tests.home import Home


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def written(held: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("www") / "sub" / "folder"
    held.mirror("export", "zhi", "--format", "site", "-o", str(folder))
    return folder


@pytest.fixture(scope="module")
def hosted(written: Path) -> Iterator[str]:
    """The site in a subfolder of a plain web server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    serve = functools.partial(Quiet, directory=written.parents[1])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sub/folder"
        server.shutdown()
        thread.join()


def test_the_same_bytes_every_time(
    held: Home, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.stat().st_mtime_ns for path in written.rglob("*") if path.is_file()}
    monkeypatch.setattr(site, "_ALONE", 0)  # by several processes this time
    site.export(Export(Collection.open(held.path, "zhi"), tmp_path / "again"))
    assert tree(tmp_path / "again") == tree(written)
    (written / "ch9/1/999.html").write_text("of before")
    (written / "search/shard-99.js").write_text("of before")
    (written / "search/abcd").mkdir()
    (written / "search/abcd/ef01-t0.js").write_text("of before")
    held.mirror("export", "zhi", "--format", "site", "-o", str(written))
    after = {path: path.stat().st_mtime_ns for path in written.rglob("*") if path.is_file()}
    changed = {path.name for path in after if after[path] != before.get(path)}
    assert changed <= {site.MARK} and before.keys() == after.keys()


def test_every_name_suits_any_host_and_every_link_leads_somewhere(written: Path, held: Home) -> None:
    for path in written.rglob("*"):
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", path.name), path
    for path in written.rglob("*.html"):
        for element in html.parse(str(path)).getroot().iter("a", "link", "script", "form"):
            target = element.get("href") or element.get("src") or element.get("action") or ""
            target = target.partition("#")[0]
            assert not target.startswith("/") and "://" not in target, f"{path}: {target}"
            assert not target or (path.parent / target).is_file(), f"{path}: {target}"
    for place in held.entries("zhi"):
        assert (written / f"{place}.html").is_file() and (written / f"en/{place}.html").is_file()


def test_a_witness_stands_beside_its_entry(written: Path) -> None:
    entry = html.parse(str(written / "en/ch9/1/1.html")).getroot()
    links = [link.get("href") for link in entry.cssselect(".witnesses a")]
    assert links == ["../../../en/ch9/1/1-witness-1.html", "../../../en/ch9/1/1-witness-2.html"]
    beside = html.parse(str(written / "en/ch9/1/1-witness-2.html")).getroot()
    assert any("后人所加" in one.text_content() for one in beside.cssselect(".pair del"))


def test_a_book_can_be_taken_whole(written: Path, held: Home) -> None:
    lines = [line for path in sorted(written.rglob("book.jsonl")) for line in path.read_text("utf-8").splitlines()]
    assert {one["id"]: one for one in map(json.loads, lines)} == held.entries("zhi")


QUERIES = ["灌溉渠", "灌漑渠", "学校 教师", "1986", "石桥", "ＡＢＣ", "没有这样的话"]


@pytest.mark.parametrize("from_disk", [False, True], ids=["host", "disk"])
def test_search_without_a_server(browser: Browser, hosted: str, written: Path, held: Home, from_disk: bool) -> None:
    """The same entries as `mirror search` finds, from a host and from a disk; a phone loads little."""
    root = f"file://{written}" if from_disk else hosted
    for query in QUERIES:
        stated = json.loads(held.mirror("search", "zhi", query, "--limit", "500", "--no-witnesses", "--json").stdout)
        with tab(browser, viewport=PHONE) as shown:
            shown.page.goto(f"{root}/search.html?q={quote(query)}")
            results, more = shown.page.locator("#results"), shown.page.get_by_role("button", name="更多")
            expect(results).to_have_attribute("aria-busy", "false")
            while more.count():
                more.click()
                expect(results).to_have_attribute("aria-busy", "false")
            if not from_disk:
                # Each is read when it comes into sight.
                shown.page.set_viewport_size({"width": PHONE["width"], "height": 20_000})
                expect(shown.page.locator(".hits li:not(:has(.snippet))")).to_have_count(0)
            links = shown.page.locator(".hits h3 a")
            addresses = [link.get_attribute("href") or "" for link in links.all()]
            found = {re.sub(r".*?(\w+/\d+/\d+)\.html", r"\1", address) for address in addresses}
            wanted = {hit["id"] for hit in stated}
            # Pairs alone may find a little more; a host lets the page check, a disk does not.
            assert found >= wanted if from_disk else found == wanted, query
            said = shown.page.get_by_role("status").inner_text()
            assert said in ((f"{len(found)} 条", f"至多 {len(found)} 条") if found else ("没有找到。",)), query
            assert shown.console == [], query
            if not from_disk and wanted:
                assert stream(shown.page.locator("mark").first.inner_text()) in map(stream, query.split())


def test_pages_of_the_site(browser: Browser, hosted: str) -> None:
    for path in (
        "index.html",
        "en/ch9/1/index.html",
        "ch9/1/1.html",
        "search.html",
        "coverage.html",
        "en/about.html",
    ):
        with tab(browser, viewport=PHONE) as shown:
            shown.page.goto(f"{hosted}/{path}")
            assert shown.console == [] and shown.axe() == [], path
            assert all(url.startswith(hosted) for url in shown.requests)
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    with tab(browser, java_script_enabled=False) as shown:
        shown.page.goto(f"{hosted}/ch9/1/1.html")
        shown.page.get_by_role("link", name="下一条").click()
        shown.page.get_by_role("link", name="English").click()
        assert shown.page.url == f"{hosted}/en/ch9/1/2.html"


def test_a_folder_with_other_things_is_left_alone(held: Home, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = held.mirror("export", "zhi", "--format", "site", "-o", str(tmp_path), code=2)
    assert "another folder" in ran.stderr and tree(tmp_path) == {"mine.txt": b"mine"}
    assert "--scope" in held.mirror("export", "zhi", "--format", "site", "-o", "x", "--scope", "ch9", code=2).stderr


@given(st.text(min_size=2, max_size=2), st.integers(0, 13))
def test_a_pair_has_one_shard(pair: str, power: int) -> None:
    assert 0 <= shard_of(pair, 1 << power) < 1 << power
