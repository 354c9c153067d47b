"""`mirror captures`: every capture of one URL."""

from __future__ import annotations

import json

import click

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.concordance.citation import find_entry
from mirror.errors import MirrorError, UsageError
from mirror.store.captures import captures_of


@click.command("captures")
@collection_argument
@click.argument("url", metavar="URL")
@json_option
def command(collection: Collection, url: str, as_json: bool) -> None:
    """一个网址的全部存档 / Every capture of one URL, oldest first; failed attempts too.

    COLLCC and the order of arguments do not matter; an entry may be named by a URL of the other database, too.

    \b
    Example:
      mirror captures shandong 'http://lib.sdsqw.cn/bin/mse.exe?K=CH9&A=3&run=12'
    """
    site = collection.config().site()
    link = site.identify(url)
    database = collection.database()
    try:
        if link is None:
            try:
                place = find_entry(database.connection, url)
            except UsageError as error:
                raise UsageError(
                    f"{url}: not a URL of {site.base_url}, nor of an entry of either database"
                ) from error
            link = site.entry_link(place.library, place.book or 0, place.rec or 0)
        found = captures_of(database.connection, link.key)
    finally:
        database.close()
    if not found:
        raise MirrorError(f"{url}: never captured in {collection.name!r}. `mirror crawl` it first")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for capture in found:
        what = f"revisit of {capture['refers_to_date']}" if capture["refers_to_date"] else capture["type"]
        status = capture["status"] if capture["status"] is not None else "-"
        note = f"  {capture['verdict']}: {capture['reason']}" if capture["reason"] else ""
        click.echo(
            f"{capture['timestamp']}  {status:>3}  {what:<8}  {capture['payload_digest'] or '-'}  "
            f"{capture['warc']}:{capture['offset']}{note}"
        )
