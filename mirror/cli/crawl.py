"""`mirror crawl`: fetch and archive."""

from __future__ import annotations

import sys
from typing import Any

import click

from mirror.cli.options import collection_argument
from mirror.cli.progress import display
from mirror.collection import Collection
from mirror.crawling import crawl_once
from mirror.frontier.plan import Plan
from mirror.frontier.scope import Scope
from mirror.store.coverage import coverage, failed_questions


@click.command("crawl")
@collection_argument
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Fetch at most N entries in this run.")
@click.option("--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="Only this library, book or entry.")
@click.option("--due", "plan", flag_value="due", help="Contents again, and only the entries that are due (docs).")
@click.option("--missing", "plan", flag_value="missing", help="Only what the contents list and is not held.")
@click.option("--accept-shrinkage", is_flag=True, help="Believe contents that are much shorter than before.")
@click.option("--delay", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait between requests (default 1).")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests at once (default 1).")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="A setting of mirror.toml, for this run."
)
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines on stderr, for programs.")
def command(
    collection: Collection,
    limit: int | None,
    scopes: tuple[str, ...],
    plan: Plan | None,
    accept_shrinkage: bool,
    delay: float | None,
    concurrency: int | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """抓取并存档 / Fetch and archive: goes on where it stopped, or begins a new crawl.

    A new crawl asks everything again, unless --due or --missing says otherwise.
    Ctrl-C ends in order, twice at once; nothing finished is lost either way.
    Exit code 3 when it ended with the source not yet completely held, or with questions that got no answer.

    \b
    Example:
      mirror crawl shandong --limit 10
      mirror crawl shandong --scope ch9/3 --delay 2
      mirror crawl shandong --missing
      mirror crawl shandong --set politeness.daily_requests=20000
    """
    short = {"politeness.delay_s": delay, "politeness.concurrency": concurrency}
    chosen = [f"{key}={value}" for key, value in short.items() if value is not None]
    sys.exit(
        run(
            collection,
            limit,
            [Scope.parse(scope) for scope in scopes],
            [*chosen, *overrides],
            as_json,
            plan=plan or "all",
            accept_shrinkage=accept_shrinkage,
        )
    )


def run(
    collection: Collection,
    limit: int | None,
    scopes: list[Scope],
    overrides: list[str],
    as_json: bool = False,
    **further: Any,
) -> int:
    """Crawl once, with progress on stderr; `further` is as for `Crawl.begin`. Returns the exit code.

    Raises:
        MirrorError: Something of ours failed; all that was archived before is safe.
    """
    with display(as_json=as_json) as show:
        crawl = crawl_once(collection, show, limit=limit, scopes=scopes, overrides=overrides, **further)
    complete, failed = how_it_stands(collection)
    if failed:
        click.echo(
            f"{failed} 问未得答复 questions got no answer; what was held before still is. `mirror crawl "
            f"{collection.name} --missing` asks them again",
            err=True,
        )
    return 0 if crawl.outcome == "finished" and complete and not failed else 3


def how_it_stands(collection: Collection) -> tuple[bool, int]:
    """Whether all that is listed is held, and how many questions of contents and entries failed when last asked.

    What an earlier crawl brought is still held if this one got no answer; only the second number tells.
    """
    database = collection.database()
    try:
        db = database.connection
        return coverage(db, collection.archive).complete, failed_questions(db)
    finally:
        database.close()
