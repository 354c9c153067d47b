"""A reader's own hints for markup that the reader does not know: a source read with selectors of `mirror.toml`.

Pages are read by content first; where a selector is given, what it finds takes precedence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from mirror.errors import UsageError
from mirror.extraction.blocks import Element, lay_out, parse, words_of
from mirror.extraction.contents import paths_by_depth
from mirror.extraction.entry import assemble
from mirror.extraction.markup import squeezed
from mirror.extraction.page import Book, Charset, Contents, Entry, Heading, Library, Link, Page
from mirror.sites.links import base_of, once
from mirror.sites.reading import open_body, other_pages
from mirror.sites.site import Answer, Site
from mirror.sites.urls import resolve

_LISTS = frozenset(("ul", "ol", "li", "dl", "dd", "details"))


@dataclass(frozen=True, slots=True)
class Selectors:
    """What to look for, each a CSS selector or an XPath expression; empty: by content alone.

    An XPath expression begins with `/`, `(` or `.`, and may end in an attribute (`//li/@data-path`).
    """

    entry_text: str = ""
    entry_title: str = ""
    entry_path: str = ""
    links: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True)
class _Found:
    element: Element
    value: str | None  #: of the attribute an expression ends in


def compile_selector(text: str) -> Callable[[Element], Sequence[_Found]]:
    """A function that finds what a selector means in a tree, in order. Raises UsageError if it means nothing."""
    try:
        if text.startswith(("/", "(", ".//", "./")):
            expression = etree.XPath(text)
        else:
            expression = etree.XPath(HTMLTranslator().css_to_xpath(text))
    except (SelectorError, etree.XPathSyntaxError) as error:
        raise UsageError(
            f"{text!r} is no CSS selector and no XPath expression ({error}); write such as "
            f"'div.content pre' or '//li/@data-path'"
        ) from None

    def find(root: Element) -> Sequence[_Found]:
        found = expression(root)
        results: list[_Found] = []
        for one in found if isinstance(found, list) else []:
            if isinstance(one, etree._Element):
                results.append(_Found(one, None))
            elif (parent := getattr(one, "getparent", lambda: None)()) is not None:
                results.append(_Found(parent, str(one)))
        return results

    return find


class Selecting:
    """A source whose pages are read with the help of selectors. All else is the source's own."""

    def __init__(self, site: Site, selectors: Selectors) -> None:
        self._site = site
        self._selectors = selectors
        self.name = site.name
        self.base_url = site.base_url

    @cached_property
    def _find(self) -> dict[str, Callable[[Element], Sequence[_Found]]]:
        given = {item.name: getattr(self._selectors, item.name) for item in fields(self._selectors)}
        return {name: compile_selector(text) for name, text in given.items() if text}

    def seeds(self) -> list[Link]:
        return self._site.seeds()

    def identify(self, url: str) -> Link | None:
        return self._site.identify(url)

    def entry_link(self, library: str, book: int, rec: int) -> Link:
        return self._site.entry_link(library, book, rec)

    def list_link(self, library: str, book: int) -> Link:
        return self._site.list_link(library, book)

    def library_link(self, library: str) -> Link:
        return self._site.library_link(library)

    def read(self, answer: Answer) -> Page:
        """What a stored answer says, by content and by the selectors. Never raises."""
        page = self._site.read(answer)
        if answer.status != 200 or page.verdict not in ("ok", "odd") or page.kind not in _READ:
            return page
        try:
            return self._read(answer, page)
        except Exception as error:
            return replace(page, oddities=(*page.oddities, f"the selectors failed: {error!r:.200}"))

    def _read(self, answer: Answer, page: Page) -> Page:
        opened = open_body(answer, "gb18030" if self.name == "mse" else "utf-8")
        root = parse(opened.markup)
        asked = self._site.identify(answer.url)
        if root is None or asked is None:
            return page
        oddities: list[str] = []
        found: dict[str, Sequence[_Found]] = {}
        for name, find in self._find.items():
            if name.partition("_")[0] in ("links", page.kind):
                found[name] = find(root)
                if not found[name] and name != "entry_path":
                    oddities.append(f"selector {name} finds nothing")
        page = replace(page, oddities=(*page.oddities, *oddities))
        if page.kind == "entry":
            page = _with_entry(page, asked, found, opened.charset, answer.truncated)
        if found.get("links"):
            page = self._follow(page, asked, base_of(answer.url, opened.markup), found["links"], answer.truncated)
        return page

    def _follow(self, page: Page, asked: Link, base: str, found: Sequence[_Found], truncated: bool) -> Page:
        """A page with the links that a selector finds, and the libraries, books or entries they name."""
        named: list[tuple[Link, _Found]] = []
        for one in found:
            reference = one.element.get("href") if one.value is None else one.value
            url = resolve(base, reference) if reference else None
            link = self._site.identify(url) if url else None
            if link is not None and link.key != asked.key:
                named.append((link, one))
        libraries = {link.library: _words(one) for link, one in named if link.kind == "library" and link.library}
        books = {(link.library, link.book): _words(one) for link, one in named if link.kind == "list"}
        page = replace(
            page,
            links=once([*page.links, *(link for link, _ in named)]),
            libraries=page.libraries or tuple(Library(code, title or None) for code, title in libraries.items()),
            books=page.books
            or tuple(Book(code, number, title or None) for (code, number), title in books.items() if code and number),
        )
        headings = _headings(asked, named) if asked.kind == "list" else ()
        if headings and page.contents is None:
            pages = other_pages(self._site, asked, (asked.library or "", asked.book or 0), page.links)
            contents = Contents(asked.library or "", asked.book or 0, headings, complete=not (truncated or pages))
            page = replace(page, contents=contents, pages=tuple(link.key for link in pages))
            page = replace(page, links=once([*page.links, *pages]))
        if page.verdict == "odd" and not truncated and (headings or (asked.kind != "list" and (libraries or books))):
            page = replace(page, verdict="ok", reason="")
        return page


def _with_entry(
    page: Page, asked: Link, found: dict[str, Sequence[_Found]], charset: Charset, truncated: bool
) -> Page:
    """An entry's page with the parts that selectors find; what none finds stays as it was read by content."""
    text = "\n".join(lay_out(one.element) if one.value is None else one.value for one in found.get("entry_text", ()))
    before = page.entry
    content = assemble(text) if text.strip() else before.content if before else None
    if content is None:
        return page
    return replace(
        page,
        verdict="odd" if truncated else "ok",
        reason="the answer broke off" if truncated else "",
        entry=Entry(
            asked.library or "",
            asked.book or 0,
            asked.rec or 0,
            _first_words(found.get("entry_title", ())) or (before.title if before else None),
            before.code if before else None,
            tuple(map(_words, found.get("entry_path", ()))) or (before.path if before else None),
            content,
            charset,
        ),
    )


_READ = frozenset(("home", "library", "list", "entry"))


def _headings(asked: Link, named: Sequence[tuple[Link, _Found]]) -> tuple[Heading, ...]:
    rows: dict[int, tuple[int, str]] = {}
    for link, one in named:
        if link.kind == "entry" and (link.library, link.book) == (asked.library, asked.book) and link.rec:
            depth = sum(1 for above in one.element.iterancestors() if above.tag in _LISTS)
            rows.setdefault(link.rec, (depth, _words(one)))
    paths = paths_by_depth(list(rows.values()))
    return tuple(
        Heading(rec, title, None, 0, path) for (rec, (_, title)), path in zip(rows.items(), paths, strict=True)
    )


def _words(one: _Found) -> str:
    """The words of an element before any list within it."""
    element = one.element
    own = element.text or ""
    for child in element:
        if child.tag in _LISTS:
            break
        own += (words_of(child) if isinstance(child.tag, str) else "") + (child.tail or "")
    return own.strip() if "\n" not in own.strip() else squeezed(own)


def _first_words(found: Sequence[_Found]) -> str | None:
    return next((words for one in found if (words := _words(one))), None)
