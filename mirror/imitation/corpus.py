"""The imitation's content: libraries, books, headings, texts, and what changes in them over time.

Everything follows from a seed and is made when asked for, so a corpus of 300,000 entries costs nothing until it
is read. What a page must give is kept as truth beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Literal

from mirror.imitation import layout, prose
from mirror.imitation.layout import Rule

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

ChangeKind = Literal["edited", "retitled", "cosmetic", "added", "removed", "moved", "book-removed"]


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a text: a paragraph, an 【item】, a table, a signature, or a line that stands alone."""

    kind: Literal["paragraph", "item", "table", "signature", "line"]
    text: str = ""
    heading: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    ended: bool = True


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
    """What became of one entry between two states."""

    kind: ChangeKind
    library: str
    book: int
    old_rec: int | None
    new_rec: int | None


@dataclass(frozen=True, slots=True)
class Corpus:
    """A database of about `size` entries, at one of the states 0, 1 and 2 of its life.

    State 1 edits a number, adds a sentence, retitles, inserts an entry and takes one out, in every book; it sets
    the first book of each library to another width. State 2 takes away the last book of the last library.
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
        if self.state >= 2 and found and library == self.libraries()[-1][0]:
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
        blocks = _blocks(Random(f"{self.seed}/{book.place}/{heading.uid}"), heading)
        return _edited(blocks, heading, book.size, self.state)

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
            books = {book.number: book for book in after.books(library)}
            for book in self.books(library):
                old = {heading.uid: heading for heading in self.headings(book)}
                then = books.get(book.number)
                if then is None:
                    found += [Change("book-removed", library, book.number, one.rec, None) for one in old.values()]
                    continue
                new = {heading.uid: heading for heading in after.headings(then)}
                for uid in old.keys() | new.keys():
                    before, now = old.get(uid), new.get(uid)
                    kind: ChangeKind | None = None
                    if before is None or now is None:
                        kind = "added" if before is None else "removed"
                    elif self.blocks(book, before) != after.blocks(then, now):
                        kind = "edited"
                    elif before.title != now.title:
                        kind = "retitled"
                    elif before.rec != now.rec:
                        kind = "moved"
                    elif self.lines(book, before) != after.lines(then, now):
                        kind = "cosmetic"
                    if kind:
                        found.append(
                            Change(
                                kind, library, book.number, before.rec if before else None, now.rec if now else None
                            )
                        )
        return sorted(found, key=lambda one: (one.library, one.book, one.new_rec or 0, one.old_rec or 0))


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
def _headings(seed: int, state: int, library: str, number: int, title: str, size: int) -> tuple[ImitatedHeading, ...]:
    """The table of contents: codes of one character a level, page order = order of the codes."""
    random = Random(f"{seed}/{library}/{number}/contents")
    nodes: list[tuple[str, int, str, bool]] = []  # uid, depth, title, leaf
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
    if state >= 1:
        middle = next((place for place, node in enumerate(nodes) if node[1] == 2), len(nodes) // 2)
        nodes.insert(middle, ("补遗", nodes[middle][1], "补遗  新发现的碑刻", True))
        nodes.pop(len(nodes) - 2)
        retitled = 2 % len(nodes)
        uid, depth, _, leaf = nodes[retitled]
        nodes[retitled] = (uid, depth, "概述（修订）", leaf)
    return tuple(_coded(nodes, library, random))


def _coded(nodes: list[tuple[str, int, str, bool]], library: str, random: Random) -> Iterator[ImitatedHeading]:
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


def _blocks(random: Random, heading: ImitatedHeading) -> list[Block]:
    if not heading.leaf:
        return [Block("paragraph", prose.paragraph(random, 2))] if random.random() < 0.3 else []
    blocks: list[Block] = []
    if random.random() < 0.3:
        names = ("概况", "项目建设", "队伍建设")[: random.randint(2, 3)]
        blocks += [Block("item", prose.paragraph(random, random.randint(3, 7)), heading=name) for name in names]
    else:
        # Half of all entries are short, a few very long: the median of the original is about 900 characters.
        count = min(60, max(1, round(random.lognormvariate(1.3, 0.8))))
        blocks += [Block("paragraph", prose.paragraph(random, random.randint(3, 9))) for _ in range(count)]
    if random.random() < 0.15:
        rare = random.choice(prose.RARE_GB18030 if random.random() < 0.5 else prose.PRIVATE_USE)
        blocks.append(Block("paragraph", f"碑阳题名有“{rare}”字，今人多不识，志之待考；〃者同上。"))
    if random.random() < 0.25:
        rows = [("年份", "作物", "面积（亩）", "备注")]
        rows += [
            (str(1986 + row), random.choice(prose.CROPS), str(random.randint(100, 99_999)), prose.subject(random))
            for row in range(random.randint(2, 8))
        ]
        caption = f"表 {random.randint(1, 9)}-{random.randint(1, 9)}-1  {prose.subject(random)}一览表"
        blocks.append(Block("table", caption, rows=tuple(rows), ended=random.random() > 0.05))
    if random.random() < 0.2:
        blocks.append(Block("signature", prose.name(random)))
        blocks.append(Block("signature", f"{random.randint(1987, 2006)}年{random.randint(1, 12)}月"))
    elif random.random() < 0.15 and blocks[-1].kind == "paragraph":
        last = blocks.pop()
        blocks.append(replace(last, text=f"{last.text}({prose.name(random)})"))
    return blocks


def _edited(blocks: list[Block], heading: ImitatedHeading, size: int, state: int) -> list[Block]:
    """Two texts of every book change at state 1: a number in one, a sentence more in another."""
    if state >= 1 and heading.uid in ("序", "大事记/1986") and blocks and blocks[0].text:
        text = blocks[0].text
        if heading.uid == "序":
            digit = next((place for place, character in enumerate(text) if character.isdigit()), None)
            if digit is not None:
                text = f"{text[:digit]}{(int(text[digit]) + 1) % 10}{text[digit + 1 :]}"
        else:
            text += "同年，县志办公室恢复，着手续修。"
        return [replace(blocks[0], text=text), *blocks[1:]]
    return blocks
