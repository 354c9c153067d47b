"""A server that answers as badly as servers do, and writes down every byte it received and sent.

with TortureServer() as server:
    client.get(server.url("chunked", fragments=True))
    assert server.log[-1].sent == ...
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import re
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import brotli
import trustme

from tests.downloader.answers import ANSWERS, CHUNKED, OK

#: What the server does with the connection behind an answer. "hang": nothing, until the client closes.
Then = Literal["keep", "close", "reset", "hang"]

PAGE = "<html><head><title>县志</title></head><body>海塘志。</body></html>".encode("gb18030")
PROSE = PAGE * 40


class Case(NamedTuple):
    """One kind of answer.

    Attributes:
        parts: What is sent, with a pause between one and the next.
        then: What becomes of the connection.
        method: What to ask it with.
        payload: What a browser would show; None if there is nothing to show.
        fails: The cause of failure where no answer comes that could be stored.
        truncated: How the body breaks off.
    """

    parts: tuple[bytes, ...]
    then: Then = "keep"
    method: str = "GET"
    payload: bytes | None = None
    fails: str | None = None
    truncated: str | None = None


def _sized(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _chunked(body: bytes, size: int, *fields: bytes) -> bytes:
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *fields, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body)


def _cases() -> dict[str, Case]:
    cases = {
        re.sub("[^a-z0-9]+", "-", name.lower()): Case(
            (known.wire,),
            "close" if known.closes else "keep",
            payload=known.payload,
            truncated=known.truncated,
        )
        for name, known in ANSWERS.items()
    }
    gzipped, deflated, brotlied = gzip.compress(PROSE, mtime=0), _deflate(PROSE), brotli.compress(PROSE)
    html = b"Content-Type: text/html; charset=gb2312"
    cases |= {
        "page": Case((_sized(PAGE, html),), payload=PAGE),
        "large": Case((_sized(PROSE * 300, html),), payload=PROSE * 300),
        "gzip": Case((_sized(gzipped, html, b"Content-Encoding: gzip"),), payload=gzipped),
        "gzip-chunked": Case((_chunked(gzipped, 50, html, b"Content-Encoding: gzip"),), payload=gzipped),
        "deflate": Case((_sized(deflated, html, b"Content-Encoding: deflate"),), payload=deflated),
        "brotli": Case((_sized(brotlied, html, b"Content-Encoding: br"),), payload=brotlied),
        "gzip-label-on-plain": Case((_sized(PAGE, b"Content-Encoding: gzip"),), payload=PAGE),
        "many-chunks": Case((_chunked(PROSE, 7),), payload=PROSE),
        "head": Case((OK + html + b"\r\nContent-Length: 4711\r\n\r\n",), method="HEAD", payload=b""),
        "head-chunked": Case((CHUNKED,), method="HEAD", payload=b""),
        "head-with-body": Case((_sized(PAGE, html),), method="HEAD", payload=b""),
        "redirect": Case(
            (
                _sized(
                    b"",
                    b"Location: /page?COLLCC=4108678863&",
                    b"Set-Cookie: COLLCK=1792; path=/",
                    status=b"302 Found",
                ),
            ),
            payload=b"",
        ),
        "redirect-gbk": Case((_sized(PAGE, "Location: /志/1".encode("gbk"), status=b"301 \xd2\xc6"),), payload=PAGE),
        "repeated-fields": Case(
            (
                _sized(
                    PAGE,
                    b"Set-Cookie: a=1",
                    b"SET-COOKIE: b=2",
                    b"set-cookie: c=3",
                    b'ETag: "x"',
                    b'eTAG: "x"',
                ),
            ),
            payload=PAGE,
        ),
        "odd-case": Case(
            (b"HTTP/1.1 200 oK\r\ncOnTeNt-LeNgTh: 1\r\nX-eMPTY:\r\nWWW: \t x \t \r\n\r\nx",), payload=b"x"
        ),
        "latin-1": Case((_sized(PAGE, b"X-Name: caf\xe9 \xff\x80"),), payload=PAGE),
        "not-found": Case((_sized(b"gone", status=b"404 Not Found"),), payload=b"gone"),
        "teapot": Case((_sized(b"", status=b"418 "),), payload=b""),
        "error": Case((_sized(b"down", status=b"500 Internal Server Error"),), payload=b"down"),
        "status-999": Case((_sized(b"x", status=b"999 Request denied"),), payload=b"x"),
        "http-1.0": Case((b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",), "close", payload=b"hello"),
        "http-1.0-kept": Case(
            (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello",),
            payload=b"hello",
        ),
        "http-1.0-until-close": Case((b"HTTP/1.0 200 OK\r\n\r\n", PROSE), "close", payload=PROSE),
        "close-said": Case((_sized(PAGE, b"Connection: close"),), "close", payload=PAGE),
        "close-said-not-done": Case((_sized(PAGE, b"Connection: close"),), "hang", payload=PAGE),
        "close-not-said": Case((_sized(PAGE),), "close", payload=PAGE),
        "late-surplus": Case((_sized(PAGE, b"Connection: close"), b"<!-- late -->"), "close", payload=PAGE),
        "surplus-and-silence": Case((_sized(PAGE) + b"\r\n\r\n",), "hang", payload=PAGE),
        "interim-apart": Case((b"HTTP/1.1 102 Processing\r\n\r\n", _sized(PAGE)), payload=PAGE),
        "slow-head": Case((b"HTTP/1.1 200", b" OK\r\nContent-Length: 1\r", b"\n\r", b"\nx"), payload=b"x"),
        "slow-chunks": Case(
            (CHUNKED, b"3\r", b"\nabc\r", b"\n2", b"\r\nde", b"\r\n0\r\n", b"\r\n"), payload=b"abcde"
        ),
        "no-blank-line-and-silence": Case((CHUNKED + b"3\r\nabc\r\n0\r\n",), "hang", payload=b"abc"),
        "contradiction-and-silence": Case(
            (OK + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\nxyz",), "hang", payload=b"xyz"
        ),
        "reset-in-body": Case((_sized(PAGE)[:-9],), "reset", payload=PAGE[:-9], truncated="disconnect"),
        "reset-until-close": Case((OK + b"\r\n" + PAGE,), "reset", payload=PAGE, truncated="disconnect"),
        "reset-in-chunk": Case((CHUNKED + b"9\r\nabc",), "reset", payload=b"abc", truncated="disconnect"),
        "silence-in-body": Case((_sized(PAGE)[:-9],), "hang", payload=PAGE[:-9], truncated="time"),
        "closed-at-once": Case((), "close", fails="short"),
        "closed-in-head": Case((OK + b"Server: x\r\n",), "close", fails="short"),
        "closed-after-interim": Case((b"HTTP/1.1 100 Continue\r\n\r\n",), "close", fails="short"),
        "reset-at-once": Case((), "reset", fails="reset"),
        "reset-in-head": Case((b"HTTP/1.1 20",), "reset", fails="reset"),
        "silence": Case((), "hang", fails="timeout"),
        "silence-in-head": Case((OK + b"Server",), "hang", fails="timeout"),
        "endless-head": Case((OK + b"X: " + b"y" * (1 << 20) + b"z" * 10,), "hang", fails="protocol"),
    }
    return cases


CASES: dict[str, Case] = _cases()


@dataclass
class Exchange:
    """What the server saw of one exchange."""

    case: str
    fragments: bool
    tls: bool
    connection: int  #: counts connections from 1
    received: bytes
    sent: bytearray = field(default_factory=bytearray)


class TortureServer:
    """Serves CASES over http and https on the loopback address, from a thread of its own.

    Beside the cases: `/bytes/N` and `/chunks/N` send N octets, which the log does not hold;
    `/flaky/CASE/N/KEY` answers as CASE the first N times and with the page after that; `/echo` sends back
    the request; `/` links to all cases.

    Args:
        tls_version: The one TLS version to speak; None for what is usual.
        fields: More fields for `/flaky` answers, each with its CRLF.
    """

    def __init__(self, tls_version: ssl.TLSVersion | None = None, fields: bytes = b"") -> None:
        self.log: list[Exchange] = []
        self.authority = trustme.CA()
        self.flaky_fields = fields
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._tls)
        if tls_version is not None:
            self._tls.minimum_version = self._tls.maximum_version = tls_version
        self._counts: dict[str, int] = {}
        self._connections = itertools.count(1)
        self._ports: dict[bool, int] = {}
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="torture")

    def __enter__(self) -> TortureServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def allow_weak_ciphers(self) -> None:
        """Speak to clients as a server of 1999 does; before entering."""
        self._tls.set_ciphers("ALL:@SECLEVEL=0")

    def url(self, path: str, *, tls: bool = False, fragments: bool = False) -> str:
        """Where a case is served, whole or in small pieces."""
        scheme = "https" if tls else "http"
        return f"{scheme}://127.0.0.1:{self._ports[tls]}/{path}" + ("?fragments" if fragments else "")

    # In the thread

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        servers = []
        for tls in (False, True):
            server = await asyncio.start_server(
                self._accept(tls), "127.0.0.1", 0, ssl=self._tls if tls else None, limit=1 << 22
            )
            self._ports[tls] = server.sockets[0].getsockname()[1]
            servers.append(server)
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(3):
            await asyncio.sleep(0)

    def _accept(self, tls: bool):
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await self._converse(reader, writer, tls)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client, or the end of the test, has closed
            finally:
                self._tasks.discard(task)
                writer.transport.abort()

        return accept

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: bool) -> None:
        number = next(self._connections)
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            if length := re.search(rb"(?i)\ncontent-length: *(\d+)", request):
                request += await reader.readexactly(int(length[1]))
            target = request.split(b" ", 2)[1].decode("ascii")
            path, _, query = re.sub("^http://[^/]*", "", target).partition("?")
            name = path.strip("/")
            exchange = Exchange(name, "fragments" in query, tls, number, request)
            self.log.append(exchange)
            then = await self._answer(exchange, writer)
            if then == "hang":
                await reader.read()
                return
            if then == "reset":
                await asyncio.sleep(0.1)  # what is under way arrives before the reset
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return
            if then == "close":
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
                return

    async def _answer(self, exchange: Exchange, writer: asyncio.StreamWriter) -> Then:
        kind, *rest = exchange.case.split("/")
        if kind in ("bytes", "chunks"):
            await _send_many(writer, int(rest[0]), chunked=kind == "chunks")
            return "keep"
        if kind == "flaky":
            name, times, _key = rest
            count = self._counts[exchange.case] = self._counts.get(exchange.case, 0) + 1
            case = CASES[name] if count <= int(times) else CASES["page"]
            if name == "error" and count <= int(times):
                case = Case((b"HTTP/1.1 503 Busy\r\n" + self.flaky_fields + b"Content-Length: 0\r\n\r\n",))
        elif kind == "echo":
            case = Case((_sized(exchange.received),))
        elif kind == "":
            links = "".join(f'<a href="/{name}">{name}</a>\n' for name in CASES)
            case = Case((_sized(links.encode(), b"Content-Type: text/html"),))
        else:
            case = CASES.get(kind) or CASES["not-found"]
        for i, part in enumerate(case.parts):
            if i:
                await asyncio.sleep(0.05)
            for piece in _pieces(part) if exchange.fragments else [part]:
                exchange.sent += piece
                writer.write(piece)
                await writer.drain()
                if exchange.fragments:
                    await asyncio.sleep(0.0002)
        return case.then


def _pieces(data: bytes) -> Iterator[bytes]:
    """Small at first, one byte each, then larger, so that long answers end."""
    at = 0
    size = 1.0
    while at < len(data):
        yield data[at : at + int(size)]
        at += int(size)
        size *= 1.0 if at < 60 else 1.15


async def _send_many(writer: asyncio.StreamWriter, size: int, *, chunked: bool) -> None:
    block = bytes(range(256)) * 16
    head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    writer.write(OK + head + b"\r\n\r\n")
    while size:
        piece = block[:size]
        size -= len(piece)
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if writer.transport.get_write_buffer_size() > 1 << 18:
            await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
