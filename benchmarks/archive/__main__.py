"""Verify and index one archive with all contestants, one after the other, and write RESULTS.md.

python -m benchmarks.archive [--records 100000] [--files 8]
python -m benchmarks.archive --large [--pages 300000]

The second makes a collection of so many pages and a package of over 4 GB, opens them in other tools, and in a browser; it takes
an hour and 25 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.archive.cost import ROOT, Cost, measure

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
WORDS = [
    "海塘",
    "之筑",
    "始于",
    "唐代",
    "县志",
    "人口",
    "农业",
    "1986年",
    "水利",
    "工程",
    "建设",
    "完成",
    "投资",
    "万元",
    "，",
    "。",
    "；",
    "\r\n",
    "",
    "",
    "",
    "",
]
INFO = {
    "software": "gazetteer-mirror/benchmark",
    "format": "WARC File Format 1.1",
    "robots": "obey",
    "operator": "benchmark",
    "http-header-user-agent": "benchmark",
}


def write_archive(folder: Path, records: int, files: int) -> None:
    """Entry pages of the old database by our own writer: a tenth chunked, a tenth seen before."""
    sys.path.insert(0, str(ROOT))
    from tests.archive.captures import capture
    from warc.capture import Framing
    from warc.record import Original
    from warc.writer import Writer

    chance = random.Random(1)
    began = datetime(2026, 3, 1, tzinfo=UTC)
    originals: list[tuple[str, bytes, Original]] = []
    for number in range(files):
        writer = Writer(folder, f"bench{number}", INFO)
        for place in range(records // files // 2):
            began += timedelta(seconds=1)
            if originals and chance.random() < 0.1:
                url, body, original = chance.choice(originals)
                writer.write(capture(url, body, began=began), original)
                continue
            url = f"http://lib.example.cn/bin/mse.exe?K=ch{number}&A={1 + place // 500}&rec={1 + place % 500}&run=13"
            text = "".join(chance.choices(WORDS, k=chance.randint(800, 4000)))
            body = f"<html><title>志</title><pre>{text}</pre></html>".encode("gb18030")
            head = framing = None
            if chance.random() < 0.1:
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
                framing = Framing((b"%x\r\n" % len(body), b"\r\n0\r\n\r\n"), (len(body),))
            written = writer.write(capture(url, body, head=head, framing=framing, began=began))
            if chance.random() < 0.02:
                original = Original(url, written.timestamp, written.record_id, written.payload_digest or "")
                originals.append((url, body, original))
        writer.close()


def contest(folder: Path, runs: int) -> list[Cost]:
    paths = sorted(folder.glob("*.warc.gz"))
    python, files = sys.executable, [str(path) for path in paths]
    ours, theirs = folder / "ours.cdxj", folder / "theirs.cdxj"
    verify = [python, "-m", "benchmarks.archive.ours", "verify", str(ours)]
    index = [python, "-m", "benchmarks.archive.ours", "index", str(ours)]
    fast = ["sh", "-c", f'for f; do "{BIN}/fastwarc" check -q "$f" || exit 1; done', "sh", *files]
    both = ["sh", "-c", f'printf "%s\\n" "$@" | xargs -P 2 -n 1 "{BIN}/fastwarc" check -q', "sh", *files]
    payloads = ["sh", "-c", f'for f; do "{BIN}/fastwarc" check -q -p "$f" || true; done', "sh", *files]
    found = [
        measure("cdxj-indexer -s", [str(BIN / "cdxj-indexer"), "-s", *files], "index", runs=1, output=theirs),
        measure("ours, index", [*index, *files], "index; all cores", runs=runs),
        measure("ours, index, one core", [*index, "--workers", "1", *files], "index", runs=runs),
        measure(
            "warcio check", [str(BIN / "warcio"), "check", *files], "block and payload digests, no revisits", runs=1
        ),
        measure("fastwarc check", fast, "block digests; one core, one file after the other", runs=runs),
        measure("fastwarc check, two at once", both, "block digests; two cores", runs=runs),
        measure("fastwarc check -p", payloads, "block and payload digests; one core", runs=runs),
        measure("ours, verify", [*verify, *files], "every rule of the files, and the index; all cores", runs=runs),
        measure("ours, verify, one core", [*verify, "--workers", "1", *files], "the same", runs=runs),
    ]
    if ours.read_bytes() != theirs.read_bytes():
        raise SystemExit("our index is not that of cdxj-indexer")
    return found


def report(costs: list[Cost], records: int, size: int) -> str:
    by_name = {cost.name: cost for cost in costs}
    indexer, check = by_name["cdxj-indexer -s"], by_name["fastwarc check"]
    rows = "".join(
        f"| {cost.name} | {records / cost.wall_s:,.0f} | {cost.cpu_s / records * 1e6:.0f} | {cost.wall_s:.2f} | "
        f"{cost.peak_mb:.0f} | {cost.note} |\n"
        for cost in costs
    )
    return f"""# Verifying and indexing an archive

Collections of 300,000 pages and packages over 4 GB: [LARGE.md](LARGE.md).

{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {records:,} records in {size / 1e6:.0f} MB of gzip,
{len(os.sched_getaffinity(0))} cores usable; other work ran on the machine, so trust the ratios. CPU includes children; memory is private memory of all processes
together, at its peak. Median of the runs.

| | records/s | CPU µs/record | wall s | peak MB | what it does |
|---|---:|---:|---:|---:|---|
{rows}
* Index: {indexer.wall_s / by_name["ours, index"].wall_s:.1f} times as fast as cdxj-indexer on all cores, {indexer.cpu_s / by_name["ours, index, one core"].cpu_s:.1f} times on one (by CPU); the lines are the same, byte for byte.
* Verify: {by_name["ours, verify"].wall_s / check.wall_s:.2f} times the wall time of `fastwarc check`, which compares block digests only and uses one core; {by_name["ours, verify, one core"].cpu_s / check.cpu_s:.1f} times its CPU.
  Headers, HTTP heads, pairs and index lines are judged in Python, record by record; a file of over 64 MB is cut into parts, so that
  one large file keeps all cores busy too.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="collections of real size instead, by ourselves alone")
    parser.add_argument("--pages", type=int, default=300_000)
    parser.add_argument("--bytes", type=int, default=4_500_000_000, help="of the large package")
    given = parser.parse_args()
    if given.large:
        from benchmarks.archive import large

        large.run(given.pages, given.bytes)
        return
    with tempfile.TemporaryDirectory(prefix="bench-archive-") as name:
        folder = Path(name)
        write_archive(folder, given.records, given.files)
        size = sum(path.stat().st_size for path in folder.glob("*.warc.gz"))
        costs = contest(folder, given.runs)
    text = report(costs, given.records, size)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
