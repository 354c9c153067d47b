"""`mirror concordance`: do the numbers of the old database and of its mirror mean the same entries?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import click
from rich.console import Console
from rich.table import Table

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.concordance.compare import Concordance, Counts, compare
from mirror.concordance.sides import Said, of_collection, of_database
from mirror.errors import MirrorError
from mirror.frontier.scope import Scope


@click.command("concordance")
@collection_argument
@click.argument("other", metavar="[OTHER]", required=False)
@click.option("--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="Only these (may be given again).")
@json_option
def command(collection: Collection, other: str | None, scopes: tuple[str, ...], as_json: bool) -> None:
    """新旧对照：旧库的编号与镜像的编号是否指同一条 / Do the old database and its mirror mean the same by a number?

    Compares what both say of each entry: the old captures and the mirror's in one collection (see `mirror import`),
    or two collections of one home. Exit code 3 where the data refute it.

    \b
    Example:
      mirror concordance shandong
      mirror concordance oldbase shandong --scope ch9
      mirror concordance shandong --json | jq '.libraries[].books[] | select(.verdict == "refuted")'
    """
    chosen = [Scope.parse(scope) for scope in scopes]
    with ExitStack() as stack:
        database = collection.database()
        stack.callback(database.close)
        sides: list[tuple[str, Iterator[Said]]]
        if other is None:
            sides = [
                ("旧库 the old database", of_database(database.connection, old=True, scopes=chosen)),
                ("镜像 the mirror", of_database(database.connection, old=False, scopes=chosen)),
            ]
        else:
            second = Collection.open(collection.home, other)
            theirs = second.database()
            stack.callback(theirs.close)
            sides = [
                (collection.name, of_collection(database.connection, chosen)),
                (second.name, of_collection(theirs.connection, chosen)),
            ]
        found = compare(*sides[0], *sides[1])
    total = found.total
    for count, name in ((total.old, found.old), (total.new, found.new)):
        if not count:
            raise MirrorError(
                f"nothing to compare: no entry of {name} is held there. Import captures of it with `mirror import`, "
                f"or name a second collection"
            )
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        _show(found)
    if found.verdict == "refuted":
        sys.exit(3)


_COLUMNS = {
    "old": "旧 old",
    "new": "新 new",
    "pairs": "同号 pairs",
    "title_same": "题同 title =",
    "title_other": "题异 ≠",
    "exact": "文同 text =",
    "cosmetic": "仅版式 layout",
    "edited": "有改 edited",
    "other": "文异 other",
    "empty": "皆空 empty",
    "one_empty": "一空 one empty",
    "elsewhere": "在他号 elsewhere",
}
_VERDICTS = {
    "proved": "[green]同号同条 the same number means the same entry[/]",
    "refuted": "[red]编号不符 refuted[/]",
    "open": "[yellow]无从判断 no evidence[/]",
}


def _show(found: Concordance) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("书 book", no_wrap=True)
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    table.add_column("")
    for book in found.books:
        table.add_row(f"{book.library}/{book.book}", *_numbers(book.counts), _VERDICTS[book.counts.verdict])
    table.add_row("合计 all", *_numbers(found.total), _VERDICTS[found.verdict], style="bold")
    console.print(f"{found.old} ↔ {found.new}")
    console.print(table)
    for book in found.books:
        for one, other in book.moved[:3]:
            console.print(f"[red]{one}[/] 的文字在 its text stands at {other}")
        for one in book.differing[:3]:
            console.print(f"[yellow]{one}[/] 两边文字不同 the two sides say something else")


def _numbers(counts: Counts) -> list[str]:
    return [str(getattr(counts, name) or "") for name in _COLUMNS]
