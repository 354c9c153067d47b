"""Where every page stands: on the server by path, in a static site by file, from any folder it is put into.

Permanent links are the server's: `/c/NAME/K/A/REC`, and `/c/NAME/K/A/REC@DIGITS` for the entry as it was at an
instant. English pages stand under `/en`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlencode

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses on the server.

    Attributes:
        base: What stands before every path, where the server is not at the root of its host; no slash at its end.
        language: Of the pages that are linked to.
    """

    base: str = ""
    language: Language = "zh"

    static = False
    #: What the address of an entry ends with, seen from another page of its book.
    ending = ""

    def _page(self, path: str, **query: Any) -> str:
        prefix = "/en" if self.language == "en" else ""
        asked = {name: value for name, value in query.items() if value not in (None, "", [])}
        return f"{self.base}{prefix}{path}" + (f"?{urlencode(asked, doseq=True)}" if asked else "")

    def of(self, language: Language) -> Addresses:
        """The same addresses in the other language."""
        return replace(self, language=language)

    def path(self, path: str, **query: Any) -> str:
        """A page by its path and query, as `Page` has them."""
        return self._page(path, **query)

    def home(self) -> str:
        return self._page("/")

    def about(self) -> str:
        return self._page("/about")

    def collection(self, name: str) -> str:
        return self._page(f"/c/{name}/")

    def library(self, name: str, code: str) -> str:
        return self._page(f"/c/{name}/{code}/")

    def book(self, name: str, code: str, number: int) -> str:
        return self._page(f"/c/{name}/{code}/{number}/")

    def entry(self, name: str, place: str, at: str | None = None) -> str:
        """An entry by `K/A/REC`; as it was at an instant given in digits."""
        return self._page(f"/c/{name}/{place}" + (f"@{at}" if at else ""))

    def history(self, name: str, place: str) -> str:
        return self._page(f"/history/{name}/{place}")

    def compare(self, name: str, place: str, old: int, new: int) -> str:
        """Two versions of an entry side by side, by their numbers."""
        return self._page(f"/compare/{name}/{place}/{old}/{new}")

    def witness(self, name: str, number: int, place: str, at: int) -> str:
        """A witness by its number in the store, which is the one `at` beside an entry, from 1."""
        return self._page(f"/witness/{name}/{number}")

    def record(self, name: str, warc: str, offset: int) -> str:
        return self._page(f"/record/{name}/{quote(warc)}/{offset}")

    def coverage(self, name: str) -> str:
        return self._page(f"/coverage/{name}")

    def search(self, name: str | None = None, **query: Any) -> str:
        return self._page(f"/search/{name}" if name else "/search", **query)

    def changes(self, name: str, old: int | None = None, new: int | None = None, **query: Any) -> str:
        return self._page(f"/changes/{name}" + (f"/{old}/{new}" if old is not None else ""), **query)

    def file(self, path: str) -> str:
        """What has no language: style sheet, script, downloads, feeds."""
        return f"{self.base}/{path}"

    def asset(self, name: str) -> str:
        """A file of the pages themselves, by its versioned name."""
        return self.file(f"static/{name}")

    def json(self, path: str, **query: Any) -> str:
        """The same page for programs."""
        return replace(self, language="zh")._page(f"{path.rstrip('/') or '/index'}.json", **query)

    def download(self, name: str, place: str, ending: str) -> str:
        """An entry in one of its forms: `txt`, `raw.txt`, `entry.json`, `3.csv` for its third table …"""
        return self.file(f"c/{name}/{place}.{ending}")


_PATH = re.compile(r"/(?P<kind>c|history|compare|witness|coverage|search|changes)/[^/]+/?(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class SiteAddresses(Addresses):
    """Addresses in a static site, relative to the page that links.

    Attributes:
        root: The way from the page's folder to the site's, such as `../../`; `""` at the top.
    """

    root: str = ""

    static = True
    ending = ".html"

    def _page(self, path: str, **query: Any) -> str:
        return self.root + site_file(path, self.language)

    def file(self, path: str) -> str:
        return self.root + path

    def entry(self, name: str, place: str, at: str | None = None) -> str:
        return self._page(f"/c/{name}/{place}")

    def witness(self, name: str, number: int, place: str, at: int) -> str:
        return self._page(f"/witness/{name}/{place}/{at}")

    def download(self, name: str, place: str, ending: str) -> str:
        return self.file(f"{place}.{ending}")

    def json(self, path: str, **query: Any) -> str:
        return ""


def site_file(path: str, language: Language) -> str:
    """The file of a page in a static site, by the page's path on the server.

    Names are of letters, digits, `-` and `.` alone, in lower case: any web host takes them.
    """
    folder = "en/" if language == "en" else ""
    match = _PATH.fullmatch(path)
    if match is None:
        return folder + ("index.html" if path == "/" else f"{path.strip('/')}.html")
    kind, rest = match["kind"], match["rest"].strip("/")
    if kind == "c":
        depth = rest.count("/")
        return folder + (f"{rest}.html" if depth == 2 else f"{rest}/index.html".lstrip("/"))
    if kind in ("history", "compare", "witness"):
        parts = rest.split("/")
        name = "-".join((parts[2], kind, *parts[3:]))
        return f"{folder}{parts[0]}/{parts[1]}/{name}.html"
    return folder + "-".join((kind, *filter(None, rest.split("/")))) + ".html"


def way_up(file: str) -> str:
    """The way from a file's folder to the site's root."""
    return "../" * file.count("/")
