"""Lists of headings as HTML: the parts of a page that have hundreds of lines, too many for a template to be quick."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from mirror.browse.books import Heading

_SPECIAL = re.compile("[&<>\"']")


def links(headings: Iterable[Heading], ending: str) -> Markup:
    """Headings as list items, linked from a page of their own book.

    Args:
        headings: All of one book.
        ending: Of the file of an entry: `.html` in a static site.
    """
    return Markup("".join([f"<li>{_link(heading, ending)}</li>" for heading in headings]))


def whole(
    headings: Sequence[Heading],
    ending: str,
    states: Mapping[int, str],
    labels: Mapping[str, str],
    unfold: str,
    *,
    unfolded: bool,
) -> Markup:
    """A whole table of contents as lists in lists; what stands under a heading can be folded away.

    Args:
        headings: In page order.
        ending: As of `links`.
        states: How each entry stands, by its number; those it does not name are missing.
        labels: HTML that says so behind a heading's title.
        unfold: What a reader of the screen is told that unfolds a heading.
        unfolded: Whether all is to be seen at first.
    """
    lines = ["<ol>"]
    below = _counted(headings)
    opened = " open" if unfolded else ""
    depth = 0
    for at, heading in enumerate(headings):
        lines.append("</ol></details></li>" * (depth - heading.depth))
        depth = heading.depth
        line = f"<li>{_link(heading, ending)}{labels[states.get(heading.rec, 'missing')]}"
        if below[at]:
            title = f"{unfold} {_escape(heading.title)}"
            line += f'<small class="count">{below[at]}</small><details{opened}><summary><span class="hidden">'
            lines.append(f"{line}{title}</span></summary><ol>")
            depth += 1
        else:
            lines.append(f"{line}</li>")
    lines.append("</ol></details></li>" * depth)
    lines.append("</ol>")
    return Markup("\n".join(filter(None, lines)))


def _counted(headings: Sequence[Heading]) -> list[int]:
    """How many headings stand right under each."""
    found = [0] * len(headings)
    for heading in headings:
        if heading.parent is not None:
            found[heading.parent] += 1
    return found


def _link(heading: Heading, ending: str) -> str:
    return f'<a href="{heading.rec}{ending}">{_escape(heading.title)}</a>'


def _escape(text: str) -> str:
    return html.escape(text) if _SPECIAL.search(text) else text
