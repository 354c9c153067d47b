"""What a captured page says: the values every reader of pages returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PageKind = Literal[
    "home",  # entrance: libraries
    "library",  # books of one library
    "list",  # a book's table of contents (mse: run=12, which lists the books of its library too)
    "entry",  # one entry
    "search",  # search results
    "robots",
    "sitemap",
    "asset",  # image, style sheet, script
    "other",  # in scope, but none of the above
]

#: What the answer means for the frontier:
#: ok: it is what was asked for; redirect: the source sends us elsewhere (`Page.links` holds where to);
#: gone: the source says it does not exist (404, 410); blocked: a block or flood-control page, whatever its
#: status; refused: 401/403/429; error: 5xx or a page the source itself calls an error;
#: odd: archived, but it does not look as a page of its kind should.
Verdict = Literal["ok", "redirect", "gone", "blocked", "refused", "error", "odd"]


@dataclass(frozen=True, slots=True)
class Link:
    """A question to ask the source: a URL, and what we expect to find there.

    `key` is the identity of the question for deduplication (COLLCC stripped, K in lower case, arguments in a
    fixed order); `url` is what is sent, spelled as the source's own page or script would spell it. Of a list with
    several pages the first page's key is the beginning of the others'.
    """

    url: str
    key: str
    kind: PageKind
    library: str | None = None  #: library code, lower case
    book: int | None = None
    rec: int | None = None


@dataclass(frozen=True, slots=True)
class Library:
    code: str  #: lower case, such as "ch9"
    title: str | None


@dataclass(frozen=True, slots=True)
class Book:
    library: str
    number: int
    title: str | None


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of a table of contents; every heading is an entry with a number of its own."""

    rec: int
    title: str  #: as printed, leading indent removed, inner blanks kept
    code: str | None  #: such as "CH9612"; None where the source does not show it
    indent: int  #: ideographic blanks before the title, as printed (known to be wrong at times)
    path: tuple[str, ...]  #: titles of the headings above, outermost first


@dataclass(frozen=True, slots=True)
class Contents:
    """The table of contents of one book as one page shows it.

    `complete` is False where the page shows a pager or breaks off: then it proves presence, never absence. What the
    pages of a pager list together, `frontier.chains` puts together.
    """

    library: str
    book: int
    headings: tuple[Heading, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Charset:
    declared: str | None  #: as the page or its HTTP head says, lower case; None if nothing is said
    used: str  #: Python codec name, such as "gb18030"
    undecodable: int  #: bytes that had to be replaced
    private_use: int  #: characters of a private use area


@dataclass(frozen=True, slots=True)
class Item:
    """A 【…】 item of a yearbook entry."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A box-drawn table."""

    caption: str | None
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one entry, as laid out by the source and as read."""

    raw_text: str  #: every line, blank and character as laid out by the source
    text: str  #: paragraphs re-joined, one a line, nothing else altered
    items: tuple[Item, ...]
    tables: tuple[Table, ...]
    signatures: tuple[str, ...]
    width: int | None  #: line width in GBK bytes that lines were joined at, None if not found
    flags: tuple[str, ...] = ()  #: what the rules were unsure of, such as "no-width"
    hard_cut: bool = False  #: lines end as soon as the width is reached; else closing punctuation hangs over

    @property
    def proven_width(self) -> int | None:
        """The width, if these lines prove it by themselves; a text may be joined at the width of its book."""
        return None if "width-of-book" in self.flags or "width-guessed" in self.flags else self.width


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry page says of its entry. Title, code and path may be known only from the contents."""

    library: str
    book: int
    rec: int
    title: str | None
    code: str | None
    path: tuple[str, ...] | None
    content: Text
    charset: Charset


@dataclass(frozen=True, slots=True)
class Page:
    """What one captured answer says. The frontier, the store and the report all work from this alone."""

    kind: PageKind
    verdict: Verdict = "ok"
    reason: str = ""  #: why the verdict is not "ok", in words for a person
    links: tuple[Link, ...] = ()
    libraries: tuple[Library, ...] = ()
    books: tuple[Book, ...] = ()
    contents: Contents | None = None
    pages: tuple[str, ...] = ()  #: keys of the other pages of the same list, where a pager leads to them
    entry: Entry | None = None
    oddities: tuple[str, ...] = ()  #: what did not look as expected, in words
    template: int | None = None  #: of an entry's page, what it is built of (`extraction.template`)
