"""Scrapy's download handler: a turn, an exchange, a record, and only then a response.

The response is built from the recorded bytes, so that what was kept and what was read are one.
"""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from mirror.crawl import Crawl, Stored, crawl_of
from mirror.downloader.client import Client
from mirror.downloader.retry import GaveUp, RetryPolicy, fetch
from mirror.frontier.lease import Lease
from mirror.politeness.guard import AskedToStop, Disallowed
from warc import message
from warc.capture import Capture, FailedAttempt
from warc.errors import ArchiveWriteError


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


class ArchivingHandler(BaseDownloadHandler):
    """Asks one question at a time for Scrapy's downloader, for http and https alike."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawl: Crawl = crawl_of(crawler)
        self._client: Client = self._crawl.client
        self._policy: RetryPolicy = self._crawl.retry_policy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Ask until there is an answer or the policy gives up; archive every attempt.

        Raises:
            Unanswered: No attempt brought an answer.
            IgnoreRequest: The question must not be asked now; its lease is given back.
        """
        crawl, lease = self._crawl, request.meta["lease"]
        stored: list[Stored] = []

        async def before() -> None:
            await crawl.turn(lease)

        def after(outcome: Capture | FailedAttempt) -> None:
            stored.append(crawl.record(lease, outcome))

        try:
            capture = await fetch(
                self._client,
                lease.url,
                crawl.request_fields(lease),
                self._policy,
                before_attempt=before,
                after_attempt=after,
            )
        except GaveUp:
            raise Unanswered(lease, stored) from None
        except Disallowed as error:
            crawl.refuse(lease, str(error))
            raise IgnoreRequest(str(error)) from None
        except AskedToStop as error:
            crawl.put_back(lease, stored)
            raise IgnoreRequest(str(error)) from None
        except (ArchiveWriteError, OSError) as error:
            crawl.fail(error)
            raise IgnoreRequest(str(error)) from None
        request.meta["stored"] = stored
        head = message.parse_head(capture.head)
        return Response(
            url=capture.target_uri,
            status=head.status or 200,
            body=capture.payload.read() if capture.payload.in_memory else b"",
            request=request,
            ip_address=None,
            protocol=capture.protocol[0],
        )
