"""`mirror rebuild`: ledger, store and index again, from the WARCs alone."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.frontier import reconcile
from mirror.store.damage import Damage

#: So many places of damage are shown to people; `--json` has all.
SHOWN = 20


@click.command("rebuild")
@collection_argument
@json_option
def command(collection: Collection, as_json: bool) -> None:
    """重建 / Make mirror.db and the index again from the WARC files alone, without the network.

    The old ones stay in use until the new ones are whole. A damaged file is read on behind the damage; what could not
    be read is named with file, byte and length, `mirror status` does not call the collection complete, and the exit
    code is 3.

    \b
    Example:
      mirror rebuild shandong
      mirror rebuild shandong --json | jq -r '.damage[] | [.file, .offset, .length] | @tsv'
    """
    config = collection.config()
    with collection.locked():
        damage = reconcile.rebuild(
            collection,
            config.site(),
            lambda name, records: click.echo(f"{name}: {records} 条记录 records", err=True),
        )
    # What a kill and damage together left of a file that was being written (`warc.repair`).
    aside = sorted(str(path) for path in collection.archive.glob("*.damaged"))
    click.echo(f"已重建 rebuilt: {collection.database_path}", err=True)
    if as_json:
        found = {"damage": [asdict(one) for one in damage], "aside": aside}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _print(collection.name, damage, aside)
    if damage or aside:
        sys.exit(3)


def _print(name: str, damage: list[Damage], aside: list[str]) -> None:
    for one in damage[:SHOWN]:
        click.echo(f"未读出 not read: {one}")
    if damage:
        others = "; 其余见 the others: --json" if len(damage) > SHOWN else ""
        click.echo(
            f"{len(damage)} 处 places, {sum(one.length for one in damage)} 字节 bytes 未读出 not read{others}"
            f" → mirror verify {name} --repair-from COPY"
        )
    for path in aside:
        click.echo(f"另存未读 set aside, not read: {path} → mirror import {name} {path}")
