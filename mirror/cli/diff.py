"""`mirror diff`: what changed between two crawls, two times, or two collections, or in one entry over time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib import import_module
from sqlite3 import Connection
from typing import TYPE_CHECKING

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.errors import UsageError

if TYPE_CHECKING:
    from mirror.diff.changes import Comparison

#: Forms by name: module and function in `mirror.diff`.
_FORMS = {"text": "as_text", "json": "as_json", "html": "as_html", "atom": "as_atom"}


@click.command("diff")
@collection_argument
@click.argument("since", metavar="[FROM]", required=False)
@click.argument("until", metavar="[TO]", required=False)
@click.option(
    "--entry", metavar="ENTRY", help="One entry over all its versions: K/A/REC, such as ch9/3/12, or a URL."
)
@click.option(
    "--against", metavar="OTHER", help="Compare with another collection of this home, as it is now, or at TO."
)
@click.option(
    "--witness",
    metavar="[DUMP]",
    is_flag=False,
    flag_value="",
    help="Compare texts that others copied (the dump of that name, or all) with the captures, as of TO.",
)
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="text", help="What to write on stdout.")
@click.option("--exit-code", is_flag=True, help="End with 3 if anything changed.")
def command(
    collection: Collection,
    since: str | None,
    until: str | None,
    entry: str | None,
    against: str | None,
    witness: str | None,
    form: str,
    exit_code: bool,
) -> None:
    """比较两次抓取 / What changed between two crawls: entries added, removed, edited, moved, retitled, …

    FROM and TO are crawl numbers, dates, or RFC 3339 times; default: the last two crawls. What failed or was not
    asked for is not taken for removed.

    \b
    Example:
      mirror diff shandong
      mirror diff shandong 3 5 --format json | jq .summary
      mirror diff shandong 2026-01-01 2026-07-01 --format html > changes.html
      mirror diff shandong --entry ch9/3/12
      mirror diff old-site --against shandong
      mirror diff shandong --witness
    """
    if against and (entry or witness is not None):
        raise UsageError("--against goes neither with --entry nor with --witness: give one of them")
    if witness is not None and since and until:
        raise UsageError("with --witness there is one time to compare with: give TO alone")
    with ExitStack() as stack:
        db = _snapshot(stack, collection)
        if witness is not None:
            found = _witnesses(db, collection, witness or None, since, entry)
        elif entry:
            found = _history(db, collection, entry, since, until)
        elif against:
            other = Collection.open(collection.home, against)
            other_db = _snapshot(stack, other)
            found = _against((db, collection.name, since), (other_db, other.name, until))
        else:
            found = _between(db, collection, since, until)
        render: Callable[[Comparison], Iterator[str]] = getattr(
            import_module(f"mirror.diff.{_FORMS[form]}"), _FORMS[form]
        )
        for piece in render(found):
            click.echo(piece, nl=False)
    if exit_code and found.changes:
        sys.exit(3)


def _snapshot(stack: ExitStack, collection: Collection) -> Connection:
    """A connection that sees the ledger as it is now to the end, whatever a crawl adds meanwhile."""
    db = stack.enter_context(closing(collection.database())).connection
    db.execute("BEGIN")
    return db


def _between(db: Connection, collection: Collection, since: str | None, until: str | None) -> Comparison:
    from mirror.diff.compare import compare
    from mirror.diff.moments import two_states

    return compare(*two_states(db, collection.name, since, until))


def _against(*sides: tuple[Connection, str, str | None]) -> Comparison:
    from mirror.diff.compare import compare
    from mirror.diff.moments import newest, parse_moment
    from mirror.diff.state import State, doubted_crawls

    old, new = (
        State(db, newest(db) if at is None else parse_moment(db, at), doubted_crawls(db), name)
        for db, name, at in sides
    )
    return compare(old, new)


def _witnesses(
    db: Connection, collection: Collection, dump: str | None, until: str | None, entry: str | None
) -> Comparison:
    from mirror.concordance.citation import find_entry
    from mirror.diff.moments import newest, parse_moment
    from mirror.diff.witnesses import compare_witnesses

    moment = newest(db) if until is None else parse_moment(db, until)
    return compare_witnesses(db, collection.name, moment, dump, find_entry(db, entry) if entry else None)


def _history(db: Connection, collection: Collection, entry: str, since: str | None, until: str | None) -> Comparison:
    from mirror.concordance.citation import find_entry
    from mirror.diff.history import history
    from mirror.diff.moments import parse_moment

    return history(
        db,
        collection.name,
        find_entry(db, entry),
        *(parse_moment(db, one) if one else None for one in (since, until)),
    )
