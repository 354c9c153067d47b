"""Measure and write RESULTS.md: `python -m benchmarks.diff [--entries N] [--work DIR]`."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fast_diff_match_patch import diff as plain_diff

from benchmarks.diff.captures import Source, build
from benchmarks.process import Cost, run
from mirror import config
from mirror.collection import Collection
from mirror.diff.hunks import Hunk, apply, hunks
from mirror.imitation import prose

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: difflib takes the square and more: beyond this it is not waited for.
DIFFLIB_MOST = 20_000


def collection(home: Path, entries: int, kind: str) -> Collection:
    """A collection with two crawls, kept from an earlier run if it is there."""
    made = Collection(home, f"{kind}-{entries}")
    if not made.config_path.exists():
        made.path.mkdir(parents=True)
        build(made.database_path, Source(entries), kind)
        made.config_path.write_text(
            config.dump(config.CollectionConfig("mse", "http://127.0.0.1/")), encoding="utf-8"
        )
    return made


def whole(made: Collection) -> tuple[dict[str, int], Cost]:
    """The summary of `mirror diff --format json`, and what it took in a process of its own."""
    output = made.home / "diff.json"
    took = run(
        [sys.executable, "-c", "from mirror.cli import main; main()", "diff", made.name, "--format", "json"],
        ROOT,
        environment={"MIRROR_HOME": str(made.home)},
        output=output,
    )
    with output.open("rb") as file:
        text = file.read(1 << 20).decode("utf-8", "ignore")
    output.unlink()
    summary = json.JSONDecoder().raw_decode(text, text.index('"summary": ') + len('"summary": '))[0]
    return summary, took


def texts(size: int) -> tuple[str, str]:
    """Prose of a size in characters, and the same with one sentence in twenty changed in one of three ways."""
    random = Random(size)
    old, new, length, lines = [], [], 0, 0
    while length < size:
        sentence = prose.sentence(random)
        length += len(sentence)
        lines += 1
        end = "\n" if lines % 6 == 0 else ""
        old.append(sentence + end)
        match random.randrange(60):
            case 0:
                new.append(prose.sentence(random) + sentence + end)
            case 1:
                new.append(end)
            case 2:
                new.append(sentence.translate(str.maketrans("123", "456")) + end)
            case _:
                new.append(sentence + end)
    return "".join(old), "".join(new)


def cut_numbers(old: str, new: str, spans: list[tuple[int, int]]) -> int:
    """How many edges of changes lie inside a number."""
    return sum(
        at > 0 and text[at - 1 : at + 1].isdigit() and len(text[at - 1 : at + 1]) == 2
        for text, places in ((old, [one for one, _ in spans]), (new, [other for _, other in spans]))
        for at in places
    )


def contestants(old: str, new: str) -> Iterator[tuple[str, float, int, int]]:
    """Name, CPU ms, hunks, and edges inside a number."""

    def ours() -> list[tuple[int, int]]:
        found: list[Hunk] = hunks(old, new)
        assert apply(old, found) == new
        return [edge for one in found for edge in ((one.old_at, one.new_at), _end(one))]

    def plain() -> list[tuple[int, int]]:
        at = there = 0
        edges = []
        for op, count in plain_diff(old, new, timelimit=0, checklines=False, cleanup="Semantic"):
            if op == "=":
                at, there = at + count, there + count
                edges += [(at - count, there - count), (at, there)]
            elif op == "-":
                at += count
            else:
                there += count
        return edges[1:-1]

    def library() -> list[tuple[int, int]]:
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        found = [op for op in matcher.get_opcodes() if op[0] != "equal"]
        return [edge for _, a, b, c, d in found for edge in ((a, c), (b, d))]

    for name, function in (("ours", ours), ("diff-match-patch (C++), plain", plain), ("difflib", library)):
        if function is library and len(old) > DIFFLIB_MOST:
            continue
        cost, edges = timed(function)
        yield name, cost, len(edges) // 2, cut_numbers(old, new, edges)


def _end(hunk: Hunk) -> tuple[int, int]:
    return hunk.old_at + len(hunk.old), hunk.new_at + len(hunk.new)


def timed(function: Callable[[], list[tuple[int, int]]]) -> tuple[float, list[tuple[int, int]]]:
    """CPU ms, the best of up to five, and what it gave."""
    best, result, spent = float("inf"), function(), 0.0
    for _ in range(5):
        began = time.process_time()
        result = function()
        took = time.process_time() - began
        best, spent = min(best, took), spent + took
        if spent > 5:
            break
    return 1000 * best, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=300_000)
    parser.add_argument("--work", type=Path, help="keep the generated collections here for another run")
    given = parser.parse_args()
    lines = [
        "# What a comparison costs",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, a busy machine: CPU is user and system time; trust the ratios.",
        "",
        f"## Two crawls of {given.entries:,} entries",
        "",
        "`mirror diff --format json` in a process of its own, start and output included. The counts are checked "
        "against what was changed.",
        "",
        "| | CPU s | wall s | peak MB | summary |",
        "|---|---:|---:|---:|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        home = given.work or Path(folder)
        for kind, words in (("same", "nothing changed"), ("edited", "1 % edited, one book renumbered")):
            summary, took = whole(collection(home, given.entries, kind))
            truth = Source(given.entries).truth() if kind == "edited" else {"unchanged": given.entries}
            if any(summary[name] != count for name, count in truth.items()):
                raise SystemExit(f"{kind}: {summary} is not the truth, {truth}")
            said = ", ".join(f"{name} {count:,}" for name, count in summary.items() if count)
            lines.append(f"| {words} | {took.cpu_s:.1f} | {took.wall_s:.1f} | {took.peak_mb:.0f} | {said} |")
    lines += [
        "",
        "## Two versions of one text",
        "",
        "One sentence in twenty inserted, taken out, or with other numbers. *Cut* counts edges of hunks inside a number.",
        "",
        "| characters | | CPU ms | × ours | hunks | cut |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for size in (2_000, 10_000, 20_000, 100_000):
        base = 0.0
        for name, cost, count, cut in contestants(*texts(size)):
            base = base or cost
            lines.append(f"| {size:,} | {name} | {cost:.1f} | {cost / base:.1f} | {count} | {cut} |")
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    (HERE / "RESULTS.md").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
