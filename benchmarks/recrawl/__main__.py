"""A crawl of an unchanged site: what it adds to the archive, beside the first crawl and beside wget; then every
revisit is replayed by pywb. Writes RESULTS.md.

python -m benchmarks.recrawl [--pages 5000] [--etag both]
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from benchmarks.process import run
from mirror.imitation import Corpus, ImitationServer

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    name: str
    requests: int
    added_bytes: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    note: str = ""


class Contest:
    """One site, several crawls of it."""

    def __init__(self, server: ImitationServer) -> None:
        self._server = server

    def measure(self, name: str, archive: Path, command: list[str], cwd: Path, note: str = "") -> Cost:
        """Run a command; what it asked for, added to a folder of WARC files, and took."""
        asked, held = sum(self._server.counts.values()), _bytes(archive)
        took = run(command, cwd, ok=(0, 8))  # 8: wget's word for a server that answered 404 to something
        requests = sum(self._server.counts.values()) - asked
        return Cost(name, requests, _bytes(archive) - held, took.cpu_s, took.wall_s, took.peak_mb, note)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.warc.gz"))


def ours(contest: Contest, server: ImitationServer, home: Path, conditional: str) -> list[Cost]:
    mirror = [sys.executable, "-c", "from mirror.cli import main; main()"]
    subprocess.run(
        [*mirror, "init", "t", "--source", "chorography", "--base-url", server.url, "--home", home], cwd=ROOT
    )
    crawl = [*mirror, "crawl", "t", "--home", str(home), "--delay", "0", "--concurrency", "8"]
    archive = home / "collections/t/archive"
    found = [contest.measure(f"mirror crawl, first{conditional}", archive, crawl, ROOT)]
    time.sleep(1.1)  # a replay URL has no more than the second
    found.append(contest.measure(f"mirror crawl, again{conditional}", archive, crawl, ROOT, "everything asked"))
    found.append(
        contest.measure(f"mirror crawl --due{conditional}", archive, [*crawl, "--due"], ROOT, "contents only")
    )
    return found


def wget(contest: Contest, server: ImitationServer, folder: Path, conditional: str) -> list[Cost]:
    folder.mkdir()
    base = ["wget", "-q", "-e", "robots=off", "-r", "-l", "inf", "-nd", "--delete-after", "--warc-max-size=1G"]
    first = [*base, "--warc-file=first", "--warc-cdx", server.url]
    again = [*base, "--warc-file=again", "--warc-cdx", "--warc-dedup=first.cdx", server.url]
    return [
        contest.measure(f"wget -r --warc-file, first{conditional}", folder, first, folder),
        contest.measure(f"wget --warc-dedup, again{conditional}", folder, again, folder, "everything asked and sent"),
    ]


@contextmanager
def pywb(home: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wayback = Path(os.environ.get("MIRROR_PYWB", ROOT / ".venv-pywb")) / "bin" / "wayback"
    with (home / "wayback.log").open("wb") as log:
        process = subprocess.Popen(
            [wayback, "--bind", "127.0.0.1", "-p", str(port)], cwd=home, stdout=log, stderr=log
        )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def replay_revisits(home: Path) -> tuple[int, int]:
    """How many revisits there are, and how many pywb gives back with their original's very bytes."""
    payloads: dict[tuple[str, str], bytes] = {}
    revisits = replayed = 0
    with pywb(home) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for path in sorted((home / "collections/t/archive").glob("*.warc.gz")):
            with path.open("rb") as file:
                for record in ArchiveIterator(file):
                    head = record.rec_headers
                    url, date = head["WARC-Target-URI"], head["WARC-Date"]
                    if record.rec_type == "response":
                        payloads[url, date] = record.raw_stream.read()
                    elif record.rec_type == "revisit":
                        revisits += 1
                        original = payloads[head["WARC-Refers-To-Target-URI"], head["WARC-Refers-To-Date"]]
                        moment = datetime.fromisoformat(date)
                        connection.request(
                            "GET", f"/t/{moment:%Y%m%d%H%M%S}id_/{url}", headers={"Accept-Encoding": "gzip"}
                        )
                        answer = connection.getresponse()
                        replayed += answer.read() == original and answer.status == 200
    return revisits, replayed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--etag", choices=["both", "yes", "no"], default="both", help="whether the source has ETags")
    given = parser.parse_args()
    pages = given.pages
    folder = Path(tempfile.mkdtemp(prefix="recrawl-"))
    costs: list[Cost] = []
    replays: list[str] = []
    try:
        for conditional in {"both": (True, False), "yes": (True,), "no": (False,)}[given.etag]:
            named = ", ETag" if conditional else ", no ETag"
            home = folder / f"home-{conditional}"
            home.mkdir()
            with ImitationServer(Corpus(pages), "chorography", conditional=conditional, keep_log=False) as server:
                contest = Contest(server)
                costs += ours(contest, server, home, named)
                costs += wget(contest, server, folder / f"wget-{conditional}", named)
            revisits, replayed = replay_revisits(home)
            replays.append(
                f"{replayed} of {revisits} revisits ({named[2:]}) replay in pywb with their original's bytes"
            )
    finally:
        shutil.rmtree(folder)
    text = report(pages, costs, replays)
    (HERE / "RESULTS.md").write_text(text, "utf-8")
    print(text)


def report(pages: int, costs: list[Cost], replays: list[str]) -> str:
    lines = [
        "# What a crawl of an unchanged site costs",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, a site of {pages} entries on "
        "loopback; CPU is user and system time of the crawler and of all it starts. On a shared machine: trust "
        "bytes, requests and CPU ratios, not seconds. wget sends no conditional requests and holds one connection; we keep "
        "8, and sync what we commit.",
        "",
        "| | requests | bytes added to the archive | of the first crawl | CPU s | s | peak MB | |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    first = costs[0]
    for cost in costs:
        if "first" in cost.name:
            first = cost
        lines.append(
            f"| {cost.name} | {cost.requests:,} | {cost.added_bytes:,} | {cost.added_bytes / first.added_bytes:.1%} | "
            f"{cost.cpu_s:.1f} | {cost.wall_s:.1f} | {cost.peak_mb:.0f} | {cost.note} |"
        )
    lines += ["", *(f"- {line}." for line in replays), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
