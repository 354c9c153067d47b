"""`mirror cite`: how to quote an entry."""

from __future__ import annotations

import click

from mirror.cite import STYLES, cite, memento
from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.concordance.citation import find_entry
from mirror.errors import MirrorError
from mirror.instants import instant
from mirror.store.exported import entry_at


@click.command("cite")
@collection_argument
@click.argument("entry", metavar="ENTRY")
@click.option("--style", type=click.Choice(list(STYLES)), default="gb7714", help="Default: gb7714.")
@click.option("--at", metavar="TIME", help="The text as it was then: a date, or an RFC 3339 time.")
@click.option(
    "--archive-url", metavar="URL", help="Where this collection can be replayed for good; the link leads there."
)
def command(collection: Collection, entry: str, style: str, at: str | None, archive_url: str | None) -> None:
    """引用 / Cite an entry: GB/T 7714-2015, BibTeX, CSL-JSON or RIS, with the capture's date.

    ENTRY is K/A/REC, K/A/CODE, or any old or new URL of it.

    \b
    Example:
      mirror cite shandong ch9/3/12
      mirror cite shandong ch9/3/12 --style bibtex >> references.bib
      mirror cite shandong ch9/3/12 --archive-url https://archive.example.cn/shandong
    """
    database = collection.database()
    try:
        place = find_entry(database.connection, entry)
        found = entry_at(database.connection, place, None if at is None else instant(at))
    finally:
        database.close()
    if found is None:
        raise MirrorError(f"entry {place}{f' as of {at}' if at else ''} is not in {collection.name!r}")
    click.echo(cite(found, style, memento(found, archive_url) if archive_url else None), nl=False)
