"""Hard-wrapped lines joined to paragraphs again.

The old database cuts its text at a fixed width per book, counted in GBK bytes: 74, 80 and 110 were seen.
Two rules of cutting were seen too: closing punctuation hangs over the edge and begins no line, or the line
is simply cut as soon as the width is reached. In both a line that goes on is so full that the next
character, or the next number or word that must not be broken, had no room; this is what we look for.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mirror.extraction.aligned import aligned_lines, has_gap, spaced_lines
from mirror.extraction.lines import (
    BLANKS,
    RULE_ENDS,
    columns,
    columns_of_all,
    indent_of,
    is_rule,
    is_table_line,
    table_lines,
)

#: Widths seen in books of this source; one full line is enough to believe in them.
SEEN_WIDTHS = frozenset((74, 80, 110))
MIN_WIDTH = 30
MAX_WIDTH = 240
#: How far closing punctuation was seen to hang over the edge.
HANG = 4
#: Lines further indented are centered or set to the right.
_MAX_PARAGRAPH_INDENT = 6
#: So many full lines prove a width; fewer only suggest one.
PROOF_LINES = 3

_SENTENCE_ENDS = frozenset("。！？!?…”」』")
_ENDS = _SENTENCE_ENDS | frozenset("：:；;）)】》〉.")
_CLOSERS = frozenset("，。、；：！？）》】〉”’」』…,.;:!?)")
_OPENERS = frozenset("（(《〈“‘「『【〔［[{")
_WORD = re.compile(r"[0-9A-Za-z.,%‰:/+\-]{1,24}")
_HEAD = re.compile(r"[ \t\u3000\xa0]*【[^】\n]{1,40}】")
_NUMBERED = re.compile(
    r"(?:[（(][一二三四五六七八九十百0-9]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|[0-9]{1,2}[、．.](?![0-9])"
    r"|第[一二三四五六七八九十百零〇0-9]{1,4}[编章节篇卷条])"
)
_PAGE_NUMBER = re.compile(r"[ \t\u3000\xa0]*(?:[·•—–－-] ?[0-9]{1,4} ?[·•—–－-]|第 ?[0-9]{1,4} ?页)\Z")
_PAGE_NUMBER_ENDS = frozenset("·•—–－-页")
_WIDE = str.maketrans(",:;!?()~", "，：；！？（）～")
_NARROW = ",:;!?("
#: Such a mark behind a Chinese character. The mark comes first, for few characters are one.
_WIDE_CANDIDATE = re.compile(rf"[{_NARROW}](?<=[\u3400-\u9fff].)")
#: After a full line that ends otherwise, a flush line that ends otherwise surely goes on with it.
_WEIGHED_BEFORE = _SENTENCE_ENDS | RULE_ENDS
_WEIGHED_AFTER = _PAGE_NUMBER_ENDS | RULE_ENDS
#: Flags of what was left as it is.
_LEFT_FLAGS = frozenset(("full-line-before-indent", "break-in-sentence", "page-number"))
#: No unit that must not be broken is longer, so a line shorter than this is never full.
_SLACK = 24
#: How far short of the edge a line may end in mid sentence and still go on, where paragraphs are indented.
_UNEVEN = 6


@dataclass(frozen=True, slots=True)
class Width:
    """A width of lines, how much speaks for it, and by which rule they were cut."""

    columns: int
    full_lines: int  #: of an entry: lines that reach it; of a book: entries that prove it
    hard_cut: bool  #: lines are cut as soon as the width is reached; else nothing but punctuation passes it


#: Why a line was joined to the one before it, or begins a paragraph.
Why = Literal[
    "first",  # it is the first line
    "full",  # joined: the line before reaches the width
    "no-room",  # joined: what begins this line had no room in the one before
    "uneven",  # joined: the line before is a little short, but ends in mid sentence
    "block",  # joined: both are indented alike, in mid sentence
    "over-blank",  # joined over an empty line that a page break left in mid sentence
    "short",  # the line before ends before the edge
    "blank",  # an empty line stands between
    "table",  # one of the two is drawn
    "columns",  # one of the two is set in columns with blanks
    "ruled",  # one of the two is a ruled line
    "indent",  # it is indented as a paragraph, a title or a signature is
    "head",  # it begins an item or a numbered paragraph
    "page-number",  # it is the number of a page of the printed book
    "no-width",  # no width is known
]
#: How a line of a table is set, "" if it is none.
Layout = Literal["", "table", "columns"]
#: Of the seams that need no weighing, those at which a paragraph begins.
_SURE_STARTS: frozenset[Why | None] = frozenset(("short", "table", "columns"))
JOINED: frozenset[Why] = frozenset(("full", "no-room", "uneven", "block", "over-blank"))


@dataclass(frozen=True, slots=True)
class Reflowed:
    """The text with its paragraphs joined.

    Flags: `no-width` lines look cut but show no width; `width-of-book`, `width-guessed` what was used where
    the entry itself proves none; `width-unlike-book` it proves one that the book does not have;
    `narrowed-punctuation` widths come out only if ASCII
    punctuation is counted as full-width (NFKC); `uneven-line` a line somewhat short of full was joined;
    `full-stop-at-edge` where nothing is indented, a full line that ends a sentence was joined, for far more lines end
    so by chance than paragraphs do; `full-line-before-indent` a full line breaks off before an indented one
    and was left; `indented-block` equally indented lines were joined; `joined-over-blank` an empty line in mid
    sentence was taken for a page break; `break-in-sentence` one that was left; `page-number` a line was taken for one
    and left.
    """

    text: str
    width: int | None  #: the width lines were joined at
    flags: tuple[str, ...]
    hard_cut: bool = False  #: by which rule the lines were cut
    whys: tuple[Why, ...] = ()  #: why each line was joined to the one before, or left
    drawn: tuple[bool, ...] | None = None  #: which lines of `text` belong to drawn tables; None if none does
    spaced: bool = False  #: some lines look like rows set with blanks alone (`extraction.aligned`)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one text, measured once."""

    raw: list[str]
    bare: list[str]  #: without blanks at the end
    ends: list[str]  #: last characters of these, "" of an empty line
    widths: list[int]
    drawn: list[Layout] | None  #: which belong to tables; None if none does
    spaced: bool  #: some look like rows set with blanks alone

    @classmethod
    def of(cls, raw: str, *, tables: bool) -> _Lines:
        lines = raw.split("\n")
        bare = [line.rstrip(BLANKS) for line in lines]
        ends = [line[-1:] for line in bare]
        boxes = table_lines(bare) if tables else None
        drawn: list[Layout] | None = None
        if boxes is not None:
            drawn = ["table" if box else "" for box in boxes]
        spaced = spaced_lines(bare, boxes) if boxes or has_gap(raw) else {}
        if spaced and (columned := aligned_lines(spaced)):
            drawn = drawn or [""] * len(lines)
            for at in columned:
                drawn[at] = "columns"
        if lines == bare:
            return cls(lines, bare, ends, columns_of_all(raw, lines), drawn, bool(spaced))
        padded = sum(1 for line, short in zip(lines, bare, strict=True) if short and len(line) != len(short))
        # Blanks at the end count as text where lines were cut within blanks, not where all are padded.
        measured = lines if padded * 4 <= len(lines) else bare
        widths = [columns(line) for line in measured]
        if padded and measured is lines:
            widths = [columns(b) if w > MAX_WIDTH else w for w, b in zip(widths, bare, strict=True)]
        return cls(lines, bare, ends, widths, drawn, bool(spaced))

    def widened(self) -> _Lines:
        """The same lines as they were before somebody made their full-width punctuation narrow (NFKC)."""
        widths = [
            columns(line.translate(_WIDE)) + (2 if line[:2] == "  " and line[2:3] != " " else 0) for line in self.bare
        ]
        return _Lines(self.raw, self.bare, self.ends, widths, self.drawn, self.spaced)

    def is_drawn(self, at: int) -> bool:
        return self.drawn is not None and self.drawn[at] != ""

    def drawn_left(self) -> tuple[bool, ...] | None:
        """Which lines belong to drawn tables, where nothing was joined."""
        return None if self.drawn is None else tuple([layout == "table" for layout in self.drawn])

    def prose_widths(self) -> list[int]:
        """Widths of the lines outside tables; lines that say the same count once, for they prove no more."""
        if self.drawn is None:
            widths = dict(zip(self.bare, self.widths, strict=True))
        else:
            widths = {
                line: width
                for line, width, drawn in zip(self.bare, self.widths, self.drawn, strict=True)
                if not drawn
            }
        widths.pop("", None)
        return list(widths.values())


def reflow(raw: str, book: Sequence[Width] = (), *, tables: bool = True) -> Reflowed:
    """Join the lines of one entry to paragraphs, one a line; nothing but the seams is touched.

    Args:
        raw: The text as laid out, lines ended by LF.
        book: Widths of the book, likeliest first, for entries too short to show their own.
        tables: False if it is known that the text holds no box-drawing characters.
    """
    if "\n" not in raw:
        return Reflowed(raw, None, (), False, ("first",), (is_table_line(raw),) if tables else None)
    lines = _Lines.of(raw, tables=tables)
    found = _infer(lines)
    flags: list[str] = []
    if _WIDE_CANDIDATE.search(raw):
        widened = lines.widened()
        wider = _infer(widened)
        if wider is not None and (found is None or wider.full_lines > found.full_lines * 1.2):
            lines, found = widened, wider
            flags.append("narrowed-punctuation")
        elif book and (found is None or found.full_lines < PROOF_LINES):
            plain, wide = lines.prose_widths(), widened.prose_widths()
            if max(_count_full(one, wide) for one in book) > max(_count_full(one, plain) for one in book):
                lines, found = widened, wider
                flags.append("narrowed-punctuation")
    proven = found if found is not None and found.full_lines >= PROOF_LINES else None
    used = _choose(found, proven, book, lines, flags)
    if used is None:
        flags = ["no-width"] if _breaks_off_somewhere(lines) else []
        return Reflowed(raw, None, tuple(flags), False, _left(lines), lines.drawn_left(), lines.spaced)
    text, whys, drawn = _join(lines, used.columns, used.hard_cut, flags)
    if proven is None and JOINED.isdisjoint(whys):
        # No line is full at a borrowed width: then it says nothing of this text.
        kept = tuple(flag for flag in flags if flag in _LEFT_FLAGS)
        return Reflowed(raw, None, kept, False, tuple(whys), lines.drawn_left(), lines.spaced)
    return Reflowed(text, used.columns, tuple(flags), used.hard_cut, tuple(whys), drawn, lines.spaced)


def _choose(
    found: Width | None, proven: Width | None, book: Sequence[Width], lines: _Lines, flags: list[str]
) -> Width | None:
    """The width to join at: the entry's own where it proves one, else the book's, else a likely one."""
    if proven is not None:
        if not book or any(proven.columns == other.columns for other in book):
            return proven
        # A mode beside the book's own width is the book's width, seen through hanging or straddling lines.
        near = next((other for other in book if abs(other.columns - proven.columns) <= HANG), None)
        if near is not None and _fits(near.columns, lines.prose_widths()):
            return near
        flags.append("width-unlike-book")
        return proven
    prose = lines.prose_widths()
    fitting = [width for width in book if _fits(width.columns, prose)]
    if fitting:
        flags.append("width-of-book")
        return max(fitting, key=lambda width: _count_full(width, prose))
    if found is not None:
        flags.append("width-guessed")
        return Width(found.columns, found.full_lines, False)
    return None


def settle_widths(proven: Mapping[tuple[int, bool], int]) -> tuple[Width, ...]:
    """The widths of a book, likeliest first, from what its entries prove one by one.

    It depends on the entries alone, not on their order. A width that only one in ten proves is chance;
    one column beside a likelier width is that width, seen through lines that straddle the edge.

    Args:
        proven: How many entries prove a width and rule of cutting.
    """
    votes: Counter[int] = Counter()
    cuts: Counter[int] = Counter()
    for (columns_, hard_cut), count in proven.items():
        votes[columns_] += count
        cuts[columns_] += count if hard_cut else -count
    kept: list[Width] = []
    total = votes.total()
    for width, count in sorted(votes.items(), key=lambda vote: (-vote[1], -vote[0])):
        if count * 10 < total or (kept and count < 2) or any(abs(width - other.columns) == 1 for other in kept):
            continue
        kept.append(Width(width, count, cuts[width] > 0))
    return tuple(kept)


def _count_full(width: Width, prose: Sequence[int]) -> int:
    """How many lines are full at a width."""
    least, most = (0, 1) if width.hard_cut else (-1, HANG)
    return sum(1 for found in prose if width.columns + least <= found <= width.columns + most)


def infer_width(raw: str) -> Width | None:
    """The width the lines of a text were cut at; None if they do not look cut."""
    return _infer(_Lines.of(raw, tables=True))


def _infer(lines: _Lines) -> Width | None:
    """A cut text has many lines at one width and hardly any beyond it; uncut paragraphs have all widths."""
    prose = lines.prose_widths()
    counts = dict(Counter([width for width in prose if MIN_WIDTH <= width <= MAX_WIDTH + HANG]))
    if not counts:
        return None
    for edge in _candidates(counts, lines):
        full = sum([counts.get(near, 0) for near in range(edge - 1, edge + HANG + 1)])
        beyond = len([width for width in prose if width > edge + HANG])
        if beyond * 4 > full:
            continue
        if full < PROOF_LINES and not _is_believable(edge, full, lines):
            continue
        if full >= PROOF_LINES and not _going_on(edge, lines, 1):
            continue
        edge = _settle(edge, counts, lines) if full >= PROOF_LINES else _seen_near(edge, lines) or edge
        return Width(edge, full, _is_hard_cut(edge, lines))
    return None


def _candidates(counts: Mapping[int, int], lines: _Lines) -> list[int]:
    """The likeliest widths, best first. A line that ends in closing punctuation may hang over, so counts less."""
    closing = dict(Counter([width for width, end in zip(lines.widths, lines.ends, strict=True) if end in _CLOSERS]))
    #: Widths at which more lines stand than may hang there.
    standing = {width for width, count in counts.items() if count > closing.get(width, 0)}
    scores = []
    for width, count in counts.items():
        if width in standing:
            score = 3 * count - 2 * closing.get(width, 0) + (width in SEEN_WIDTHS)
        elif standing.isdisjoint(range(width - HANG, width)):
            score = count + (width in SEEN_WIDTHS)
        else:
            score = 0
        scores.append((score, width))
    return [width for _, width in heapq.nlargest(6, scores)]


def _settle(mode: int, counts: Mapping[int, int], lines: _Lines) -> int:
    """The width behind two neighbouring modes.

    A wide character either straddles the edge (cut: W and W + 1) or had no room (hanging: W - 1 and W).
    """
    above, below = counts.get(mode + 1, 0), counts.get(mode - 1, 0)
    if max(above, below) * 8 < counts[mode]:
        return mode
    low = mode if above >= below else mode - 1
    for width in (low, low + 1):
        if width in SEEN_WIDTHS:
            return width
    for at in range(len(lines.bare) - 1):
        if lines.widths[at] == low + 1 and lines.bare[at] and lines.bare[at][-1].isascii():
            return low + 1
        if lines.widths[at] == low and lines.bare[at + 1][:1].isalnum() and lines.bare[at + 1][0].isascii():
            return low
    return low + low % 2


def _is_hard_cut(edge: int, lines: _Lines) -> bool:
    """Whether wide characters straddle the edge, and nothing hangs beyond that."""
    straddling = hanging = 0
    for at in [at for at, width in enumerate(lines.widths) if width > edge]:
        if not lines.is_drawn(at) and lines.bare[at]:
            width = lines.widths[at]
            if width == edge + 1 and lines.ends[at] not in _CLOSERS:
                straddling += 1
            elif edge + 1 < width <= edge + HANG:
                hanging += 1
    return straddling > hanging


def _is_believable(edge: int, full: int, lines: _Lines) -> bool:
    """Whether one or two full lines are a width: the sentence goes on after them."""
    on = _going_on(edge, lines)
    return on > 0 and (_seen_near(edge, lines) is not None or (on == full and edge >= 60))


def _seen_near(edge: int, lines: _Lines) -> int | None:
    """The width seen in other books that lines of this one would have by either rule."""
    near = [edge, edge + 1, edge - 1]
    if all(
        line[-1] in _CLOSERS for line, width in zip(lines.bare, lines.widths, strict=True) if width == edge and line
    ):
        near += [edge - hang for hang in range(2, HANG + 1)]
    return next((width for width in near if width in SEEN_WIDTHS), None)


def _going_on(edge: int, lines: _Lines, enough: int = MAX_WIDTH) -> int:
    """How many full lines break off in mid sentence before a line that is not indented; `enough` will do."""
    found = 0
    bare = lines.bare
    for at, width in enumerate(lines.widths[:-1]):
        if not edge - 1 <= width <= edge + HANG or not bare[at] or not bare[at + 1]:
            continue
        if lines.is_drawn(at) or lines.is_drawn(at + 1):
            continue
        indent = indent_of(bare[at + 1])
        own = indent_of(bare[at])
        if indent and indent != own:
            continue
        # The first line of an indented paragraph goes on in a flush one even where a sentence ends.
        if bare[at][-1] not in _SENTENCE_ENDS or (2 <= own <= _MAX_PARAGRAPH_INDENT and not indent):
            found += not _HEAD.match(bare[at + 1])
            if found >= enough:
                break
    return found


def _fits(width: int, prose: Sequence[int]) -> bool:
    """Whether the width of a book may be that of an entry: hardly a line reaches beyond it."""
    return 10 * sum(1 for found in prose if found > width + HANG) <= len(prose)


def _breaks_off_somewhere(lines: _Lines) -> bool:
    """Whether a line ends in mid sentence before one that is not indented."""
    bare = lines.bare
    for at in range(len(bare) - 1):
        if not bare[at] or not bare[at + 1] or lines.widths[at] < MIN_WIDTH or bare[at][-1] in _ENDS:
            continue
        if not lines.is_drawn(at) and not lines.is_drawn(at + 1) and not indent_of(bare[at + 1]):
            return True
    return False


def _left(lines: _Lines) -> tuple[Why, ...]:
    """Nothing is joined where no width is known."""
    return ("first", *("no-width" if bare else "blank" for bare in lines.bare[1:]))


def _join(
    lines: _Lines, edge: int, hard_cut: bool, flags: list[str]
) -> tuple[str, list[Why], tuple[bool, ...] | None]:
    """The text with its paragraphs joined, why each line was joined or left, and which lines of it are drawn."""
    raw, bare, widths = lines.raw, lines.bare, lines.widths
    usual, proven = _usual_indent(lines, edge)
    if proven and bare[0] and raw[0][0] not in BLANKS and widths[0] >= edge - max(usual, 4) - 1:
        widths[0] += max(usual, 4)  # the blanks before the first paragraph were stripped with those of the page
    near = edge - (0 if hard_cut else _SLACK)
    start = usual if proven and raw[0][:1] not in BLANKS else indent_of(raw[0])
    whys = _sure_seams(lines, edge, hard_cut)
    written = list(raw)
    seams = ["" if why in JOINED else "\n" for why in whys]  #: what stands before each line
    weighed = 0
    for at in [at for at, why in enumerate(whys) if why is None]:
        for earlier in range(at - 1, weighed, -1):
            if whys[earlier] in _SURE_STARTS:
                start = indent_of(raw[earlier])
                break
        weighed = at
        line, before, width = raw[at], bare[at - 1], widths[at - 1]
        blanks = 0
        last = at - 1  #: the line that this one may go on with
        why: Why
        if bare[at] == "" or before == "":
            why = "blank"
            if before == "" and at > 1 and bare[at] and bare[at - 2]:
                why = _over_blank(lines, at, edge, start, flags)
                if why == "over-blank":
                    seams[last] = written[last] = ""
                    last = at - 2
        elif bare[at][-1] in _PAGE_NUMBER_ENDS and _PAGE_NUMBER.match(bare[at]):
            why = "page-number"
            flags.append("page-number")
        else:
            why, blanks = _weigh_seam(
                line, before, width, edge, near, usual, flags, indents=proven or 2 <= start <= _MAX_PARAGRAPH_INDENT
            )
            if (
                why == "short"
                and proven
                and edge - _UNEVEN <= width < edge
                and line[0] not in BLANKS
                and before[-1] not in _ENDS
                and not (_NUMBERED.match(line) or _HEAD.match(line))
            ):
                why = "uneven"
                flags.append("uneven-line")
        whys[at] = why
        if why not in JOINED:
            if bare[at]:
                start = indent_of(line)
            continue
        seams[at] = ""
        # Blanks beyond the edge are padding, those before it were text.
        if len(raw[at - 1]) != len(before) and columns(raw[at - 1]) > edge + 1:
            written[last] = written[last].rstrip(BLANKS)
        if width < edge and _is_letter(written[last][-1:]) and _is_letter(line[blanks : blanks + 1]):
            seams[at] = " "  # the blank between two words that the line end stood for
        if blanks:
            written[at] = line[blanks:]
    flags[:] = dict.fromkeys(flags)
    pieces = [""] * (2 * len(raw))
    pieces[0::2], pieces[1::2] = seams, written
    drawn = None
    if lines.drawn is not None:
        drawn = tuple([layout == "table" for layout, seam in zip(lines.drawn, seams, strict=True) if seam == "\n"])
    return "".join(pieces[1:]), [why for why in whys if why is not None], drawn


def _sure_seams(lines: _Lines, edge: int, hard_cut: bool) -> list[Why | None]:
    """Why each line was joined or left, as far as their widths and the characters beside the seam leave no doubt.

    Most lines of a book are like that. The others must be weighed: all that may be drawn, ruled, empty, indented or
    padded, that come after the end of a sentence, or that are a little short.
    """
    ends = lasts = lines.ends
    if lines.raw != lines.bare:
        lasts = [
            end if len(raw) == len(bare) else "" for end, raw, bare in zip(ends, lines.raw, lines.bare, strict=True)
        ]
    short = edge - (_UNEVEN if hard_cut else _SLACK)  # a line shorter than this ends a paragraph, whatever follows
    full = edge - (0 if hard_cut else 1)  # no room for a wide character is left in such a line
    whys: list[Why | None] = [
        "first",
        *[
            "blank"
            if not end
            else None
            if not last
            else "short"
            if width < short and end not in _PAGE_NUMBER_ENDS
            else None
            if width < full or last in _WEIGHED_BEFORE or end in _WEIGHED_AFTER or line[0] in BLANKS
            else "full"
            if width >= edge
            else "no-room"
            if line[0] > "\x7f"
            else None
            for width, last, end, line in zip(lines.widths, lasts, ends[1:], lines.bare[1:], strict=False)
        ],
    ]
    if lines.drawn is not None:
        for at in range(1, len(whys)):
            layout = lines.drawn[at] or lines.drawn[at - 1]
            if layout and ends[at] and ends[at - 1]:
                whys[at] = layout
    return whys


def _weigh_seam(
    line: str, before: str, width: int, edge: int, near: int, usual: int, flags: list[str], *, indents: bool
) -> tuple[Why, int]:
    """Whether a line goes on with the one before it, why, and how many of its blanks are only an indent."""
    if width < near:
        return "short", 0
    if width >= edge:
        joined: Why = "full"
    elif _had_no_room(before, width, line, edge, indents=indents):
        joined = "no-room"
    else:
        return "short", 0
    if is_rule(before) or is_rule(line):
        return "ruled", 0
    if line[0] in BLANKS:
        indent = indent_of(line)
        mid_sentence = before[-1] not in _ENDS
        if mid_sentence and indent == indent_of(before) and not usual - 1 <= indent <= usual + 1:
            flags.append("indented-block")
            return "block", len(line) - len(line.lstrip(BLANKS))
        if indent == 1 or (mid_sentence and usual > 2 and indent < usual - 1):
            return joined, 0  # a blank within the text, at the seam by chance
        if mid_sentence:
            flags.append("full-line-before-indent")
        return "indent", 0
    if before[-1] in _SENTENCE_ENDS:
        if _HEAD.match(line) or (usual < 2 and _NUMBERED.match(line)):
            return "head", 0
        if not indents:
            flags.append("full-stop-at-edge")
    return joined, 0


def _over_blank(lines: _Lines, at: int, edge: int, start: int, flags: list[str]) -> Why:
    """Whether a sentence goes on over one empty line: a page of the printed book ended there.

    Sure only where the paragraph began with an indent, as another would, and the line before the empty one is full.

    Args:
        lines: Those of the entry.
        at: The line behind the empty one.
        edge: Width they are joined at.
        start: Indent of the first line of the paragraph.
        flags: Where to say so.
    """
    before, line = lines.bare[at - 2], lines.raw[at]
    if (
        lines.is_drawn(at - 2)
        or lines.is_drawn(at)
        or not edge <= lines.widths[at - 2] <= edge + HANG
        or before[-1] in _ENDS
        or line[0] in BLANKS
        or _HEAD.match(line)
        or _NUMBERED.match(line)
        or is_rule(line)
        or is_rule(before)
    ):
        return "blank"
    if not 2 <= start <= _MAX_PARAGRAPH_INDENT:
        flags.append("break-in-sentence")
        return "blank"
    flags.append("joined-over-blank")
    return "over-blank"


def _usual_indent(lines: _Lines, edge: int) -> tuple[int, bool]:
    """The indent of this text's paragraphs, 0 if none; and whether practically every paragraph has it."""
    least = edge - _UNEVEN
    starts = [line for line, before in zip(lines.bare, [0, *lines.widths], strict=False) if line and before < least]
    indents = [indent_of(line) for line in starts if line[0] in BLANKS]
    if not indents:
        return 0, False
    usual = max(dict.fromkeys(indents), key=indents.count)
    times = indents.count(usual)
    return usual, times >= 2 and usual >= 2 and times > len(starts) - len(indents)


def _had_no_room(before: str, width: int, line: str, edge: int, *, indents: bool) -> bool:
    """Whether what begins the next line could not have stood at the end of this one.

    `indents`: this paragraph began with an indent, as another would, so a flush line goes on even behind a full stop.
    """
    flush = indents and line[0] not in BLANKS
    if width == edge - 1 and not (flush and line[0].isascii()):
        return not line[0].isascii() or line[0] in BLANKS
    if before[-1] in _SENTENCE_ENDS and not flush:
        return False
    at = 0
    while at < 3 and line[at : at + 1] in _OPENERS and line[at : at + 1]:
        at += 1
    need = columns(line[:at])
    word = _WORD.match(line, at)
    if word:
        need += len(word[0])
        at = word.end()
    else:
        need += 2
        at += 1
    if line[at : at + 1] in _CLOSERS and line[at : at + 1]:
        need += columns(line[at])
    return width + need > edge


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()
