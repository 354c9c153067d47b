"""The door: what is let in, and the fields every answer leaves with.

Against a page elsewhere that would read this one through a name of its own (DNS rebinding), only known names are
answered. Only GET and HEAD, short addresses, no bodies, and so many requests a second from one address.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_PATH = 2048
LONGEST_QUERY = 2048
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class Rate:
    """So many requests a second from one address, and so many at once before that counts.

    Processes forked after it was made keep to it together: it lives in memory they share. What is kept of an address
    is the instant at which its bucket will be full again (GCRA); of 16,384 addresses, those longest idle forgotten.

    Args:
        per_second: 0 for no limit.
        burst: Requests at once.
        clock: The same for all processes; seconds.
    """

    _SLOTS = 1 << 14
    _NEAR = 8  #: slots an address may have
    _SLOT = struct.Struct("=Qd")

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._step = 1 / per_second if per_second else 0.0
        self._ahead = (burst - 1) * self._step
        self._clock = clock
        self._table = mmap.mmap(-1, self._SLOTS * self._SLOT.size) if per_second else None

    def admit(self, client: str) -> float:
        """Seconds to wait; 0 if the request may pass.

        Two processes that admit one address in the same microsecond may count one request for the two: without a lock
        nobody waits for a process that was killed.
        """
        if self._table is None:
            return 0.0
        now = self._clock()
        key = int.from_bytes(hashlib.blake2b(client.encode("utf-8", "replace"), digest_size=8).digest(), "little")
        at, full = self._find(key)
        full = max(full, now)
        if full - now > self._ahead:
            return full - now - self._ahead
        self._SLOT.pack_into(self._table, at, key, full + self._step)
        return 0.0

    def _find(self, key: int) -> tuple[int, float]:
        """Where an address is kept, or may be, and when its bucket is full."""
        assert self._table is not None
        free, earliest = 0, float("inf")
        for near in range(self._NEAR):
            at = (key + near) % self._SLOTS * self._SLOT.size
            known, full = self._SLOT.unpack_from(self._table, at)
            if known == key:
                return at, full
            if full < earliest:
                free, earliest = at, full
        return free, 0.0


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
