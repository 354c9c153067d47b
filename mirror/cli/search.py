"""`mirror search`: entries by what they say."""

from __future__ import annotations

import json
import re
import time

import click

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.frontier.scope import Scope
from mirror.search import Filters, Found, Hit, search


@click.command("search")
@collection_argument
@click.argument("query", metavar="QUERY")
@click.option("--limit", metavar="N", default=20, type=click.IntRange(1), help="Hits to show (default 20).")
@click.option("--offset", metavar="N", default=0, type=click.IntRange(0), help="Hits to leave out before them.")
@click.option("--scope", "scopes", multiple=True, metavar="K[/A]", help="Only in these libraries or books.")
@click.option("--years", metavar="FROM[-TO]", help="Only entries that name one of these years, or whose book does.")
@click.option("--place", metavar="NAME", help="Only entries of this county or city (name in full, or its code).")
@json_option
def command(
    collection: Collection,
    query: str,
    limit: int,
    offset: int,
    scopes: tuple[str, ...],
    years: str | None,
    place: str | None,
    as_json: bool,
) -> None:
    """全文检索 / Find entries by any piece of their title, text, items or tables.

    简繁、全半角、大小写、排版空格都不分：沂水县 也找到 沂 水 县 与 沂水縣。空格表示“并且”，还可用 OR、NOT、
    NEAR/10、"短语" 和括号。

    Traditional and simplified, width, case and blanks of typesetting do not matter. Words parted by a blank must
    all occur; OR, NOT, NEAR/10, "a phrase" and brackets work too.

    \b
    Example:
      mirror search shandong 沂水县
      mirror search shandong '(碑 OR 碣) NEAR/20 重修 NOT 墓碑' --scope ch9 --limit 50
      mirror search shandong 旱灾 --years 1942-1943 --place 菏泽市
      mirror search shandong '"第 一 编"' --json | jq -r '.[].id'
    """
    began = time.perf_counter()
    database = collection.database()
    try:
        filters = Filters([Scope.parse(scope) for scope in scopes], _years(years), place)
        found = search(database.connection, query, filters, limit=limit, offset=offset)
    finally:
        database.close()
    elapsed_ms = (time.perf_counter() - began) * 1000
    if as_json:
        click.echo(json.dumps([hit.as_dict() for hit in found.hits], ensure_ascii=False, indent=1))
    else:
        for hit in found.hits:
            _show(hit)
    click.echo(_summary(found, offset, elapsed_ms), err=True)


def _years(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(-?\d{1,4})(?:\s*[-–—~～]{1,2}\s*(-?\d{1,4}))?\s*", text)
    if not found:
        raise UsageError(f"--years {text!r}: write a year or two, such as 1942 or 1937-1945; -209 is 公元前209年")
    return int(found[1]), int(found[2] or found[1])


def _show(hit: Hit) -> None:
    above = [hit.library_title or hit.library, hit.book_title or str(hit.book), *hit.path]
    title = _marked(hit.title, hit.title_marks) or "（无题 untitled）"
    click.echo(f"{click.style(hit.id, fg='cyan')}  {click.style(title, bold=True)}")
    click.echo(click.style("    " + " › ".join(above), dim=True))
    if hit.snippet.text:
        click.echo("    " + _marked(hit.snippet.text, hit.snippet.marks))


def _marked(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """With what was found in colour on a terminal; elsewhere click takes the colour out again."""
    out, at = "", 0
    for start, end in marks:
        out += text[at:start] + click.style(text[start:end], fg="red", bold=True)
        at = end
    return out + text[at:]


def _summary(found: Found, offset: int, elapsed_ms: float) -> str:
    shown = f"{offset + 1}–{offset + len(found.hits)} / " if found.hits else ""
    slow = (
        f"；其中 {found.unindexed} 条尚未编入索引，逐条读过 read one by one, not indexed yet"
        if found.unindexed
        else ""
    )
    return f"{shown}{found.total} 条命中 hits, {elapsed_ms:.0f} ms{slow}"
