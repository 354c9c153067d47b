"""Collections of real size: 300,000 pages opened in a browser, and a package of over 4 GB. Writes LARGE.md."""

from __future__ import annotations

import http.server
import json
import os
import platform
import re
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from playwright.sync_api import Frame, Page, sync_playwright

from benchmarks.archive.collections import write_entries, write_large
from benchmarks.archive.cost import ROOT, Cost, measure, private_mb
from benchmarks.process import family

HERE = Path(__file__).parent
_MIRROR = [sys.executable, "-c", "from mirror.cli import main; main()"]
_REPLAYWEB = ROOT / "tests" / "readers" / "node_modules" / "replaywebpage"
_WAIT_MS = 300_000


def run(pages: int, size_bytes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-large-") as name:
        folder = Path(name)
        text = _head() + _pages(folder, pages) + _package(folder, size_bytes)
    (HERE / "LARGE.md").write_text(text, encoding="utf-8")
    print(text)


def _head() -> str:
    return (
        f"# Collections of real size\n\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        "`python -m benchmarks.archive --large`. Other work ran on the machine: CPU counts, not the clock. Memory is private "
        "memory of all processes together, at its peak.\n\n"
    )


def _table(costs: list[Cost]) -> str:
    rows = "".join(
        f"| {cost.name} | {cost.wall_s:.0f} | {cost.cpu_s:.0f} | {cost.peak_mb:.0f} | {cost.note} |\n"
        for cost in costs
    )
    return f"| | wall s | CPU s | peak MB | |\n|---|---:|---:|---:|---|\n{rows}\n"


class _Home:
    """A home with one collection whose archive is written directly."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.costs: list[Cost] = []
        self.mirror("init", "big", "--source", "mse", "--base-url", "http://lib.example.cn/")
        self.costs.clear()

    @property
    def archive(self) -> Path:
        return self.path / "collections" / "big" / "archive"

    def mirror(self, *arguments: str, note: str = "") -> None:
        name = f"mirror {' '.join(one for one in arguments if not one.startswith('/'))}"
        self.costs.append(measure(name, [*_MIRROR, *arguments, "--home", str(self.path)], note, runs=1, ok=(0, 3)))


def _pages(folder: Path, pages: int) -> str:
    home = _Home(folder / "pages")
    began = time.monotonic()
    deep = write_entries(home.archive, pages)
    written_s = time.monotonic() - began
    size = sum(path.stat().st_size for path in home.archive.iterdir())
    home.mirror("rebuild", "big", note="every page read, and the search index made")
    home.mirror("verify", "big", note="every rule, and every text derived again")
    packages = folder / "packages"
    how = [] if pages > 50_000 else ["--shard", "book"]  # a few pages, to try this out, would be one package
    home.mirror("export", "big", "--format", "wacz", *how, "-o", str(packages))
    shards = sorted(packages.glob("*.wacz"))
    largest = max(shards, key=lambda path: path.stat().st_size)
    return (
        f"## {pages:,} pages\n\nWritten at {pages / written_s:,.0f} pages a second into {size / 1e9:.2f} GB of WARC.\n\n"
        + _table(home.costs)
        + f"{len(shards)} packages; the largest has {largest.stat().st_size / 1e6:,.0f} MB.\n\n"
        + browse(packages, deep)
    )


def _package(folder: Path, size_bytes: int) -> str:
    home = _Home(folder / "large")
    count = write_large(home.archive, size_bytes)
    home.mirror("rebuild", "big")
    home.mirror("verify", "big", note="every rule")
    package = folder / "large.wacz"
    home.mirror("export", "big", "--format", "wacz", "--shard", "none", "-o", str(package))
    wacz = ROOT / ".venv-wacz" / "bin" / "wacz"
    home.costs.append(measure("wacz validate -f", [str(wacz), "validate", "-f", str(package)], "py-wacz", runs=1))
    files = ", ".join(f"{path.stat().st_size / 1e9:.2f}" for path in sorted(home.archive.iterdir()))
    return (
        f"## A package of {package.stat().st_size / 1e9:.2f} GB\n\n{count} pictures of 6 MB that cannot be compressed, in WARC files of "
        f"{files} GB.\n\n" + _table(home.costs) + _zip64(package) + open_last(package, count)
    )


def _zip64(package: Path) -> str:
    """What Python's zipfile says of the package; all members are read, so their checksums are compared."""
    with zipfile.ZipFile(package) as opened:
        beyond = [one.filename for one in opened.infolist() if one.header_offset >= 1 << 32]
        problem = opened.testzip()
    return (
        f"Python's `zipfile`: {'all checksums are right' if problem is None else f'damaged: {problem}'}; {len(beyond)} members begin "
        f"beyond 4 GiB ({', '.join(beyond[:3])} …).\n"
    )


# -- the browser -------------------------------------------------------------------------------------------------


class _Ranges(http.server.SimpleHTTPRequestHandler):
    """Files with ranges, of any size: what any web server does."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def send_head(self) -> IO[bytes] | None:  # type: ignore[override]
        asked = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            return super().send_head()  # type: ignore[return-value]
        size = path.stat().st_size
        first, last = asked[1], asked[2]
        begin = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        self.send_header("Content-Length", str(end - begin))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        self._left = end - begin
        file = path.open("rb")
        file.seek(begin)
        return file

    def copyfile(self, source: Any, outputfile: Any) -> None:
        left = getattr(self, "_left", None)
        self._left = None
        while piece := source.read(1 << 16 if left is None else min(left, 1 << 16)):
            try:
                outputfile.write(piece)
            except OSError:  # the browser has had enough
                return
            if left is not None:
                left -= len(piece)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder of packages below `/packages/`, ReplayWeb.page at `/`; gives the root."""

    class Handler(_Ranges):
        def translate_path(self, path: str) -> str:
            plain = path.partition("?")[0]
            if plain.startswith("/packages/"):
                return str(folder / plain.removeprefix("/packages/"))
            return super().translate_path(path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(_REPLAYWEB)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class _Opened:
    """A browser with a page, and what it takes."""

    page: Page

    def memory_mb(self) -> float:
        """Private memory of every process of the browser."""
        return sum(private_mb(pid) for pid in family(os.getpid()) if "chrom" in _name(pid))


@contextmanager
def opened() -> Iterator[_Opened]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(_WAIT_MS)
        yield _Opened(context.new_page())
        browser.close()


def browse(packages: Path, deep: tuple[str, str, str], pictures: Path | None = None) -> str:
    """Open the manifest, and the package that holds a page deep inside, at that page's book; click; search."""
    contents, code, entry = deep
    library = re.search(r"K=([a-z0-9]+)", contents)
    shard = next(
        (path for path in sorted(packages.glob("*.wacz")) if library and f"-{library[1]}" in path.stem), None
    )
    rows = []
    for name in filter(None, ("datapackage.json", shard and _shard_of(packages, contents))):
        with served(packages) as root, opened() as browser:
            page, began = browser.page, time.monotonic()
            place = f"view=resource&url={quote(contents, safe='')}"
            page.goto(f"{root}/?source={quote(f'{root}/packages/{name}')}#{place}")
            frame = _replayed(page, contents)
            first_s, first_mb = time.monotonic() - began, browser.memory_mb()
            if pictures is not None:
                page.screenshot(path=pictures / f"{Path(name).stem}-contents.png")
            began = time.monotonic()
            frame.locator(f"a[name='{code}']").click()  # javascript:sf(…)
            _replayed(page, entry)
            click_s = time.monotonic() - began
            if pictures is not None:
                page.screenshot(path=pictures / f"{Path(name).stem}-entry.png")
            began = time.monotonic()
            page.goto("about:blank")
            page.goto(f"{root}/?source={quote(f'{root}/packages/{name}')}#view=pages")
            page.locator("wr-page-entry").first.wait_for()
            listed_s, listed_mb = time.monotonic() - began, browser.memory_mb()
            began = time.monotonic()
            page.get_by_placeholder("Search by Page URL, Title, or Text").fill("水泥")
            page.locator("wr-page-entry mark, wr-page-entry [title*='rec=']").first.wait_for()
            found_s, found_mb = time.monotonic() - began, browser.memory_mb()
            if pictures is not None:
                page.screenshot(path=pictures / f"{Path(name).stem}-found.png")
        rows.append(
            f"| `{name}` | {first_s:.1f} s, {first_mb:.0f} MB | {click_s:.1f} s | {listed_s:.1f} s, {listed_mb:.0f} MB | "
            f"{found_s:.1f} s, {found_mb:.0f} MB |\n"
        )
    return (
        "ReplayWeb.page 2.5 in Chromium: a table of contents deep inside, a click on its `javascript:sf(…)`, the list of pages, a search.\n\n"
        "| opened | first page | click | list of pages | search |\n|---|---|---|---|---|\n" + "".join(rows) + "\n"
    )


def _shard_of(packages: Path, url: str) -> str:
    """The package that lists a page among its entrances."""
    for path in sorted(packages.glob("*.wacz")):
        with zipfile.ZipFile(path) as package, package.open("pages/pages.jsonl") as lines:
            if any(json.loads(line).get("url") == url for line in lines):
                return path.name
    raise SystemExit(f"no package has {url} among its entrances")


def open_last(package: Path, count: int) -> str:
    """The last picture of a package over 4 GB, in ReplayWeb.page."""
    url = f"http://lib.example.cn/images/{count:05d}.gif"
    with served(package.parent) as root, opened() as browser:
        began = time.monotonic()
        place = f"view=resource&url={quote(url, safe='')}"
        browser.page.goto(f"{root}/?source={quote(f'{root}/packages/{package.name}')}#{place}")
        frame = _replayed(browser.page, url)
        size = frame.evaluate(
            "async () => (await (await fetch(location.href.replace('mp_/', 'id_/'))).arrayBuffer()).byteLength"
        )
        return (
            f"ReplayWeb.page opens its last picture, beyond 4 GiB, in {time.monotonic() - began:.1f} s with {size:,} bytes; the browser "
            f"takes {browser.memory_mb():.0f} MB.\n"
        )


def _replayed(page: Page, url: str) -> Frame:
    """Wait for the frame in which an archived URL is shown, whole."""
    deadline = time.monotonic() + _WAIT_MS / 1000
    while time.monotonic() < deadline:
        for frame in page.frames:
            if frame != page.main_frame and frame.url.partition("#")[0].endswith("mp_/" + url):
                frame.wait_for_load_state("load", timeout=_WAIT_MS)
                return frame
        page.wait_for_timeout(50)
    raise SystemExit(f"{url} is not shown")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
