"""`mirror witnesses`: texts without a capture, searched, read, and held against the entries."""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

import click

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.frontier.scope import Scope
from mirror.search.query import parse, terms
from mirror.search.snippet import Snippet, cut, opening, pattern
from mirror.witness import Witness, entry_of, find, witness_at, witnesses
from mirror.witness.match import counted


@click.command("witnesses")
@collection_argument
@click.argument("query", metavar="[QUERY]", required=False)
@click.option("--show", "number", type=int, metavar="N", help="One witness, whole.")
@click.option("--compare", is_flag=True, help="Count how many say what the entries say; 3 if any says otherwise.")
@click.option(
    "--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="With --compare: only of these entries."
)
@click.option("--limit", default=20, type=click.IntRange(1), metavar="N", help="Hits to show (default 20).")
@json_option
def command(
    collection: Collection,
    query: str | None,
    number: int | None,
    compare: bool,
    scopes: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """旁证：他人转录、没有存档的文本 / Texts that others copied out of the source, without a capture.

    They come in by `mirror import` and are kept apart from the entries: never counted, never exported as such.

    \b
    Example:
      mirror witnesses shandong 霸王墓
      mirror witnesses shandong --show 17
      mirror witnesses shandong --compare
    """
    database = collection.database()
    db = database.connection
    differ = False
    try:
        if number is not None:
            _show(db, number, as_json)
        elif query:
            _find(db, query, limit, as_json)
        else:
            counts = counted(db, witnesses(db, [Scope.parse(one) for one in scopes])) if compare else _summary(db)
            differ = compare and counts["different"] > 0
            _print(counts, as_json)
    finally:
        database.close()
    if differ:
        sys.exit(3)


def _summary(db: sqlite3.Connection) -> dict[str, int]:
    return dict(
        db.execute(
            "SELECT s.given, count(w.id) FROM witness_source AS s LEFT JOIN witness AS w ON w.source = s.id "
            "GROUP BY s.id ORDER BY s.name"
        ).fetchall()
    )


_NAMES = {
    "witnesses": "旁证 witnesses",
    "url": "由网址认定 known by their URL",
    "title": "由库、书、标题认定 by library, book and title",
    "text": "由标题与文字认定 by title and text",
    "unknown": "无法认定 not known",
    "same": "文字相同 say the same",
    "different": "文字不同 say otherwise",
    "not held": "条目未存 entry not held",
}


def _print(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False, indent=1))
        return
    if not counts:
        click.echo("没有旁证 no witnesses: `mirror import` takes text dumps in")
    for name, count in counts.items():
        click.echo(f"{count:>8}  {_NAMES.get(name, name)}")


def _as_dict(db: sqlite3.Connection, witness: Witness, *, whole: bool) -> dict[str, Any]:
    found = entry_of(db, witness)
    return {
        "witness": witness.id,
        "captured": False,
        "source": witness.source,
        "file": witness.file,
        "title": witness.title,
        "path": witness.path,
        "url": witness.url,
        "said": witness.said,
        "entry": str(found.place) if found else None,
        "known_by": found.how if found else None,
        "same": found.same if found else None,
        **({"raw_text": witness.raw_text} if whole else {}),
    }


def _find(db: sqlite3.Connection, query: str, limit: int, as_json: bool) -> None:
    hits = list(find(db, query, limit))
    if as_json:
        click.echo(json.dumps([_as_dict(db, one, whole=False) for one in hits], ensure_ascii=False, indent=1))
        return
    for one in hits:
        show_hit(query, one)
    click.echo(f"{len(hits)} 条 hits", err=True)


def show_hit(query: str, one: Witness) -> None:
    """Print a witness that was found, marked as one."""
    click.echo(f"{click.style(f'旁证 witness {one.id}', fg='magenta')}  {click.style(one.title, bold=True)}")
    click.echo(click.style(f"    {one.source} › {one.file}", dim=True))
    click.echo("    " + _snippet(query, one).text)


def hit_as_dict(db: sqlite3.Connection, query: str, one: Witness) -> dict[str, Any]:
    """A witness among the hits of `mirror search --json`: `witness` is its number, and `id` no entry's."""
    piece = _snippet(query, one)
    return {
        "id": f"witness/{one.id}",
        "snippet": piece.text,
        "marks": piece.marks,
        **_as_dict(db, one, whole=False),
    }


def _snippet(query: str, one: Witness) -> Snippet:
    return cut(one.raw_text, pattern(list(terms(parse(query))))) or opening(one.raw_text)


def _show(db: sqlite3.Connection, number: int, as_json: bool) -> None:
    witness = witness_at(db, number)
    if witness is None:
        raise MirrorError(f"there is no witness {number}. `mirror witnesses NAME QUERY` finds their numbers")
    if as_json:
        click.echo(json.dumps(_as_dict(db, witness, whole=True), ensure_ascii=False, indent=1))
        return
    click.echo(click.style("旁证，没有存档 a witness, without a capture", fg="magenta"))
    click.echo(click.style(" › ".join(witness.path), dim=True))
    click.echo(click.style(witness.title, bold=True))
    click.echo()
    click.echo(witness.raw_text.strip("\n"))
    click.echo()
    found = entry_of(db, witness)
    said = {True: "文字相同 says the same", False: "文字不同 says otherwise", None: "条目未存 is not held"}
    entry = f"{found.place} ({found.how}): {said[found.same]}" if found else "不知是哪一条 entry not known"
    click.echo(
        click.style(
            f"{witness.source}: {witness.file}\n{witness.url or '-'}  {witness.said or ''}\n{entry}", dim=True
        )
    )
