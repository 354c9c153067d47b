"""The text of a page of unknown markup, found by what it is: the block of most words outside links.

Nothing here knows a class name of any site; names that everybody uses for what is not text (navigation,
breadcrumbs, footers) only help to leave those out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

Element = etree._Element

_UNREAD = frozenset(
    re.findall(
        r"\w+",
        "script style noscript template head title svg iframe object select textarea button input form "
        "option canvas audio video",
    )
)
_BESIDE = frozenset(("nav", "footer", "aside", "header", "menu", "dialog"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | frozenset(
    re.findall(
        r"\w+",
        "p div table tbody thead tfoot tr ul ol li dl dt dd pre blockquote section article main center hr "
        "form header footer nav aside body figure figcaption details summary fieldset address caption",
    )
)
_BESIDE_NAMES = re.compile(
    r"(?i)(?:^|[\s_-])(?:breadcrumbs?|crumbs?|navbar|nav|navigation|menu|footer|foot|header|masthead|banner|sidebar"
    r"|toolbar|tools|pager|pagination|paging|prev|next|copyright|tagline|toc|skip|meta|info|byline|share|actions?"
    r"|related|notice|hint)(?:$|[\s_-])"
)
_BESIDE_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "toolbar"))
#: Words that only lead elsewhere, blanks taken out.
_TURNING = re.compile(
    r"(?:上一?[篇条页章节]|下一?[篇条页章节]|前一?[篇条页]|后一?[篇条页]|返回(?:目录|首页|上级|列表|书目|本书|全书)?|目录|打印|关闭|首页|末页|没有了|无"
    r"|[|｜:：，,·/«»<>←→‹›\[\]【】（）()])+\Z"
)
#: Without a link, words lead elsewhere only if these are among them: a line or a cell may say 无, 目录, or ）.
_TURNS = re.compile(r"[上下前后]一|返回|打印|关闭|首页|末页|没有了|\A[|｜«»<>←→‹›]+\Z")
#: Begins a breadcrumb written out in words.
_TRAIL_WORD = "位置"
_TRAIL = re.compile(r"\s*[您你]?(?:当前|现在|目前|所在)?的?(?:当前|所在)?位置[是为]?\s*[:：>＞»›]")
_MAY_TURN = frozenset(("p", "div", "li", "td", "tr", "table", "ul", "ol", "center", "a", "span", "tbody"))
_NEVER_BESIDE = frozenset(("body", "html", "main", "article", "pre"))
_MAX_STEPS_BACK = 12
_ASCII_BLANKS = " \t\n"

_EDGE, _BR, _KEPT = "\x1e", "\x1d", "\x1f"
_MARKS = re.compile("[\x1d-\x1f]")
_EMPTY_EDGES = re.compile("\x1e(?:[ \t\n]*\x1e)+")
_BR_LINE = re.compile("\x1d(?:[ \t]*\n)?")


@dataclass(frozen=True, slots=True)
class Block:
    """The text of a page, and where it stood."""

    element: Element
    raw_text: str
    weight: int  #: characters outside links and headings

    @property
    def is_laid_out(self) -> bool:
        """Whether it is enough to be the text of an entry."""
        return self.weight >= 30


class _Parsers(threading.local):
    """A parser for each thread: to make one takes as long as to read a small page."""

    def __init__(self) -> None:
        self.html = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)


_parsers = _Parsers()


def parse(markup: str) -> Element | None:
    """A page as a tree; None if there is nothing in it."""
    if "\x00" in markup:
        markup = markup.replace("\x00", "\ufffd")
    data = markup.encode("utf-8", "replace")
    try:
        return etree.fromstring(data, _parsers.html)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError:
        return None


def words_of(element: Element) -> str:
    """All the characters within an element, without its comments and its tail."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def find_text(markup: str, is_boilerplate: Callable[[str], bool] | None = None) -> Block | None:
    """The block of text of a page; None if the page has no words."""
    root = parse(markup)
    return None if root is None else find_block(root, is_boilerplate)


def find_block(root: Element, is_boilerplate: Callable[[str], bool] | None = None) -> Block | None:
    """The block of text of a tree: the smallest element that holds most words outside links.

    Args:
        root: The page.
        is_boilerplate: Tells the words that stand on every page of the site, blanks at the ends removed.
    """
    weighed = _weigh(root, is_boilerplate, by_name=True)
    if weighed.unnamed * 4 > weighed.total:
        # What was left out for its name is no trifle: perhaps the name means something else here.
        unnamed = _weigh(root, is_boilerplate, by_name=False)
        if unnamed.total > 4 * weighed.total:
            weighed = unnamed
    if not weighed.total:
        return None
    element = _descend(root, weighed)
    return Block(element, _lay_out(element, weighed), weighed.weights.get(element, 0))


@dataclass(slots=True)
class _Weighed:
    """How much text stands under each element."""

    weights: dict[Element, int]  #: characters outside links and headings
    links: dict[Element, int]  #: anchors
    beside: set[Element]  #: elements that stand beside the text
    total: int = 0
    unnamed: int = 0  #: characters left out for a name alone


def _weigh(root: Element, is_boilerplate: Callable[[str], bool] | None, *, by_name: bool) -> _Weighed:
    weights: dict[Element, int] = {}
    anchors: dict[Element, int] = {}
    beside: set[Element] = set()
    aside: set[Element] = set()  #: links and headings: text that counts for nothing
    order: list[tuple[Element, Element]] = []
    unnamed = 0
    for element in root.iter(etree.Element):
        parent = element.getparent()
        if parent in beside:
            beside.add(element)
            continue
        tag, text, tail = element.tag, element.text, element.tail
        out = False
        if parent is not None:
            if tag in _UNREAD or tag in _BESIDE or (text and tag in _MAY_TURN and _begins_trail(text)):
                out = True
            elif names := element.keys():
                if "hidden" in names or ("role" in names and element.get("role") in _BESIDE_ROLES):
                    out = True
                elif by_name and tag not in _NEVER_BESIDE and ("class" in names or "id" in names):
                    named = f"{element.get('class', '')} {element.get('id', '')}"
                    out = _BESIDE_NAMES.search(named) is not None
                    if out:
                        unnamed += len(words_of(element).strip())
        weight = 0
        if out:
            beside.add(element)
        elif tag == "a" or tag in _HEADINGS or parent in aside:
            aside.add(element)
            if tag == "a":
                anchors[element] = 1
        elif text:
            text = text.strip()
            if text and not (is_boilerplate and is_boilerplate(text)):
                weight = len(text)
        weights[element] = weight
        if tail and parent is not None and parent not in aside:
            tail = tail.strip()
            if tail and not (is_boilerplate and is_boilerplate(tail)):
                weights[parent] += len(tail)
        if parent is not None:
            order.append((element, parent))
    for element, parent in reversed(order):
        weight = weights[element]
        if weight:
            weights[parent] += weight
        if element in anchors:
            anchors[parent] = anchors.get(parent, 0) + anchors[element]
    return _Weighed(weights, anchors, beside, weights.get(root, 0), unnamed)


def _begins_trail(text: str) -> bool:
    return _TRAIL_WORD in text and _TRAIL.match(text) is not None


def _descend(root: Element, weighed: _Weighed) -> Element:
    """The smallest element with nearly all the text; of lines each in an element, the one that holds them."""
    weights = weighed.weights
    element = root
    enough = weighed.total * 0.75
    while element.tag != "pre":
        for child in element:
            if weights.get(child, 0) >= enough:
                element = child
                break
        else:
            break
    # One line that happens to outweigh the others is not the text: step back to what holds them all.
    for _ in range(_MAX_STEPS_BACK):
        parent = element.getparent()
        if parent is None or parent.tag in ("html", "body") or element.tag == "pre":
            break
        if element.tag in _BLOCKS and not _is_one_line_of_many(element, parent, weights):
            break
        element = parent
    return element


def _is_one_line_of_many(element: Element, parent: Element, weights: dict[Element, int]) -> bool:
    if element.tag not in ("p", "li", "dd", "div", "td", "tr", "tbody"):
        return False
    if next(element.iter("br"), None) is not None or "\n" in words_of(element).strip():
        return False
    if element.tag in ("td", "tr", "tbody"):
        table = next(element.iterancestors("table"), None)
        return table is not None and sum(1 for row in table.iter("tr") if weights.get(row)) > 1
    return any(other is not element and other.tag == element.tag and weights.get(other) for other in parent)


def lay_out(element: Element) -> str:
    """The text of one element as it is laid out, all of it."""
    if element.tag == "textarea":
        return _without_first_newline(words_of(element))
    return _lay_out(element, _Weighed({}, {}, set()))


def _lay_out(element: Element, weighed: _Weighed) -> str:
    """The text of an element as it is laid out, without what stands beside it."""
    if element.tag == "pre" and len(element) == 0:
        return _without_first_newline(element.text or "")
    pieces: list[str] = []
    _collect(element, weighed, pieces)
    joined = "".join(pieces)
    if "\n" not in joined and _BR not in joined:  # then no block has blanks of the markup around it
        return _EMPTY_EDGES.sub(_EDGE, joined).strip(_EDGE).replace(_EDGE, "\n").replace(_KEPT, "\n")
    joined = _EMPTY_EDGES.sub(_EDGE, joined).strip(_EDGE)
    return "\n".join([_segment(part) for part in joined.split(_EDGE)]).replace(_KEPT, "\n")


def _collect(root: Element, weighed: _Weighed, pieces: list[str]) -> None:
    """The words under an element in order, marked where blocks begin and end and where lines break."""
    started = False
    stack: list[tuple[Element, bool, bool]] = [(root, False, False)]
    while stack:
        element, in_pre, leaving = stack.pop()
        tag = element.tag
        if leaving:
            if tag in _BLOCKS:
                pieces.append(_EDGE)
        elif not isinstance(tag, str) or element in weighed.beside:
            pass
        elif tag == "br":
            pieces.append(_KEPT if in_pre else _BR)
        elif element is not root and _is_turning(element, weighed, started):
            pieces.append(_EDGE if tag in _BLOCKS else "")
        elif len(element) == 0 and tag != "pre":
            edge = _EDGE if tag in _BLOCKS else ""
            text = element.text
            if text:
                pieces.append(edge + _plain(text, in_pre) + edge)
                started = started or not text.isspace()
            else:
                pieces.append(edge + edge)
        else:
            inside = in_pre or tag == "pre"
            if tag in _BLOCKS:
                pieces.append(_EDGE)
            if element.text:
                text = _without_first_newline(element.text) if tag == "pre" else element.text
                pieces.append(_plain(text, inside))
                started = started or not text.isspace()
            stack.append((element, in_pre, True))
            stack.extend((child, inside, False) for child in reversed(element))
            continue
        if element is not root and (tail := element.tail):
            pieces.append(_plain(tail, in_pre))
            started = started or not tail.isspace()


def _is_turning(element: Element, weighed: _Weighed, started: bool) -> bool:
    """Whether an element only leads elsewhere, or repeats the title above the text."""
    tag = element.tag
    if tag in _HEADINGS:
        return not started
    if tag not in _MAY_TURN:
        return False
    weight = weighed.weights.get(element, 0)
    if tag == "a" or 0 < weight <= 12:
        words = "".join(words_of(element).split())
        leads = tag == "a" or weighed.links.get(element, 0) > 0 or _TURNS.search(words)
        return len(words) <= 80 and bool(leads) and _TURNING.match(words) is not None
    return weight == 0 and weighed.links.get(element, 0) > 0


def _plain(text: str, in_pre: bool) -> str:
    if _EDGE in text or _BR in text or _KEPT in text:
        text = _MARKS.sub(" ", text)
    return text.replace("\n", _KEPT) if in_pre else text


def _segment(text: str) -> str:
    """One block: the blanks of the markup around it off, its own lines as they are."""
    tail = text.rstrip(" \t")
    if tail.endswith("\n"):
        text = tail.rstrip(_ASCII_BLANKS)
    head = text.lstrip(" \t")
    if head.startswith("\n"):
        text = head.lstrip("\n")
        if "\n" not in text and _KEPT not in text and _BR not in text:
            text = text.lstrip(_ASCII_BLANKS)
    if _BR in text:
        lines = _BR_LINE.split(text)
        inner = [line for line in lines[1:] if line.strip(_ASCII_BLANKS)]
        indents = {len(line) - len(line.lstrip(" \t")) for line in inner}
        if len(indents) == 1 and indents != {0} and "\n" in text:
            lines = [line.lstrip(" \t") for line in lines]
        text = "\n".join(lines)
    return text


def _without_first_newline(text: str) -> str:
    return text[1:] if text.startswith("\n") else text
