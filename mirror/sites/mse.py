"""山东省情资料库, the old CGI database `mse.exe`: its URL grammar and what to ask of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mirror.extraction.page import Link, Page
from mirror.sites import mse_pages
from mirror.sites.script import escape, unescape
from mirror.sites.site import Answer
from mirror.sites.urls import Root, arguments, askable, canonical, is_asset

DEFAULT_BASE_URL = "http://lib.sdsqw.cn/"

#: The six libraries of the whole province, as every list page offers them, and local ones known from use.
PROVINCE_LIBRARIES = {
    "a": "首轮省志",
    "d00": "山东年鉴",
    "g0": "二轮省志",
    "f063": "山东地情资料",
    "fa01": "山东方志文献",
    "zzmj": "诸子名家库",
}
LOCAL_LIBRARIES = ("ch9", "c87", "b9", "bg", "bh", "xzcz")
KNOWN_LIBRARIES = (*PROVINCE_LIBRARIES, *LOCAL_LIBRARIES)

_CITIES = "123456789abcdefgh"
_COUNTIES = "123456789abcdefghijkl"

_LIBRARY = re.compile(r"[a-z][a-z0-9]{0,15}\Z")
#: A known library, or one of the inferred local pattern, at the head of an entry's own code.
_OWN_CODE = re.compile(rf"d00|g0|f063|fa01|zzmj|xzcz|c[{_CITIES}][{_COUNTIES}]|b[{_CITIES}]")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")

MAX_PAGER = 2000  #: pages of one pager that are believed


class Mse:
    """The source of `…/bin/mse.exe?seachword=&K=ch9&A=3&rec=12&run=13`."""

    name = "mse"

    def __init__(self, base_url: str | None = None) -> None:
        self._root = Root.of(base_url or DEFAULT_BASE_URL)
        self.base_url = self._root.base_url
        self._cgi = self.base_url + "bin/mse.exe"
        self._known = lru_cache(maxsize=4096)(self._identify)  # pictures, style sheets and lists stand on every page

    def seeds(self) -> list[Link]:
        """The entrance, and the list page of every library known by its code."""
        entrance = Link(self.base_url + "ftr/ftr.htm", "ftr/ftr.htm", "home")
        return [entrance, *(self.library_link(code) for code in KNOWN_LIBRARIES)]

    def entry_link(self, library: str, book: int, rec: int) -> Link:
        return entry_link(self._cgi, "", library, book, rec)

    def list_link(self, library: str, book: int) -> Link:
        return list_link(self._cgi, "", library, book)

    def library_link(self, library: str) -> Link:
        """The list page without a book number (inferred: no such URL was seen)."""
        return library_link(self._cgi, library)

    def identify(self, url: str) -> Link | None:
        return self._known(url)

    def _identify(self, url: str) -> Link | None:
        asked = askable(url)
        place = asked and self._root.locate(asked)
        if not asked or not place:
            return None
        path, query = place
        url = asked
        name = path.rpartition("/")[2].lower()
        if name == "mse.exe":
            return _identify_question(url, query)
        if path.lower() in ("", "/", "ftr/ftr.htm", "/ftr/ftr.htm"):
            return Link(url, path.lower().lstrip("/"), "home")
        if path.lstrip("/") == "robots.txt":
            return Link(url, "robots.txt", "robots")
        if name.startswith("sitemap") and name.endswith((".xml", ".xml.gz")):
            return Link(url, canonical(path, query), "sitemap")
        return Link(url, canonical(path, query), "asset" if is_asset(path) else "other")

    def read(self, answer: Answer) -> Page:
        return mse_pages.read(self, answer)


def entry_link(cgi: str, seachword: str, library: str, book: int, rec: int) -> Link:
    """The question that the page's own `sf(a, rec)` asks from `cgi` (`self.location.pathname`)."""
    code = library.lower()
    if library_of(library, of_entry=True) != code:
        library = code  # in capitals it would be read as the code of an entry of another library
    return Link(
        f"{cgi}?seachword={seachword}&K={library}&A={book}&rec={rec}&run=13",
        f"mse.exe?K={code}&A={book}&rec={rec}&run=13",
        "entry",
        code,
        book,
        rec,
    )


def list_link(cgi: str, seachword: str, library: str, book: int) -> Link:
    """The question that the page's own `listk(kk, aa)` asks; its fragment `#0` is never sent."""
    code = library.lower()
    return Link(
        f"{cgi}?seachword={seachword}&K={library}&A={book}&run=12",
        f"mse.exe?K={code}&A={book}&run=12",
        "list",
        code,
        book,
    )


def library_link(cgi: str, library: str) -> Link:
    """The question for the books of a library."""
    code = library.lower()
    return Link(f"{cgi}?seachword=&K={code}&run=12", f"mse.exe?K={code}&run=12", "library", code)


def library_of(code: str, *, of_entry: bool) -> str | None:
    """The library a `K` stands for, in lower case; None if it can be no code.

    An old citation may carry the entry's own code (`K=CH91` with a `rec`): then the library is the known
    one it begins with. Those codes are spelled in capitals; in small letters a `K` names a library as it stands,
    known or not, and so does one without a `rec`: two libraries must never pass for one.
    """
    library = code.lower()
    if not _LIBRARY.match(library):
        return None
    if not of_entry or library in KNOWN_LIBRARIES or code == library:
        return library
    own = _OWN_CODE.match(library)
    if own:
        return own[0]
    # One letter is too little to go by, unless all is spelled as the codes of entries are.
    return "a" if library[0] == "a" and code.isupper() and len(code) > 1 else library


def inferred_library_codes() -> Sequence[str]:
    """Local codes by the pattern of the known ones: `b` and a city, `c`, a city and a county. Not proven."""
    cities = [f"b{city}" for city in _CITIES]
    return [*cities, *(f"c{city}{county}" for city in _CITIES for county in _COUNTIES)]


def _identify_question(url: str, query: str) -> Link:
    """What a query to the CGI asks, however it is spelled: order, case, `&&`, COLLCC once or twice."""
    said: dict[str, str] = {}
    for name, value in arguments(query):
        said.setdefault(name.lower(), value)
    run = said.get("run", "")
    code = said.get("k", "")
    book = _number(said.get("a", ""))
    rec = _number(said.get("rec", ""))
    library = library_of(code, of_entry=rec is not None) if code else None
    if run == "13" and library and book is not None and rec is not None:
        return Link(url, f"mse.exe?K={library}&A={book}&rec={rec}&run=13", "entry", library, book, rec)
    if run == "12" and library:
        if book is not None:
            pager = _pager(said)
            return Link(url, f"mse.exe?K={library}&A={book}&run=12{pager}", "list", library, book)
        if not said.get("a"):
            return Link(url, f"mse.exe?K={library}&run=12{_pager(said)}", "library", library)
    if run == "11":
        word = escape(unescape(said.get("seachword", "")))
        where = code.lower() if library or code == "0" else ""
        return Link(url, f"mse.exe?seachword={word}&K={where}&run=11{_pager(said)}", "search", library)
    return Link(url, canonical("mse.exe", query), "other")


def _pager(said: dict[str, str]) -> str:
    """The part of a list's identity that a pager adds; page one of an unlimited list is the list itself."""
    at, size = _number(said.get("list", "")) or 1, _number(said.get("page", "")) or 0
    return f"&list={at}&page={size}" if at > 1 or size else ""


def _number(text: str) -> int | None:
    """A number from 1; None for anything else."""
    if not _NUMBER.match(text):
        return None
    return int(text) or None
