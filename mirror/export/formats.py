"""The forms an export can take: one line a form here, one module a form beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from mirror.collection import Collection
from mirror.frontier.scope import Scope


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported, and where to.

    Attributes:
        collection: Its entries, exchanges or files.
        output: A file or a folder, as the form wants; `-` is standard output where the form is one stream.
        scopes: Libraries, books or entries; everything if empty.
        options: What only some forms know, such as `self_contained`.
        notices: What the user must be told of the result; then the command ends with 3.
    """

    collection: Collection
    output: Path
    scopes: Sequence[Scope] = ()
    options: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


#: Writes the export; returns what was written, in words, for the line on standard error.
Exporter = Callable[[Export], str]

#: Forms by name: the module that has its `export` function.
FORMATS: dict[str, str] = {
    "jsonl": "mirror.export.jsonl",
    "csv": "mirror.export.csv",
    "parquet": "mirror.export.parquet",
    "txt": "mirror.export.txt",
    "tei": "mirror.export.tei",
    "epub": "mirror.export.epub",
    "datapackage": "mirror.export.datapackage",
    "site": "mirror.export.site",
    "wire": "mirror.export.wire",
    "warc": "mirror.export.warc",
    "wacz": "mirror.export.wacz",
    "bagit": "mirror.export.bagit",
}


def exporter(form: str) -> Exporter:
    """The function that writes a form; its module is imported when it is asked for."""
    export: Exporter = import_module(FORMATS[form]).export
    return export
