"""The language of a search: words, "phrases", AND OR NOT NEAR, brackets.

    沂水 碑刻              both, anywhere in the entry
    "沂水 碑刻"            one after the other (blanks between Chinese characters never count)
    碑 OR 碣               either
    碑 NOT 墓碑            the first without the second
    碑 NEAR/20 重修        within 20 characters of each other (10, if no number is given)
    (碑 OR 碣) 重修        brackets; so also （碑 OR 碣）重修 and (碑 OR 碣) NEAR/20 重修

Whatever does not fit together as such is searched as it is written: no query fails for its form. Outside quotes the
two ways to write a zero in a Chinese number are the same: 二〇〇五 also finds 二零零五.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from mirror.errors import UsageError
from mirror.search.fold import stream

#: How far apart the words around a NEAR may stand, in characters.
NEAR = 10
#: Brackets within brackets beyond this are taken as written.
_DEEPEST = 20

#: A NEAR of brackets is tried with each word of one beside each word of the other: with more such, as written.
_MOST_NEAR = 200

_NEAR_WORD = r"(?:NEAR|ＮＥＡＲ)(?:[/／](?P<far>\d{1,6}))?"
_WORD = "AND|OR|NOT|ＡＮＤ|ＯＲ|ＮＯＴ"
_PHRASE = '["“”][^"“”]*["“”]'
_TOKEN = re.compile(
    rf"\s*(?:(?P<phrase>{_PHRASE})(?=\s|[)）]|$)|(?P<open>[(（])|(?P<close>[)）])"
    rf"|(?P<near>{_NEAR_WORD})(?=[\s(（])|(?P<word>{_WORD})(?=[\s(（])|(?P<term>\S+))"
)
#: Brackets that have a word of the language between them need no blanks around.
_GROUP = re.compile(rf"{_PHRASE}|[(（](?P<inside>[^()（）]*\s(?:{_WORD}|{_NEAR_WORD})[\s][^()（）]*)[)）]")
_ZERO = re.compile("(?<=[一二三四五六七八九十百千万〇零])[〇零]|[〇零](?=[一二三四五六七八九十百千万〇零])")


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
        found = _join([_word(word.strip('"“”')) for word in text.split()])
    found = found or _term(text)
    if found is None:
        raise UsageError(f"{text!r}: nothing to search for. Write a word, for example: mirror search shandong 碑刻")
    return found


def is_as_written(text: str) -> bool:
    """Whether a query has words of the language that do not fit together, so that they are searched as text."""
    words = [kind in ("word", "near") for kind, _ in _tokens(text)]
    last = text.split()[-1:]  # one with nothing behind it is no word of the language
    try:
        _Parser(text).query()
    except _Malformed:
        return any(words)
    return any(re.fullmatch(f"{_WORD}|{_NEAR_WORD}", one) for one in last)


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


def _word(text: str) -> Node | None:
    """A term outside quotes: with either zero in a Chinese number."""
    found = _term(text)
    if found is None or not _ZERO.search(found.text):
        return found
    written = (found.text, *(_ZERO.sub(zero, found.text) for zero in "〇零"))
    return Any(tuple(map(Term, dict.fromkeys(written))))


def _join(parts: list[Node | None]) -> Node | None:
    kept = [part for part in parts if part is not None]
    return kept[0] if len(kept) == 1 else All(tuple(kept)) if kept else None


class _Parser:
    """Recursive descent. None is a part of which folding left nothing, such as an empty pair of quotes."""

    def __init__(self, text: str) -> None:
        self._tokens = list(
            _tokens(_GROUP.sub(lambda found: f" ({found['inside']}) " if found["inside"] else found[0], text))
        )
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
            elif (kind, text) == ("word", "AND"):
                self._at += 1
                if self._peek() != ("word", "NOT"):
                    parts.append(self._near())
            elif kind in ("term", "phrase", "open"):
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
        if self._peek()[0] != "near":
            return found
        sides, far, count = [_either_of(found)], 0, 1
        while self._peek()[0] == "near":
            far = max(far, int(self._peek()[1]))
            self._at += 1
            sides.append(_either_of(self._one()))
        for side in sides:
            count *= len(side)
        if not 0 < count <= _MOST_NEAR:
            raise _Malformed
        nears = tuple(Near(terms, far) for terms in product(*sides))
        return nears[0] if len(nears) == 1 else Any(nears)

    def _one(self) -> Node | None:
        kind, text = self._peek()
        self._at += 1
        if kind in ("term", "phrase"):
            return _term(text) if kind == "phrase" else _word(text)
        if kind != "open" or self._depth >= _DEEPEST:
            raise _Malformed
        self._depth += 1
        found = self._either()
        self._depth -= 1
        if self._peek()[0] != "close":
            raise _Malformed
        self._at += 1
        return found


def _either_of(node: Node | None) -> list[Term]:
    """Terms one of which may stand beside a NEAR; none, if it is something else."""
    if isinstance(node, Any):
        found = [_either_of(part) for part in node.parts]
        return [term for terms in found for term in terms] if all(found) else []
    return [node] if isinstance(node, Term) else []


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
        elif match["word"] is not None:
            yield "word", unicodedata.normalize("NFKC", match["word"])
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
