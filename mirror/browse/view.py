"""Archived pages as they were: the recorded bytes, from an origin of their own, with nothing they could do.

What a page of the source says is never ours to vouch for. It is sent from another port, in a sandbox without
scripts, forms, cookies or a way out (CSP 3, `sandbox`): it can be looked at, no more. No field of the recorded
answer is passed on but its type and coding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from mirror.browse import evidence
from mirror.browse.captures import capture_nearest
from mirror.browse.holdings import Holdings
from mirror.browse.moments import digits, instant
from mirror.errors import MirrorError
from warc import message, reader
from warc.errors import WarcError

#: Types that are shown; anything else is a download.
_SHOWN = re.compile(r"(?:text/(?:html|plain|css|xml)|application/(?:xhtml\+xml|xml)|image/[\w.+-]+|font/[\w.+-]+)")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;\s*charset\s*=\s*\"?[\w.:-]+\"?)?", re.ASCII)
_VIEW = re.compile(r"(?P<root>.*/(?P<name>[a-z0-9][a-z0-9_-]*)/(?P<at>\d{4,20})/)(?P<url>https?:/.*)", re.DOTALL)
_CODINGS = ("gzip", "x-gzip", "deflate", "br", "identity")


def view_policy(parents: str) -> str:
    """The policy archived pages are sent with."""
    return (
        "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {parents}"
    )


#: Of every archived page. The full referrer is needed to find what a page loads from its own root; the policy
#: lets it load from this origin alone, so nobody else sees it.
VIEW_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "unsafe-url",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cache-Control": "no-store",
}


def create_view(holdings: Holdings) -> Starlette:
    """The application that shows archived pages: `/NAME/DIGITS/URL`."""

    async def show(request: Request) -> Response:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        match = _VIEW.fullmatch(_as_sent(request) or asked)
        if match is None:
            return _from_root(request)
        at = instant(match["at"])
        if at is None:
            return _absent("this is no time")
        try:
            return await run_in_threadpool(_answer, holdings, match["name"], at, match["url"])
        except (MirrorError, WarcError, OSError) as error:
            return _absent(str(error))

    return Starlette(routes=[Route("/{rest:path}", show)])


def _as_sent(request: Request) -> str:
    """The path and query as they were sent: an escape in an archived address is part of its name."""
    raw: bytes = request.scope.get("raw_path") or b""
    query: bytes = request.scope["query_string"]
    return (raw + (b"?" + query if query else b"")).decode("ascii", "replace")


def _from_root(request: Request) -> Response:
    """What an archived page loads from the root of its site: found through the page that asks."""
    match = _VIEW.search(request.headers.get("referer", ""))
    if match is None:
        return _absent("no archived page has this address: /NAME/TIME/URL")
    origin = re.match(r"https?://?[^/]*", match["url"])
    if origin is None or ".." in match["name"]:
        return _absent("no archived page has this address")
    return RedirectResponse(f"/{match['name']}/{match['at']}/{origin[0]}{_as_sent(request)}", 307)


def _absent(why: str) -> Response:
    return PlainTextResponse(f"404: 档案中没有 / not in the archive: {why}\n", 404)


def _answer(holdings: Holdings, name: str, at: str, url: str) -> Response:
    url = re.sub(r"\A(https?):/+", r"\1://", url)  # some proxies close up doubled slashes
    link = holdings.site(name).identify(url)
    with holdings.reading(name) as db:
        held = capture_nearest(db, link.key, at) if link is not None else None
    if held is None:
        return _absent(url)
    warc, offset = held.bytes_at
    record = reader.read_at(evidence.record_path(holdings.collection(name), warc), offset)
    head, payload = record.http()
    fields = message.parse_head(head)
    media_type = (fields.get(b"content-type") or b"").decode("latin-1").strip()
    if not _TYPE.fullmatch(media_type):
        media_type = "text/html" if link is not None and link.kind in ("entry", "list", "home", "library") else ""
    shown = _SHOWN.match(media_type.lower())
    answer: dict[str, str] = {
        "Content-Type": media_type if shown else "application/octet-stream",
        "Content-Length": str(payload.size),
        "X-Archive-Status": str(fields.status),
        "X-Archive-Timestamp": digits(held.timestamp),
    }
    if not shown:
        answer["Content-Disposition"] = "attachment"
    coding = (fields.get(b"content-encoding") or b"").decode("latin-1").strip().lower()
    if coding in _CODINGS:
        answer["Content-Encoding"] = coding
    return StreamingResponse(_pieces(payload.chunks), headers=answer)


def _pieces(chunks: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    yield from chunks()
