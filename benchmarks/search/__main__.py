"""All contestants on the same made-up entries, one after the other; the table is printed.

python -m benchmarks.search [--entries 200000]                  20 minutes on 2 quiet cores
python -m benchmarks.search --entries 300000 --only ours        15 minutes

DuckDB and tantivy take part where they are installed: pip install duckdb tantivy.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.search.corpus import entries
from benchmarks.search.engines import DuckDB, Engine, Ours, OursWithCounts, Tantivy, Trigram
from mirror.search.fold import BOUNDARY, stream

LENGTHS = (1, 2, 3, 4, 8, 16, 64)
#: Strings of each length that are looked for in every text, too.
PROVEN = 30


class Corpus:
    """The entries, made once and kept in a file, so that no contestant's memory or time has them."""

    def __init__(self, count: int, path: Path) -> None:
        self.path = path
        if not path.exists() or pq.read_metadata(path).num_rows != count:
            self._make(count)
        self.characters = self.size = 0
        for title, text in self:
            self.characters += len(text)
            self.size += len(title.encode()) + len(text.encode())

    def _make(self, count: int) -> None:
        schema = pa.schema([("title", pa.string()), ("text", pa.string())])
        made = entries(count)
        with pq.ParquetWriter(self.path, schema) as writer:
            while batch := list(islice(made, 2000)):
                columns = list(map(list, zip(*batch, strict=True)))
                writer.write_table(pa.table(dict(zip(("title", "text"), columns, strict=True)), schema))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for batch in pq.ParquetFile(self.path).iter_batches(2000):
            yield from zip(batch["title"].to_pylist(), batch["text"].to_pylist(), strict=True)


def queries(corpus: Iterable[tuple[str, str]], each: int) -> dict[int, list[str]]:
    """Strings cut out of texts at random: frequent ones come often, as in what readers type."""
    random = Random(2)
    found: dict[int, list[str]] = {length: [] for length in LENGTHS}
    for _, text in corpus:
        for length in LENGTHS:
            # Two of a hundred entries, until there are enough.
            if len(found[length]) < each and len(text) > 300 and random.random() < 0.02:
                for _ in range(20):
                    at = random.randrange(len(text) - length)
                    piece = text[at : at + length]
                    if "\n" not in piece and not set(piece) & set("，。"):
                        break
                    if length > 8 and "\n" not in piece:
                        break
                else:
                    continue
                found[length].append(piece)
    return found


@dataclass(frozen=True)
class Truth:
    """How many entries really have each of some strings, by looking through all of them."""

    written: dict[str, int]  #: as it is written, line ends aside
    folded: dict[str, int]  #: in the folding of `mirror.search.fold`


def truth(corpus: Iterable[tuple[str, str]], asked: dict[int, list[str]]) -> Truth:
    wanted = list(dict.fromkeys(query for one in asked.values() for query in one[:PROVEN]))
    pairs = [(query, stream(query)) for query in wanted]
    written, folded = dict.fromkeys(wanted, 0), dict.fromkeys(wanted, 0)
    for title, text in corpus:
        plain = f"{title}\n{text.replace(chr(10), '')}"
        flat = f"{stream(title)}{BOUNDARY}{stream(text)}"
        for query, wanted_flat in pairs:
            written[query] += query in plain
            folded[query] += wanted_flat in flat
    return Truth(written, folded)


def percentile(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, round(len(times) * part))]


def cell(times: list[float]) -> str:
    return f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entries", type=int, default=200_000)
    options.add_argument("--queries", type=int, default=60)
    options.add_argument("--slow", type=int, default=4, help="queries asked of engines that scan")
    options.add_argument("--only", nargs="+", choices=("ours", "trigram", "tantivy", "duckdb"))
    options.add_argument(
        "--folder", type=Path, help="made if need be; the entries and ours stay in it, and are not made again"
    )
    arguments = options.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    corpus = Corpus(arguments.entries, folder / "corpus.parquet")
    asked = queries(corpus, arguments.queries)
    true = truth(corpus, asked)
    known: dict[str, type[Engine]] = {"ours": Ours, "trigram": Trigram, "tantivy": Tantivy, "duckdb": DuckDB}
    contestants = [
        engine()
        for name, engine in known.items()
        if name in (arguments.only or known) and (name in ("ours", "trigram") or find_spec(name))
    ]
    print(f"{time.monotonic() - began:.0f} s: entries, and the truth about them", file=sys.stderr, flush=True)
    head = [
        "",
        "index / text",
        "build CPU s",
        "counts as brute force",
        *(f"{length} char." for length in LENGTHS),
        "what it does",
    ]
    rows = [head, ["---"] + ["---:"] * (len(head) - 2) + ["---"]]
    try:
        for engine in contestants:
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                engine.build(folder if isinstance(engine, Ours) else Path(scratch), corpus)
                built = -time.process_time()
                engine.index()
                built += time.process_time()
                share = f"{engine.size() / corpus.size:.2f}" if engine.size() else "–"
                for variant in [engine, OursWithCounts(engine)] if isinstance(engine, Ours) else [engine]:
                    row = ask(variant, asked, true, arguments.slow)
                    rows.append([variant.name, share, f"{built:.0f}", *row, variant.note])
                    print(f"{time.monotonic() - began:.0f} s: {' | '.join(rows[-1])}", file=sys.stderr, flush=True)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    print(
        f"""## Searching {arguments.entries:,} entries

{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.1f}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version};
{corpus.characters / 1e6:.0f} million characters of made-up text ({corpus.size / 1e6:.0f} MB in UTF-8; `corpus.py` says how it is made).
CPU milliseconds, p50 / p95, of {arguments.queries} queries of each length cut out of the texts at random (scanning engines: {arguments.slow}),
each asked twice, the second time counted. Counts: how many of {PROVEN} strings of each length (scanning engines: {arguments.slow}) have the count that
looking through every text gives; and the part of all hits that was found.

{table}"""
    )


def ask(engine: Engine, asked: dict[int, list[str]], true: Truth, slow: int) -> list[str]:
    """Counts beside the truth, and p50 / p95 by length."""
    cells, right, found, all_of, proven = [], 0, 0, 0, 0
    of_engine = true.folded if engine.folds else true.written
    for length, wanted in asked.items():
        scans = isinstance(engine, DuckDB) or (isinstance(engine, Trigram) and length < 3)
        times = []
        for query in wanted[: slow if scans else None]:
            count = engine.ask(query)
            began = time.process_time()
            engine.ask(query)
            times.append((time.process_time() - began) * 1000)
            if query in of_engine:
                right += count == of_engine[query]
                proven += 1
                found += min(count, of_engine[query])
                all_of += of_engine[query]
        cells.append(cell(times))
    return [f"{right} of {proven}; {found / all_of:.4f}", *cells]


if __name__ == "__main__":
    main()
