"""`mirror rebuild`: ledger, store and index again, from the WARCs alone."""

from __future__ import annotations

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.frontier import reconcile


@click.command("rebuild")
@collection_argument
def command(collection: Collection) -> None:
    """重建 / Make mirror.db and the index again from the WARC files alone, without the network.

    The old ones stay in use until the new ones are whole.

    \b
    Example:
      mirror rebuild shandong
    """
    config = collection.config()
    with collection.locked():
        reconcile.rebuild(
            collection,
            config.site(),
            lambda name, records: click.echo(f"{name}: {records} 条记录 records", err=True),
        )
    click.echo(f"已重建 rebuilt: {collection.database_path}", err=True)
