"""The imitation on a real socket: old server manners, faults on request, and a log of every byte."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import ssl
import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl

from mirror.imitation import chorography, mse
from mirror.imitation.chorography import Markup
from mirror.imitation.corpus import Corpus

Dialect = Literal["mse", "chorography"]

_GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90400000000002c00000000010001000002024401003b")
_ARTICLE = re.compile(r"/database/([^/]+)/(?:section/(\d+)/(?:article/(\d+)/)?)?")
_COLLCC = re.compile(r"(?i)collcc=\d+&?")


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how often: parts of all questions, chosen by URL, the same ones in every run.

    A fault with a rate befalls the first `times` requests of a chosen URL; later ones are answered.
    """

    block: float = 0.0  #: block page with status 200
    unavailable: float = 0.0  #: 503
    too_many: float = 0.0  #: 429 with Retry-After
    retry_after: str = "1"  #: its value
    short: float = 0.0  #: the connection closes in the middle of the body
    reset: float = 0.0  #: the connection closes before a head
    stall: float = 0.0  #: the answer never comes
    gone: float = 0.0  #: 404, always
    times: int = 1
    silent_after: int | None = None  #: from this request on nothing is answered
    blocked_after: int | None = None  #: from this request on every answer is a block page
    delay_s: float = 0.0  #: every answer takes so long


@dataclass(frozen=True, slots=True)
class Served:
    """One exchange as the server saw it."""

    at: float  #: monotonic seconds
    connection: int
    path: str
    status: int
    received: bytes
    sent: bytes


@dataclass(slots=True)
class _Answer:
    status: int = 200
    body: bytes = b""
    type: str = "text/html"
    fields: list[tuple[str, str]] = field(default_factory=list)
    chunked: bool = False


class ImitationServer:
    """Serves a corpus from a thread of its own; use as a context manager.

    Args:
        corpus: What to serve.
        dialect: The old CGI, or the public mirror.
        markup: Of the mirror's pages.
        robots: Body of robots.txt, or a status to answer it with.
        faults: What goes wrong.
        collcc: The network device in front: first requests are sent on with COLLCC once, twice, or never.
        lines_a_page: Contents show so many lines on a page, and more pages behind it; 0 for all on one.
        books_a_page: Lists of books likewise (the mirror only).
        conditional: ETag, and 304 to those who send it back (the mirror only).
        extra: Further pages by path and query, bytes exact; they come before the corpus.
        tls: Certificate, for https.
        keep_log: Keep every exchange in `log`.
        port: 0 for any free one.
    """

    def __init__(
        self,
        corpus: Corpus,
        dialect: Dialect,
        *,
        markup: Markup = "pre",
        robots: str | int = 404,
        faults: Faults | None = None,
        collcc: Literal[0, 1, 2] = 0,
        lines_a_page: int = 0,
        books_a_page: int = 0,
        conditional: bool = False,
        extra: Mapping[str, bytes] | None = None,
        tls: ssl.SSLContext | None = None,
        keep_log: bool = True,
        port: int = 0,
    ) -> None:
        self.corpus = corpus
        self.dialect: Dialect = dialect
        self.markup: Markup = markup
        self.robots = robots
        self.faults = faults or Faults()
        self.log: list[Served] = []
        self.counts: Counter[str] = Counter()
        self.most_at_once = 0
        self.down: set[str] = set()  # paths answered with 503
        self._lines, self._books = lines_a_page, books_a_page
        self._collcc = collcc
        self._conditional = conditional
        self._extra = dict(extra or {})
        self._tls = tls
        self._keep_log = keep_log
        self._port = port
        self._requests = self._at_once = self._connections = 0
        self._random = Random(7)
        self._sent_on: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="imitation", daemon=True)

    @property
    def url(self) -> str:
        """Root of the site, with trailing slash."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}/"

    def set_state(self, state: int) -> None:
        """Let time pass: serve the corpus as it is at another state."""
        self.corpus = self.corpus.at(state)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, ssl=self._tls)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        connection = self._connections
        try:
            while True:
                received = await reader.readuntil(b"\r\n\r\n")
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    if not await self._exchange(received, writer, connection):
                        return
                finally:
                    self._at_once -= 1
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, asyncio.CancelledError):
            # Cancelled only when the server stops; asyncio.streams of Python 3.11 cannot stand a cancelled handler.
            return
        finally:
            writer.close()

    async def _exchange(self, received: bytes, writer: asyncio.StreamWriter, connection: int) -> bool:
        """Answer one request. False if the connection is to be closed."""
        at = monotonic()
        method, path = received.split(b" ", 2)[:2]
        asked = path.decode("latin-1")
        self._requests += 1
        self.counts[asked] += 1
        faults, broken = self.faults, ""
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.silent_after is not None and self._requests > faults.silent_after:
            broken = "reset"
        elif asked != "/robots.txt":
            broken = self._fault(asked)
        if _COLLCC.sub("", asked) in self.down:
            broken = "unavailable"
        if broken == "stall":
            await self._stop.wait()
        if broken in ("reset", "stall"):
            self._note(at, connection, asked, 0, received, b"")
            return False
        answer = self._faulty(broken) or self._answer(asked, received)
        sent = self._message(answer, received, method == b"HEAD")
        if broken == "short":
            sent = sent[: len(sent) - max(1, len(answer.body) // 2)]
        self._note(at, connection, asked, answer.status, received, sent)
        writer.write(sent)
        await writer.drain()
        return broken != "short"

    def _note(self, at: float, connection: int, path: str, status: int, received: bytes, sent: bytes) -> None:
        if self._keep_log:
            self.log.append(Served(at, connection, path, status, received, sent))

    # -- faults --------------------------------------------------------------------------------------------

    def _fault(self, path: str) -> str:
        faults = self.faults
        if faults.blocked_after is not None and self._requests > faults.blocked_after:
            return "block"
        path = _COLLCC.sub("", path)
        lot = zlib.crc32(path.encode("latin-1")) / 2**32
        for name in ("gone", "block", "unavailable", "too_many", "short", "reset", "stall"):
            rate: float = getattr(faults, name)
            if lot < rate:
                spent = self.counts[path] > faults.times and name != "gone"
                return "" if spent else name
            lot -= rate
        return ""

    def _faulty(self, broken: str) -> _Answer | None:
        pages = mse if self.dialect == "mse" else chorography
        match broken:
            case "block":
                return _Answer(200, pages.block_page())
            case "unavailable":
                return _Answer(503, b"<h1>Service Unavailable</h1>")
            case "too_many":
                return _Answer(429, b"slow down", fields=[("Retry-After", self.faults.retry_after)])
            case "gone":
                return _Answer(404, b"<h1>404</h1>")
        return None

    # -- pages ---------------------------------------------------------------------------------------------

    def _answer(self, path: str, received: bytes) -> _Answer:
        if path in self._extra:
            return _Answer(200, self._extra[path])
        if path == "/robots.txt":
            if isinstance(self.robots, int):
                return _Answer(self.robots, b"no robots.txt here", "text/plain")
            return _Answer(200, self.robots.encode(), "text/plain")
        if self.dialect == "mse":
            return self._mse(path)
        return self._chorography(path, received)

    def _mse(self, path: str) -> _Answer:
        script, _, query = path.partition("?")
        if script.startswith("/images/"):
            return _Answer(200, _GIF, "image/gif")
        if script in ("/", "/ftr/ftr.htm"):
            return _Answer(200, mse.entrance(self.corpus))
        if script != "/bin/mse.exe":
            return _Answer(404, b"<h1>Object Not Found</h1>")
        if self._collcc and "collcc=" not in query.lower() and query not in self._sent_on:
            self._sent_on.add(query)
            marks = "".join(f"COLLCC={self._random.randrange(2**32)}&" for _ in range(self._collcc))
            location = f"{script}?{marks}{query.lstrip('&')}"
            return _Answer(302, b"", fields=[("Location", location), ("Set-Cookie", "COLLCK=1636000000; path=/")])
        given = {name.lower(): value for name, value in parse_qsl(_COLLCC.sub("", query), keep_blank_values=True)}
        elapsed_ms = self._random.randint(15, 150)
        code = given.get("k", "").lower()
        known = next((one for one, _ in self.corpus.libraries() if code.startswith(one)), "")
        number = int(given["a"]) if given.get("a", "").isdigit() else None
        if given.get("run") == "12":
            at = int(given["list"]) if given.get("list", "").isdigit() else 1
            page = mse.contents(self.corpus, known, number, elapsed_ms, at, self._lines)
            return _Answer(200, page or mse.nothing_there(elapsed_ms), chunked=True)
        rec = given.get("rec", "")
        book = self.corpus.book(known, number or 0)
        if given.get("run") == "13" and book is not None and rec.isdigit():
            headings = self.corpus.headings(book)
            if 1 <= int(rec) <= len(headings):
                return _Answer(200, mse.entry(self.corpus, book, headings[int(rec) - 1], elapsed_ms))
        return _Answer(200, mse.nothing_there(elapsed_ms))

    def _chorography(self, path: str, received: bytes) -> _Answer:
        page = self._chorography_page(path)
        if page is None:
            return _Answer(404, chorography.not_found(), "text/html; charset=utf-8")
        if path.endswith(".css"):
            return _Answer(200, page, "text/css")
        answer = _Answer(200, page, "application/xml" if path.endswith(".xml") else "text/html; charset=utf-8")
        if self._conditional:
            etag = f'"{hashlib.md5(page, usedforsecurity=False).hexdigest()}"'
            answer.fields.append(("ETag", etag))
            if f"if-none-match: {etag}".encode() in received.lower():
                return _Answer(304, b"", fields=[("ETag", etag)])
        if b"gzip" in received.lower() and zlib.crc32(path.encode()) % 3 == 0:
            answer.body = gzip.compress(page, 6, mtime=0)
            answer.fields.append(("Content-Encoding", "gzip"))
        return answer

    def _chorography_page(self, path: str) -> bytes | None:
        corpus, markup = self.corpus, self.markup
        match path:
            case "/":
                return chorography.home(corpus, markup)
            case "/sitemap.xml":
                return chorography.sitemap(corpus, self.url)
            case "/static/site.css":
                return b"body{font-family:serif}\n"
            case "/about/":
                return chorography.home(corpus, markup)
        path, _, query = path.partition("?")
        asked = dict(parse_qsl(query)).get("page", "1")
        at = int(asked) if asked.isdecimal() else 1
        match = _ARTICLE.fullmatch(path)
        if not match:
            return None
        code, number, rec = match.groups()
        if number is None:
            return chorography.library(corpus, code, markup, at, self._books)
        book = corpus.book(code, int(number))
        if book is None:
            return None
        if rec is None:
            return chorography.section(corpus, book, markup, at, self._lines)
        headings = corpus.headings(book)
        if not 1 <= int(rec) <= len(headings):
            return None
        return chorography.article(corpus, book, headings[int(rec) - 1], markup)

    # -- bytes ---------------------------------------------------------------------------------------------

    def _message(self, answer: _Answer, received: bytes, head_only: bool) -> bytes:
        reason = {200: "OK", 302: "Object moved", 304: "Not Modified", 404: "Object Not Found"}.get(
            answer.status, "Error"
        )
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        if self.dialect == "mse":
            lines += ["Server: Microsoft-IIS/6.0", "X-Powered-By: ASP.NET"]
        else:
            lines.append("server: nginx")
        lines += [f"{name}: {value}" for name, value in answer.fields]
        body = b"" if answer.status == 304 else answer.body
        if answer.status != 304:
            lines.append(f"Content-Type: {answer.type}")
            if answer.chunked and body:
                lines.append("Transfer-Encoding: chunked")
                body = (
                    b"".join(
                        b"%x\r\n%s\r\n" % (len(piece), piece)
                        for piece in (body[start : start + 4096] for start in range(0, len(body), 4096))
                    )
                    + b"0\r\n\r\n"
                )
            else:
                lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head_only else body)
