"""Pages to HTML, through Jinja templates in which both languages stand side by side."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from mirror import __version__
from mirror.browse import outline
from mirror.browse.addresses import Addresses, Language
from mirror.browse.page import Page
from mirror.octets import size

#: Files that pages load, all of them; nothing comes from elsewhere.
ASSETS = {
    "browse.css": "text/css; charset=utf-8",
    "browse.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def asset(name: str) -> bytes:
    """One of the ASSETS."""
    return (resources.files("mirror.browse") / "static" / name).read_bytes()


@cache
def versioned(name: str) -> str:
    """An asset's name with a digest of what it holds in it, so that it can be cached for good."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(asset(name)).hexdigest()[:10]}{dot}{ending}"


@cache
def program_digest() -> str:
    """Changes whenever a template, an asset or the program's version does: pages of before are stale then."""
    whole = hashlib.sha256(__version__.encode())
    for folder in ("templates", "static"):
        for file in sorted((resources.files("mirror.browse") / folder).iterdir(), key=lambda file: file.name):
            whole.update(file.read_bytes())
    return whole.hexdigest()[:12]


_WARC_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)


def number(value: int | None) -> str:
    """With a blank at the thousands that does not break; a dash for none."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def moment(timestamp: str | None) -> Markup:
    """An instant as readers have it, with the exact one for programs."""
    if not timestamp:
        return Markup("–")
    if not _WARC_DATE.fullmatch(timestamp):
        timestamp = datetime.fromisoformat(timestamp).astimezone(UTC).isoformat()
    return Markup(f'<time datetime="{timestamp}">{timestamp[:10]} {timestamp[11:16]}</time>')


def day(timestamp: str | None) -> Markup:
    """The day of an instant."""
    return Markup('<time datetime="{}">{}</time>').format(timestamp, timestamp[:10]) if timestamp else Markup("–")


def percent(part: int, whole: int) -> str:
    """A share, cut off and never rounded up: 100 % means all of it."""
    return "–" if not whole else f"{int(1000 * part / whole) / 10:.1f}%"


def _changed(asked: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A question with another value."""
    return {**asked, name: value}


def _without(asked: dict[str, Any], name: str) -> dict[str, Any]:
    """A question with one condition less."""
    return {key: value for key, value in asked.items() if key != name}


def _finish(value: Any) -> Any:
    return "" if value is None else value


class _OneLanguage(NodeTransformer):
    """Puts the text of one language where a template says `t(zh, en)`, and whether it is Chinese where it says `zh`.

    So that is decided once, when a template is compiled, and not fifty times a page.
    """

    def __init__(self, language: Language) -> None:
        self._zh = language == "zh"

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (jinja2's name)
        if isinstance(node.node, nodes.Name) and node.node.name == "t":
            zh, en = node.args
            return self.visit(zh if self._zh else en)  # type: ignore[no-any-return]
        return self.generic_visit(node)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        return nodes.Const(self._zh, lineno=node.lineno) if node.name == "zh" else node


class _Environment(Environment):
    """Templates of one language."""

    language: Language

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a page shows is mostly in dicts: looked up there first; `items` of an entry are not the method."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        return super()._generate(_OneLanguage(self.language).visit(source), *arguments, **named)


@cache
def _environment(language: Language) -> Environment:
    environment = _Environment(
        loader=PackageLoader("mirror.browse"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finish,
        auto_reload=False,
    )
    environment.language = language
    environment.filters |= {"number": number, "moment": moment, "day": day, "size": size}
    environment.filters |= {"links": outline.links, "outline": outline.whole}
    environment.globals |= {"percent": percent, "versioned": versioned, "version": __version__}
    environment.globals |= {"changed": _changed, "without": _without}
    return environment


def html(page: Page, to: Addresses, **around: Any) -> str:
    """A page as HTML.

    Args:
        page: The page.
        to: Addresses, and with them the language.
        around: What the frame of every page needs: `collections`, `searchable`, `canonical` …
    """
    return (
        _environment(to.language)
        .get_template(page.template)
        .render(page=page, facts=page.facts, shown=page.shown, to=to, **around)
    )
