"""Markup to the characters it lays out, without a tree: for pages whose text is known where to find.

Every pattern here is bounded by the next `<`, so that a hostile page costs no more than its length.
"""

from __future__ import annotations

import html
import re

#: A tag: attributes in quotes may hold `>`; where quotes do not pair, the next `>` ends it.
TAG = re.compile(r"""<[/!?]?[A-Za-z](?:[^<>"']*+(?:"[^"<]*+"[^<>"']*+|'[^'<]*+'[^<>"']*+)*+>|[^<>]*+>)""")
_UNSEEN = re.compile(r"(?i)<!--|<(script|style|noscript|template|title|select|textarea|option)\b")
_UNSEEN_END = {
    name: re.compile(rf"(?i)</{name}\s*>")
    for name in ("script", "style", "noscript", "template", "title", "select", "textarea", "option")
}
_BREAK = re.compile(r"(?i)<br\b[^<>]*>(?:[ \t]*\n)?")
_BREAK_IN_PRE = re.compile(r"(?i)<br\b[^<>]*>")
_BLOCK = re.compile(
    r"(?i)</?(?:p|div|table|tbody|thead|tr|ul|ol|li|dl|dt|dd|h[1-6]|pre|blockquote|section|article|center|hr|form)"
    r"\b[^<>]*>"
)
_PRE = re.compile(r"(?i)<pre\b[^<>]*>\n?([^<]*+(?:<(?!/pre\s*>)[^<]*+)*+)(?:</pre\s*>|\Z)")
_BLANK = re.compile(r"[\s\u3000]+")
_EDGE = "\x1e"
_EDGES = re.compile("(?:\n?\x1e)+\n?")


def unseen_removed(text: str) -> str:
    """The markup without comments, scripts, styles and what else nobody reads on the page."""
    if not _UNSEEN.search(text):
        return text
    kept: list[str] = []
    unclosed: set[str] = set()
    at = 0
    while True:
        found = _UNSEEN.search(text, at)
        if not found:
            kept.append(text[at:])
            break
        kept.append(text[at : found.start()])
        if found[1] is None:
            end = text.find("-->", found.end())
            if end < 0:
                break
            at = end + 3
        else:
            name = found[1].lower()
            closing = None if name in unclosed else _UNSEEN_END[name].search(text, found.end())
            if closing:
                at = closing.end()
            elif name in ("option", "select"):
                unclosed.add(name)  # old pages leave these open; looked for once, not once for each
                at = found.end()
                kept.append("<" + found[1])
            else:
                break
    return "".join(kept)


def layout_text(fragment: str) -> str:
    """The text of a fragment as it is laid out: its own line ends kept, `<br>` and blocks ending a line.

    CR LF and CR are LF, as HTML has it; character references are read; every other character stays.
    Where a `<pre>` holds the text, its content is the text.
    """
    if "\r" in fragment:
        fragment = fragment.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in fragment:
        fragment = unseen_removed(fragment)
        pres = _PRE.findall(fragment)
        if pres and not _BLANK.sub("", TAG.sub("", _PRE.sub("", fragment))):
            fragment = "\n".join(_BREAK_IN_PRE.sub("\n", pre) for pre in pres)
        else:
            fragment = _BREAK.sub("\n", fragment)
        if _BLOCK.search(fragment):
            fragment = fragment.replace(_EDGE, " ")
            fragment = _EDGES.sub("\n", _BLOCK.sub(_EDGE, fragment).strip(_EDGE))
        fragment = TAG.sub("", fragment)
    return html.unescape(fragment) if "&" in fragment else fragment


def line_text(fragment: str) -> str:
    """The text of a short fragment in one line: tags off, blanks at the ends off, inner ones as they are."""
    if "<" in fragment:
        fragment = TAG.sub("", fragment)
    if "&" in fragment:
        fragment = html.unescape(fragment)
    return fragment.strip()


def squeezed(text: str) -> str:
    """A text with every run of blanks, tabs and line ends made one blank."""
    return " ".join(text.split())


def visible_text(text: str, limit: int = 4000) -> str:
    """What a reader sees of a page, blanks squeezed: enough of it to tell what kind of page it is."""
    seen = TAG.sub(" ", unseen_removed(text))
    return squeezed(html.unescape(seen[: limit * 8]))[:limit]
