"""`mirror export`: entries and exchanges, for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.export import destination, jsonl, wire


@click.command("export")
@collection_argument
@click.option("--format", "form", required=True, type=click.Choice(["jsonl", "wire"]), help="What to write.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; - for stdout.")
def command(collection: Collection, form: str, output: Path) -> None:
    """导出 / Export: jsonl, one entry a line; wire, one exchange a line with its exact bytes.

    \b
    Example:
      mirror export shandong --format jsonl -o shandong.jsonl
      mirror export shandong --format wire -o - | head -1 | jq -r .response | base64 -d
    """
    if form == "wire":
        count = destination.write(output, wire.lines(collection))
    else:
        database = collection.database()
        try:
            count = destination.write(output, jsonl.lines(database.connection))
        finally:
            database.close()
    click.echo(f"{count} 行 lines → {output}", err=True)
