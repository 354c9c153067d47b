"""`mirror search`: entries by what they say."""

from __future__ import annotations

import json
import re
import time

import click

from mirror.cli.options import collection_argument, json_option
from mirror.cli.witnesses import hit_as_dict, show_hit
from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.extraction.structure.years import read_years
from mirror.frontier.scope import Scope
from mirror.instants import instant
from mirror.search import Filters, Found, Hit, search
from mirror.search.query import is_as_written
from mirror.witness import Witness, count, find


@click.command("search")
@collection_argument
@click.argument("query", metavar="QUERY")
@click.option("--limit", metavar="N", default=20, type=click.IntRange(1), help="Hits to show (default 20).")
@click.option("--offset", metavar="N", default=0, type=click.IntRange(0), help="Hits to leave out before them.")
@click.option("--scope", "scopes", multiple=True, metavar="K[/A]", help="Only in these libraries or books.")
@click.option(
    "--years",
    metavar="FROM[-TO]",
    help="Only entries that name one of these years (1942, 1937-1945, 民国三十一年), or whose book does.",
)
@click.option("--place", metavar="NAME", help="Only entries of this county or city (name in full, or its code).")
@click.option("--at", metavar="TIME", help="The texts of then, not the newest: a date, or an RFC 3339 time.")
@click.option("--all-versions", is_flag=True, help="Every text an entry ever had, not only the newest.")
@click.option("--no-witnesses", is_flag=True, help="Leave out texts without a capture (`mirror witnesses`).")
@json_option
def command(
    collection: Collection,
    query: str,
    limit: int,
    offset: int,
    scopes: tuple[str, ...],
    years: str | None,
    place: str | None,
    at: str | None,
    all_versions: bool,
    no_witnesses: bool,
    as_json: bool,
) -> None:
    """全文检索 / Find entries by any piece of their title, text, items or tables.

    简繁、全半角、大小写、排版空格都不分：沂水县 也找到 沂 水 县 与 沂水縣。空格表示“并且”，还可用 OR、NOT、
    NEAR/10、"短语" 和括号。

    Traditional and simplified, width, case and blanks of typesetting do not matter. Words parted by a blank must
    all occur; OR, NOT, NEAR/10, "a phrase" and brackets work too. Behind the entries come witnesses, texts that
    others copied out of the source, marked as such; not with --years, --place, --at or --all-versions.

    \b
    Example:
      mirror search shandong 沂水县
      mirror search shandong '(碑 OR 碣) NEAR/20 重修 NOT 墓碑' --scope ch9 --limit 50
      mirror search shandong 旱灾 --years 1942-1943 --place 菏泽市
      mirror search shandong 旧县名 --at 2025-12-31
      mirror search shandong '"第 一 编"' --no-witnesses --json | jq -r '.[].id'
      mirror search shandong -- -12.5℃
    """
    if at is not None and all_versions:
        raise UsageError("--at asks for the text of one time, --all-versions for those of all: give one of them")
    began = time.perf_counter()
    filters = Filters(
        [Scope.parse(scope) for scope in scopes],
        _years(years),
        place,
        None if at is None else instant(at),
        all_versions,
    )
    database = collection.database()
    db = database.connection
    try:
        found = search(db, query, filters, limit=limit, offset=offset)
        # A witness has no capture, so it is of no time; and nobody has said which years and places it is of.
        apart = no_witnesses or years or place or at or all_versions
        known = 0 if apart else count(db, query, filters.scopes)
        left = limit - len(found.hits)
        witnesses = (
            list(find(db, query, left, max(0, offset - found.total), filters.scopes)) if known and left else []
        )
        hits = [hit.as_dict() for hit in found.hits] + [hit_as_dict(db, query, one) for one in witnesses]
    finally:
        database.close()
    elapsed_ms = (time.perf_counter() - began) * 1000
    if as_json:
        click.echo(json.dumps(hits, ensure_ascii=False, indent=1))
    else:
        for hit in found.hits:
            _show(hit)
        for one in witnesses:
            show_hit(query, one)
    click.echo(_summary(found, known, witnesses, offset, elapsed_ms), err=True)
    if is_as_written(query):
        click.echo(
            "AND OR NOT NEAR 在此不成查询，已按原文检索 / AND OR NOT NEAR do not fit together here: searched as text",
            err=True,
        )


def _years(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(-?\d{1,4})(?:\s*[-–—~～]{1,2}\s*(-?\d{1,4}))?\s*", text)
    if found:
        return int(found[1]), int(found[2] or found[1])
    for written in (text.strip(), f"{text.strip()}年"):
        if len(said := read_years(written)) == 1 and said[0].words == written:
            return said[0].first, said[0].last
    raise UsageError(
        f"--years {text!r}: write a year or two, such as 1942, 1937-1945, 民国三十一年; -209 is 公元前209年"
    )


def _show(hit: Hit) -> None:
    above = [hit.library_title or hit.library, hit.book_title or str(hit.book), *hit.path]
    title = _marked(hit.title, hit.title_marks) or "（无题 untitled）"
    click.echo(f"{click.style(hit.id, fg='cyan')}  {click.style(title, bold=True)}")
    click.echo(click.style("    " + " › ".join(above), dim=True))
    if not hit.newest:
        click.echo(click.style(f"    旧文本 earlier text, {hit.first_seen[:10]} – {hit.last_seen[:10]}", fg="yellow"))
    if hit.snippet.text:
        click.echo("    " + _marked(hit.snippet.text, hit.snippet.marks))


def _marked(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """With what was found in colour on a terminal; elsewhere click takes the colour out again."""
    out, at = "", 0
    for start, end in marks:
        out += text[at:start] + click.style(text[start:end], fg="red", bold=True)
        at = end
    return out + text[at:]


def _summary(found: Found, known: int, witnesses: list[Witness], offset: int, elapsed_ms: float) -> str:
    count = len(found.hits) + len(witnesses)
    shown = f"{offset + 1}–{offset + count} / " if count else ""
    apart = f"（其中旁证 {known} of them witnesses）" if known else ""
    slow = (
        f"；其中 {found.unindexed} 条尚未编入索引，逐条读过 read one by one, not indexed yet"
        if found.unindexed
        else ""
    )
    return f"{shown}{found.total + known} 条命中 hits{apart}, {elapsed_ms:.0f} ms{slow}"
