"""Whatever names an entry in a footnote: URLs of either database, JavaScript calls, SURTs, codes, plain numbers."""

from __future__ import annotations

import html
import re
import sqlite3
from dataclasses import dataclass
from urllib.parse import unquote

from mirror.errors import UsageError
from mirror.frontier.scope import Scope
from mirror.sites.mse import library_of
from mirror.sites.urls import arguments

_PLACE = re.compile(r"([a-z][a-z0-9]{0,15})/([1-9][0-9]{0,8})/([1-9][0-9]{0,8})/?\Z", re.I)
_MIRROR = re.compile(
    r"(?:\A|[/)])database/([a-z][a-z0-9]{0,15})/section/([0-9]{1,9})/article/([0-9]{1,9})(?![0-9])", re.I
)
_CGI = re.compile(r"mse\.exe\?(\S*)", re.I)
_QUERY = re.compile(r"\A\??&*((?:[a-z]+=[^&\s]*&*)+)\Z", re.I)
_CALL = re.compile(
    r"\bsf\s*\(\s*['\"]?(\d{1,9})['\"]?\s*,\s*['\"]?(\d{1,9})['\"]?\s*,\s*['\"]([a-z][a-z0-9]{0,15})['\"]", re.I
)
_BOOK_CALL = re.compile(r"\blistk\s*\(", re.I)
_CODE = re.compile(r"(?:([a-z][a-z0-9]{0,15})/)?(?:([1-9][0-9]{0,8})/)?([a-z][a-z0-9]{1,31})\Z", re.I)
_AROUND = " \t\r\n<>\"'“”‘’《》〈〉[]【】()（）,，.。;；:：、"

_HOW = (
    "Write K/A/REC such as ch9/3/12, K/A/CODE such as ch9/3/CH9612, the URL of an entry in either database, or "
    "a call such as javascript:sf(3,12,'CH9612')"
)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a citation says. `code` is K as it stands; a library, or a code that begins with one."""

    code: str
    book: int
    rec: int


def find_entry(db: sqlite3.Connection, text: str) -> Scope:
    """The entry a citation names, whichever database it cites and whichever this collection is of.

    COLLCC, the order and case of arguments, scheme, host, slash and fragment do not matter. Where `K` is the code of
    an entry (`CH91`), the library is the one it begins with: one of the collection if any does, else a known one.

    Raises:
        UsageError: It names no entry, or more than one; the message says what it names.
    """
    given = html.unescape(text).strip()
    for spelled in dict.fromkeys((given, given.strip(_AROUND), unquote(given))):
        named = _named(spelled)
        if named is not None:
            return Scope(_library(db, named), named.book, named.rec)
    given = given.strip(_AROUND)
    if (code := _CODE.fullmatch(given)) and (code[2] or not code[1]):
        return _by_code(db, given, code[1], code[2], code[3])
    raise UsageError(f"{text}: {_what_else(given)}. {_HOW}")


def _named(text: str) -> _Named | None:
    if place := _PLACE.fullmatch(text):
        return _Named(place[1], int(place[2]), int(place[3]))
    if page := _MIRROR.search(text):
        return _Named(page[1], int(page[2]), int(page[3])) if int(page[2]) and int(page[3]) else None
    if call := _CALL.search(text):
        return _Named(call[3], int(call[1]), int(call[2])) if int(call[1]) and int(call[2]) else None
    query = _CGI.search(text) or _QUERY.match(text)
    return _of_query(query[1].partition("#")[0]) if query else None


def _of_query(query: str) -> _Named | None:
    """K, A and rec of a query to the CGI. A list (run=12) carries a rec that means nothing."""
    said: dict[str, str] = {}
    for name, value in arguments(query):
        said.setdefault(name.lower(), value.strip("/"))
    code, book, rec = said.get("k", ""), said.get("a", ""), said.get("rec", "")
    if said.get("run", "13") != "13" or not (book.isdecimal() and rec.isdecimal() and int(book) and int(rec)):
        return None
    return _Named(code, int(book), int(rec)) if library_of(code, of_entry=True) else None


def _library(db: sqlite3.Connection, named: _Named) -> str:
    code = named.code.lower()
    held = db.execute(
        "SELECT library FROM book WHERE number = ? AND substr(?, 1, length(library)) = library "
        "ORDER BY length(library) DESC LIMIT 1",
        (named.book, code),
    ).fetchone()
    return held[0] if held else library_of(named.code, of_entry=True) or code


def _by_code(db: sqlite3.Connection, text: str, library: str | None, book: str | None, code: str) -> Scope:
    """The entry with a code of the contents; codes are not unique over the books of a library."""
    rows = db.execute(
        "SELECT b.library, b.number, h.rec FROM book AS b JOIN heading AS h ON h.contents = b.contents "
        "WHERE h.code = ? AND b.library = coalesce(?, b.library) AND b.number = coalesce(?, b.number) "
        "UNION SELECT e.library, e.book, e.rec FROM version AS v JOIN entry AS e ON e.id = v.entry "
        "WHERE v.code = ? AND e.library = coalesce(?, e.library) AND e.book = coalesce(?, e.book) ORDER BY 1, 2, 3",
        (code.upper(), library and library.lower(), book and int(book)) * 2,
    ).fetchall()
    if len(rows) == 1:
        return Scope(*rows[0])
    if rows:
        places = ", ".join("/".join(map(str, row)) for row in rows[:5]) + (" …" if len(rows) > 5 else "")
        raise UsageError(f"{text}: a code of {len(rows)} entries ({places}). Write one of these")
    raise UsageError(f"{text}: not an entry: none of this collection has that code. {_HOW}")


def _what_else(text: str) -> str:
    if (
        _BOOK_CALL.search(text)
        or re.search(r"\brun=12\b", text, re.I)
        or re.search(r"/section/\d+/?(?:[?#]|\Z)", text)
    ):
        return "names a book's list, not an entry"
    return "not an entry"
