"""`mirror show`: one entry, to read."""

from __future__ import annotations

import json
from typing import Any

import click

from mirror.cli.explain import explained
from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.concordance.citation import find_entry
from mirror.errors import MirrorError
from mirror.instants import instant
from mirror.store.exported import entry_at
from mirror.store.structure import structure


@click.command("show")
@collection_argument
@click.argument("entry", metavar="ENTRY")
@click.option("--at", metavar="TIME", help="As it was then: a date, or an RFC 3339 time.")
@click.option("--raw", is_flag=True, help="The text exactly as laid out by the source.")
@click.option("--explain", is_flag=True, help="Line by line: what was joined, what was left, and why.")
@click.option("--structure", "structured", is_flag=True, help="Outline, tables, signatures, years, places, as JSON.")
@json_option
def command(
    collection: Collection, entry: str, at: str | None, raw: bool, explain: bool, structured: bool, as_json: bool
) -> None:
    """读一个条目 / Read one entry: K/A/REC, K/A/CODE, or any old or new URL of it, as a footnote has it.

    \b
    Example:
      mirror show shandong ch9/3/12
      mirror show shandong 'http://lib.sdsqw.cn/bin/mse.exe?K=CH9&A=3&rec=12&run=13' --raw
      mirror show shandong ch9/3/12 --explain
      mirror show shandong ch9/3/12 --structure | jq .years
    """
    database = collection.database()
    try:
        place = find_entry(database.connection, entry)
        found = entry_at(database.connection, place, None if at is None else instant(at))
        lines = list(explained(database.connection, place, found["raw_text"])) if found and explain else []
    finally:
        database.close()
    if found is None:
        raise MirrorError(
            f"entry {place}{f' as of {at}' if at else ''} is not in {collection.name!r}. "
            f"`mirror crawl {collection.name} --scope {place}` asks for it"
        )
    if explain:
        click.echo("\n".join(lines))
    elif structured:
        click.echo(json.dumps(structure(found, quantities=True), ensure_ascii=False, indent=1))
    elif as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif raw:
        click.echo(found["raw_text"], nl=not found["raw_text"].endswith("\n"))
    else:
        read_aloud(found)


def read_aloud(found: dict[str, Any]) -> None:
    """Print an exported entry for a reader: where it stands, its title, its text, and the evidence for it."""
    library, book = found["library"], found["book"]
    above = [library["title"] or library["code"], book["title"] or str(book["number"]), *found["path"]]
    click.echo(click.style(" › ".join(above), dim=True))
    click.echo(click.style(found["title"], bold=True))
    click.echo()
    click.echo(found["text"] or "（无正文 no text of its own）")
    capture = found["capture"]
    click.echo()
    click.echo(
        click.style(
            f"{found['id']}  {capture['url']}\n"
            f"{capture['timestamp']}  {capture['payload_digest']}  {capture['warc']}:{capture['offset']}"
            + (f"  ({found['versions']} 个版本 versions)" if found["versions"] > 1 else ""),
            dim=True,
        )
    )
