"""The language of a search: words, "phrases", AND OR NOT NEAR, brackets.

    沂水 碑刻              both, anywhere in the entry
    "沂水 碑刻"            one after the other (blanks between Chinese characters never count)
    碑 OR 碣               either
    碑 NOT 墓碑            the first without the second
    碑 NEAR/20 重修        within 20 characters of each other (10, if no number is given)
    (碑 OR 碣) 重修

Whatever does not fit together as such is searched as it is written: no query fails for its form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mirror.errors import UsageError
from mirror.search.fold import stream

#: How far apart the words around a NEAR may stand, in characters.
NEAR = 10
#: Brackets within brackets beyond this are taken as written.
_DEEPEST = 20

_TOKEN = re.compile(
    r'\s*(?:(?P<phrase>["“”][^"“”]*["“”])(?=\s|[)）]|$)|(?P<open>[(（])|(?P<close>[)）])'
    r"|(?P<near>NEAR(?:/(?P<far>\d{1,6}))?)(?=\s)|(?P<word>AND|OR|NOT)(?=[\s(（])|(?P<term>\S+))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of text to be found as it is; `text` is a stream, of one character at least."""

    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """Terms that stand within so many characters of each other."""

    terms: tuple[Term, ...]
    far: int


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these, and none of those."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of these."""

    parts: tuple[Node, ...]


Node = Term | Near | All | Any


class _Malformed(Exception):
    pass


def parse(text: str) -> Node:
    """What a query asks for. Raises UsageError if that is nothing."""
    try:
        found = _Parser(text).query()
    except _Malformed:
        found = _join([_term(word.strip('"“”')) for word in text.split()])
    found = found or _term(text)
    if found is None:
        raise UsageError(f"{text!r}: nothing to search for. Write a word, for example: mirror search shandong 碑刻")
    return found


def terms(node: Node) -> Iterator[str]:
    """The texts whose finding makes a hit, for marking them; those behind a NOT are left out."""
    match node:
        case Term(text):
            yield text
        case Near(parts, _) | All(parts, _) | Any(parts):
            for part in parts:
                yield from terms(part)


def _term(text: str) -> Term | None:
    flat = stream(text)
    return Term(flat) if flat else None


def _join(parts: list[Term | None]) -> Node | None:
    kept: list[Node] = [part for part in parts if part is not None]
    return kept[0] if len(kept) == 1 else All(tuple(kept)) if kept else None


class _Parser:
    """Recursive descent. None is a part of which folding left nothing, such as an empty pair of quotes."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def query(self) -> Node | None:
        found = self._either()
        if self._at < len(self._tokens):
            raise _Malformed
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _either(self) -> Node | None:
        parts = [self._every()]
        while self._peek() == ("word", "OR"):
            self._at += 1
            parts.append(self._every())
        kept = tuple(part for part in parts if part is not None)
        return kept[0] if len(kept) == 1 else Any(kept) if kept else None

    def _every(self) -> Node | None:
        parts, without = [self._near()], list[Node | None]()
        while True:
            kind, text = self._peek()
            if (kind, text) == ("word", "NOT"):
                self._at += 1
                without.append(self._near())
            elif kind in ("term", "phrase", "open") or (kind, text) == ("word", "AND"):
                self._at += kind == "word"
                parts.append(self._near())
            else:
                break
        kept = tuple(part for part in parts if part is not None)
        unwanted = tuple(part for part in without if part is not None)
        if unwanted and not kept:
            raise _Malformed
        return kept[0] if len(kept) == 1 and not unwanted else All(kept, unwanted) if kept else None

    def _near(self) -> Node | None:
        found = self._one()
        terms, far = [found], 0
        while self._peek()[0] == "near":
            far = max(far, int(self._peek()[1]))
            self._at += 1
            terms.append(self._one())
        kept = [term for term in terms if isinstance(term, Term)]
        if len(terms) == 1:
            return found
        if len(kept) < len(terms):
            raise _Malformed
        return Near(tuple(kept), far)

    def _one(self) -> Node | None:
        kind, text = self._peek()
        self._at += 1
        if kind in ("term", "phrase"):
            return _term(text)
        if kind != "open" or self._depth >= _DEEPEST:
            raise _Malformed
        self._depth += 1
        found = self._either()
        self._depth -= 1
        if self._peek()[0] != "close":
            raise _Malformed
        self._at += 1
        return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kinds and texts. A bracket inside a word belongs to the word, unless it ends one that was opened before."""
    at, open_now = 0, 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        kind = match.lastgroup or ""
        if match["phrase"] is not None:
            yield "phrase", match["phrase"][1:-1]
        elif match["near"] is not None:
            yield "near", str(min(int(match["far"] or NEAR), 100_000))
        elif match["term"] is not None:
            word = match["term"]
            while open_now and word.endswith((")", "）")) and not _balanced(word):
                word, at = word[:-1], at - 1
            yield "term", word
        else:
            open_now += (kind == "open") - (kind == "close")
            yield kind, match[kind]


def _balanced(word: str) -> bool:
    return sum(word.count(one) for one in "(（") >= sum(word.count(one) for one in ")）")
