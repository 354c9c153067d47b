"""Run all contestants on one site, one after the other, and write RESULTS.md.

python -m benchmarks.crawl [--pages 20000]
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from benchmarks.process import run

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


#: The crawler, with what it indexes for search left waiting, to tell what that costs.
_UNINDEXED = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from mirror.search import index
index.catch_up = lambda *_, **__: 0
from mirror.cli import main
main()
"""


@dataclass(frozen=True)
class Cost:
    name: str
    pages: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    disk_mb: float
    note: str = ""

    @property
    def cpu_ms(self) -> float:
        return self.cpu_s * 1000 / self.pages


@dataclass(frozen=True)
class Site:
    url: str
    pages: int
    mean_bytes: int
    entries: int  #: pages that a contestant must have asked for, or it is not measured

    def answered(self) -> int:
        """Entries served since this was last asked."""
        with urlopen(self.url + "answered") as answer:
            return int(answer.read())


@contextmanager
def site(entries: int) -> Iterator[Site]:
    """The site in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.crawl.site", "--pages", str(entries)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url, count, mean = process.stdout.readline().split()
        yield Site(url, int(count), int(mean), entries)
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def measure(
    site: Site, name: str, command: list[str], folder: Path, note: str = "", ok: tuple[int, ...] = (0,)
) -> Cost:
    """What a crawl of the whole site costs, and what it leaves on the disk."""
    site.answered()
    took = run(command, folder, ok=ok, environment={"MIRROR_HOME": str(folder)})
    if (answered := site.answered()) < site.entries:
        raise SystemExit(f"{name} asked for {answered} of {site.entries} entries; it cannot be compared")
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Cost(name, site.pages, took.cpu_s, took.wall_s, took.peak_mb, disk / 1e6, note)


def init(mirror: list[str], site: Site, home: Path) -> None:
    """A collection of the site."""
    run([*mirror, "init", "b", "--source", "chorography", "--base-url", site.url, "--home", home], home)


def contestants(site: Site, work: Path) -> Iterator[Cost]:
    mirror = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mirror.cli import main; main()",
    ]
    home = work / "ours"
    init(mirror, site, home)
    crawl = [*mirror, "crawl", "b", "--delay", "0", "--concurrency", "8"]
    yield measure(site, "ours", crawl, home, "WARC, index, links, entries, store; every commit synced")
    home = work / "after"
    init(mirror, site, home)
    later = [*crawl, "--set", "search.index=after"]
    yield measure(site, "ours, indexed after the crawl", later, home, "the same, with search.index = after")
    home = work / "unindexed"
    unindexed = [sys.executable, "-c", _UNINDEXED]
    init(unindexed, site, home)
    crawl = [*unindexed, "crawl", "b", "--delay", "0", "--concurrency", "8"]
    yield measure(site, "ours, but for the search index", crawl, home, "the same, with nothing indexed for search")
    if wget := shutil.which("wget"):
        command = [wget, "-q", "-r", "-l", "inf", "--warc-file=w", site.url]
        # 8: the server said 404 to something, such as robots.txt
        yield measure(site, "wget -r --warc-file", command, work / "wget", "WARC and files; one connection", (0, 8))
    else:
        sys.stderr.write("wget is not here: apt-get install wget\n")
    plain = [sys.executable, str(HERE / "plain_scrapy.py"), site.url]
    yield measure(site, "plain Scrapy", plain, work / "scrapy", "links; nothing kept")
    python = _webarchive(work)
    if python is not None:
        command = [str(python), str(HERE / "plain_scrapy.py"), site.url, str(work / "webarchive" / "out.wacz")]
        yield measure(site, "scrapy-webarchive", command, work / "webarchive", "WACZ; links")


def _webarchive(work: Path) -> Path | None:
    """scrapy-webarchive in an environment of its own, for it asks for other versions; None if it cannot be had."""
    folder = work / "venv"
    made = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True)
    python = folder / "bin" / "python"
    if made.returncode == 0:
        got = subprocess.run(
            [python, "-m", "pip", "install", "-q", "scrapy-webarchive", "w3lib<2.4", "twisted<24.11"],
            capture_output=True,
            text=True,
        )
        if got.returncode == 0:
            return python
        sys.stderr.write(f"scrapy-webarchive cannot be had: {got.stderr.strip()[-300:]}\n")
    return None


def table(costs: list[Cost]) -> str:
    ours = costs[0]
    lines = [
        "| | CPU ms/page | × ours | pages/s | peak MB | on disk MB | what it does |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    lines.extend(
        f"| {cost.name} | {cost.cpu_ms:.2f} | {cost.cpu_ms / ours.cpu_ms:.2f} | {cost.pages / cost.wall_s:.0f} "
        f"| {cost.peak_mb:.0f} | {cost.disk_mb:.0f} | {cost.note} |"
        for cost in costs
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with site(given.pages // 4) as quarter:
            smaller = next(contestants(quarter, Path(folder) / "quarter"))
        with site(given.pages) as whole:
            costs = list(contestants(whole, Path(folder)))
    text = (
        f"# What a crawled page costs\n\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {whole.pages} pages of {whole.mean_bytes} bytes on average, on loopback, 8 requests at once; "
        f"CPU is user and system time of the crawler and of all processes it starts. Trust the ratios.\n\n{table(costs)}\n\n"
        f"A quarter of the site took ours {smaller.peak_mb:.0f} MB at most, the whole of it {costs[0].peak_mb:.0f} MB, "
        f"and {smaller.cpu_ms:.2f} CPU ms a page.\n"
    )
    sys.stdout.write(text)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
