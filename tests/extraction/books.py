"""Books made up with known truth, harder than the imitation's: everything the old books do to a text.

Both rules of wrapping, numbers that are never broken, verse, lists, notes, centred titles, page breaks in mid
sentence, signatures with office and date, and tables with merged heads, wrapped cells, missing ends and page breaks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from mirror.extraction.entry import assemble
from mirror.extraction.page import Text
from mirror.extraction.reflow import settle_widths
from mirror.imitation import prose
from mirror.imitation.layout import centred, right_aligned, width_of
from tests.extraction.prose import CLOSERS, columns_of

Rows = tuple[tuple[str, ...], ...]
_UNIT = re.compile(r"[0-9A-Za-z.,%]+|.", re.DOTALL)
_OFFICES = ("县长", "主编", "县志办公室主任", None, None, None)


@dataclass
class Truth:
    """What one entry says, and the lines it is laid out in."""

    paragraphs: list[str] = field(default_factory=list)  #: joined ones, with their indent
    items: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Rows] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    width: int
    rule: str  #: hang or cut
    indent: str
    whole_numbers: bool  #: a number is not broken over two lines
    entries: list[Truth]


def wrap(text: str, book: Book) -> list[str]:
    """A paragraph as hard lines."""
    lines, line, used = [], "", 0
    for unit in _UNIT.findall(text) if book.whole_numbers else text:
        size = sum(map(columns_of, unit))
        if book.rule == "hang":
            full = used + size > book.width and not (unit in CLOSERS and used < book.width + 4)
        else:
            full = used >= book.width
        if full and line:
            lines.append(line)
            line, used = "", 0
        line += unit
        used += size
    return [*lines, line]


def make_book(seed: int, width: int, rule: str, size: int = 40) -> Book:
    """A book of entries, most of them long enough to show their width, a third too short."""
    random = Random(f"{seed}/{width}/{rule}")
    indent = random.choice(("    ", "　　", "    ")) if rule == "hang" else random.choice(("　　", "  ", "    "))
    book = Book(width, rule, indent, rule == "hang" and random.random() < 0.5, [])
    book.entries.extend(_entry(random, book) for _ in range(size))
    return book


def _entry(random: Random, book: Book) -> Truth:
    entry = Truth()
    if random.random() < 0.4:
        entry.lines += [centred(prose.subject(random), book.width), ""]
    kind = random.random()
    if kind < 0.33:
        _paragraph(random, book, entry, random.randint(1, 2))
    elif kind < 0.55:
        names = random.sample(("概况", "招商引资", "队伍建设", "重要活动", "安全生产"), random.randint(2, 4))
        for name in names:
            text = prose.paragraph(random, random.randint(1, 6))
            _set(random, book, entry, f"【{name}】{text}")
            entry.items.append((name, text))
    else:
        for _ in range(random.randint(2, 8)):
            _paragraph(random, book, entry, random.randint(1, 8))
    if not entry.items:
        if random.random() < 0.15:
            entry.lines += ["", *(book.indent * 2 + line for line in _verse(random)), ""]
            _paragraph(random, book, entry, 3)
        if random.random() < 0.2:
            for number in range(1, random.randint(3, 6)):
                _set(random, book, entry, f"{number}．{prose.paragraph(random, random.randint(1, 3))}")
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            _table(random, book, entry)
            _paragraph(random, book, entry, 2)
        if random.random() < 0.1:
            _set(random, book, entry, f"注：{prose.sentence(random)}")
        if random.random() < 0.35:
            _signature(random, book, entry)
    return entry


def _paragraph(random: Random, book: Book, entry: Truth, sentences: int) -> None:
    _set(random, book, entry, prose.paragraph(random, sentences))


def _set(random: Random, book: Book, entry: Truth, text: str) -> None:
    lines = wrap(book.indent + text, book)
    entry.paragraphs.append(book.indent + text)
    breaks = [at for at, line in enumerate(lines[:-1]) if width_of(line) >= book.width and line[-1] not in CLOSERS]
    if breaks and random.random() < 0.03:
        lines.insert(random.choice(breaks) + 1, "")  # a page of the printed book ended here
    entry.lines += lines


def _verse(random: Random) -> list[str]:
    return [prose.subject(random) + random.choice(("处处皆称好，", "年年胜旧年。")) for _ in range(4)]


def _signature(random: Random, book: Book, entry: Truth) -> None:
    name = prose.name(random)
    office = random.choice(_OFFICES)
    entry.lines.append(right_aligned(f"{office}  {name}" if office else name, book.width))
    if random.random() < 0.7:
        date = f"{random.randint(1987, 2006)}年{random.randint(1, 12)}月"
        entry.lines.append(right_aligned(date, book.width))
    entry.signatures.append(name)


# -- tables --------------------------------------------------------------------------------------------------


def _table(random: Random, book: Book, entry: Truth) -> None:
    number = f"表 {random.randint(1, 9)}-{random.randint(1, 9)}-{random.randint(1, 9)}"
    entry.lines += [centred(number, book.width), centred(f"{prose.subject(random)}统计表", book.width)]
    if random.random() < 0.5:
        entry.lines.append(right_aligned("单位：亩、公斤", book.width))
    columns = random.randint(3, 5)
    cell = 12
    count = random.randint(2, 7)
    rows: list[tuple[str, ...]] = []
    for at in range(count):
        words = [str(1986 + at), *(str(random.randint(1, 99_999)) for _ in range(columns - 2)), _words(random)]
        rows.append(tuple(words))
    shape = random.random()
    if shape < 0.4:
        head: list[tuple[str, ...]] = [("年份", *("面积产量"[at % 2 * 2 :][:2] for at in range(columns - 2)), "备注")]
        drawn = _draw([*head, *rows], cell, ruled=random.random() < 0.7)
    else:
        head = [
            ("年份", "合计", *[""] * (columns - 3), "备注"),
            ("", *(f"其{at}" for at in range(1, columns - 1)), ""),
        ]
        drawn = _draw_merged(head, rows, cell)
    if random.random() < 0.06:
        drawn.pop()  # the end is missing
    elif random.random() < 0.1 and len(drawn) > 6:
        at = next((at for at in range(len(drawn) - 2, 3, -1) if drawn[at].startswith("┃")), None)
        if at is not None:
            drawn.insert(at, "")  # a page ended within it
    entry.lines += drawn
    entry.tables.append((*head, *rows))


def _words(random: Random) -> str:
    return random.choice(("从略", prose.subject(random), "含新建扩建改建各项工程", "与上年相比略有增加"))


def _draw(rows: list[tuple[str, ...]], cell: int, *, ruled: bool) -> list[str]:
    count = len(rows[0])
    wrapped = any(width_of(word) > cell for row in rows for word in row)
    lines = [_rule("┏━┯┓", count, cell)]
    for number, row in enumerate(rows):
        if number == 1 or (number and (ruled or wrapped)):
            lines.append(_rule("┠─┼┨", count, cell))
        lines += _row(row, cell)
    return [*lines, _rule("┗━┷┛", count, cell)]


def _draw_merged(head: list[tuple[str, ...]], rows: list[tuple[str, ...]], cell: int) -> list[str]:
    """A head of two lines, its middle cell over several columns, its outer cells over two lines."""
    count = len(rows[0])
    inner = count - 2
    wide = cell * inner + 2 * (inner - 1)
    top = "┏" + "━" * (cell // 2) + "┯" + "━" * (wide // 2) + "┯" + "━" * (cell // 2) + "┓"
    dash = "─" * (cell // 2)
    return [
        top,
        "┃" + _pad(head[0][0], cell) + "│" + _pad(head[0][1], wide) + "│" + _pad(head[0][-1], cell) + "┃",
        "┃" + " " * cell + "├" + "┬".join([dash] * inner) + "┤" + " " * cell + "┃",
        "┃" + " " * cell + "│" + "│".join(_pad(word, cell) for word in head[1][1:-1]) + "│" + " " * cell + "┃",
        *(line for row in rows for line in (_rule("┠─┼┨", count, cell), *_row(row, cell))),
        _rule("┗━┷┛", count, cell),
    ]


def _rule(signs: str, count: int, cell: int) -> str:
    left, dash, middle, right = signs
    return left + middle.join([dash * (cell // 2)] * count) + right


def _row(row: tuple[str, ...], cell: int) -> list[str]:
    cells = [_fold(word, cell) for word in row]
    height = max(map(len, cells))
    return [
        "┃" + "│".join(_pad(parts[at] if at < len(parts) else "", cell) for parts in cells) + "┃"
        for at in range(height)
    ]


def _fold(word: str, cell: int) -> list[str]:
    lines, line = [], ""
    for character in word:
        if width_of(line + character) > cell:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


def _pad(word: str, cell: int) -> str:
    return word + " " * (cell - width_of(word))


# -- reading -------------------------------------------------------------------------------------------------


def read_book(book: Book) -> list[Text]:
    """Every entry, read at the widths of the book, as the store settles them."""
    alone = [assemble("\n".join(entry.lines)) for entry in book.entries]
    proven: dict[tuple[int, bool], int] = {}
    for text in alone:
        if text.proven_width is not None:
            vote = (text.proven_width, text.hard_cut)
            proven[vote] = proven.get(vote, 0) + 1
    widths = settle_widths(proven)
    return [assemble(text.raw_text, widths) for text in alone]


@dataclass
class Score:
    """How many parts there are, and how many came out exactly."""

    paragraphs: list[int] = field(default_factory=lambda: [0, 0])
    items: list[int] = field(default_factory=lambda: [0, 0])
    cells: list[int] = field(default_factory=lambda: [0, 0])
    signatures: list[int] = field(default_factory=lambda: [0, 0])

    def rate(self, name: str) -> float:
        whole, right = getattr(self, name)
        return right / whole if whole else 1.0

    def add(self, truth: Truth, text: Text) -> None:
        lines = set(text.text.split("\n"))
        self.paragraphs[0] += len(truth.paragraphs)
        self.paragraphs[1] += sum(paragraph in lines for paragraph in truth.paragraphs)
        found = [(item.heading, item.text) for item in text.items]
        self.items[0] += len(truth.items) + max(0, len(found) - len(truth.items))
        self.items[1] += sum(one == other for one, other in zip(truth.items, found, strict=False))
        for at, rows in enumerate(truth.tables):
            read = text.tables[at].rows if at < len(text.tables) else ()
            for row, words in enumerate(rows):
                for column, word in enumerate(words):
                    self.cells[0] += 1
                    self.cells[1] += row < len(read) and column < len(read[row]) and read[row][column] == word
        self.cells[0] += max(0, len(text.tables) - len(truth.tables))
        self.signatures[0] += max(bool(truth.signatures), bool(text.signatures))
        self.signatures[1] += bool(truth.signatures) and tuple(truth.signatures) == text.signatures
