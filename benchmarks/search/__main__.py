"""All contestants on the same made-up entries, one after the other, into RESULTS.md.

python -m benchmarks.search [--entries 200000] [--queries 60]

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
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.search.corpus import entries
from benchmarks.search.engines import DuckDB, Engine, Ours, OursWithCounts, Tantivy, Trigram

LENGTHS = (1, 2, 3, 4, 8, 16, 64)
HERE = Path(__file__).parent


class Corpus:
    """The entries, made once and kept in a file, so that no contestant's memory or time has them."""

    def __init__(self, count: int, path: Path) -> None:
        self.path = path
        self.characters = self.size = 0
        schema = pa.schema([("title", pa.string()), ("text", pa.string())])
        made = entries(count)
        with pq.ParquetWriter(path, schema) as writer:
            while batch := list(islice(made, 2000)):
                self.characters += sum(len(text) for _, text in batch)
                self.size += sum(len(text.encode()) for one in batch for text in one)
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


def truth(corpus: Iterable[tuple[str, str]], asked: dict[int, list[str]]) -> dict[str, int]:
    """How many entries really have each of the queries (as we fold: line ends do not count)."""
    count = dict.fromkeys((query for one in asked.values() for query in one[:8]), 0)
    for title, text in corpus:
        flat = text.replace("\n", "")
        for query in count:
            count[query] += query in flat or query in title
    return count


def percentile(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, round(len(times) * part))]


def cell(times: list[float]) -> str:
    return f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entries", type=int, default=200_000)
    options.add_argument("--queries", type=int, default=60)
    options.add_argument("--slow", type=int, default=8, help="queries asked of engines that scan")
    options.add_argument("--folder", type=Path)
    options.add_argument("--results", type=Path, default=HERE / "RESULTS.md")
    arguments = options.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    corpus = Corpus(arguments.entries, folder / "corpus.parquet")
    asked = queries(corpus, arguments.queries)
    true = truth(corpus, asked)
    contestants: list[Engine] = [Ours(), Trigram()]
    contestants += [Tantivy()] if find_spec("tantivy") else []
    contestants += [DuckDB()] if find_spec("duckdb") else []
    head = ["", "index / text", "build CPU s", "recall", *(f"{length} char." for length in LENGTHS), "what it does"]
    rows = [head, ["---"] + ["---:"] * (len(head) - 2) + ["---"]]
    try:
        for engine in contestants:
            engine.build(folder, corpus)
            began = time.process_time()
            engine.index()  # type: ignore[attr-defined]
            built = time.process_time() - began
            share = f"{engine.size() / corpus.size:.2f}" if engine.size() else "–"
            for variant in [engine, OursWithCounts(engine)] if isinstance(engine, Ours) else [engine]:
                row = ask(variant, asked, true, arguments.slow)
                rows.append([variant.name, share, f"{built:.0f}", *row, variant.note])
                print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    arguments.results.write_text(
        f"""# Searching {arguments.entries:,} entries

{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores shared with other work, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version};
{corpus.characters / 1e6:.0f} million characters of made-up text ({corpus.size / 1e6:.0f} MB in UTF-8; `corpus.py` says how it is made).
CPU milliseconds, p50 / p95, of {arguments.queries} queries of each length cut out of the texts at random (scanning engines: {arguments.slow}),
each asked twice, the second time counted. Recall: counts beside brute force, for eight queries of each length.
Trust the ratios.

{table}
""",
        encoding="utf-8",
    )


def ask(engine: Engine, asked: dict[int, list[str]], true: dict[str, int], slow: int) -> list[str]:
    """Recall, and p50 / p95 by length."""
    cells, right, all_of = [], 0, 0
    for length, wanted in asked.items():
        scans = isinstance(engine, DuckDB) or (isinstance(engine, Trigram) and length < 3)
        times = []
        for query in wanted[: slow if scans else None]:
            count = engine.ask(query)
            began = time.process_time()
            engine.ask(query)
            times.append((time.process_time() - began) * 1000)
            if query in true:
                right += min(count, true[query])
                all_of += true[query]
        cells.append(cell(times))
    return [f"{right / all_of:.4f}", *cells]


if __name__ == "__main__":
    main()
