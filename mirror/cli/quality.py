"""`mirror quality`: how well the texts could be read, book by book."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.frontier.scope import Scope
from mirror.store.quality import BookQuality, quality

_DOUBTS = {
    "empty": "无正文 without text",
    "short": "过短 short",
    "duplicate": "与他条同文 the same text as another",
    "odd": "网页异样 on an odd page",
    "undecodable": "有不可解码字节 with bytes that cannot be decoded",
    "private-use": "有私用区字符 with private-use characters",
    "marks": "有〓或□ with 〓 or □",
}


@click.command("quality")
@collection_argument
@click.option("--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="Only this library, book or entry.")
@json_option
def command(collection: Collection, scopes: tuple[str, ...], as_json: bool) -> None:
    """文本质量：每书接行、存疑、空、短、重、异 / How well the texts could be read, with samples to look at.

    \b
    Example:
      mirror quality shandong
      mirror quality shandong --scope ch9/3 --json | jq '.[].doubts'
    """
    database = collection.database()
    try:
        books = list(quality(database.connection, [Scope.parse(scope) for scope in scopes]))
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps([as_dict(book) for book in books], ensure_ascii=False, indent=1))
    else:
        _show(books)


def as_dict(book: BookQuality) -> dict[str, object]:
    """A book as `--json` gives it."""
    widths = [
        {"columns": width.columns, "rule": "cut" if width.hard_cut else "hang", "entries": width.full_lines}
        for width in book.widths
    ]
    return {**asdict(book), "widths": widths, "joined_share": round(book.joined_share, 4)}


def _show(books: list[BookQuality]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("书 book", no_wrap=True, overflow="ellipsis")
    for name in ("条目 entries", "字 characters", "行宽 width", "接行 joined", "存疑 flagged", "空 empty", "短 short",
                 "重 duplicate", "异 odd"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    for book in books:
        flagged = sum(count for doubt, count in book.doubts.items() if doubt not in _DOUBTS)
        counts = [flagged, *(book.doubts.get(doubt, 0) for doubt in ("empty", "short", "duplicate", "odd"))]
        table.add_row(
            f"{book.library}/{book.number}  {escape(book.title or '')}",
            str(book.entries),
            f"{book.characters:,}",
            " ".join(str(width.columns) for width in book.widths) or "?",
            f"{book.joined_share:.0%}",
            *(str(count or "") for count in counts),
        )
    console.print(table)
    for book in books:
        if book.doubts:
            console.print(f"\n{book.library}/{book.number}  {book.title or ''}", markup=False, soft_wrap=True)
        for doubt, count in book.doubts.items():
            shown = ", ".join(f"{book.library}/{book.number}/{rec}" for rec in book.samples[doubt])
            console.print(f"  {count:6d}  {_DOUBTS.get(doubt, doubt)}: {shown}", markup=False, soft_wrap=True)
