"""Progress people like to look at: a live display on a terminal, plain lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mirror.events import Began, BookKnown, Committed, Ended, Event, Settled, Trouble, Waits
from mirror.octets import size

#: Seconds between plain lines.
PLAIN_EVERY_S = 5.0
#: The rate is taken over this many answers.
_RECENT = 60


@dataclass(slots=True)
class BookCount:
    title: str | None
    expected: int
    held: int


@dataclass(slots=True)
class Summary:
    """What a display shows, fed by events; every event costs the same, however long the crawl."""

    clock: Callable[[], float] = time.monotonic
    began: Began | None = None
    books: dict[tuple[str, int], BookCount] = field(default_factory=dict)
    done: int = 0
    failed: int = 0
    entries: int = 0
    payload_bytes: int = 0
    archive_bytes: int = 0
    last_error: str = ""
    last_title: str = ""
    waits: Waits | None = None
    ended: Ended | None = None
    current: tuple[str, int] | None = None
    _answers: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def take(self, event: Event) -> None:
        match event:
            case Began():
                self.began = event
            case BookKnown():
                self.books[event.library, event.book] = BookCount(event.title, event.expected, event.held)
            case Settled():
                self._settled(event)
            case Trouble():
                self.last_error = f"{event.reason}  {event.url}"
            case Waits():
                self.waits = event
            case Committed():
                self.archive_bytes = event.archive_bytes
            case Ended():
                self.ended = event

    def _settled(self, event: Settled) -> None:
        self._answers.append(self.clock())
        self.waits = None
        self.payload_bytes += event.size_bytes
        if event.state == "failed":
            self.failed += 1
            self.last_error = f"{event.reason}  {event.url}"
            return
        self.done += 1
        if event.library is not None and event.book is not None:
            self.current = (event.library, event.book)
            if event.kind == "entry" and event.state == "done":
                self.entries += 1
                if book := self.books.get(self.current):
                    book.held += 1
        if event.title:
            self.last_title = event.title

    @property
    def rate(self) -> float:
        """Answers a second, lately."""
        if len(self._answers) < 2:
            return 0.0
        span = self._answers[-1] - self._answers[0]
        return (len(self._answers) - 1) / span if span > 0 else 0.0

    @property
    def expected(self) -> int:
        return sum(book.expected for book in self.books.values())

    @property
    def held(self) -> int:
        return sum(min(book.held, book.expected) for book in self.books.values())

    @property
    def eta(self) -> timedelta | None:
        """Until all entries of the contents known so far are held, at the present rate."""
        left = self.expected - self.held
        if self.began and self.began.limit is not None:
            left = min(left, self.began.limit - self.entries)
        return timedelta(seconds=round(left / self.rate)) if self.rate and left > 0 else None

    def line(self) -> str:
        """Everything that matters, on one line."""
        parts = [
            f"{self.held}/{self.expected} 条目 entries",
            f"{self.done} 页 pages",
            f"{self.failed} 失败 failed",
            f"{self.rate:.1f}/s",
            size(self.payload_bytes),
        ]
        if self.eta is not None:
            parts.append(f"剩余 left {self.eta}")
        if self.waits:
            parts.append(waiting(self.waits))
        return "  ".join(parts)


def waiting(waits: Waits) -> str:
    until = datetime.fromisoformat(waits.until).astimezone()
    return f"等待 waiting ({waits.reason}) → {until:%m-%d %H:%M:%S}"


def render(summary: Summary, width: int = 80) -> RenderableType:
    """The live display."""
    began = summary.began
    head = Text(no_wrap=True, overflow="ellipsis")
    if began:
        head.append(f"{began.collection} ", style="bold")
        head.append(f"第 {began.crawl} 次抓取 crawl {began.crawl}  {began.base_url}", style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(width=max(10, width // 5))
    table.add_column(justify="right", no_wrap=True)
    for place in _shown(summary):
        book = summary.books[place]
        style = "bold" if place == summary.current else ""
        table.add_row(
            Text(f"{place[0]}/{place[1]} {book.title or ''}", style=style),
            ProgressBar(total=max(1, book.expected), completed=book.held),
            f"{book.held}/{book.expected}",
        )
    lines: list[RenderableType] = [head, table, Text(summary.line(), no_wrap=True, overflow="ellipsis")]
    if summary.last_title:
        lines.append(Text(f"最近 latest: {summary.last_title}", style="dim", no_wrap=True, overflow="ellipsis"))
    if summary.last_error:
        lines.append(
            Text(f"最近失败 last failure: {summary.last_error}", style="yellow", no_wrap=True, overflow="ellipsis")
        )
    return Group(*lines)


def _shown(summary: Summary, most: int = 8) -> list[tuple[str, int]]:
    """The book being read and those around it that are not complete."""
    open_books = [place for place, book in summary.books.items() if book.held < book.expected]
    if summary.current in summary.books and summary.current not in open_books:
        open_books.insert(0, summary.current)
    if summary.current in open_books:
        start = max(0, open_books.index(summary.current) - 1)
        return open_books[start : start + most]
    return open_books[:most] or list(summary.books)[-most:]


@contextmanager
def display(*, as_json: bool = False, stream: TextIO | None = None) -> Iterator[Callable[[Event], None]]:
    """Show events on stderr until the block ends.

    Args:
        as_json: One JSON object an event and a line.
        stream: Where to, if not stderr.
    """
    stream = stream or sys.stderr
    if as_json:
        yield lambda event: print_json(event, stream)
        return
    summary = Summary()
    console = Console(file=stream, highlight=False)
    if console.is_terminal:
        with Live(
            console=console,
            refresh_per_second=4,
            transient=True,
            get_renderable=lambda: render(summary, console.width),
        ):
            yield summary.take
    else:
        plain = _Plain(summary, stream)
        yield plain.take
    if summary.began:
        stream.write(f"{summary.line()}\n")
        if summary.ended:
            stream.write(f"结束 ended: {summary.ended.outcome}\n")


def print_json(event: Event, stream: TextIO) -> None:
    stream.write(json.dumps({"event": type(event).__name__.lower(), **asdict(event)}, ensure_ascii=False) + "\n")
    stream.flush()


class _Plain:
    """A line now and then, and each new kind of failure."""

    def __init__(self, summary: Summary, stream: TextIO) -> None:
        self._summary = summary
        self._stream = stream
        self._last = summary.clock()
        self._told: set[str] = set()

    def take(self, event: Event) -> None:
        self._summary.take(event)
        if isinstance(event, Waits):
            self._stream.write(waiting(event) + "\n")
        elif isinstance(event, Trouble) or (isinstance(event, Settled) and event.state == "failed"):
            if event.reason not in self._told and len(self._told) < 100:
                self._told.add(event.reason or "")
                self._stream.write(f"失败 failed: {event.reason}  {event.url}\n")
        elif self._summary.clock() - self._last > PLAIN_EVERY_S:
            self._last = self._summary.clock()
            self._stream.write(self._summary.line() + "\n")
        self._stream.flush()
