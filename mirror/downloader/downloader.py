"""In the place of Scrapy's downloader: a turn, an exchange, a record, and only then a response.

The response is built from the recorded bytes, so that what was kept and what was read are one.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from w3lib.url import safe_url_string

from mirror.crawl import Crawl, Stored, crawl_of
from mirror.downloader.client import Client
from mirror.downloader.retry import GaveUp, RetryPolicy, fetch
from mirror.errors import MirrorError
from mirror.extraction.content import decode_content
from mirror.frontier.lease import Lease
from mirror.politeness.guard import AskedToStop, Disallowed
from mirror.politeness.robots import RobotsPolicy
from warc import message
from warc.capture import Capture, FailedAttempt
from warc.errors import WarcError


class Unanswered(IgnoreRequest):
    """No attempt brought an answer; every one of them is archived.

    Attributes:
        lease: The question.
        stored: Records of the attempts.
    """

    def __init__(self, lease: Lease, stored: list[Stored]) -> None:
        self.lease = lease
        self.stored = stored
        super().__init__(lease.url)


class SourceSilent(MirrorError):
    """Not even robots.txt could be asked for."""


class ArchivingDownloader:
    """Asks the questions Scrapy's engine hands it, for http and https alike.

    Scrapy's own downloader would put a slot, a queue, middlewares and a handler around each request, all of them for
    what the guard and the client do here.

    Attributes:
        active: Requests under way; the engine looks at them to tell whether it is idle.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.active: set[Request] = set()
        self._most = crawler.settings.getint("CONCURRENT_REQUESTS")
        self._crawl: Crawl = crawl_of(crawler)
        self._client: Client = self._crawl.client
        self._policy: RetryPolicy = self._crawl.retry_policy

    def fetch(self, request: Request) -> Deferred[Response]:
        """What the engine calls for each request; fails as `download` raises."""
        # Active from this call until the very callback in which the engine takes the answer over: at any moment
        # between it would find itself idle, and end the crawl.
        self.active.add(request)
        return deferred_from_coro(self.download(request)).addBoth(self._ended, request)

    def _ended(self, outcome: Response | Failure, request: Request) -> Response | Failure:
        self.active.remove(request)
        return outcome

    def needs_backout(self) -> bool:
        """Whether the engine is to wait before it hands over a further request."""
        return len(self.active) >= self._most

    def close(self) -> None:
        """Nothing to do: the client belongs to the crawl."""

    async def download(self, request: Request) -> Response:
        """Ask until there is an answer or the policy gives up; archive every attempt.

        Raises:
            Unanswered: No attempt brought an answer.
            IgnoreRequest: The question must not be asked now; its lease is given back.
        """
        crawl, lease = self._crawl, request.meta["lease"]
        stored: list[Stored] = []
        try:
            capture = await self._ask(lease, lease.url, stored)
            if lease.kind == "robots":
                await self._read_robots(lease, capture, stored)
        except Disallowed as error:
            crawl.refuse(lease, str(error))
            raise IgnoreRequest(str(error)) from None
        except AskedToStop as error:
            crawl.put_back(lease, stored, str(error))
            raise IgnoreRequest(str(error)) from None
        except SourceSilent as error:
            crawl.put_back(lease, stored, str(error))
            crawl.error = error
            raise IgnoreRequest(str(error)) from None
        except ValueError as error:
            crawl.refuse(lease, f"cannot be asked: {error}")
            raise IgnoreRequest(str(error)) from None
        except (WarcError, OSError) as error:
            crawl.fail(error)
            raise IgnoreRequest(str(error)) from None
        if capture is None:
            raise Unanswered(lease, stored)
        request.meta["stored"] = stored
        return Response(
            url=capture.target_uri,
            status=message.parse_head(capture.head).status or 200,
            body=capture.payload.read() if capture.payload.in_memory else b"",
            request=request,
            protocol=capture.protocol[0],
        )

    async def _ask(self, lease: Lease, url: str, stored: list[Stored]) -> Capture | None:
        """Every attempt is archived as it comes. None if the last one brought no answer."""
        crawl = self._crawl

        async def before() -> None:
            await crawl.turn(lease)

        def after(outcome: Capture | FailedAttempt) -> None:
            crawl.turn_over(lease, outcome)
            stored.append(crawl.record(lease, outcome))

        def sent_in_vain(attempt: FailedAttempt) -> None:
            crawl.guard.count_request()
            stored.append(crawl.record(lease, attempt))

        try:
            return await fetch(
                self._client,
                url,
                crawl.request_fields(lease, url),
                self._policy,
                before_attempt=before,
                after_attempt=after,
                sleep=crawl.guard.pause,
                on_dead=sent_in_vain,
            )
        except GaveUp as error:
            return error.last if isinstance(error.last, Capture) else None
        finally:
            crawl.end_turn(lease)

    async def _read_robots(self, lease: Lease, capture: Capture | None, stored: list[Stored]) -> None:
        """Follow robots.txt through up to five redirects of the same host (RFC 9309, 2.3.1.2), then obey it."""
        agent, url = self._crawl.config.user_agent, lease.url
        for _ in range(5):
            if capture is None:
                break
            head = message.parse_head(capture.head)
            location = head.get(b"location")
            if not 300 <= head.status < 400 or head.status == 304 or location is None:
                break
            url = urljoin(url, safe_url_string(location, encoding="latin-1"))
            if urlsplit(url).hostname != urlsplit(lease.url).hostname:
                self._crawl.learn_robots(RobotsPolicy.unreachable(f"it is said to be at {url}, another host"))
                return
            capture = await self._ask(lease, url, stored)
        if capture is None:
            last = stored[-1].outcome
            assert isinstance(last, FailedAttempt)
            raise SourceSilent(
                f"{self._crawl.site.base_url} does not answer: {last.message}. Without its robots.txt nothing may be "
                f"asked (RFC 9309, 2.3.1.4). Check the network and base_url in mirror.toml, then crawl again"
            )
        if capture.truncated in ("disconnect", "time", "unspecified"):
            # What is missing may be what forbids.
            self._crawl.learn_robots(RobotsPolicy.unreachable(f"its answer broke off: {capture.truncated}"))
            return
        head = message.parse_head(capture.head)
        coding = (head.get(b"content-encoding") or b"").decode("latin-1")
        content = decode_content(capture.payload.read(1 << 20), coding)
        if not content.is_whole and capture.payload.size <= 1 << 20:
            self._crawl.learn_robots(RobotsPolicy.unreachable("its compressed answer is damaged"))
            return
        self._crawl.learn_robots(RobotsPolicy.from_answer(head.status, content.data, agent))
