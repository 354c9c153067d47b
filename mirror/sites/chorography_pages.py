"""What the pages of the mirror say. Its markup was never seen: everything is found by what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from mirror.extraction.block import judge_notice
from mirror.extraction.blocks import Element, find_block, parse, words_of
from mirror.extraction.contents import paths_by_code, paths_by_depth
from mirror.extraction.entry import assemble
from mirror.extraction.markup import squeezed
from mirror.extraction.page import Book, Contents, Entry, Heading, Library, Link, Page
from mirror.sites.links import base_of, once, page_links
from mirror.sites.reading import Opened, judge_end, judge_shortfall, other_pages, read_answer
from mirror.sites.site import Answer, Site
from mirror.sites.urls import resolve

#: What stands on every page.
SITE_WORDS = (
    "山东地方志资料归档", "山东地情档案", "停运省级地情数据库的公开镜像与长期存档", "关于本站", "档案浏览器",
    "返回", "首页", "目录", "上一篇", "下一篇", "上一页", "下一页", "更多", "查看", "进入", "打开", "阅读",
)  # fmt: skip
_SITE_WORDS = re.compile(
    "(?:" + "|".join(sorted(SITE_WORDS, key=len, reverse=True)) + r"|[\s\u3000。．.|｜·:：\-–—/>›»《》←→“”])+\Z"
)
#: Most texts begin with another character.
_SITE_STARTS = frozenset(word[0] for word in SITE_WORDS)
_GENERIC_LINK = re.compile(
    r"(?:返回.{0,6}|首页|主页|目录|上一[篇页条节章].{0,2}|下一[篇页条节章].{0,2}|更多|查看.{0,4}|进入.{0,4}|打开|阅读.{0,4}|全部"
    r"|展开|收起|[<>«»‹›←→\s…|·\-–—0-9]+|第?\s*[0-9]+\s*页?|next|prev(?:ious)?|home|more)?\Z",
    re.IGNORECASE,
)
_IN_SCRIPT = re.compile(
    r"/?database(?:\\?/)[A-Za-z][A-Za-z0-9]{0,15}(?:(?:\\?/)(?:section|article)(?:\\?/)[0-9]{1,9}){0,2}"
)
_OUTLINE = re.compile(
    r"第?[一二三四五六七八九十百零〇0-9]{1,5}\s*[编章节篇卷部辑]|[卷首末附][首末录]|概述|大事记|序|凡例"
)
_TITLE_SPLIT = re.compile(r"\s?[|｜_]\s?|\s[-–—·]{1,2}\s")
_CRUMB_SPLIT = re.compile(r"[>›»→]| / ")
_MAX_DEPTH = 30
_MAX_HEADINGS = 20
_MAX_BREADCRUMBS = 5
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}\Z")
_CLOSED = re.compile(r"(?i)</html\s*>")
_SCRIPTED = re.compile(r"(?i)<script\b")
_MISSING = {
    "home": "the home page leads to no library",
    "library": "the page shows no books",
    "list": "the page shows no table of contents",
    "entry": "the page shows no text of an entry",
}


class _Anchor(NamedTuple):
    element: Element
    link: Link
    text: str  #: indent kept, other blanks at the ends removed


def read(site: Site, answer: Answer) -> Page:
    """What a stored answer of the mirror says. Never raises."""
    return read_answer(site, answer, "utf-8", _read_body)


def _read_body(site: Site, answer: Answer, opened: Opened, asked: Link) -> Page:
    markup = opened.markup
    oddities = list(opened.oddities)
    root = parse(markup) if markup.strip() else None
    if root is None:
        return judge_shortfall(site, answer, opened, Page(asked.kind, oddities=opened.oddities), "the page is empty")
    base = base_of(answer.url, markup)
    charset = opened.charset.used
    anchors = list(_read_anchors(site, base, root, charset))
    links = page_links(
        site,
        base,
        markup,
        charset,
        oddities,
        others=asked.kind != "other",
        anchors=[anchor.link for anchor in anchors],
    )
    links += _links_in_scripts(site, root)
    libraries, books = _read_names(anchors, asked)
    page = Page(
        asked.kind,
        links=once(link for link in links if link.key != asked.key),
        libraries=libraries,
        books=books,
        oddities=tuple(oddities),
    )
    if asked.kind == "entry":
        return _read_entry(site, answer, opened, asked, page, root, anchors)
    if asked.kind == "list":
        return _read_list(site, answer, opened, asked, page, root, anchors)
    shown = bool(page.books) if asked.kind == "library" else bool(page.libraries or page.books or page.links)
    if asked.kind == "library" and asked.library:
        title = _page_title(root, anchors)
        if "?" in asked.key:
            title = None  # a further page may call itself 「……第2页」
        if shown or title:
            page = replace(page, libraries=_put_library(page.libraries, Library(asked.library, title)))
        if shown:
            page = _with_pages(page, other_pages(site, asked, (asked.library, None), page.links))
    if asked.kind == "home":
        shown = bool(page.libraries or page.books)
    if asked.kind == "other":
        judged = judge_shortfall(site, answer, opened, page, "")
        return page if judged.verdict == "odd" and not answer.truncated else judged
    if shown:
        return judge_end(answer, page, ended=bool(_CLOSED.search(markup)))
    return judge_shortfall(site, answer, opened, page, _missing(asked, markup, root))


def _missing(asked: Link, markup: str, root: Element) -> str:
    """What a page lacks, and that it is drawn by script, if it is."""
    missing = _MISSING.get(asked.kind, "")
    return f"{missing}: it is drawn by script" if _is_scripted(markup, root) else missing


def _is_scripted(markup: str, root: Element) -> bool:
    """Whether a page has scripts and next to no words: an empty shell to be filled by them."""
    if not _SCRIPTED.search(markup):
        return False
    return sum(1 for text in _body_texts(root) if not _is_site_word(text)) <= 1


def _body_texts(root: Element) -> Iterator[str]:
    for element in root.iter("p", "div", "span", "h1", "h2", "h3", "a", "li", "td", "main", "article", "pre"):
        if element.text and element.text.strip():
            yield element.text.strip()


def _is_site_word(text: str) -> bool:
    if "㐀" <= text[:1] <= "鿿" and text[0] not in _SITE_STARTS:
        return False
    return len(text) < 60 and _SITE_WORDS.match(text) is not None


# --- links and names -----------------------------------------------------------------------------------


def _read_anchors(site: Site, base: str, root: Element, charset: str) -> Iterator[_Anchor]:
    """The anchors that lead into the source, in order."""
    for element in root.iter("a"):
        reference = element.get("href")
        if not reference or reference.startswith(("#", "javascript:", "mailto:")):
            continue
        url = resolve(base, reference, charset)
        link = site.identify(url) if url else None
        if link is None:
            continue
        text = element.text if len(element) == 0 else words_of(element)
        text = (text or "").strip(" \t\n\xa0").rstrip("\u3000")
        if "\n" in text:
            text = squeezed(text)
        yield _Anchor(element, link, text)


def _links_in_scripts(site: Site, root: Element) -> list[Link]:
    """Addresses of the grammar within scripts: all there is where a page is drawn by script."""
    found: dict[str, Link] = {}
    for element in root.iter("script"):
        text = element.text
        if not text or "database" not in text:
            continue
        for match, _ in zip(_IN_SCRIPT.finditer(text), range(20_000), strict=False):
            path = match[0].replace("\\", "").lstrip("/") + "/"
            link = site.identify(site.base_url + path)
            if link is not None and link.kind != "other":
                found.setdefault(link.key, link)
    return list(found.values())


def _read_names(anchors: list[_Anchor], asked: Link) -> tuple[tuple[Library, ...], tuple[Book, ...]]:
    """The libraries and books that anchors name. Words such as 「返回目录」 name nothing."""
    libraries: dict[str, str | None] = {}
    books: dict[tuple[str, int], str | None] = {}
    for anchor in anchors:
        link = anchor.link
        if link.library is None:
            continue
        title = squeezed(anchor.text)
        name = None if _GENERIC_LINK.match(title) else title
        if "?" in link.key:
            continue  # a page of a pager: its words are a number, or 「下一页」
        if link.kind == "library":
            libraries[link.library] = libraries.get(link.library) or name
        elif link.kind == "list" and link.book:
            place = (link.library, link.book)
            books[place] = books.get(place) or name
    return (
        tuple(Library(code, title) for code, title in libraries.items()),
        tuple(Book(code, number, title) for (code, number), title in books.items()),
    )


def _put_library(libraries: tuple[Library, ...], library: Library) -> tuple[Library, ...]:
    kept = [replace(old, title=old.title or library.title) if old.code == library.code else old for old in libraries]
    return tuple(kept) if any(old.code == library.code for old in kept) else (*kept, library)


def _put_book(books: tuple[Book, ...], book: Book) -> tuple[Book, ...]:
    place = (book.library, book.number)
    kept = [
        replace(old, title=old.title or book.title) if (old.library, old.number) == place else old for old in books
    ]
    return tuple(kept) if any((old.library, old.number) == place for old in kept) else (*kept, book)


def _page_title(root: Element, anchors: list[_Anchor]) -> str | None:
    """What a page calls itself: its first heading that is not the site's, else its TITLE to the first bar."""
    home = {anchor.element for anchor in anchors if anchor.link.kind == "home"}
    for level in ("h1", "h2", "h3"):
        for element in islice(root.iter(level), _MAX_HEADINGS):
            if home and len(element) and any(child in home for child in islice(element.iter("a"), 3)):
                continue
            whole = "".join(map(str, islice(element.itertext(), 50))) if len(element) else element.text or ""
            title = _one_line(whole)
            if title and not _is_site_word(title):
                return title
    named = next(root.iter("title"), None)
    if named is not None and named.text:
        for part in _TITLE_SPLIT.split(_one_line(named.text)[:500]):
            if part and not _is_site_word(part):
                return part.strip()
    return None


def _one_line(text: str) -> str:
    """A title: blanks at the ends off; inner ones as they are, unless the markup broke the line."""
    text = text.strip()
    return squeezed(text) if "\n" in text else text


# --- contents ------------------------------------------------------------------------------------------


def _read_list(
    site: Site, answer: Answer, opened: Opened, asked: Link, page: Page, root: Element, anchors: list[_Anchor]
) -> Page:
    """A section's page: the contents of one book."""
    library, number = asked.library or "", asked.book or 0
    ours = [
        anchor
        for anchor in anchors
        if anchor.link.kind == "entry" and anchor.link.library == library and anchor.link.book == number
    ]
    rows: dict[int, _Anchor] = {}
    for anchor in ours:
        rec = anchor.link.rec or 0
        if rec not in rows or (not _names(rows[rec]) and _names(anchor)):
            rows[rec] = anchor
    kept = [anchor for anchor in rows.values() if _names(anchor)] or list(rows.values())
    title = _page_title(root, anchors)
    if not kept:
        return judge_shortfall(site, answer, opened, page, _missing(asked, opened.markup, root))
    pages = other_pages(site, asked, (library, number), page.links)
    page = _with_pages(page, pages)
    page = replace(page, books=_put_book(page.books, Book(library, number, None if "?" in asked.key else title)))
    whole = bool(_CLOSED.search(opened.markup)) and not answer.truncated
    oddities = list(page.oddities)
    headings = _headings(kept, library, title, pager=bool(pages))
    highest = max(heading.rec for heading in headings)
    if highest > len(headings) and not pages:
        oddities.append(f"the contents number up to {highest}, but list only {len(headings)}")
    contents = Contents(library, number, headings, complete=whole and not pages)
    page = replace(page, contents=contents, oddities=tuple(oddities))
    return page if whole else replace(page, verdict="odd", reason="the page breaks off before its end")


def _with_pages(page: Page, pages: tuple[Link, ...]) -> Page:
    return replace(page, links=once([*page.links, *pages]), pages=tuple(link.key for link in pages))


def _names(anchor: _Anchor) -> bool:
    return not _GENERIC_LINK.match(anchor.text.strip("\u3000"))


def _headings(kept: list[_Anchor], library: str, book_title: str | None, *, pager: bool) -> tuple[Heading, ...]:
    """The contents: depth by nested lists or printed indent, the tree by codes where they are shown.

    One of several pages may begin in the middle of a chapter: then its depths are counted from the outermost list.
    """
    titles = [anchor.text.strip("\u3000").strip() for anchor in kept]
    codes = [_code_of(anchor.element, library) for anchor in kept]
    printed = [len(anchor.text) - len(anchor.text.lstrip("\u3000")) for anchor in kept]
    chains = [_list_chain(anchor.element) for anchor in kept]
    depths = [len(chain) for chain in chains]
    nested = max(depths) > min(depths)
    if nested:
        floor = min(1, *depths) if pager else min(depths)
        indents = [shown or depth - floor for shown, depth in zip(printed, depths, strict=True)]
    else:
        indents = [shown or level for shown, level in zip(printed, _levels(kept), strict=True)]
    if all(codes):
        paths = paths_by_code([(code or "", title) for code, title in zip(codes, titles, strict=True)])
    elif nested:
        paths = _paths_by_lists(titles, chains)
    else:
        paths = paths_by_depth(list(zip(indents, titles, strict=True)))
        if not any(indents):
            above = _group_titles(kept, book_title)
            paths = [(*group, *path) for group, path in zip(above, paths, strict=True)]
    return tuple(
        Heading(anchor.link.rec or 0, title, code, indent, path)
        for anchor, title, code, indent, path in zip(kept, titles, codes, indents, paths, strict=True)
    )


def _code_of(element: Element, library: str) -> str | None:
    """An entry's own code, where an anchor carries it."""
    for name in ("data-code", "name", "id", "title"):
        value = element.get(name)
        if value and value.lower().startswith(library) and _CODE.match(value.upper()) and len(value) > len(library):
            return value.upper()
    return None


def _list_chain(element: Element) -> list[Element]:
    """The list items (or foldings) an anchor stands in, outermost first."""
    chain = list(islice(element.iterancestors("li", "details", "dd"), _MAX_DEPTH))
    chain.reverse()
    return chain


def _paths_by_lists(titles: list[str], chains: list[list[Element]]) -> list[tuple[str, ...]]:
    """Headings above each heading by the list items that hold it, each named by its first anchor or words."""
    named: dict[Element, str] = {}
    for title, chain in zip(titles, chains, strict=True):
        if chain:
            named.setdefault(chain[-1], title)
    paths = []
    for chain in chains:
        path = []
        for item in chain[:-1]:
            title_above = named.get(item)
            if title_above is None:
                title_above = named[item] = _label(item)
            if title_above:
                path.append(title_above)
        paths.append(tuple(path))
    return paths


def _label(item: Element) -> str:
    """The words of a list item before the list within it."""
    words = [item.text or ""]
    for child in item:
        if child.tag in ("ul", "ol", "dl"):
            break
        words.append(words_of(child))
        words.append(child.tail or "")
        if child.tag == "summary":
            break
    return _one_line("".join(words))[:200]


_LEVEL = re.compile(r"(?i)(?:level|depth|indent|lv)[-_]?([0-9])\b")
_PADDING = re.compile(r"(?i)(?:padding|margin)-left\s*:\s*([0-9.]+)\s*(em|rem|px)?")


def _levels(kept: list[_Anchor]) -> list[int]:
    """Depths shown by classes or padding, 0 where nothing is shown; consecutive from 0."""
    found = []
    for anchor in kept:
        level = 0.0
        for element in (anchor.element, anchor.element.getparent()):
            if element is None:
                continue
            said = _LEVEL.search(f"{element.get('class', '')} {element.get('data-level', '')}")
            if said is None and element.get("data-level", "").isdigit():
                level = float(element.get("data-level", "0")[:2])
                break
            if said:
                level = float(said[1])
                break
            padded = _PADDING.search(element.get("style", ""))
            if padded:
                try:
                    level = float(padded[1])
                except ValueError:
                    level = 0.0
                break
        found.append(level)
    ranks = {level: rank for rank, level in enumerate(sorted(set(found)))}
    return [ranks[level] for level in found]


def _group_titles(kept: list[_Anchor], book_title: str | None) -> list[tuple[str, ...]]:
    """Headings such as 「第一编」 that stand as such above flat lists of anchors."""
    first, last = kept[0].element, kept[-1].element
    root = first.getroottree().getroot()
    wanted = {anchor.element: index for index, anchor in enumerate(kept)}
    groups: list[tuple[str, ...]] = [()] * len(kept)
    above: list[tuple[int, str]] = []
    for element in root.iter("h1", "h2", "h3", "h4", "h5", "h6", "a"):
        if element.tag == "a":
            index = wanted.get(element)
            if index is not None:
                groups[index] = tuple(title for _, title in above)
            if element is last:
                break
            continue
        title = squeezed(words_of(element))
        level = int(str(element.tag)[1])
        while above and above[-1][0] >= level:
            above.pop()
        if title and title != book_title and _OUTLINE.match(title) and element.find(".//a") is None:
            above.append((level, title))
    return groups


# --- entries -------------------------------------------------------------------------------------------


def _read_entry(
    site: Site, answer: Answer, opened: Opened, asked: Link, page: Page, root: Element, anchors: list[_Anchor]
) -> Page:
    """An article's page: the text wherever it stands, title and place in the book where they are shown."""
    library, book, rec = asked.library or "", asked.book or 0, asked.rec or 0
    block = find_block(root, _is_site_word)
    title = _page_title(root, anchors)
    raw = block.raw_text if block is not None else ""
    bare = raw.strip()
    if not bare:
        judged = judge_shortfall(site, answer, opened, page, _missing(asked, opened.markup, root))
        # A heading has no text of its own: its page shows a title, and nothing in its stead.
        if judged.verdict != "odd" or title is None or answer.truncated or _is_scripted(opened.markup, root):
            return judged
    elif len(bare) < 200:
        notice = judge_notice(squeezed(f"{title or ''} {bare}"), opened.markup)
        if notice is not None and (notice[0] == "blocked" or len(bare) < 60):
            return replace(page, verdict=notice[0], reason=notice[1])
    elif not any(anchor.link.library == library for anchor in anchors):
        # A text may well speak of such things; but a page of the source leads back to its library.
        notice = judge_notice(squeezed(bare))
        if notice is not None:
            return replace(page, verdict=notice[0], reason=notice[1])
    path = _read_path(anchors, asked, title)
    entry = Entry(library, book, rec, title, None, path, assemble(raw), opened.charset)
    page = replace(page, entry=entry)
    place = (library, book, rec)
    if any((one.link.library, one.link.book, one.link.rec) == place and one.link.key != asked.key for one in anchors):
        # Never seen, and so not joined: whoever runs the crawl is told.
        page = replace(page, oddities=(*page.oddities, "the entry has several pages, and each is read as a version"))
    if answer.truncated or not _CLOSED.search(opened.markup):
        return replace(page, verdict="odd", reason="the page breaks off before its end")
    return page


def _read_path(anchors: list[_Anchor], asked: Link, title: str | None) -> tuple[str, ...] | None:
    """The headings above an entry, from a breadcrumb that leads over its book; None if there is none."""
    own = f"{asked.key.partition('article/')[0]}"
    leading = [anchor for anchor in anchors if anchor.link.key == own and _names(anchor)]
    for anchor in leading[:_MAX_BREADCRUMBS]:
        words = _breadcrumb(anchor.element)
        name = squeezed(anchor.text)
        if name not in words:
            continue
        above = words[words.index(name) + 1 :]
        if above and (title is None or above[-1] == squeezed(title)):
            above.pop()
        return tuple(above)
    return None


def _breadcrumb(element: Element) -> list[str]:
    """The words of the breadcrumb an anchor stands in; none if it stands in none."""
    holder = element.getparent()
    for _ in range(4):
        if holder is None or holder.tag in ("body", "html", "main", "article"):
            return []
        if sum(1 for _ in islice(holder.iter("a"), 2)) == 2:
            break
        holder = holder.getparent()
    if holder is None or sum(1 for _ in islice(holder.iter("a"), 20)) == 20:
        return []
    words: list[str] = []
    for text in islice(holder.itertext(), 100):
        words += _crumbs(str(text))
    return words


@lru_cache(maxsize=4096)
def _crumbs(text: str) -> tuple[str, ...]:
    """The words of a piece of a breadcrumb, which mostly stands on other pages too."""
    words = [word.strip(" /|·—-") for word in _CRUMB_SPLIT.split(squeezed(text)[:500])]
    return tuple(word for word in words if word)
