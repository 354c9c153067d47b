"""Extraction beside trafilatura and resiliparse, on the same pages, in one run: `python -m benchmarks.text [--books 12]`.

pip install trafilatura resiliparse lxml_html_clean   (only this needs them; one that is missing is left out, and the results say so)

Every page is an entry of a made-up book with known truth (tests/extraction/books.py), once as the old database
sends it and twice as an article of the public mirror. CPU time of this process, the best of some rounds.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.text.extraction import PEERS, Page, new_pages, old_pages, only_found, ours, peers
from mirror.extraction.entry import assemble
from tests.extraction.books import Score, Truth, make_book, read_book

ROUNDS = 7
SHAPES = [(width, rule) for width in (74, 80, 110) for rule in ("hang", "cut")]


@dataclass(frozen=True)
class Measured:
    cpu_ms: float  #: a page
    held: float  #: share of pages whose characters all came out, in order
    clean: float  #: share of pages of which nothing else came out
    paragraphs: float  #: share of paragraphs that came out as one line each, blanks at its ends aside


def measure(extract: Callable[[Page], str], pages: list[Page]) -> Measured:
    """What one contestant needs and gives."""
    best = [float("inf")] * len(pages)
    texts = [extract(page) for page in pages]
    for _ in range(ROUNDS):
        for at, page in enumerate(pages):
            began = time.thread_time_ns()
            extract(page)
            best[at] = min(best[at], time.thread_time_ns() - began)
    held = clean = whole = right = 0
    for page, text in zip(pages, texts, strict=True):
        said, got = "".join("".join(page.truth.lines).split()), "".join(text.split())
        held += said in got
        clean += said == got
        lines = {line.strip() for line in text.split("\n")}
        whole += len(page.truth.paragraphs)
        right += sum(paragraph.strip() in lines for paragraph in page.truth.paragraphs)
    return Measured(sum(best) / 1e6 / len(pages), held / len(pages), clean / len(pages), right / whole)


def beside(title: str, source: str, pages: list[Page]) -> Iterator[str]:
    size = sum(len(page.body) for page in pages) / len(pages) / 1024
    yield f"\n## {title}\n\n{len(pages)} pages of {size:.1f} KiB\n"
    yield "| reader | CPU ms a page | × ours, whole | pages a CPU second | all characters | nothing else | paragraphs |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    contestants = {"ours, whole": ours(source), "ours, text only found": only_found, **peers()}
    whole = 0.0
    for name, extract in contestants.items():
        found = measure(extract, pages)
        whole = whole or found.cpu_ms
        yield (
            f"| {name} | {found.cpu_ms:.2f} | {found.cpu_ms / whole:.1f} | {1000 / found.cpu_ms:,.0f} "
            f"| {found.held:.1%} | {found.clean:.1%} | {found.paragraphs:.2%} |"
        )


def rates() -> Iterator[str]:
    """What comes out exactly, by width and rule, once the widths of the book are settled."""
    yield "\n## What comes out exactly\n"
    yield "By width of the book and rule of cutting, at the widths settled from all its entries (docs/text.md).\n"
    yield "| width | rule | paragraphs | items | table cells | signatures |\n|---:|---|---:|---:|---:|---:|"
    for width in (60, 74, 80, 96, 110, 130):
        for rule in ("hang", "cut"):
            score = Score()
            for seed in range(600, 606):
                book = make_book(seed, width, rule)
                for truth, text in zip(book.entries, read_book(book), strict=True):
                    score.add(truth, text)
            parts = (
                f"{score.rate(part):.2%} of {getattr(score, part)[0]:,}"
                for part in ("paragraphs", "items", "cells", "signatures")
            )
            yield f"| {width} | {rule} | {' | '.join(parts)} |"


def parts(truths: list[Truth]) -> str:
    """What the joining and the reading of parts take of the whole."""
    texts = ["\n".join(truth.lines) for truth in truths]
    best = [float("inf")] * len(texts)
    for _ in range(ROUNDS):
        for at, text in enumerate(texts):
            began = time.thread_time_ns()
            assemble(text)
            best[at] = min(best[at], time.thread_time_ns() - began)
    return f"{sum(best) / 1e6 / len(texts):.2f}"


def report(count: int) -> Iterator[str]:
    books = [make_book(500 + at, *SHAPES[at % len(SHAPES)]) for at in range(count)]
    yield "# What reading a page costs\n"
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}: CPU time of one thread, each "
        f"page the best of {ROUNDS}. The machine may be busy; trust the ratios.\n"
    )
    yield (
        "*ours, whole*: decoding, links, place in the book, text, lines joined, tables, items, signatures, template. *Text only "
        "found* is what the others do.\n*All characters*: pages whose every character came out, in order; *nothing else*: not even "
        "a heading beside them; *paragraphs*: those that came out as one line each, exactly. Here each entry is read by itself; "
        "the table at the end knows the widths of the book."
    )
    missing = [name for name in PEERS if not any(found.startswith(name) for found in peers())]
    if missing:
        yield f"\nNot installed, so not measured: {', '.join(missing)}."
    yield from beside("The old database", "mse", old_pages(books))
    yield from beside("The mirror, text in a `<pre>`", "chorography", new_pages(books, paragraphs=False))
    yield from beside("The mirror, a `<p>` a line", "chorography", new_pages(books, paragraphs=True))
    took = parts([truth for book in books for truth in book.entries])
    yield f"\nOf *ours, whole*, joining lines and reading tables, items and signatures take {took} ms a page."
    yield from rates()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=12)
    parser.add_argument("--stdout", action="store_true", help="do not write RESULTS.md")
    asked = parser.parse_args()
    text = "\n".join(report(asked.books)) + "\n"
    print(text)
    if not asked.stdout:
        (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
