"""What each stage of a crawl costs a page, by looking at what the crawler does a thousand times a CPU second.

    python -m benchmarks.crawl.stages [--pages 5000] [--set search.index=after]

Time is given to the innermost code of ours that was at work, and to Scrapy, Twisted or asyncio if none was: a statement
of SQLite counts where it was called. Looking costs a tenth.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from functools import partial
from types import CodeType, FrameType

from benchmarks.crawl.__main__ import ROOT, site

#: Parts of a file's path, and the stage it belongs to; the first that fits counts.
STAGES = {
    "importlib": "start: imports",
    "mirror/extraction/": "page: markup, text, tables",
    "mirror/sites/": "page: links, names, contents",
    "mirror/search/": "search index",
    "warc/writer": "record: gzip, write, sync",
    "warc/": "record: header, digests, CDXJ",
    "mirror/frontier/scheduler": "engine: scheduler, spider, pipelines",
    "mirror/store/coverage": "end: coverage, report",
    "mirror/reports/": "end: coverage, report",
    "mirror/store/widths": "end: widths",
    "mirror/store/": "store and ledger",
    "mirror/frontier/": "store and ledger",
    "mirror/politeness/": "politeness",
    "mirror/downloader/": "client",
    "mirror/": "engine: scheduler, spider, pipelines",
    "/scrapy/": "engine: Scrapy, Twisted, asyncio",
    "/twisted/": "engine: Scrapy, Twisted, asyncio",
    "/pydispatch/": "engine: Scrapy, Twisted, asyncio",
    "/asyncio/": "engine: Scrapy, Twisted, asyncio",
}
REST = "the rest"


#: What these call counts as theirs.
WITH_ALL_THEY_CALL = ("mirror/search/", "mirror/store/widths", "mirror/reports/")


def _stage(stack: tuple[CodeType, ...]) -> str:
    for part in WITH_ALL_THEY_CALL:
        if any(part in code.co_filename for code in stack):
            return STAGES[part]
    for code in stack:
        for part, stage in STAGES.items():
            if part in code.co_filename:
                return stage
    return REST


def _sample(arguments: list[str]) -> None:
    """Run the command, and print the CPU seconds of each stage."""
    from mirror.cli import main

    stacks: Counter[tuple[CodeType, ...]] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        stacks[tuple(stack)] += 1

    sys.argv[1:] = arguments
    # asyncio wants to hear of signals by a pipe that is soon full.
    signal.set_wakeup_fd = partial(signal.set_wakeup_fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        found[_stage(stack)] += count
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = (used.ru_utime + used.ru_stime) / found.total()
    sys.stdout.write(json.dumps({stage: count * whole for stage, count in found.items()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    mirror = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mirror.cli import main; main()",
    ]
    sample = [sys.executable, "-m", "benchmarks.crawl.stages", "--sample"]
    with tempfile.TemporaryDirectory() as home, site(given.pages) as whole:
        subprocess.run(
            [*mirror, "init", "b", "--source", "chorography", "--base-url", whole.url, "--home", home],
            check=True,
            capture_output=True,
        )
        crawl = ["crawl", "b", "--home", home, "--delay", "0", "--concurrency", "8"]
        for setting in given.set:
            crawl += ["--set", setting]
        ran = subprocess.run([*sample, *crawl], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    stages = {stage: seconds * 1000 / whole.pages for stage, seconds in json.loads(ran.stdout).items()}
    for stage, cost in sorted(stages.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"| {stage} | {cost:.2f} |\n")
    sys.stdout.write(f"| together | {sum(stages.values()):.2f} |\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sample"]:
        _sample(sys.argv[2:])
    else:
        main()
