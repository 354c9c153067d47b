"""The door: what is let in, and the fields every answer leaves with.

Against a page elsewhere that would read this one through a name of its own (DNS rebinding), only known names are
answered. Only GET and HEAD, short addresses, no bodies, and so many requests a second from one address.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_PATH = 2048
LONGEST_QUERY = 2048
#: Clients whose rate is remembered; the longest unseen are forgotten.
_MOST_CLIENTS = 10_000

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Rate:
    """So many requests a second from one address, and so many at once before that counts.

    Attributes:
        per_second: 0 for no limit.
    """

    per_second: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def admit(self, client: str) -> float:
        """Seconds to wait; 0 if the request may pass."""
        if not self.per_second:
            return 0.0
        now = self.clock()
        bucket = self._buckets.pop(client, None) or _Bucket(self.burst, now)
        bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.at) * self.per_second)
        bucket.at = now
        self._buckets[client] = bucket
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self.per_second


@dataclass(slots=True)
class Guard:
    """An ASGI application behind the door.

    Attributes:
        app: What is behind it.
        hosts: Names it is asked under; None for any.
        rate: Of requests from one address.
        policy: Content-Security-Policy for a request's host, as the answer leaves.
        fields: Further fields of every answer.
    """

    app: ASGIApp
    hosts: frozenset[str] | None
    rate: Rate
    policy: Callable[[str], str]
    fields: dict[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        policy = self.policy(host)

        async def leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                outgoing = MutableHeaders(scope=message)
                for name, value in self.fields.items():
                    outgoing.setdefault(name, value)
                outgoing.setdefault("Content-Security-Policy", policy)
            await send(message)

        refused = self._refuse(scope, headers, host)
        await (refused or self.app)(scope, receive, leave)

    def _refuse(self, scope: Scope, headers: Headers, host: str) -> PlainTextResponse | None:
        if self.hosts is not None and hostname(host) not in self.hosts:
            return PlainTextResponse(
                "421: this archive is not served under that name. Name it with `mirror serve --name NAME`\n", 421
            )
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("405: this archive is for reading only\n", 405, {"Allow": "GET, HEAD"})
        if headers.get("transfer-encoding") or headers.get("content-length", "0") != "0":
            return PlainTextResponse("413: requests bring no body here\n", 413, {"Connection": "close"})
        if len(scope["raw_path"] or b"") > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return PlainTextResponse("414: this address is too long\n", 414)
        client = scope["client"][0] if scope["client"] else ""
        wait = self.rate.admit(client)
        if wait:
            return PlainTextResponse(
                "429: 请慢一点 / more slowly, please\n", 429, {"Retry-After": str(max(1, round(wait)))}
            )
        return None


def hostname(host: str) -> str:
    """The name in a Host field, without its port, in lower case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


#: Of every page: nothing is loaded from elsewhere, nothing may put it into a frame, no address leaks.
PAGE_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
}


def page_policy(view: str | None) -> str:
    """The policy of our own pages (CSP 3): our files alone; frames from the archived pages' origin only."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src {view or chr(39) + 'none' + chr(39)}"
    )
