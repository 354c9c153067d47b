"""`mirror status`: what is expected, what is held, what is missing."""

from __future__ import annotations

import json
import sys
from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.store.coverage import BookCoverage, Coverage, coverage


@click.command("status")
@collection_argument
@json_option
def command(collection: Collection, as_json: bool) -> None:
    """完整性：每库每书应有、已存、缺、失败 / Coverage against the source's own contents.

    Exit code 3 while anything is missing.

    \b
    Example:
      mirror status shandong
      mirror status shandong --json | jq '.libraries[].books[] | select(.missing != [])'
    """
    database = collection.database()
    try:
        found = coverage(database.connection)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        show_coverage(found)
    if not found.complete:
        sys.exit(3)


def show_coverage(found: Coverage) -> None:
    """Print coverage as a table, with what is lacking and why."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("书 book", no_wrap=True, overflow="ellipsis")
    for name in ("应有 expected", "已存 held", "缺 missing", "失败 failed", "空 empty"):
        table.add_column(name, justify="right", no_wrap=True)
    for library in found.libraries:
        table.add_row(f"[bold]{library.code}[/]  {library.title or ''}")
        for book in library.books:
            table.add_row(
                f"  {library.code}/{book.number}  {book.title or ''}",
                "?" if book.expected is None else str(book.expected),
                str(book.captured),
                _numbers(book),
                str(len(book.failed) or ""),
                str(len(book.empty) or ""),
            )
    console.print(table)
    books = [book for library in found.libraries for book in library.books]
    expected = sum(book.expected or 0 for book in books)
    captured = sum(book.captured for book in books)
    console.print(
        f"\n{len(found.libraries)} 库 libraries, {len(books)} 书 books, "
        f"{captured} / {expected} 条目 entries" + (f" ({captured / expected:.1%})" if expected else "")
    )
    for page in found.unanswered:
        console.print(f"[yellow]未得到 not had:[/] {page['kind']} {page['url']}: {page['reason']}")
    for reason, count in Counter(entry.reason for book in books for entry in book.failed).most_common(5):
        console.print(f"[yellow]失败 failed:[/] {count} × {reason}")
    if found.waiting:
        console.print(f"[yellow]待访问 still to be asked:[/] {found.waiting}")
    if found.complete:
        console.print("[green]完整 complete[/]: everything the source's contents list is held")
    else:
        console.print("[yellow]不完整 not complete[/]")


def _numbers(book: BookCoverage) -> str:
    if book.expected is None:
        return "目录未得 no contents"
    if not book.missing:
        return ""
    shown = ", ".join(str(rec) for rec in book.missing[:5])
    return f"{len(book.missing)} ({shown}{' …' if len(book.missing) > 5 else ''})"
