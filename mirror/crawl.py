"""One crawl of one collection: everything it needs, opened in order and closed in order.

The stages know each other only through this object: the scheduler takes leases from it, the downloader
its turn and its record, the pipelines give it what was read.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import cast
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from scrapy.crawler import Crawler

from mirror import __version__
from mirror.collection import Collection
from mirror.config import CollectionConfig, require_contact, with_overrides
from mirror.downloader.client import Client
from mirror.downloader.retry import retry_after
from mirror.errors import UsageError
from mirror.events import Began, BookKnown, Committed, Ended, Event, Settled, Trouble, Waits
from mirror.extraction.page import Link
from mirror.frontier import reconcile
from mirror.frontier.lease import Lease
from mirror.frontier.ledger import Ledger, Reading, standing_of
from mirror.frontier.plan import Plan
from mirror.frontier.rank import RANK
from mirror.frontier.scope import Scope
from mirror.frontier.shrinkage import reason_to_stop
from mirror.frontier.sweep import sweep_of
from mirror.pipelines.answered import Answered
from mirror.pipelines.commit import Committer
from mirror.pipelines.reading import read_capture, read_failure
from mirror.politeness.budget import Budget
from mirror.politeness.guard import AskedToStop, Guard
from mirror.politeness.memory import Memory, page_bytes
from mirror.politeness.pace import Pace
from mirror.politeness.robots import RobotsPolicy
from mirror.reports.facts import crawl_report, write_report
from mirror.search import index
from mirror.sites.site import Site
from mirror.store import widths
from mirror.store.coverage import coverage
from mirror.store.entries import dumps
from mirror.verify import fixity
from warc import cdxj, message
from warc.capture import Capture, FailedAttempt
from warc.record import Original, Written, warc_date
from warc.writer import Writer

log = logging.getLogger(__name__)

#: So many listed entries of one book that do not exist count towards stopping the crawl; more are that book's own.
MOST_ABSENT = 3

#: How many leases are taken from the frontier at a time.
LEASES = 100

#: Header fields of every request, behind Host and User-Agent.
_FIELDS = (
    (b"Accept", b"text/html,application/xhtml+xml,*/*;q=0.8"),
    (b"Accept-Language", b"zh-CN,zh;q=0.9,en;q=0.5"),
    (b"Accept-Encoding", b"gzip, deflate"),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One attempt that is archived: what happened, and where it lies."""

    outcome: Capture | FailedAttempt
    written: Written
    original: int | None  #: capture in the ledger that a revisit refers to


class Crawl:
    """One run of a crawl. Make it with `begin`, end it with `close`.

    Attributes:
        number: The crawl's number in the collection.
        outcome: Why it ended: finished (nothing left to ask), limit, interrupted, or `stopped: …`.
        error: What made it stop, if that was a failure of ours; nothing was lost before it.
    """

    @classmethod
    def begin(
        cls,
        collection: Collection,
        *,
        source: str | None = None,
        limit: int | None = None,
        scopes: Sequence[Scope] = (),
        overrides: Sequence[str] = (),
        plan: Plan = "all",
        accept_shrinkage: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> Crawl:
        """Open a collection for a crawl: lock it, mend what a kill left, take up or begin a crawl.

        Args:
            collection: Which one.
            source: The source the caller expects it to be of; None if any.
            limit: The most entries to ask in this run.
            scopes: Libraries, books or entries; everything if empty.
            overrides: `KEY=VALUE` settings for this run.
            plan: What a new crawl asks: all, due, or missing.
            accept_shrinkage: Believe lists that are much shorter than before.
            on_event: Told what happens, for the progress display.

        Raises:
            UsageError: A setting is wrong.
            MirrorError: Another process has it, or it cannot be read.
        """
        config = with_overrides(collection.config(), overrides)
        if source is not None and source != config.source:
            raise UsageError(
                f"collection {collection.name!r} is of source {config.source!r}, not {source!r}; "
                f"run `scrapy crawl {config.source} -a collection={collection.name}`"
            )
        require_contact(config)
        with ExitStack() as resources:
            resources.enter_context(collection.locked())
            crawl = cls(collection, config, resources, limit, tuple(scopes), plan, accept_shrinkage, on_event)
            crawl._resources = resources.pop_all()
        return crawl

    def __init__(
        self,
        collection: Collection,
        config: CollectionConfig,
        resources: ExitStack,
        limit: int | None,
        scopes: tuple[Scope, ...],
        plan: Plan,
        accept_shrinkage: bool,
        on_event: Callable[[Event], None],
    ) -> None:
        self.collection = collection
        self.config = config
        self.scopes = scopes
        self.plan: Plan = plan
        self.site: Site = config.site()
        self._user_agent = config.user_agent.encode("ascii")
        self.outcome: str | None = None
        self.error: Exception | None = None
        self.on_event = on_event
        self._resources = resources
        self._closed = False
        self._limit = limit
        self._entries_asked = 0
        self._leases: deque[Lease] = deque()
        self._in_flight: dict[int, Lease] = {}
        self._unsettled: Counter[str] = Counter()  # records per file that the ledger does not know yet
        self._turn_began: dict[int, float] = {}
        self._absent: Counter[tuple[str | None, int | None]] = Counter()  # 404 to listed entries, by book
        self._finished: list[str] = []  # finished files that are not in the index yet

        database = collection.database()
        resources.callback(database.close)
        self.ledger = Ledger(database)
        self._memory = Memory(database)
        reconcile.catch_up(collection, self.site, self.ledger)
        began = _now()
        self.ledger.most_shrinkage = None if accept_shrinkage else config.recrawl.most_shrinkage
        self.number = self.ledger.crawls.begin(scopes, began, plan)
        self.ledger.add(self._seeds())
        self._writer = Writer(
            collection.archive,
            prefix=collection.name,
            info=self._warcinfo(began),
            max_bytes=config.capture.max_warc_bytes,
        )
        self._committer = Committer(
            self.number, self._writer, self.ledger, self._committed, live=config.search.index == "live"
        )
        self.retry_policy = config.retry_policy
        self.client = Client(
            timeouts=config.timeouts,
            max_body_bytes=config.capture.max_body_bytes,
            accept_invalid_tls=config.capture.accept_invalid_tls,
            proxy=config.capture.proxy or None,
        )
        self.guard = self._make_guard()
        self._announce()

    def _make_guard(self) -> Guard:
        polite = self.config.politeness
        guard = Guard(
            Pace(polite.delay_s, polite.jitter, polite.slowest_factor),
            Budget(
                polite.daily_requests,
                polite.daily_bytes,
                ZoneInfo(polite.time_zone),
                self._memory.spent,
                self._memory.spend,
            ),
            self.config.quiet_hours,
            concurrency=polite.concurrency,
            longest_wait_s=polite.longest_wait_s,
            most_failures=polite.most_failures_in_a_row,
            on_waiting=lambda waiting: self.on_event(Waits(waiting.reason, waiting.until.isoformat())),
        )
        if (until := self._memory.not_before(self.host)) is not None:
            guard.stop_host(until)
        return guard

    @property
    def host(self) -> str:
        return urlsplit(self.site.base_url).netloc

    def _announce(self) -> None:
        self.on_event(
            Began(
                self.collection.name,
                self.number,
                self.config.source,
                self.site.base_url,
                self.config.politeness.delay_s,
                self._limit,
            )
        )
        for library, book, title, expected, held in self.ledger.books_known():
            self.on_event(BookKnown(library, book, title, expected, held))
        warning = sweep_of(self.ledger.database.connection, self.config).warning() if self.plan == "due" else None
        if warning is not None:
            log.warning("%s", warning)

    def _seeds(self) -> list[Link]:
        seeds = [link for scope in self.scopes for link in scope.seeds(self.site)] or self.site.seeds()
        robots = self.site.identify(urljoin(self.site.base_url, "/robots.txt"))
        return [robots, *seeds] if robots else seeds

    def _warcinfo(self, began: str) -> dict[str, str]:
        """Fields of each file's warcinfo (WARC 1.1, 6.2); `mirror rebuild` reads the crawl from them."""
        return {
            "software": f"gazetteer-mirror/{__version__}",
            "format": "WARC File Format 1.1",
            "robots": "obey",
            "operator": self.config.operator or self.config.contact or "not stated",
            "http-header-user-agent": self.config.user_agent,
            "isPartOf": self.collection.name,
            "description": f"{self.config.source} {self.site.base_url}",
            "crawl": str(self.number),
            "crawl-began": began,
            "crawl-scope": dumps([str(scope) for scope in self.scopes]),
            "crawl-plan": self.plan,
            "crawl-most-shrinkage": "" if (most := self.ledger.most_shrinkage) is None else repr(most),
        }

    # -- leases: the scheduler ---------------------------------------------------------------------------

    def next_lease(self) -> Lease | None:
        """The next question to ask, or None if there is none now (others in flight may bring some)."""
        if not self.has_leases():
            return None
        lease = self._leases.popleft()
        self._in_flight[lease.id] = lease
        self._entries_asked += lease.kind == "entry"
        return lease

    def has_leases(self) -> bool:
        """Whether there is a question to ask now; takes more from the frontier if need be."""
        if self.outcome is None and not self._leases:
            try:
                self._refill()
            except Exception as error:
                self.fail(error)
        return self.outcome is None and bool(self._leases)

    def _refill(self) -> None:
        # What has been found by now must be in the frontier before it is asked for more.
        self._committer.commit()
        if self.guard.robots is None:
            # Nothing may be asked before robots.txt (RFC 9309, 2.3).
            if not self._in_flight:
                self._leases += self.ledger.lease(1, self.scopes)
            return
        left = LEASES if self._limit is None else min(LEASES, self._limit - self._entries_asked)
        # Contents first: what they say now decides what of the rest is asked, and whether anything is.
        self._leases += self.ledger.lease(LEASES, self.scopes, entries_too=False)
        if self._leases or any(RANK[lease.kind] < RANK["entry"] for lease in self._in_flight.values()):
            return
        for _ in range(3 if left else 0):
            self._leases += self.ledger.lease(left, self.scopes)
            if self._leases or self._in_flight:
                break
            # New and failed questions come first; what is due fills the rest of the day's budget.
            if not self._free_due() and not self.ledger.ask_failed_again(self.scopes):
                break
        if not self._leases and not self._in_flight:
            found = self.ledger.standing(self.scopes).found
            self.outcome = "limit" if found else "finished"

    def _free_due(self) -> int:
        if self.plan != "due":
            return 0
        recrawl = self.config.recrawl
        self.guard.budget.flush()
        left = self.guard.budget.left(page_bytes(self.ledger.database.connection))
        return self.ledger.free_due(self.number, self.scopes, recrawl.important_places, recrawl.policy, left)

    def add_url(self, url: str) -> bool:
        """Put a URL into the frontier. False if it is outside the source."""
        link = self.site.identify(url)
        if link is not None:
            self.ledger.add([link])
        return link is not None

    # -- turns and records: the downloader --------------------------------------------------------------

    def record(self, lease: Lease, outcome: Capture | FailedAttempt) -> Stored:
        """Archive one attempt, whatever came of it. Raises ArchiveWriteError."""
        original = None
        if isinstance(outcome, FailedAttempt):
            written = self._writer.write_failure(outcome)
        else:
            earlier = lease.earlier
            original_record = None
            if earlier is not None:
                original_record = Original(
                    earlier.target, earlier.timestamp, earlier.record_id, earlier.payload_digest
                )
            written = self._writer.write(outcome, original_record)
            if written.type == "revisit" and earlier is not None:
                original = earlier.capture
        self._unsettled[written.filename] += 1
        self._finished += [path.name for path in self._writer.take_finished()]
        return Stored(outcome, written, original)

    async def turn(self, lease: Lease) -> None:
        """Wait until the question may be asked. Raises Disallowed or AskedToStop."""
        await self.guard.enter(lease.url, is_robots=lease.kind == "robots")
        self._turn_began[lease.id] = monotonic()

    def end_turn(self, lease: Lease) -> float:
        """The exchange is over, however it ended. Returns the seconds it took; 0 if there was none."""
        began = self._turn_began.pop(lease.id, None)
        if began is None:
            return 0.0
        self.guard.leave()
        return monotonic() - began

    def turn_over(self, lease: Lease, outcome: Capture | FailedAttempt) -> None:
        """Tell the guard how the exchange went."""
        elapsed_s = self.end_turn(lease)
        if isinstance(outcome, FailedAttempt):
            self.guard.refused(len(outcome.received))
            self.on_event(Trouble(outcome.target_uri, f"{outcome.cause}: {outcome.message}"))
            return
        head = message.parse_head(outcome.head)
        until = retry_after(head.fields, datetime.now(UTC)) if head.status >= 300 else None
        if until is not None:
            self._memory.stop_host(self.host, self.guard.stop_host(until))
        if head.status == 429 or head.status >= 500 or outcome.truncated in ("disconnect", "time"):
            self.guard.refused(outcome.payload.size)
        else:
            self.guard.answered(elapsed_s, outcome.payload.size)

    def learn_robots(self, policy: RobotsPolicy) -> None:
        """From now on other questions may be asked, as far as the policy lets us."""
        self.guard.robots = policy
        if policy.crawl_delay_s:
            self.guard.pace.delay_s = max(self.guard.pace.delay_s, policy.crawl_delay_s)
        for url in policy.sitemaps:
            self.add_url(url)
        if policy.forbids_everything:
            self.stop(f"stopped: {policy.reason}")

    def request_fields(self, lease: Lease, url: str) -> list[tuple[bytes, bytes]]:
        """Header fields to send, behind Host: honest, few, and conditional if an earlier answer is held."""
        fields = [(b"User-Agent", self._user_agent), *_FIELDS]
        earlier = lease.earlier
        if earlier is not None and earlier.target == url and lease.kind != "robots":
            if earlier.etag:
                fields.append((b"If-None-Match", earlier.etag.encode("latin-1")))
            if earlier.modified:
                fields.append((b"If-Modified-Since", earlier.modified.encode("latin-1")))
        return fields

    def judge(self, lease: Lease, reading: Reading) -> None:
        """Tell the guard what came of a question in the end: block pages with status 200 count as failures."""
        state, reason = standing_of(reading.page, reading.truncated, reading.failure)
        page = reading.page
        if page is not None and page.contents is not None:
            title = next((book.title for book in page.books if book.number == page.contents.book), None)
            held = self.ledger.held(page.contents.library, page.contents.book)
            self.on_event(
                BookKnown(page.contents.library, page.contents.book, title, len(page.contents.headings), held)
            )
        self.on_event(
            Settled(
                lease.url,
                lease.kind,
                state,
                reason,
                reading.written.status,
                reading.size_bytes,
                lease.library,
                lease.book,
                page.entry.title if page is not None and page.entry is not None else None,
            )
        )
        if lease.kind != "robots":
            good = state != "failed" or (page is not None and page.verdict == "odd")
            if state == "gone":
                good = not self._is_telling_absence(lease)
            try:
                self.guard.judged(good, reason or "")
            except AskedToStop as error:
                self.stop(f"stopped: {error}")

    def _is_telling_absence(self, lease: Lease) -> bool:
        """Whether 404 to what the source itself names speaks of a source that has moved, and not of one dead book."""
        if not self.ledger.is_expected(lease):
            return False
        if lease.kind != "entry":
            return True
        self._absent[lease.library, lease.book] += 1
        return self._absent[lease.library, lease.book] <= MOST_ABSENT

    def refuse(self, lease: Lease, reason: str) -> None:
        """The question may not be asked (robots.txt)."""
        self._in_flight.pop(lease.id, None)
        self.ledger.refuse(lease, reason)
        self.on_event(Settled(lease.url, lease.kind, "refused", reason, None, 0, lease.library, lease.book, None))

    def put_back(self, lease: Lease, stored: Sequence[Stored], why: str) -> None:
        """The question was not answered and will be asked in a later run; its attempts are kept."""
        self.stop(why if why == self.outcome else f"stopped: {why}")
        self._in_flight.pop(lease.id, None)
        self._add([replace(self._reading(lease, one), final=False) for one in stored])
        self._leases.append(lease)

    # -- readings: spiders and pipelines -----------------------------------------------------------------

    def read(self, lease: Lease, stored: Sequence[Stored]) -> Answered:
        """What the archived attempts at one question say."""
        readings = [self._reading(lease, one) for one in stored]
        return Answered(lease, (*(replace(reading, final=False) for reading in readings[:-1]), readings[-1]))

    def _reading(self, lease: Lease, stored: Stored) -> Reading:
        outcome = stored.outcome
        if isinstance(outcome, FailedAttempt):
            return read_failure(lease, outcome, stored.written)
        reading = read_capture(self.site, lease, outcome, stored.written, stored.original)
        outcome.payload.close()
        return reading

    def save(self, answered: Answered) -> None:
        """Hand readings to the group commit; the question is no longer in flight."""
        self._add(list(answered.readings))
        self._in_flight.pop(answered.lease.id, None)

    def _add(self, readings: list[Reading]) -> None:
        try:
            self._committer.add(readings, self.fail)
        except Exception as error:
            self.fail(error)

    def _committed(self, readings: list[Reading]) -> None:
        self.guard.budget.flush()
        self.on_event(Committed(len(readings), self._writer.total_bytes))
        for reading in readings:
            self._unsettled[reading.written.filename] -= 1
        if self._finished:
            self._finish_files()
        if self.ledger.short:
            most = self.config.recrawl.most_shrinkage
            reason = reason_to_stop(self.ledger.short.values(), self.ledger.entries_listed(), most)
            if reason is not None:
                self.stop(f"stopped: {reason}")

    def _finish_files(self) -> None:
        """Put finished files into the index as soon as the ledger knows every record of them."""
        for name in [name for name in self._finished if self._unsettled[name] <= 0]:
            cdxj.merge_into(self.collection.index, self.ledger.files.index_lines(name))
            # Before the ledger says that nothing is left to do for the file.
            fixity.take_up_file(self.collection.path, self.collection.archive / name)
            self.ledger.files.finish(name, (self.collection.archive / name).stat().st_size)
            self._finished.remove(name)
            del self._unsettled[name]

    # -- the end -----------------------------------------------------------------------------------------

    def fail(self, error: Exception) -> None:
        """Something of ours failed; ask nothing further. What is archived stays archived."""
        if self.error is None:
            self.error = error
        self.stop(f"stopped: {error}")

    def stop(self, outcome: str) -> None:
        """Ask nothing further; questions in flight are finished, waiting ones are given back."""
        if self.outcome is None:
            self.outcome = outcome
        self.guard.stop(outcome)

    async def close(self) -> None:
        """End the crawl in order: leases back, everything durable, files finished, lock free. Once is enough."""
        if self._closed:
            return
        self._closed = True
        try:
            await self.client.close()
            self._close_archive()
        except Exception as error:
            # What is not in the ledger stands in the WARCs, and is read when the collection is next opened.
            self.error = self.error or error
        finally:
            self._writer.abandon()
            self._resources.close()
            self.on_event(Ended(self.number, "stopped" if self.error else self.outcome or "interrupted"))

    def _close_archive(self) -> None:
        self._committer.commit()
        self.guard.budget.flush()
        self._writer.close()
        self._finished += [path.name for path in self._writer.take_finished()]
        self._finish_files()
        widths.settle(self.ledger.database)
        self.ledger.crawls.end(self.number, self.outcome or "interrupted", _now())
        db = self.ledger.database.connection
        report = crawl_report(db, self.number, coverage(db, self.collection.archive))
        report["bounded"] = self.ledger.bounded
        report["politeness"] = self.guard.statistics()
        write_report(self.collection.reports, report)
        if self.config.search.index == "live":
            # All is safe and said; what a search would have to read entry by entry is indexed now.
            index.catch_up(self.ledger.database)


def crawl_of(crawler: Crawler) -> Crawl:
    """The crawl a Scrapy component works for."""
    return cast("Crawl", crawler.spider.crawl)  # type: ignore[union-attr]


def _now() -> str:
    return warc_date(datetime.now(UTC))
