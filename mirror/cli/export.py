"""`mirror export`: entries, exchanges and whole collections, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.export.formats import FORMATS, Export, exporter
from mirror.frontier.scope import Scope

#: Options that only some forms know.
_ONLY_FOR = {"self_contained": ("warc",), "shard": ("wacz",), "with_database": ("bagit",), "url": ("site",)}


@click.command("export")
@collection_argument
@click.option("--format", "form", required=True, type=click.Choice(list(FORMATS)), help="What to write.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to; - for stdout.")
@click.option("--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="Only these (may be given again).")
@click.option("--self-contained", is_flag=True, help="warc: write every revisit as a full response.")
@click.option(
    "--shard",
    type=click.Choice(["auto", "none", "library", "book"]),
    help="wacz: one package, or one a library or book (default: by size).",
)
@click.option("--with-database", is_flag=True, help="bagit: add mirror.db, which the WARC files can make again.")
@click.option("--url", metavar="URL", help="site: where it will stand; adds ResourceSync lists for harvesters.")
def command(collection: Collection, form: str, output: Path, scopes: tuple[str, ...], **options: Any) -> None:
    """导出 / Export entries to read and count, exchanges with their exact bytes, or the archive for other tools.

    \b
    条目 entries       jsonl  csv  parquet  txt  tei  epub  datapackage
    交换 exchanges     wire
    档案 the archive   warc  wacz  bagit

    \b
    jsonl, csv and wire are one stream (-o - for stdout); parquet (a file a library), txt (a tree
    省/市/库/书/卷/文) and datapackage are folders; tei and epub are a folder with a file a book,
    or one file if one book is asked for.

    \b
    Example:
      mirror export shandong --format jsonl -o shandong.jsonl
      mirror export shandong --format csv -o ch9.csv --scope ch9     for a spreadsheet
      mirror export shandong --format parquet -o shandong-parquet    for DuckDB and pandas
      mirror export shandong --format txt -o shandong-txt
      mirror export shandong --format tei -o book.xml --scope ch9/3
      mirror export shandong --format epub -o book.epub --scope ch9/3
      mirror export shandong --format datapackage -o shandong-data
      mirror export shandong --format wire -o - | head -1 | jq -r .response | base64 -d
      mirror export shandong --format wacz -o shandong.wacz          for ReplayWeb.page
      mirror export shandong --format wacz --shard library -o shandong-wacz
      mirror export shandong --format warc --self-contained -o shandong-warc
      mirror export shandong --format bagit -o shandong-bag          for a library or archive
    """
    given = {name: value for name, value in options.items() if value}
    for name in given:
        if form not in (forms := _ONLY_FOR[name]):
            raise UsageError(f"--{name.replace('_', '-')} is for --format {'|'.join(forms)}, not {form}")
    asked = Export(collection, output, [Scope.parse(scope) for scope in scopes], given)
    done = exporter(form)(asked)
    click.echo(f"{done} → {output}", err=True)
    for notice in asked.notices:
        click.echo(click.style("请看 look: ", fg="yellow", bold=True) + notice, err=True)
    if asked.notices:
        raise click.exceptions.Exit(3)
