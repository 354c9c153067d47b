"""Entries as a Frictionless data package (specs.frictionlessdata.io, version 1): tables that describe themselves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirror import __version__
from mirror.export import destination
from mirror.export.csv import lines
from mirror.export.flat import COLUMNS, flat
from mirror.export.formats import Export
from mirror.export.jsonl import lines as json_lines
from mirror.frontier.scope import places_in
from mirror.store.exported import every_entry

_LIBRARIES = {"code": ("string", "库代码"), "title": ("string", "库名")}
_BOOKS = {"library": ("string", "库代码"), "number": ("integer", "序号"), "title": ("string", "书名")}


def export(asked: Export) -> str:
    """Write a folder: `datapackage.json`, `libraries.csv`, `books.csv`, `entries.csv` and, whole, `entries.jsonl`.

    The tables are for programs: no byte order mark, no cell is guarded against spreadsheets.

    Raises:
        UsageError: Something is in the output folder.
        MirrorError: It could not be written.
    """
    database = asked.collection.database()
    db = database.connection
    try:
        # All tables of one instant, also while a crawl writes.
        db.execute("BEGIN")
        with destination.whole_folder(asked.output) as folder:
            count = _write(folder, db, asked)
            described = _describe(folder, asked)
            destination.write(folder / "datapackage.json", [described])
    finally:
        database.close()
    return f"{count} 条目 entries"


def _write(folder: Path, db: sqlite3.Connection, asked: Export) -> int:
    where, values = places_in(asked.scopes, "e.")
    held = f"(SELECT DISTINCT library, book FROM entry AS e WHERE {where} AND newest IS NOT NULL) AS e"
    libraries = db.execute(
        f"SELECT DISTINCT e.library, l.title FROM {held} LEFT JOIN library AS l ON l.code = e.library ORDER BY 1",
        values,
    )
    _table(folder / "libraries.csv", _LIBRARIES, (dict(zip(_LIBRARIES, row, strict=True)) for row in libraries))
    books = db.execute(
        f"SELECT e.library, e.book, b.title FROM {held} LEFT JOIN book AS b "
        "ON b.library = e.library AND b.number = e.book ORDER BY 1, 2",
        values,
    )
    _table(folder / "books.csv", _BOOKS, (dict(zip(_BOOKS, row, strict=True)) for row in books))
    entries = (flat(entry) for entry in every_entry(db, asked.scopes))
    count = _table(folder / "entries.csv", COLUMNS, entries)
    destination.write(folder / "entries.jsonl", json_lines(db, asked.scopes))
    return count


def _table(path: Path, columns: dict[str, tuple[str, str]], rows: Iterator[dict[str, Any]]) -> int:
    return destination.write(path, lines(list(columns), rows, mark=False)) - 1


def _describe(folder: Path, asked: Export) -> bytes:
    config = asked.collection.config()
    package = {
        "profile": "data-package",
        "name": asked.collection.name,
        "title": f"{asked.collection.name}: {config.base_url}",
        "description": "网上方志数据库的存档条目 entries of an online gazetteer database, from its web archive. "
        f"Made by gazetteer-mirror {__version__}; the texts remain their authors'",
        "sources": [{"title": config.source, "path": config.base_url}],
        "resources": [
            _resource(folder, "libraries", _LIBRARIES, ["code"], {}),
            _resource(folder, "books", _BOOKS, ["library", "number"], {"library": ("libraries", "code")}),
            _resource(folder, "entries", COLUMNS, ["id"], {"library book": ("books", "library number")}),
            {
                **_file(folder / "entries.jsonl", "entries-jsonl"),
                "type": "file",
                "mediatype": "application/x-ndjson",
                "description": "每行一个条目，另含 raw_text one entry a line, with raw_text",
            },
        ],
    }
    return json.dumps(package, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _resource(
    folder: Path,
    name: str,
    columns: dict[str, tuple[str, str]],
    key: list[str],
    refers: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [
            {"name": column, "type": kind, "description": about, **({"format": "any"} if kind == "datetime" else {})}
            for column, (kind, about) in columns.items()
        ],
        "missingValues": [""],
        "primaryKey": key,
    }
    if refers:
        schema["foreignKeys"] = [
            {"fields": here.split(), "reference": {"resource": resource, "fields": there.split()}}
            for here, (resource, there) in refers.items()
        ]
    return {
        **_file(folder / f"{name}.csv", name),
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "schema": schema,
    }


def _file(path: Path, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": path.name,
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{destination.sha256_of(path)}",
    }
