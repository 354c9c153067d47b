"""What the status of an answer says by itself, before anyone looks at the body."""

from __future__ import annotations

from mirror.extraction.page import Page, PageKind
from mirror.sites.site import Answer, Site
from mirror.sites.urls import resolve

_REDIRECTS = frozenset((300, 301, 302, 303, 307, 308))


def field(answer: Answer, name: bytes) -> bytes | None:
    """The first header field of that name (lower case), blanks at the ends removed."""
    for found, value in answer.fields:
        if len(found) == len(name) and found.lower() == name:
            return value.strip()
    return None


def judge_status(site: Site, answer: Answer, kind: PageKind) -> Page | None:
    """The page, if its status settles what it is; None if the body must tell.

    404 and 410 are left to the body too: a block page must never pass for proof that an entry is gone.
    """
    status = answer.status
    if 200 <= status < 300 or status == 0:
        if status == 206:
            return Page(kind, "odd", "status 206: only a part of the page was sent, and all of it was asked for")
        return Page(kind, "odd", f"status {status} has no page") if status in (204, 205) else None
    if status in _REDIRECTS:
        return _redirect(site, answer, kind)
    if status == 304:
        # One that answers our condition is a revisit, and says what its original said.
        return Page(kind, "odd", "status 304, and the page was never captured")
    if status in (401, 403, 429):
        return Page(kind, "refused", f"the source refused with status {status}")
    if status in (404, 410) or status >= 500:
        return None
    return Page(kind, "error", f"the source answered with status {status}")


def _redirect(site: Site, answer: Answer, kind: PageKind) -> Page:
    location = field(answer, b"location")
    if not location:
        return Page(kind, "odd", f"status {answer.status} without a Location")
    return redirect_to(site, answer.url, decode_location(location), kind)


def redirect_to(site: Site, page_url: str, reference: str, kind: PageKind) -> Page:
    """The page that sends the reader to `reference`, with the link to follow if it stays in the source."""
    target = resolve(page_url, reference)
    if target is None:
        return Page(kind, "odd", f"redirect to what is no http URL: {reference[:200]!r}")
    link = site.identify(target)
    if link is None:
        return Page(kind, "redirect", f"redirect out of the source, to {target[:200]}")
    return Page(kind, "redirect", f"redirect to {target[:200]}", links=(link,))


def decode_location(value: bytes) -> str:
    """A Location as text: UTF-8, else GB18030 as old servers send it, else byte by byte."""
    for charset in ("utf-8", "gb18030"):
        try:
            return value.decode(charset)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")
