"""How politely a crawl asked, from the times of its captures: what any reader of the WARC files could work out."""

from __future__ import annotations

import sqlite3
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mirror.downloader.retry import retry_after
from warc import message
from warc.errors import WarcError
from warc.reader import read_at

#: Bars of a chart.
_BARS = 96
#: So many answers that asked us to wait are looked up in the archive.
_MOST_LOOKED_UP = 500


@dataclass(slots=True)
class Told:
    """One answer that asked us to wait, and when the next request of the crawl left."""

    url: str
    at: str
    status: int
    until: str | None  #: None: no Retry-After was given
    following: str | None = None  #: WARC-Date of the next request; None if there was none in this crawl

    @property
    def obeyed(self) -> bool | None:
        """Whether the next request left no earlier; None if that was not asked, or there was none."""
        if self.until is None or self.following is None:
            return None
        return datetime.fromisoformat(self.following) >= datetime.fromisoformat(self.until)


@dataclass(slots=True)
class Rhythm:
    """Requests of one crawl over time. A request is one capture, or one attempt that failed."""

    requests: int = 0
    first: datetime | None = None
    last: datetime | None = None
    active_s: float = 0.0  #: without pauses of more than ten minutes
    most_in_a_second: int = 0
    most_in_a_minute: int = 0
    least_gap_s: float | None = None
    per_day: dict[str, int] = field(default_factory=dict)  #: by local date
    bars: list[int] = field(default_factory=list)  #: requests in equal spans from first to last
    span_s: float = 0.0  #: of one bar
    told: list[Told] = field(default_factory=list)

    @property
    def a_minute(self) -> float:
        """Requests a minute while it was asking."""
        return 60 * self.requests / self.active_s if self.active_s else 0.0

    @property
    def obeyed(self) -> int:
        return sum(bool(one.obeyed) for one in self.told)

    @property
    def disobeyed(self) -> int:
        return sum(one.obeyed is False for one in self.told)


def rhythm_of(db: sqlite3.Connection, archive: Path, crawl: int, zone: ZoneInfo) -> Rhythm:
    """The rhythm of a crawl. Memory stays flat; answers that asked us to wait are read from their records.

    Args:
        db: The ledger's.
        archive: Folder of the WARC files.
        crawl: Its number.
        zone: Whose midnight begins a day.
    """
    found = Rhythm()
    first, last = db.execute(
        "SELECT min(timestamp), max(timestamp) FROM capture WHERE crawl = ?", (crawl,)
    ).fetchone()
    if first is None:
        return found
    found.first, found.last = datetime.fromisoformat(first), datetime.fromisoformat(last)
    whole_s = max((found.last - found.first).total_seconds(), 1e-9)
    found.span_s = max(1.0, whole_s / _BARS)
    bars: Counter[int] = Counter()
    days: Counter[str] = Counter()
    second: deque[datetime] = deque()
    minute: deque[datetime] = deque()
    previous: datetime | None = None
    found.told = _told(db, archive, crawl)
    waiting = deque(found.told)
    for (timestamp,) in db.cursor().execute(
        "SELECT timestamp FROM capture WHERE crawl = ? ORDER BY timestamp", (crawl,)
    ):
        while waiting and timestamp > waiting[0].at:
            waiting.popleft().following = timestamp
        moment = datetime.fromisoformat(timestamp)
        found.requests += 1
        bars[int((moment - found.first).total_seconds() / found.span_s)] += 1
        days[moment.astimezone(zone).date().isoformat()] += 1
        found.most_in_a_second = max(found.most_in_a_second, _window(second, moment, 1.0))
        found.most_in_a_minute = max(found.most_in_a_minute, _window(minute, moment, 60.0))
        if previous is not None:
            gap_s = (moment - previous).total_seconds()
            found.least_gap_s = gap_s if found.least_gap_s is None else min(found.least_gap_s, gap_s)
            if gap_s < 600:
                found.active_s += gap_s
        previous = moment
    found.bars = [bars[place] for place in range(max(bars) + 1)]
    found.per_day = dict(sorted(days.items()))
    return found


def _window(window: deque[datetime], moment: datetime, seconds: float) -> int:
    """Requests in the span that ends with this one."""
    window.append(moment)
    while window[0] <= moment - timedelta(seconds=seconds):
        window.popleft()
    return len(window)


def _told(db: sqlite3.Connection, archive: Path, crawl: int) -> list[Told]:
    """Answers that asked us to wait, in order of time."""
    rows = db.execute(
        "SELECT c.target, c.timestamp, c.status, w.name, c.offset FROM capture AS c "
        "JOIN warc AS w ON w.id = c.warc_id WHERE c.crawl = ? AND c.status IN (429, 503) "
        "ORDER BY c.timestamp LIMIT ?",
        (crawl, _MOST_LOOKED_UP),
    )
    found = []
    for url, timestamp, status, name, offset in rows:
        until = _retry_after(archive / name, offset, datetime.fromisoformat(timestamp))
        shown = None if until is None else until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        found.append(Told(url, timestamp, status, shown))
    return found


def _retry_after(path: Path, offset: int, asked: datetime) -> datetime | None:
    """When the source wanted to be asked again, counted from the request: never later than what it meant."""
    try:
        head, _ = read_at(path, offset).http()
    except (WarcError, OSError):
        return None
    return retry_after(message.parse_head(head).fields, asked)
