"""`mirror init`: make a collection."""

from __future__ import annotations

from pathlib import Path

import click

from mirror.cli.options import home_option
from mirror.collection import Collection
from mirror.config import new_config


@click.command("init")
@click.argument("name", metavar="NAME")
@click.option(
    "--source",
    required=True,
    type=click.Choice(["mse", "chorography"]),
    help="mse: the old CGI (GBK); chorography: the public mirror.",
)
@click.option("--base-url", metavar="URL", help="Root of the site, if not the source's own.")
@click.option("--contact", metavar="URL|E-MAIL", help="Who crawls: stands in the User-Agent for the source to see.")
@click.option("--operator", metavar="NAME", help="Person or institution, for the WARC's own description.")
@home_option
def command(
    name: str, source: str, base_url: str | None, contact: str | None, operator: str | None, home: Path
) -> None:
    """新建一个馆藏 / Make a collection: its folders and its mirror.toml, ready to crawl.

    \b
    Example:
      mirror init shandong --source chorography --contact https://library.example.cn/crawler
    """
    settings = new_config(source=source, base_url=base_url, contact=contact, operator=operator)
    collection = Collection.create(home, name, settings)
    click.echo(f"{collection.path}")
    click.echo(f"馆藏已建立 made. Settings: {collection.config_path}", err=True)
    click.echo(f"下一步 next: mirror crawl {name} --limit 10", err=True)
