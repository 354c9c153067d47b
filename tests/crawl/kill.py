"""A crawl killed again and again, and what must hold all the same.

    python -m tests.crawl.kill --entries 2000 --kills 200

runs it at full size and prints the figures.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from mirror.imitation import Corpus, ImitationServer
from tests.home import ROOT, Home
from warc import reader


@dataclass
class Ordeal:
    """What came of it."""

    kills: int = 0
    exit_code: int = 0
    requests: int = 0
    urls: int = 0
    twice: int = 0  #: requests beyond the first of each URL, robots.txt apart
    records: int = 0
    files: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)  #: whole records that were gone after a restart
    complete: bool = False
    entries: int = 0
    rebuilt_alike: bool = False
    index_alike: bool = False


def whole_records(archive: Path) -> dict[str, tuple[str, ...]]:
    """Identity and digests of every record that is whole on the disk now."""
    found = {}
    for path in sorted(archive.iterdir()):
        for record in reader.read(path, on_odd="ignore"):
            if record.type != "warcinfo":
                found[record.record_id] = (record.date, record.block.digest)
    return found


def _wait_for_the_moment(
    process: subprocess.Popen[bytes], server: ImitationServer, before: int, share: float, chance: random.Random
) -> None:
    """Wait until a random number of requests was answered, 0.7 of a kill's share of the entries on average.

    Counted in requests, not in seconds, so that a fast machine is not done before the first kill. One time in ten
    the moment is in the start, while what the last kill left is mended.
    """
    if chance.random() < 0.1:
        goal, pause = 0, chance.uniform(0.0, 0.6)
    else:
        goal, pause = chance.randint(1, max(1, round(1.4 * share))), chance.uniform(0.0, 0.01)
    while process.poll() is None and len(server.log) - before < goal:
        time.sleep(0.001)
    time.sleep(pause)


def torment(folder: Path, corpus: Corpus, dialect: str, kills: int, *, concurrency: int = 4, seed: int = 1) -> Ordeal:
    """Crawl a corpus, killing the crawler `kills` times at random moments, then let it finish."""
    home, ordeal, chance = Home(folder), Ordeal(), random.Random(seed)
    archive = folder / "collections" / "t" / "archive"
    command = [sys.executable, "-c", "from mirror.cli import main; main()", "crawl", "t", "--delay", "0"]
    command += ["--concurrency", str(concurrency), "--set", "capture.max_warc_bytes=200000"]
    environment = {"MIRROR_HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    began = time.monotonic()
    with ImitationServer(corpus, dialect, collcc=1 if dialect == "mse" else 0) as server:  # type: ignore[arg-type]
        home.init(server)
        held: dict[str, tuple[str, ...]] = {}
        while True:
            before = len(server.log)
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if ordeal.kills < kills:
                _wait_for_the_moment(process, server, before, corpus.size / kills, chance)
            if ordeal.kills < kills and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                ordeal.kills += 1
            ordeal.exit_code = process.wait()
            now = whole_records(archive)
            ordeal.lost += [name for name, digests in held.items() if now.get(name) != digests]
            held = now
            if process.returncode != -signal.SIGKILL:
                break
        counts = Counter(one.path for one in server.log)
    ordeal.seconds = time.monotonic() - began
    ordeal.requests, ordeal.urls = counts.total(), len(counts)
    ordeal.twice = sum(count - 1 for path, count in counts.items() if path != "/robots.txt")
    paths = sorted(archive.iterdir())
    ordeal.files = len(paths)
    for path in paths:
        ours = [record.record_id for record in reader.read(path, on_odd="fail")]
        with path.open("rb") as file:
            assert [one.rec_headers["WARC-Record-ID"] for one in WarcioIterator(file, no_record_parse=True)] == ours
        with path.open("rb") as file:
            assert sum(one.verify_block_digest() for one in FastIterator(file, parse_http=False)) == len(ours)
        ordeal.records += len(ours)
    ordeal.complete = home.coverage()["complete"]
    entries = home.entries()
    ordeal.entries = len(entries)
    index = folder / "collections" / "t" / "indexes" / "index.cdxj"
    lines = index.read_bytes()
    home.mirror("rebuild", "t")
    ordeal.rebuilt_alike = home.entries() == entries
    ordeal.index_alike = index.read_bytes() == lines
    return ordeal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--dialect", choices=["mse", "chorography"], default="chorography")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ordeal = torment(Path(folder), Corpus(given.entries), given.dialect, given.kills, seed=given.seed)
    sys.stdout.write(json.dumps(ordeal.__dict__, indent=1) + "\n")


if __name__ == "__main__":
    main()
