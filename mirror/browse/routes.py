"""Every address the server answers, and what it answers with."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from mirror.browse import changes as found_changes
from mirror.browse import downloads, evidence, feeds, memento, pages, render, resourcesync
from mirror.browse.addresses import Addresses
from mirror.browse.app import Browser
from mirror.browse.captures import Capture, capture_at
from mirror.browse.holdings import NotHeldError, UnreadableError
from mirror.browse.metrics import MEDIA_TYPE
from mirror.browse.moments import digits, from_http_date, http_date
from mirror.browse.openapi import description
from mirror.browse.page import Page
from mirror.browse.resourcesync import Lists
from warc import reader


class _Pattern(Convertor[str]):
    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


#: Parts of an address. Numbers are bounded by their length, so that none is more than SQLite can hold.
PATTERNS = {
    "name": "[a-z0-9][a-z0-9_-]{0,63}",
    "code": "[0-9a-z]{1,32}",
    "number": "[1-9][0-9]{0,8}",
    "place": "[0-9a-z]{1,32}/[1-9][0-9]{0,8}/[1-9][0-9]{0,8}",
    "digits": "[0-9]{4,20}",
    "warc": "[^/]{1,255}",
    "offset": "0|[1-9][0-9]{0,14}",
    "form": "txt|raw[.]txt|entry[.]json|bib|ris|csl[.]json|[1-9][0-9]{0,3}[.]csv",
    "parts": "resourcelist|changelist",
    "list": "capabilitylist|resourcelist|changelist",
    "asset": "[a-z]+[.][0-9a-f]{10}[.](?:css|js|svg)",
}
for _name, _regex in PATTERNS.items():
    register_url_convertor(_name, type(_name, (_Pattern,), {"regex": _regex})())

#: Characters of a question, at most.
LONGEST_QUESTION = 300
LONGEST_PLACE = 40

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
#: Bytes of the source's are handed over to keep, not to run.
_HANDED_OVER = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store"}


def parse_place(text: str) -> tuple[str, int, int]:
    """`K/A/REC` from an address that matched its pattern."""
    code, number, rec = text.split("/")
    return code, int(number), int(rec)


def routes(browser: Browser) -> list[Route]:
    """All of them, in the order they are tried."""
    holdings = browser.holdings

    def path(request: Request, name: str) -> Any:
        return request.path_params[name]

    def reading(name: str, make: Callable[..., Page], *arguments: Any) -> Callable[[], Page]:
        def read() -> Page:
            with holdings.reading(name) as db:
                return make(db, name, *arguments)

        return read

    async def home(request: Request) -> Response:
        counted = []
        for name in holdings.names():
            try:
                counted.append((await browser.overview(name)).as_of)
            except UnreadableError as error:
                counted.append(str(error))
        return await browser.answer(request, lambda: pages.home(holdings), extra="".join(counted))

    async def about(request: Request) -> Response:
        return await browser.answer(request, pages.about)

    async def collection(request: Request) -> Response:
        name = path(request, "name")
        counted = await browser.overview(name)
        return await browser.answer(request, lambda: pages.collection(holdings, name), name=name, extra=counted.as_of)

    async def coverage(request: Request) -> Response:
        name = path(request, "name")
        counted = await browser.overview(name)
        return await browser.answer(request, lambda: pages.coverage(holdings, name), name=name, extra=counted.as_of)

    async def library(request: Request) -> Response:
        name, code = path(request, "name"), path(request, "code")
        counted = await browser.overview(name)
        return await browser.answer(
            request, lambda: pages.library(holdings, name, code), name=name, extra=counted.as_of
        )

    async def book(request: Request) -> Response:
        name, code, number = path(request, "name"), path(request, "code"), int(path(request, "number"))
        return await browser.answer(request, reading(name, pages.book, code, number), name=name)

    async def entry(request: Request) -> Response:
        name, place = path(request, "name"), parse_place(path(request, "place"))
        at = request.path_params.get("digits")
        return await browser.answer(request, reading(name, pages.entry, place, at), name=name)

    async def history(request: Request) -> Response:
        name, place = path(request, "name"), path(request, "place")
        old, new = request.query_params.get("old", ""), request.query_params.get("new", "")
        if _is_number(old) and _is_number(new):
            to = Addresses(request.scope.get("root_path", ""), request.state.language)
            return RedirectResponse(to.compare(name, place, int(old), int(new)), 303)
        return await browser.answer(request, reading(name, pages.entry_history, parse_place(place)), name=name)

    async def compare(request: Request) -> Response:
        name, place = path(request, "name"), parse_place(path(request, "place"))
        old, new = int(path(request, "old")), int(path(request, "new"))
        return await browser.answer(request, reading(name, pages.compare, place, old, new), name=name)

    async def witness(request: Request) -> Response:
        name, number = path(request, "name"), int(path(request, "number"))
        return await browser.answer(request, reading(name, pages.witness, number), name=name)

    async def changes(request: Request) -> Response:
        name, chosen = path(request, "name"), request.query_params
        old, new = request.path_params.get("old"), request.path_params.get("new")
        if old is None and _is_number(chosen.get("old")) and _is_number(chosen.get("new")):
            to = Addresses(request.scope.get("root_path", ""), request.state.language)
            return RedirectResponse(to.changes(name, int(chosen["old"]), int(chosen["new"])), 303)
        kind = chosen.get("kind") or None
        if kind is not None and kind not in found_changes.KINDS:
            raise NotHeldError(f"没有这种变化 / there is no such kind of change; {', '.join(found_changes.KINDS)}")
        numbers = None if old is None else int(old), None if new is None else int(new)
        number = _page_number(request)
        make = functools.partial(pages.changes, holdings, name, *numbers, kind, number)
        return await browser.answer(request, make, name=name)

    async def feed(request: Request) -> Response:
        name = path(request, "name")
        body = await browser.run(lambda: feeds.atom(holdings, _root(request), name))
        return Response(body, 200, {"Cache-Control": "no-cache"}, "application/atom+xml")

    async def search(request: Request) -> Response:
        name, asked = path(request, "name"), request.query_params
        query, scope = asked.get("q", ""), asked.get("scope", "")
        years, place, at = asked.get("years", ""), asked.get("place", "")[:LONGEST_PLACE], asked.get("at", "")
        if len(query) > LONGEST_QUESTION:
            raise HTTPException(400, f"问题太长 / the question is longer than {LONGEST_QUESTION} characters")
        make = reading(name, pages.search_page, query, scope, _page_number(request), years, place, at)
        return await browser.answer(request, make, name=name)

    async def search_all(request: Request) -> Response:
        """One collection is searched at a time; with several, the first unless one is named."""
        names = await browser.run(holdings.names)
        name = request.query_params.get("collection") or (names[0] if names else "")
        if name not in names:
            raise NotHeldError("没有这个档案集 / there is no such collection")
        to = Addresses(request.scope.get("root_path", ""), request.state.language)
        return RedirectResponse(to.search(name, q=request.query_params.get("q", "")[:LONGEST_QUESTION]), 303)

    async def record(request: Request) -> Response:
        name, warc, offset = path(request, "name"), path(request, "warc"), int(path(request, "offset"))
        make = reading(name, lambda db, name: pages.record(holdings, db, name, warc, offset))
        return await browser.answer(request, make, name=name, cached=False)

    async def download(request: Request) -> Response:
        name, place, form = path(request, "name"), path(request, "place"), path(request, "form")
        at = request.path_params.get("digits")
        body, media_type = await browser.run(lambda: _download(browser, _root(request), name, place, at, form))
        file = f"{place.replace('/', '-')}{f'@{at}' if at else ''}.{form}"
        return Response(body, 200, {"Content-Disposition": f'attachment; filename="{file}"'}, media_type)

    async def raw_record(request: Request) -> Response:
        name, warc, offset = path(request, "name"), path(request, "warc"), int(path(request, "offset"))
        held = await browser.run(lambda: _held(browser, name, warc, offset))
        file = await browser.run(lambda: evidence.record_path(holdings.collection(name), held.warc))
        headers = {
            **_HANDED_OVER,
            "Content-Length": str(held.length),
            "Content-Disposition": f'attachment; filename="record-{offset}.warc.gz"',
        }
        return StreamingResponse(evidence.member(file, held.offset, held.length), 200, headers, "application/warc")

    async def raw_payload(request: Request) -> Response:
        name, warc, offset = path(request, "name"), path(request, "warc"), int(path(request, "offset"))
        payload = await browser.run(lambda: _payload(browser, name, warc, offset))
        headers = {
            **_HANDED_OVER,
            "Content-Length": str(payload.size),
            "Content-Disposition": f'attachment; filename="payload-{offset}.bin"',
        }
        return StreamingResponse(_pieces(payload.chunks()), 200, headers, "application/octet-stream")

    async def timegate(request: Request) -> Response:
        name = path(request, "name")
        place, found = await browser.run(lambda: _mementos(browser, name, request))
        asked = request.headers.get("accept-datetime")
        at = from_http_date(asked) if asked is not None else found[-1][0]
        if at is None:
            return PlainTextResponse("400: Accept-Datetime is no HTTP date (RFC 7089, 2.1.1)\n", 400)
        to, root = Addresses(request.scope.get("root_path", "")), _root(request)
        chosen = memento.nearest(found, at)
        links = [
            memento.link(found[-1][1], "original"),
            memento.link(root + to.file(f"timemap/{name}/{place}"), "timemap", type="application/link-format"),
            memento.link(root + to.entry(name, place, digits(chosen)), "memento", datetime=http_date(chosen)),
        ]
        headers = {"Vary": "accept-datetime", "Link": ", ".join(links), "Cache-Control": "no-cache"}
        return RedirectResponse(to.entry(name, place, digits(chosen)), 302, headers)

    async def timemap(request: Request) -> Response:
        name = path(request, "name")
        place, found = await browser.run(lambda: _mementos(browser, name, request))
        to, root = Addresses(request.scope.get("root_path", "")), _root(request)
        lines = memento.timemap(
            found,
            found[-1][1],
            root + to.file(f"timemap/{name}/{place}"),
            root + to.file(f"timegate/{name}/{place}"),
            root + to.entry(name, place),
        )
        return Response(",\n".join(lines) + "\n", 200, {"Cache-Control": "no-cache"}, "application/link-format")

    async def asset(request: Request) -> Response:
        asked = path(request, "file")
        name = next((name for name in render.ASSETS if render.versioned(name) == asked), None)
        if name is None:
            raise NotHeldError("没有这个文件 / there is no such file")
        return Response(render.asset(name), 200, _FOREVER, render.ASSETS[name])

    async def healthz(_: Request) -> Response:
        """Whether every collection can be read."""

        def read_all() -> None:
            for name in holdings.names():
                with holdings.reading(name) as db:
                    db.execute("SELECT 1 FROM crawl LIMIT 1").fetchone()

        await browser.run(read_all)
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def metrics(_: Request) -> Response:
        return Response(await browser.run(browser.metrics.text), 200, {"Cache-Control": "no-store"}, MEDIA_TYPE)

    async def openapi(request: Request) -> Response:
        examples = await browser.run(lambda: pages.examples(holdings))
        return Response(description(_root(request), examples), 200, {"Cache-Control": "no-cache"}, "application/json")

    async def source(request: Request) -> Response:
        """Where harvesters begin (ResourceSync, 8)."""
        names = await browser.run(holdings.names)
        lists = [f"{_root(request)}/resourcesync/{name}/capabilitylist.xml" for name in names]
        return _xml(resourcesync.capabilities(lists))

    async def synced(request: Request) -> Response:
        lists = Lists(holdings, _root(request), path(request, "name"))
        make = {
            "capabilitylist": lists.capability_list,
            "resourcelist": lists.resource_list_index,
            "changelist": lists.change_list_index,
        }[path(request, "list")]
        return _xml(await browser.run(make))

    async def synced_part(request: Request) -> Response:
        lists, number = Lists(holdings, _root(request), path(request, "name")), int(path(request, "number"))
        make = lists.resource_list if path(request, "list") == "resourcelist" else lists.change_list
        return _xml(await browser.run(lambda: make(number)))

    async def robots(request: Request) -> Response:
        return PlainTextResponse(
            "User-agent: *\nDisallow: /raw/\nDisallow: /record/\nDisallow: /search\n\n"
            f"Sitemap: {_root(request)}/sitemap.xml\n"
        )

    async def sitemap(request: Request) -> Response:
        body = await browser.run(lambda: feeds.sitemap_index(holdings, _root(request)))
        return _xml(body)

    async def sitemap_part(request: Request) -> Response:
        name, number = path(request, "name"), int(path(request, "number"))
        body = await browser.run(lambda: feeds.sitemap(holdings, _root(request), name, number))
        return _xml(body)

    return [
        Route("/", home),
        Route("/about", about),
        Route("/c/{name:name}/", collection),
        Route("/c/{name:name}/{code:code}/", library),
        Route("/c/{name:name}/{code:code}/{number:number}/", book),
        Route("/c/{name:name}/{place:place}", entry),
        Route("/c/{name:name}/{place:place}@{digits:digits}", entry),
        Route("/c/{name:name}/{place:place}.{form:form}", download),
        Route("/c/{name:name}/{place:place}@{digits:digits}.{form:form}", download),
        Route("/history/{name:name}/{place:place}", history),
        Route("/compare/{name:name}/{place:place}/{old:number}/{new:number}", compare),
        Route("/witness/{name:name}/{number:number}", witness),
        Route("/changes/{name:name}", changes),
        Route("/changes/{name:name}/{old:number}/{new:number}", changes),
        Route("/feed/{name:name}.atom", feed),
        Route("/search", search_all),
        Route("/search/{name:name}", search),
        Route("/record/{name:name}/{warc:warc}/{offset:offset}", record),
        Route("/raw/{name:name}/{warc:warc}/{offset:offset}/record.warc.gz", raw_record),
        Route("/raw/{name:name}/{warc:warc}/{offset:offset}/payload", raw_payload),
        Route("/coverage/{name:name}", coverage),
        Route("/timegate/{name:name}/{place:place}", timegate),
        Route("/timemap/{name:name}/{place:place}", timemap),
        Route("/timegate/{name:name}/{url:path}", timegate),
        Route("/timemap/{name:name}/{url:path}", timemap),
        Route("/static/{file:asset}", asset),
        Route("/healthz", healthz),
        Route("/metrics", metrics),
        Route("/openapi.json", openapi),
        Route("/robots.txt", robots),
        Route("/.well-known/resourcesync", source),
        Route("/resourcesync/{name:name}/{list:list}.xml", synced),
        Route("/resourcesync/{name:name}/{list:parts}/{number:number}.xml", synced_part),
        Route("/sitemap.xml", sitemap),
        Route("/sitemap/{name:name}/{number:number}.xml", sitemap_part),
    ]


def _xml(body: str) -> Response:
    return Response(body, 200, {"Cache-Control": "no-cache"}, resourcesync.MEDIA_TYPE)


def _is_number(text: str | None) -> bool:
    return text is not None and re.fullmatch(PATTERNS["number"], text) is not None


def _page_number(request: Request) -> int:
    """The page of a list that is asked for; the first if that is none."""
    text = request.query_params.get("page")
    return min(int(text), pages.MOST_PAGES) if text is not None and _is_number(text) else 1


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}{request.scope.get('root_path', '')}"


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks


def _download(browser: Browser, root: str, name: str, place: str, at: str | None, form: str) -> tuple[bytes, str]:
    with browser.holdings.reading(name) as db:
        entry = pages.entry_as_of(db, parse_place(place), at)
    if form in downloads.CITATIONS:
        digits_ = digits(entry["capture"]["timestamp"])
        return downloads.citation(entry, form, root + Addresses().entry(name, place, digits_))
    if form == "txt":
        return downloads.reading_text(entry), "text/plain; charset=utf-8"
    if form == "raw.txt":
        return downloads.raw_text(entry), "text/plain; charset=utf-8"
    if form == "entry.json":
        return downloads.fields(entry), "application/json; charset=utf-8"
    table = downloads.table(entry, int(form.partition(".")[0]))
    if table is None:
        raise NotHeldError("没有这张表 / there is no such table")
    return table, "text/csv; charset=utf-8"


def _held(browser: Browser, name: str, warc: str, offset: int) -> Capture:
    with browser.holdings.reading(name) as db:
        held = capture_at(db, warc, offset)
    if held is None:
        raise NotHeldError("没有这条记录 / there is no such record")
    return held


def _payload(browser: Browser, name: str, warc: str, offset: int) -> Any:
    """The payload of a response, or the one a revisit refers to."""
    held = _held(browser, name, warc, offset)
    if held.type not in ("response", "revisit"):
        raise NotHeldError("这次请求没有应答 / this request brought no answer")
    warc, offset = held.bytes_at
    return reader.read_at(evidence.record_path(browser.holdings.collection(name), warc), offset).http()[1]


def _mementos(browser: Browser, name: str, request: Request) -> tuple[str, list[tuple[str, str]]]:
    """The place of the entry that is asked for, by place or by its address at the source, and its mementos."""
    place = request.path_params.get("place")
    if place is None:
        url = str(request.path_params["url"]) + (f"?{request.url.query}" if request.url.query else "")
        link = browser.holdings.site(name).identify(re.sub(r"\A(https?):/+", r"\1://", url))
        if link is None or link.kind != "entry" or None in (link.library, link.book, link.rec):
            raise NotHeldError("这不是源站条目的网址 / this is not the address of an entry at the source")
        place = f"{link.library}/{link.book}/{link.rec}"
    code, number, rec = place.split("/")
    with browser.holdings.reading(name) as db:
        found = memento.mementos(db, code, int(number), int(rec))
    if not found:
        raise NotHeldError("没有存得这个条目 / this entry is not held")
    return place, found
