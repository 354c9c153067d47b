"""What was imported: one file of JSON for each, in `imports/` of the collection.

It says which files of `archive/` came from outside, what they were made of, and how they are to be read, so that
`mirror rebuild` reads them as `mirror import` did.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mirror.collection import Collection
from mirror.errors import MirrorError
from warc.durable import sync_folder

Taken = Literal["as-is", "rewritten"]


@dataclass(frozen=True, slots=True)
class Part:
    """One web archive in an imported file; a WARC is the only part of itself."""

    name: str  #: inside a WACZ or ZIP; else the file's own
    sha256: str
    taken: Taken
    archive: str  #: base name in `archive/`


@dataclass(frozen=True, slots=True)
class Import:
    """One imported file."""

    name: str  #: base name as it was given
    sha256: str
    size: int  #: bytes
    crawl: int  #: number of the import among the crawls
    imported: str  #: when
    original: str  #: where the file lies unchanged, relative to the collection
    parts: tuple[Part, ...]
    base_urls: tuple[str, ...] = ()  #: further roots the source had
    report: dict[str, Any] = field(default_factory=dict)


def folder(collection: Collection) -> Path:
    return collection.path / "imports"


def all_imports(collection: Collection) -> Iterator[Import]:
    """Every import of a collection, oldest first.

    Raises:
        MirrorError: A manifest cannot be read.
    """
    for path in sorted(folder(collection).glob("*.json")):
        try:
            stored = json.loads(path.read_text("utf-8"))
            stored["parts"] = tuple(Part(**part) for part in stored["parts"])
            stored["base_urls"] = tuple(stored["base_urls"])
            yield Import(**stored)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MirrorError(
                f"imports/{path.name} cannot be read ({error!r:.100}). Restore it from a copy; without it the files "
                f"it names would be read as if this program had crawled them"
            ) from error


def by_archive(collection: Collection) -> dict[str, Import]:
    """Imports by the base names of their files in `archive/`."""
    return {part.archive: one for one in all_imports(collection) for part in one.parts}


def write(collection: Collection, stem: str, made: Import) -> None:
    """Put a manifest on the disk, whole or not at all."""
    path = folder(collection) / f"{stem}.json"
    partial = path.with_suffix(".part")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(asdict(made), file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)
