"""`mirror diff`: what changed between two crawls, two times, or two collections."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection

if TYPE_CHECKING:
    from mirror.diff.changes import Comparison

_FORMS = {"text": "as_text", "json": "as_json"}


@click.command("diff")
@collection_argument
@click.argument("since", metavar="[FROM]", required=False)
@click.argument("until", metavar="[TO]", required=False)
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="text", help="What to write on stdout.")
@click.option("--exit-code", is_flag=True, help="End with 3 if anything changed.")
def command(collection: Collection, since: str | None, until: str | None, form: str, exit_code: bool) -> None:
    """比较两次抓取 / What changed between two crawls: entries added, removed, edited, moved, retitled, …

    FROM and TO are crawl numbers, dates, or RFC 3339 times; default: the last two crawls. An entry that failed or was
    not asked for is not taken for removed.

    \b
    Example:
      mirror diff shandong
      mirror diff shandong 3 5 --format json | jq .summary
      mirror diff shandong 2026-01-01 2026-07-01 --exit-code
    """
    from mirror.diff.compare import compare
    from mirror.diff.moments import two_states

    with closing(collection.database()) as database:
        found = compare(*two_states(database.connection, collection.name, since, until))
        _write(found, form)
    if exit_code and found.changes:
        sys.exit(3)


def _write(found: Comparison, form: str) -> None:
    name = _FORMS[form]
    render: Callable[[Comparison], Iterator[str]] = getattr(import_module(f"mirror.diff.{name}"), name)
    for piece in render(found):
        click.echo(piece, nl=False)
