"""`mirror export`: entries, exchanges and whole collections, for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.export.formats import FORMATS, Export, exporter
from mirror.frontier.scope import Scope


@click.command("export")
@collection_argument
@click.option("--format", "form", required=True, type=click.Choice(list(FORMATS)), help="What to write.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to; - for stdout.")
@click.option("--scope", "scopes", multiple=True, metavar="K[/A[/REC]]", help="Only these (may be given again).")
def command(collection: Collection, form: str, output: Path, scopes: tuple[str, ...]) -> None:
    """导出 / Export: jsonl, one entry a line; wire, one exchange a line with its exact bytes.

    \b
    Example:
      mirror export shandong --format jsonl -o shandong.jsonl
      mirror export shandong --format wire -o - | head -1 | jq -r .response | base64 -d
    """
    done = exporter(form)(Export(collection, output, [Scope.parse(scope) for scope in scopes]))
    click.echo(f"{done} → {output}", err=True)
