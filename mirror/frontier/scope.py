"""Scope: which questions belong to a crawl, as libraries, books and entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mirror.errors import UsageError
from mirror.extraction.page import Link
from mirror.sites.site import Site

_SCOPE = re.compile(r"(?P<library>[0-9a-z]+)(?:/(?P<book>[1-9][0-9]*)(?:/(?P<rec>[1-9][0-9]*))?)?", re.I)


@dataclass(frozen=True, slots=True)
class Scope:
    """A library, one of its books, or one entry: `K`, `K/A` or `K/A/REC`."""

    library: str
    book: int | None = None
    rec: int | None = None

    @classmethod
    def parse(cls, text: str) -> Scope:
        match = _SCOPE.fullmatch(text.strip())
        if not match:
            raise UsageError(
                f"scope {text!r}: write a library code, a book or an entry as K, K/A or K/A/REC, "
                f"for example ch9, ch9/3 or ch9/3/12"
            )
        book, rec = match["book"], match["rec"]
        return cls(match["library"].lower(), int(book) if book else None, int(rec) if rec else None)

    def __str__(self) -> str:
        return "/".join(str(part) for part in (self.library, self.book, self.rec) if part is not None)

    def seeds(self, site: Site) -> list[Link]:
        """Where a crawl of this scope starts: the contents list always, it names what is to be expected."""
        if self.book is None:
            return [site.library_link(self.library)]
        seeds = [site.list_link(self.library, self.book)]
        if self.rec is not None:
            seeds.append(site.entry_link(self.library, self.book, self.rec))
        return seeds

    def holds(self, library: str | None, book: int | None, rec: int | None) -> bool:
        """Whether a place is inside this one."""
        return library == self.library and self.book in (None, book) and (self.rec is None or (self.rec == rec))

    def condition(self, table: str = "") -> tuple[str, list[str | int]]:
        """As SQL over the columns library, book and rec: the place itself and the lists on the way to it."""
        if self.book is None:
            return f"({table}library = ?)", [self.library]
        sql = f"({table}library = ? AND ({table}book = ?"
        values: list[str | int] = [self.library, self.book]
        if self.rec is not None:
            sql += f" AND ({table}rec IS NULL OR {table}rec = ?)"
            values.append(self.rec)
        return sql + "))", values


def places_in(scopes: Sequence[Scope], table: str = "") -> tuple[str, list[str | int]]:
    """SQL for the places inside any of the scopes; all places if there are none.

    Args:
        scopes: Libraries, books and entries.
        table: Prefix of the columns, such as `e.`.
    """
    if not scopes:
        return "1", []
    conditions = [scope.condition(table) for scope in scopes]
    return (
        "(" + " OR ".join(sql for sql, _ in conditions) + ")",
        [value for _, values in conditions for value in values],
    )


def questions_in(scopes: Sequence[Scope]) -> tuple[str, list[str | int]]:
    """SQL for rows of the frontier inside the scopes; robots.txt and page furniture always are."""
    sql, values = places_in(scopes)
    return (sql if not scopes else f"(kind IN ('robots', 'asset') OR {sql})"), values
