"""The imitation's content: libraries, books, headings, texts, and what changes in them over time.

Everything follows from a seed and is made when asked for, so a corpus of 300,000 entries costs nothing until it
is read. What a page must give is kept as truth beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Literal

from mirror.imitation import layout, life, prose
from mirror.imitation.blocks import Block
from mirror.imitation.layout import Rule
from mirror.imitation.life import Node, Turns

LIBRARIES = (
    ("ch9", "临河县情资料库"),
    ("c87", "湖东县情资料库"),
    ("a", "首轮省志"),
    ("xzcz", "乡镇村志库"),
    ("zzmj", "诸子名家库"),
)
_BOOKS = ("县志", "县志（1986--2005）", "年鉴（{year}）", "人物", "民俗", "文物志")
_LEVEL = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMERALS = "一二三四五六七八九十"

ChangeKind = Literal[
    "edited", "retitled", "cosmetic", "added", "removed", "moved", "book-removed", "split", "merged", "returned"
]


@dataclass(frozen=True, slots=True)
class ImitatedBook:
    library: str
    number: int
    title: str
    size: int  #: entries at state 0
    width: int  #: GBK bytes of a line
    rule: Rule
    indent: str
    own_title: bool  #: texts begin with their own title

    @property
    def place(self) -> str:
        return f"{self.library}/{self.number}"


@dataclass(frozen=True, slots=True)
class ImitatedHeading:
    """A line of a table of contents. `uid` names the entry for good; `rec` moves when one is inserted before it."""

    uid: str
    rec: int
    code: str
    title: str
    depth: int
    indent: int  #: as printed; wrong now and then, as in the original
    path: tuple[str, ...]
    leaf: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one entry between two states. `parts`: numbers of what it was split into, or merged of."""

    kind: ChangeKind
    library: str
    book: int
    old_rec: int | None
    new_rec: int | None
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """A database of about `size` entries, at one of the states 0 to 4 of its life; `life` says what happens.

    At state 1 the first book of each library is set to another width, too; from state 2 to 4 the last book of the
    last library is not there.
    """

    size: int = 200
    seed: int = 1
    state: int = 0

    def at(self, state: int) -> Corpus:
        return replace(self, state=state)

    # -- what there is -------------------------------------------------------------------------------------

    def libraries(self) -> list[tuple[str, str]]:
        """Codes and titles."""
        return list(LIBRARIES[: max(1, min(len(LIBRARIES), self.size // 40))])

    def books(self, library: str) -> list[ImitatedBook]:
        """The books of a library at this state; [] if there is no such library."""
        found = [book for book in _books(self.size, self.seed) if book.library == library]
        if 2 <= self.state < 4 and found and library == self.libraries()[-1][0]:
            found = found[:-1]
        if self.state >= 1:
            found = [replace(book, width=_rewrapped(book.width)) if book.number == 1 else book for book in found]
        return found

    def book(self, library: str, number: int) -> ImitatedBook | None:
        return next((book for book in self.books(library) if book.number == number), None)

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        return _headings(self.seed, self.state, book.library, book.number, book.title, book.size)

    def entries(self) -> Iterator[tuple[ImitatedBook, ImitatedHeading]]:
        """Every entry, book by book."""
        for library, _ in self.libraries():
            for book in self.books(library):
                for heading in self.headings(book):
                    yield book, heading

    def blocks(self, book: ImitatedBook, heading: ImitatedHeading) -> list[Block]:
        """What the entry says, before it is set in lines."""
        return life.blocks_at(self.seed, book.place, heading.uid, heading.leaf, self.state, self._turns(book))

    def _turns(self, book: ImitatedBook) -> Turns:
        return life.turns(self.seed, book.place, _nodes(self.seed, book.place, book.size))

    def lines(self, book: ImitatedBook, heading: ImitatedHeading) -> list[str]:
        """The text as the database lays it out."""
        lines: list[str] = []
        blocks = self.blocks(book, heading)
        if book.own_title and (blocks or Random(f"{heading.uid}/title").random() < 0.5):
            lines += [layout.centred(heading.title, book.width), ""]
        for block in blocks:
            match block.kind:
                case "paragraph":
                    lines += layout.wrap(block.text, book.width, book.rule, book.indent)
                case "item":
                    lines += layout.wrap(f"【{block.heading}】{block.text}", book.width, book.rule, book.indent)
                case "table":
                    lines += [layout.centred(block.text, book.width), *layout.table(block.rows, ended=block.ended)]
                case "signature":
                    lines.append(layout.right_aligned(block.text, book.width))
                case "line":
                    lines.append(block.text)
        return lines

    # -- what changed --------------------------------------------------------------------------------------

    def changes(self, later: int) -> list[Change]:
        """What became of every entry that did not stay as and where it was, from this state to a later one."""
        after, found = self.at(later), list[Change]()
        for library, _ in self.libraries():
            old = {book.number: book for book in self.books(library)}
            new = {book.number: book for book in after.books(library)}
            for number in old.keys() | new.keys():
                found += self._changes_in(old.get(number), new.get(number), after)
        return sorted(found, key=lambda one: (one.library, one.book, one.new_rec or 0, one.old_rec or 0))

    def _changes_in(self, book: ImitatedBook | None, then: ImitatedBook | None, after: Corpus) -> Iterator[Change]:
        either = book or then
        assert either is not None
        old = {heading.uid: heading for heading in self.headings(book)} if book else {}
        new = {heading.uid: heading for heading in after.headings(then)} if then else {}
        turns = self._turns(either)
        told: set[str] = set()
        if old and new:
            for kind, whole, parts in turns.cuts:
                before, now = (old, new) if kind == "split" else (new, old)
                if whole in before and parts[1] in now and parts[1] not in before:
                    recs = tuple(now[part].rec for part in parts)
                    told |= {whole, *parts}
                    one, other = old[whole], new[whole]
                    yield Change(kind, either.library, either.number, one.rec, other.rec, recs)
        for uid in (old.keys() | new.keys()) - told:
            one_, other_ = old.get(uid), new.get(uid)
            kind_ = self._change_of(uid, book, one_, then, other_, after)
            if kind_:
                yield Change(
                    kind_, either.library, either.number, one_.rec if one_ else None, other_.rec if other_ else None
                )

    def _change_of(
        self,
        uid: str,
        book: ImitatedBook | None,
        before: ImitatedHeading | None,
        then: ImitatedBook | None,
        now: ImitatedHeading | None,
        after: Corpus,
    ) -> ChangeKind | None:
        if now is None or then is None:
            return "removed" if then else "book-removed"
        if before is None or book is None:
            return "returned" if self._had(then, uid) else "added"
        blocks, later = self.blocks(book, before), after.blocks(then, now)
        if blocks != later and life.narrow(blocks) != life.narrow(later):
            return "edited"
        if before.title != now.title:
            return "retitled"
        if before.rec != now.rec:
            return "moved"
        return "cosmetic" if self.lines(book, before) != after.lines(then, now) else None

    def _had(self, book: ImitatedBook, uid: str) -> bool:
        """Whether the entry was there at an earlier state."""
        for state in range(self.state):
            earlier = self.at(state)
            same = earlier.book(book.library, book.number)
            if same and any(heading.uid == uid for heading in earlier.headings(same)):
                return True
        return False


def _rewrapped(width: int) -> int:
    return {74: 80, 80: 110, 110: 74}[width]


@lru_cache(maxsize=8)
def _books(size: int, seed: int) -> tuple[ImitatedBook, ...]:
    libraries = LIBRARIES[: max(1, min(len(LIBRARIES), size // 40))]
    share, books = size // len(libraries), []
    for library, title in libraries:
        left, number = share, 0
        random = Random(f"{seed}/{library}")
        while left > 0:
            number += 1
            count = min(left, 640, max(20, share // 3))
            if left - count < 12:
                count = left
            kind = _BOOKS[(number - 1) % len(_BOOKS)].format(year=2010 + number)
            width, rule, indent = random.choice(
                [(74, "hang", "    "), (110, "hang", "    "), (80, "cut", "　　"), (80, "cut", "  ")]
            )
            name = f"{title.removesuffix('资料库').removesuffix('情').removesuffix('库')}{kind}"
            own_title = random.random() < 0.5
            books.append(ImitatedBook(library, number, name, count, width, rule, indent, own_title))  # type: ignore[arg-type]
            left -= count
    return tuple(books)


@lru_cache(maxsize=512)
def _nodes(seed: int, place: str, size: int) -> tuple[Node, ...]:
    """Headings of a book at state 0."""
    random = Random(f"{seed}/{place}/contents")
    nodes: list[Node] = []
    nodes += [(front, 0, front, True) for front in ("序", "凡  例", "概 述")]
    nodes.append(("大事记", 0, "大事记", False))
    years = min(12, max(2, size // 12))
    nodes += [(f"大事记/{year}", 1, f"{year}年", True) for year in range(1986, 1986 + years)]
    parts = 0
    while len(nodes) < size - 1:
        part = f"编{parts}"
        nodes.append((part, 0, f"第{_numeral(parts)}编  {_spaced(prose.subject(random), random)}", False))
        for chapter in range(random.randint(2, 5)):
            at = f"{part}/章{chapter}"
            nodes.append((at, 1, f"第{_numeral(chapter)}章  {prose.subject(random)}", False))
            for section in range(random.randint(2, 6)):
                dash = random.choice("―—") if section == 0 and random.random() < 0.2 else _numeral(section)
                name = prose.subject(random)
                style = random.choice((f"第{_numeral(section)}节  {name}", f"{dash}、{name}", f"({dash}）{name}"))
                nodes.append((f"{at}/节{section}", 2, style, True))
        parts += 1
    nodes = nodes[: max(1, size - 1)]
    nodes.append(("附录", 0, "附录", True))
    return tuple(nodes)


@lru_cache(maxsize=512)
def _headings(seed: int, state: int, library: str, number: int, title: str, size: int) -> tuple[ImitatedHeading, ...]:
    """The table of contents: codes of one character a level, page order = order of the codes."""
    place = f"{library}/{number}"
    nodes = _nodes(seed, place, size)
    return tuple(_coded(life.nodes_at(nodes, state, life.turns(seed, place, nodes)), library))


def _coded(nodes: Sequence[Node], library: str) -> Iterator[ImitatedHeading]:
    counts, codes, titles = [0, 0, 0], ["", "", ""], ["", "", ""]
    for rec, (uid, depth, title, leaf) in enumerate(nodes, 1):
        counts[depth] += 1
        counts[depth + 1 :] = [0] * (2 - depth)
        if title.endswith("年") and depth == 1:
            suffix = f"{counts[1]:02d}"
        else:
            place = counts[depth] - 1
            # Long lists run out of letters; then two characters, as the older books have them.
            suffix = _LEVEL[place] if place < len(_LEVEL) else f"Z{_LEVEL[place - len(_LEVEL)]}"
        codes[depth] = suffix
        titles[depth] = title
        indent = depth if Random(f"{uid}/{rec}").random() > 0.02 else 0
        code = library.upper() + "".join(codes[: depth + 1])
        yield ImitatedHeading(uid, rec, code, title, depth, indent, tuple(titles[:depth]), leaf)


def _numeral(place: int) -> str:
    return _NUMERALS[place] if place < 10 else "十" + _NUMERALS[place % 10] if place < 19 else str(place + 1)


def _spaced(text: str, random: Random) -> str:
    return "  ".join(text) if len(text) == 2 and random.random() < 0.5 else text
