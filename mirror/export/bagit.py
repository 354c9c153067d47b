"""The whole collection as a bag (RFC 8493), for archives that take deliveries in that form."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import bagit

from mirror import __version__
from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.export import destination, finished
from mirror.export.formats import Export

#: What no bag needs: the lock, half-written files, and the ledger, which can be made again from the WARC files.
_LEFT_OUT = re.compile(r"\.lock|mirror\.db.*|.*\.(?:open|part|rebuild)(?:-wal|-shm)?")
_CREDENTIALS = re.compile(r"(?m)^(\s*proxy\s*=\s*[\"']\w+://)[^@\"'/]*@")


def export(asked: Export) -> str:
    """Write a folder that `bagit.py --validate` accepts, with SHA-256 and SHA-512 of every file.

    Options: `with_database` adds a copy of mirror.db as it is now.

    Raises:
        UsageError: Only some entries were asked for, or something is in the output folder.
        MirrorError: It could not be written.
    """
    if asked.scopes:
        raise UsageError("--scope: a bag holds the whole collection; for a part of it export warc or wacz")
    collection = asked.collection
    finished.warcs(asked)
    logging.getLogger("bagit").setLevel(logging.WARNING)
    with destination.whole_folder(asked.output) as folder:
        for source in _files(collection):
            target = folder / source.relative_to(collection.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        _hide_credentials(folder / collection.config_path.name)
        if asked.options.get("with_database"):
            _copy_database(collection, folder / collection.database_path.name)
        bag = bagit.make_bag(folder, _info(collection), checksums=["sha256", "sha512"])
        count = sum(1 for _ in bag.payload_files())
    return f"{count} 个文件 files"


def _files(collection: Collection) -> Iterator[Path]:
    """Files of a collection, but for what is half-written or can be made again."""
    for path in sorted(collection.path.rglob("*")):
        if path.is_file() and not _LEFT_OUT.fullmatch(path.name):
            yield path


def _hide_credentials(config: Path) -> None:
    """A proxy's user and password are nobody's business but the crawler's."""
    text = config.read_text("utf-8")
    config.write_text(_CREDENTIALS.sub(r"\1", text), "utf-8")


def _copy_database(collection: Collection, target: Path) -> None:
    """A copy that is whole even while a crawl writes."""
    with closing(sqlite3.connect(collection.database_path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _info(collection: Collection) -> dict[str, str]:
    """bag-info.txt (RFC 8493, 2.2.2)."""
    config = collection.config()
    info = {
        "Source-Organization": config.operator,
        "Contact-Email" if "@" in config.contact else "Contact-Name": config.contact,
        "External-Identifier": collection.name,
        "External-Description": f"Web archive of {config.base_url} ({config.source}): WARC files, index, settings, "
        f"reports. Made by gazetteer-mirror {__version__}; everything else can be made again from the WARC files",
    }
    return {name: value for name, value in info.items() if value}
