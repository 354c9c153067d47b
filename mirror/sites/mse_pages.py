"""What the pages of the old database say: entrance, lists, entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from mirror.extraction.block import judge_notice
from mirror.extraction.blocks import find_text
from mirror.extraction.contents import paths_by_code, paths_by_depth
from mirror.extraction.entry import assemble
from mirror.extraction.markup import layout_text, line_text, squeezed, unseen_removed
from mirror.extraction.page import Book, Contents, Entry, Heading, Library, Link, Page
from mirror.sites import mse
from mirror.sites.links import base_of, once, page_links
from mirror.sites.reading import Opened, judge_end, judge_shortfall, other_pages, read_answer
from mirror.sites.script import escape
from mirror.sites.site import Answer, Site
from mirror.sites.urls import resolve

#: The state that the page's own scripts build their questions from, one assignment a line.
_STATE = re.compile(
    r"""(?m)^[ \t]*(?:var\s+)?(seachword|K|A|run|list|page|rec)\s*=\s*(?:'([^'\n]*)'|"([^"\n]*)")\s*;?"""
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}\Z")
_CALL = re.compile(r"(?i)javascript:\s*(?:sf|listk)\s*\(")
_Q = r"""(?:'|"|%27|%22|&#39;|&quot;)?"""
_SF = re.compile(
    rf"""(?i)<a\s[^<>]*?javascript:\s*sf\(\s*{_Q}([0-9]{{1,9}}){_Q}\s*,\s*{_Q}([0-9]{{1,9}}){_Q}"""
    rf"""(?:\s*,\s*{_Q}([0-9A-Za-z_.\-]{{0,40}}){_Q})?\s*\)[^<>]*>([^<]*)"""
)
_LISTK = re.compile(
    rf"""(?i)<a\s[^<>]*?javascript:\s*listk\(\s*{_Q}([0-9A-Za-z]{{1,16}}){_Q}\s*"""
    rf"""(?:,\s*{_Q}([0-9]{{0,9}}){_Q}\s*)?\)[^<>]*>([^<]*)"""
)
#: Highlighted words within a title.
_INLINE = re.compile(r"(?i)(?:</?(?:font|b|i|u|em|strong|span|mark)\b[^<>]*>[^<]*)+")
_SP = re.compile(rf"""(?i)<[^<>]*\bsp\(\s*{_Q}([0-9]{{1,6}}){_Q}\s*,\s*{_Q}([0-9]{{1,6}}){_Q}\s*\)""")
_CURRENT = re.compile(r"(?i)当前资料是\s*([^<]{0,200})<b>\s*([^<]{0,200})</b>")
_WORD = re.compile(r"(?i)[?&]seachword=[^&#]")
_ELAPSED = re.compile(r"<!--\s*总用时")
_CLOSED = re.compile(r"(?i)</html\s*>")
_TABLE = re.compile(r"(?i)<table\b")
_BOOK_NUMBER = re.compile(r"[0-9]{1,9}[ \t\u3000\xa0]+(?=\S)")
_OPTION = re.compile(r"""(?i)<option\b[^<>]*?\bvalue\s*=\s*["']?([A-Za-z][0-9A-Za-z]{0,15})["']?[^<>]*>([^<]*)""")
_ANCHOR = re.compile(r"""(?i)<a\s[^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))[^<>]*>([^<]*)""")
_K_REFERENCE = re.compile(r"""(?i)(?:[?&](?:amp;)?K=|\bK\s*=\s*["'])([a-z][a-z0-9]{0,15})\b""")
_TXT = re.compile(
    r"""(?i)<(div|td|pre|span|p)\b[^<>]*?\bclass\s*=\s*"""
    r"""(?:"[^"<>]*?\btxt\b[^"<>]*"|'[^'<>]*?\btxt\b[^'<>]*'|txt\b)[^<>]*>"""
)
_NESTED = {name: re.compile(rf"(?i)<(/?){name}\b[^<>]*>") for name in ("div", "td", "pre", "span", "p")}
_BODY_END = re.compile(r"(?i)</body\s*>|</html\s*>|<!--\s*总用时")
_TITLE = re.compile(r"(?i)<title\b[^<>]*>([^<]{0,300})")
_HEADING = re.compile(r"(?i)<h([1-4])\b[^<>]*>([^<]{0,300})")
_GENERIC = re.compile(
    r"(?i)(?:全文检索|检索结果|显示记录|记录显示|打开记录|山东省?情网|山东省?省?情资料库|无标题文档|untitled|document|page|mse|index|[0-9]"
    r"|首页|[\s\-_|·—:：])*\Z"
)

MAX_PAGER_LINKS = 10_000


class _Row(NamedTuple):
    """One line of a table of contents."""

    book: int
    rec: int
    code: str
    title: str  #: with the indent


@dataclass(frozen=True, slots=True)
class _State:
    """What a page's script says of the page itself."""

    seachword: str = ""
    library: str | None = None  #: as spelled on the page
    book: int | None = None
    rec: int | None = None
    page: str = ""


def read(site: Site, answer: Answer) -> Page:
    """What a stored answer of the old database says. Never raises."""
    return read_answer(site, answer, "gb18030", _read_body)


def _read_body(site: Site, answer: Answer, opened: Opened, asked: Link) -> Page:
    if asked.kind == "entry":
        return _read_entry(site, answer, opened, asked)
    if asked.kind == "list":
        return _read_list(site, answer, opened, asked)
    return _read_directory(site, answer, opened, asked)


# --- lists ---------------------------------------------------------------------------------------------


def _read_list(site: Site, answer: Answer, opened: Opened, asked: Link) -> Page:
    """A list page: the books of a library, and the contents of one of them."""
    markup = opened.markup
    call = _CALL.search(markup)
    head = markup[: call.start()] if call else markup
    state = _read_state(head)
    oddities = list(opened.oddities)
    spelled = state.library or asked.library or ""
    library = mse.library_of(spelled, of_entry=False) or asked.library or ""
    number = state.book or asked.book or 0
    if library != asked.library and asked.library:
        oddities.append(f"asked for library {asked.library}, the page says {library}")
    if number != asked.book and asked.book:
        oddities.append(f"asked for book {asked.book}, the page says {number}")

    cgi = _cgi_of(site, answer.url)
    word = escape(state.seachword)
    rows, first, last = _read_rows(markup)
    beside = markup if first < 0 else markup[:first] + markup[last:]
    books = list(_read_books(beside))
    pager = [(at, replace(link, library=library)) for at, link in _read_pager(beside, cgi, word, state, number)]
    whole = bool(_ELAPSED.search(markup, max(last, 0)) or _CLOSED.search(markup, max(last, 0)))
    whole = whole and not answer.truncated

    current = _CURRENT.search(beside)
    library_title = _read_library_title(beside) or (squeezed(line_text(current[1])) if current else "")
    titles = {(book.library, book.number): book for book in books}
    if current and (library, number) not in titles:
        books.append(Book(library, number, line_text(current[2]) or None))
    ours = [row for row in rows if row.book == number]
    links = [mse.entry_link(cgi, word, spelled, row.book, row.rec) for row in rows]
    links += [mse.list_link(cgi, word, book.library, book.number) for book in books]
    links += [link for at, link in pager if ours and at <= mse.MAX_PAGER]
    links += page_links(site, base_of(answer.url, beside), beside, opened.charset.used, oddities, others=True)
    contents = None
    pages: tuple[Link, ...] = ()
    if ours:
        # A page too far to be believed is not asked for; but without it the contents are not whole either.
        pages = other_pages(site, asked, (library, number), [*links, *(link for _, link in pager)])
        headings = _headings(ours, oddities, pager=bool(pages))
        # Nor may a list be that was asked for with a word.
        partial = bool(pages or state.seachword or _WORD.search(answer.url))
        contents = Contents(library, number, headings, complete=whole and not partial)
    page = Page(
        "list",
        links=once([*links, *([site.list_link(library, number)] if pages else [])]),
        libraries=(Library(library, library_title or None),) if library and (ours or library_title) else (),
        books=tuple(books),
        contents=contents,
        pages=tuple(link.key for link in pages),
        oddities=tuple(oddities),
    )
    if contents is None:
        return judge_shortfall(site, answer, opened, page, "the page shows no table of contents")
    if not whole:
        return replace(page, verdict="odd", reason="the page breaks off before its end")
    return page


def _read_state(head: str) -> _State:
    said = {found[1]: found[2] or found[3] or "" for found in _STATE.finditer(head)}
    library = said.get("K", "")
    return _State(
        said.get("seachword", ""),
        library if _CODE.match(library) else None,
        _number(said.get("A")),
        _number(said.get("rec")),
        said.get("page", ""),
    )


def _number(text: str | None) -> int | None:
    return int(text) or None if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _read_rows(markup: str) -> tuple[list[_Row], int, int]:
    """The lines of contents, and where the first begins and the last ends (-1 if there are none)."""
    rows: list[_Row] = []
    first = last = -1
    for found in _SF.finditer(markup):
        book, rec, code, title = found.groups()
        last = found.end()
        if first < 0:
            first = found.start()
        more = _INLINE.match(markup, last)
        if more:
            title += more[0]
            last = more.end()
        if "<" in title or "&" in title:
            title = line_text(title.rstrip()) if title[:1] not in "\u3000<" else _keeping_indent(title)
        rows.append(_Row(int(book), int(rec), code or "", title))
    return rows, first, last


def _keeping_indent(title: str) -> str:
    bare = title.lstrip("\u3000")
    return title[: len(title) - len(bare)] + line_text(bare)


def _headings(rows: list[_Row], oddities: list[str], *, pager: bool) -> tuple[Heading, ...]:
    """The contents of one book. A number that comes twice counts once; gaps are told, not filled."""
    unique: dict[int, _Row] = {}
    for row in rows:
        if row.rec in unique or not row.rec:
            oddities.append(f"the contents list number {row.rec} twice or for nothing")
            continue
        unique[row.rec] = row
    kept = list(unique.values())
    bare = [row.title.strip("\u3000").strip() for row in kept]
    indents = [len(row.title) - len(row.title.lstrip("\u3000")) for row in kept]
    if all(row.code for row in kept):
        paths = paths_by_code([(row.code, title) for row, title in zip(kept, bare, strict=True)])
    else:
        paths = paths_by_depth(list(zip(indents, bare, strict=True)))
    highest = max(unique)
    if highest > len(unique) and not pager:
        oddities.append(f"the contents number up to {highest}, but list only {len(unique)}")
    return tuple(
        Heading(row.rec, title, row.code or None, indent, path)
        for row, title, indent, path in zip(kept, bare, indents, paths, strict=True)
    )


def _read_books(markup: str) -> Iterator[Book]:
    """The books a page offers by `listk`, each once."""
    seen: set[tuple[str, int]] = set()
    for found in _LISTK.finditer(markup):
        library, number = found[1].lower(), _number(found[2])
        if number is None or (library, number) in seen or not _CODE.match(library):
            continue
        seen.add((library, number))
        title = found[3]
        more = _INLINE.match(markup, found.end())
        title = squeezed_ends(line_text(title + more[0] if more else title))
        numbered = _BOOK_NUMBER.match(title)
        if numbered and int(numbered[0].strip(" \t\u3000\xa0")) == number:
            title = title[numbered.end() :]
        yield Book(library, number, title or None)


def squeezed_ends(text: str) -> str:
    """The text without blanks at its ends, ideographic ones too."""
    return text.strip().strip("\u3000").strip()


def _read_library_title(markup: str) -> str:
    """The header cell above the first book."""
    first = _LISTK.search(markup)
    if not first:
        return ""
    tables = [found.start() for found in _TABLE.finditer(markup, 0, first.start())]
    return squeezed(layout_text(markup[tables[-1] : first.start()])) if tables else ""


def _read_pager(markup: str, cgi: str, word: str, state: _State, book: int) -> Iterator[tuple[int, Link]]:
    """The pages a pager offers by `sp(page, pages)`, by number, spelled as `sp` does, with a useless `rec`."""
    seen: set[int] = set()
    for found, _ in zip(_SP.finditer(markup), range(MAX_PAGER_LINKS), strict=False):
        at = max(1, min(int(found[1]), int(found[2])))
        if at in seen or not state.library or not book:
            continue
        seen.add(at)
        rec = "" if state.rec is None else str(state.rec)
        url = (
            f"{cgi}?seachword={word}&K={state.library}&A={book}&rec={rec}&list={at}&page={escape(state.page)}&run=12"
        )
        size = _number(state.page) or 0
        code = state.library.lower()
        more = f"&list={at}&page={size}" if at > 1 or size else ""
        yield at, Link(url, f"mse.exe?K={code}&A={book}&run=12{more}", "list", code, book)


def _cgi_of(site: Site, url: str) -> str:
    """`self.location.pathname` of a page, as a URL: its own path if it is the CGI, else the usual one."""
    path = url.partition("?")[0].partition("#")[0]
    return path if path.lower().endswith("/mse.exe") else site.base_url + "bin/mse.exe"


# --- entrance, libraries, search results ---------------------------------------------------------------


def _read_directory(site: Site, answer: Answer, opened: Opened, asked: Link) -> Page:
    """A page of unknown markup that leads to libraries, books or entries: take every hint there is."""
    markup = opened.markup
    state = _read_state(markup)
    oddities = list(opened.oddities)
    cgi = _cgi_of(site, answer.url)
    base = base_of(answer.url, markup)
    # On the results of a search every address would carry the words looked for; plain ones mean the same.
    spelled = state.library or asked.library
    rows, _, _ = _read_rows(markup)
    links: list[Link] = []
    libraries: dict[str, str | None] = {}
    books: dict[tuple[str, int], str | None] = {}
    if asked.library and asked.kind == "library":
        named = _read_library_title(markup)
        if named:
            libraries[asked.library] = named
    for book in _read_books(markup):
        books.setdefault((book.library, book.number), book.title)
        libraries.setdefault(book.library, None)
        links.append(mse.list_link(cgi, "", book.library, book.number))
    for link, title in _anchors(site, base, markup, opened.charset.used):
        if link.library and link.kind in ("library", "list", "entry"):
            links.append(link)
            title = squeezed(title)
            if link.kind == "library":
                libraries[link.library] = libraries.get(link.library) or title or None
            elif link.kind == "list" and link.book:
                place = (link.library, link.book)
                books[place] = books.get(place) or title or None
    if spelled and mse.library_of(spelled, of_entry=False):
        links += [mse.entry_link(cgi, "", spelled, row.book, row.rec) for row in rows]
    if asked.kind in ("home", "search", "other"):
        for code, name in _library_references(markup):
            if asked.kind == "home" or code in libraries:
                libraries[code] = libraries.get(code) or name
        if asked.kind == "home":
            links += [mse.library_link(cgi, code) for code in libraries]
    links += page_links(site, base, markup, opened.charset.used, oddities, others=asked.kind in ("home", "library"))
    pages: tuple[Link, ...] = ()
    if asked.kind == "library" and asked.library and books:
        pages = other_pages(site, asked, (asked.library, None), links)
    page = Page(
        asked.kind,
        links=once([*links, *pages]),
        libraries=tuple(Library(code, title) for code, title in libraries.items()),
        books=tuple(Book(code, number, title) for (code, number), title in books.items()),
        pages=tuple(link.key for link in pages),
        oddities=tuple(oddities),
    )
    if asked.kind == "library" and rows and asked.library:
        page = _with_contents(page, rows, state, oddities, answer, markup, asked.library)
    shown = {
        "home": bool(libraries or books) or any(link.kind == "other" for link in links),
        "library": bool(books or rows),
        "search": bool(rows or books),
    }.get(asked.kind, len(markup) > 2000)
    if shown and asked.kind in ("home", "library"):
        return judge_end(answer, page, ended=bool(_ELAPSED.search(markup) or _CLOSED.search(markup)))
    if shown:
        return page
    missing = {"home": "the entrance names no library", "library": "the page shows no books",
               "search": "nothing was found"}.get(asked.kind)  # fmt: skip
    judged = judge_shortfall(site, answer, opened, page, missing or "")
    if judged.verdict == "odd" and asked.kind in ("other", "search") and not answer.truncated and markup.strip():
        return page
    return judged


def _with_contents(
    page: Page,
    rows: list[_Row],
    state: _State,
    oddities: list[str],
    answer: Answer,
    markup: str,
    library: str,
) -> Page:
    """A library's page that shows the contents of a book at once."""
    books = {row.book for row in rows}
    if len(books) != 1:
        return page
    number = books.pop()
    whole = bool(_ELAPSED.search(markup) or _CLOSED.search(markup)) and not answer.truncated
    pager = bool(_SP.search(markup))
    headings = _headings(rows, oddities, pager=pager)
    contents = Contents(library, number, headings, complete=whole and not pager)
    return replace(page, contents=contents, oddities=tuple(oddities))


def _anchors(site: Site, base: str, markup: str, charset: str) -> Iterator[tuple[Link, str]]:
    """Real anchors into the source, with their words."""
    for found, _ in zip(_ANCHOR.finditer(markup), range(20_000), strict=False):
        reference = found[1] or found[2] or found[3] or ""
        if reference[:11].lower().startswith(("javascript:", "#", "mailto:")):
            continue
        url = resolve(base, line_text(reference), charset)
        link = site.identify(url) if url else None
        if link is not None:
            more = _INLINE.match(markup, found.end())
            yield link, line_text(found[4] + more[0] if more else found[4])


def _library_references(markup: str) -> Iterator[tuple[str, str | None]]:
    """Library codes a page names in choices, addresses and scripts."""
    for found in _OPTION.finditer(markup):
        yield found[1].lower(), squeezed(line_text(found[2])) or None
    for found in _LISTK.finditer(markup):
        if not _number(found[2]):
            yield found[1].lower(), squeezed(line_text(found[3])) or None
    for found in _K_REFERENCE.finditer(markup):
        yield found[1].lower(), None


# --- entries -------------------------------------------------------------------------------------------


def _read_entry(site: Site, answer: Answer, opened: Opened, asked: Link) -> Page:
    """An entry page: `<div class="txt">`, or the block that looks like one."""
    markup = opened.markup
    oddities = list(opened.oddities)
    found = _TXT.search(markup)
    closed = True
    raw: str | None
    if found:
        end, closed = _end_of(markup, found)
        raw = layout_text(markup[found.end() : end])
        head = markup[: found.start()]
        beside = head + markup[end:]
    else:
        block = find_text(markup)
        raw = block.raw_text if block is not None and block.is_laid_out else None
        head = beside = markup
        if raw is not None:
            oddities.append("the text stands in no element of class txt")
    state = _read_state(head)
    libraries, books, title = _read_names(head, state)
    links = page_links(site, base_of(answer.url, markup), beside, opened.charset.used, oddities, others=False)
    page = Page("entry", links=once(links), libraries=libraries, books=books, oddities=tuple(oddities))
    if raw is None:
        return judge_shortfall(site, answer, opened, page, "the page shows no text of an entry")
    bare = raw.strip()
    notice = judge_notice(squeezed(bare)) if len(bare) < 200 else None
    if notice is not None and (notice[0] == "blocked" or len(bare) < 60):
        return replace(page, verdict=notice[0], reason=notice[1])
    library, book, rec = asked.library or "", asked.book or 0, asked.rec or 0
    if (state.book and state.book != book) or (state.rec and state.rec != rec):
        return replace(
            page,
            verdict="odd",
            reason=f"asked for {library}/{book}/{rec}, the page says it is {state.book}/{state.rec}",
        )
    entry = Entry(
        library,
        book,
        rec,
        title,
        None,
        None,
        assemble(raw),
        opened.charset,
    )
    page = replace(page, entry=entry)
    if answer.truncated or (not closed and not _CLOSED.search(markup)):
        return replace(page, verdict="odd", reason="the page breaks off before its end")
    return page


def _end_of(markup: str, opening: re.Match[str]) -> tuple[int, bool]:
    """Where the element ends that a tag opens, and whether it was closed at all."""
    depth = 1
    for found in _NESTED[opening[1].lower()].finditer(markup, opening.end()):
        depth += -1 if found[1] else 1
        if depth == 0:
            return found.start(), True
    ending = _BODY_END.search(markup, opening.end())
    return (ending.start(), False) if ending else (len(markup), False)


def _read_names(head: str, state: _State) -> tuple[tuple[Library, ...], tuple[Book, ...], str | None]:
    """What stands above the text: library and book, and a title if one is shown."""
    libraries: tuple[Library, ...] = ()
    books: tuple[Book, ...] = ()
    current = _CURRENT.search(head)
    code = (mse.library_of(state.library, of_entry=True) if state.library else None) or ""
    if current and code:
        libraries = (Library(code, squeezed(line_text(current[1])) or None),)
        if state.book:
            books = (Book(code, state.book, line_text(current[2]) or None),)
    shown = unseen_removed(head) if "<h" in head.lower() else head
    for found in _HEADING.finditer(shown):
        title = squeezed_ends(line_text(found[2]))
        if title and not _GENERIC.match(title):
            return libraries, books, title
    named = _TITLE.search(head)
    title = squeezed_ends(line_text(named[1])) if named else ""
    return libraries, books, None if not title or _GENERIC.match(title) else title
