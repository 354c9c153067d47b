"""The server of the archive browser: addresses to pages, pages to HTML or JSON."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
from isal import igzip
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mirror.browse import guard, render
from mirror.browse.addresses import Addresses, Language
from mirror.browse.cache import Cache, Written
from mirror.browse.downloads import citations
from mirror.browse.guard import Guard, Rate
from mirror.browse.holdings import Holdings, NotHeldError
from mirror.browse.metrics import Metrics
from mirror.browse.moments import http_date
from mirror.browse.overview import Overview
from mirror.browse.page import Page
from mirror.errors import MirrorError, UsageError
from warc.errors import WarcError

log = logging.getLogger(__name__)

#: Pages are made on so many threads: more would only wait for each other.
_THREADS = 3
#: Bodies shorter than this are not worth packing.
_PACKED_FROM = 900


@dataclass(frozen=True, slots=True)
class Options:
    """How the browser is served.

    Attributes:
        hosts: Names it answers to; None for any.
        view: Origin of the archived pages, such as `http://127.0.0.1:8081`; one that begins with a colon is a port
            on the host that was asked; None if they are not shown.
        pywb: Root of a pywb that replays this home, if one runs.
    """

    hosts: frozenset[str] | None = guard.LOOPBACK
    view: str | None = None
    pywb: str | None = None

    def view_of(self, host: str) -> str | None:
        """The origin of archived pages, for who asks under a host."""
        if self.view is None or not self.view.startswith(":"):
            return self.view
        name = guard.hostname(host)
        if not re.fullmatch(r"[a-z0-9.:-]+", name):
            return None
        return f"http://{f'[{name}]' if ':' in name else name}{self.view}"


#: Makes a page; runs on a thread of its own.
MakePage = Callable[[], Page]


class Browser:
    """What every handler needs: the holdings, and the way from a page to an answer."""

    def __init__(self, holdings: Holdings, options: Options) -> None:
        self.holdings = holdings
        self.options = options
        self.metrics = Metrics(holdings)
        self.cache = Cache()
        self._threads: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], Any]) -> Any:
        """Do something that reads from disk, off the loop."""
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    async def overview(self, name: str) -> Overview:
        """What a collection holds and lacks; off the loop only if it has not been counted yet."""
        if self.holdings.is_counted(name):
            return self.holdings.overview(name)
        found: Overview = await self.run(lambda: self.holdings.overview(name))
        return found

    async def answer(
        self, request: Request, make: MakePage, *, name: str | None = None, cached: bool = True, extra: str = ""
    ) -> Response:
        """The page as HTML or JSON, from the cache if nothing has changed since.

        Args:
            request: Who asks.
            make: Makes the page.
            name: The collection it comes from.
            cached: Whether it stays the same as long as the collection's database does.
            extra: Whatever else the page depends on.
        """
        key: tuple[str, ...] = ()
        if cached:
            key = (*self._key(request, name), extra)
            tag = f'W/"{hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()[:24]}"'
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={"ETag": tag, **_VARY})
            written = self.cache.get(key)
            if written is not None:
                return _send(request, written, tag)
        written = await self.run(lambda: self._write(request, make))
        if cached and written.status == 200:
            self.cache.put(key, written)
            return _send(request, written, tag)
        return _send(request, written, None)

    def _key(self, request: Request, name: str | None) -> tuple[str, ...]:
        names = self.holdings.names() if name is None else [name]
        stamps = [self.holdings.stamp(each) for each in names]
        state = request.state
        asked = (request.scope["path"], request.scope["query_string"].decode("latin-1"))
        where = (request.url.scheme, request.headers.get("host", ""), request.scope.get("root_path", ""))
        return (render.program_digest(), *names, *stamps, *asked, *where, state.language, state.form)

    def _write(self, request: Request, make: MakePage) -> Written:
        page = make()
        fields = tuple(self._link_fields(request, page))
        if request.state.form == "json":
            body = json.dumps(page.facts, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass") + b"\n"
            return _written(body, "application/json; charset=utf-8", page.status, fields)
        return _written(self.html(request, page), "text/html; charset=utf-8", page.status, fields)

    def html(self, request: Request, page: Page) -> bytes:
        """A page in the language asked for."""
        language: Language = request.state.language
        to = Addresses(request.scope.get("root_path", ""), language)
        root = f"{request.url.scheme}://{request.headers.get('host', '')}"
        around: dict[str, Any] = {
            "canonical": root + to.path(page.path, **page.query),
            "other": to.of("en" if language == "zh" else "zh").path(page.path, **page.query),
            "json": to.json(page.path, **page.query) if page.status == 200 else None,
            "permanent": None,
            "view": self.options.view_of(request.headers.get("host", "")),
            "pywb": self.options.pywb,
            "citations": (),
        }
        if page.template == "entry.html":
            place = page.facts["entry"]["id"]
            link = root + to.of("zh").entry(page.collection or "", place, page.shown["digits"])
            around["permanent"] = link
            around["citations"] = citations(page.facts["entry"], link)
        return render.html(page, to, **around).encode("utf-8", "surrogatepass")

    def _link_fields(self, request: Request, page: Page) -> list[tuple[str, str]]:
        """What Memento wants said of an entry (RFC 7089, 2.2)."""
        if page.original is None or page.collection is None:
            return []
        to = Addresses(request.scope.get("root_path", ""))
        root = f"{request.url.scheme}://{request.headers.get('host', '')}"
        place = page.facts["entry"]["id"]
        links = [
            f'<{page.original}>; rel="original"',
            f'<{root}{to.file(f"timegate/{page.collection}/{place}")}>; rel="timegate"',
            f'<{root}{to.file(f"timemap/{page.collection}/{place}")}>; rel="timemap"; type="application/link-format"',
        ]
        found = [("Link", ", ".join(links))]
        if page.memento is not None:
            found.append(("Memento-Datetime", http_date(page.memento)))
        return found

    async def problem(self, request: Request, error: Exception) -> Response:
        """An error as a page, or as JSON for who asked for that."""
        if isinstance(error, HTTPException):
            status, said = error.status_code, error.detail
        else:
            wrong = 404 if isinstance(error, NotHeldError) else 400 if isinstance(error, UsageError) else 503
            status, said = wrong, str(error)
        if status == 404 and said == "Not Found":
            said = "没有这个网页 / there is no such page"
        state = request.state
        state.language = getattr(state, "language", "zh")
        page = Page("error.html", "/", {"status": status, "message": said}, status=status)
        if getattr(state, "form", "html") == "json":
            body, media_type = json.dumps(page.facts, ensure_ascii=False).encode(), "application/json; charset=utf-8"
        else:
            body, media_type = self.html(request, page), "text/html; charset=utf-8"
        headers = {"Retry-After": "10"} if status == 503 else {}
        return Response(body, status, {**headers, **_VARY}, media_type)


_VARY = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}


def _written(body: bytes, media_type: str, status: int, fields: tuple[tuple[str, str], ...]) -> Written:
    packed = igzip.compress(body, 1, mtime=0) if len(body) >= _PACKED_FROM else None
    return Written(body, packed, media_type, status, fields)


def _send(request: Request, written: Written, tag: str | None) -> Response:
    headers = dict(_VARY)
    if tag is None:
        headers["Cache-Control"] = "no-store"
    else:
        headers["ETag"] = tag
    headers.update(written.fields)
    body = written.body
    if written.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = written.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, written.status, headers, written.media_type)


_JSON = re.compile(
    r"(?P<path>/(?:index|about|(?:c|history|compare|witness|record|coverage|search|changes)(?:/.+)?))\.json"
)
_OTHER_JSON = re.compile(r".*\.(?:entry|csl)\.json")
_FOLDER = re.compile(r"/c/[^/]+(?:/[^/@.]+){0,2}")


class _Reader:
    """Takes from an address what says how, not what: `/en` for the language, `.json` for the form."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, state = scope["path"], scope.setdefault("state", {})
        state["language"], state["form"], state["page"] = "zh", "html", "other"
        if path == "/en" or path.startswith("/en/"):
            state["language"], path = "en", path[3:] or "/"
        match = None if _OTHER_JSON.fullmatch(path) else _JSON.fullmatch(path)
        if match is not None:
            state["form"] = "json"
            path = "/" if match["path"] == "/index" else match["path"]
            path += "/" if _FOLDER.fullmatch(path) else ""
        elif _prefers_json(scope):
            state["form"] = "json"
        scope["path"] = path
        began = time.perf_counter()
        status = "500"

        async def note(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = scope.get("endpoint")
            page = getattr(route, "__name__", "other") if status != "404" else "other"
            self._metrics.requests.labels(page, status).inc()
            self._metrics.seconds.labels(page).observe(time.perf_counter() - began)


def _prefers_json(scope: Scope) -> bool:
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"application/json" in accept and b"text/html" not in accept


def create_app(holdings: Holdings, options: Options, rate: Rate) -> ASGIApp:
    """The whole browser as an ASGI application."""
    # Here, since the routes need what is above.
    from mirror.browse.routes import routes

    browser = Browser(holdings, options)

    async def failed(_: Request, error: Exception) -> Response:
        log.error("a page could not be made", exc_info=error)
        return PlainTextResponse("500: 程序出错，请报告 / the program failed; please report this\n", 500)

    inner = Starlette(
        routes=routes(browser),
        exception_handlers={
            HTTPException: browser.problem,
            MirrorError: browser.problem,
            WarcError: browser.problem,
            OSError: browser.problem,
            Exception: failed,
        },
    )
    return Guard(
        _Reader(inner, browser.metrics),
        options.hosts,
        rate,
        lambda host: guard.page_policy(options.view_of(host)),
        guard.PAGE_FIELDS,
    )
