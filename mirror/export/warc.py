"""The WARC files themselves, in a folder with `manifest-sha256.txt`; on request with every revisit written out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from mirror.errors import MirrorError
from mirror.export import destination, finished
from mirror.export.catalogue import Catalogue
from mirror.export.derived import members
from mirror.export.formats import Export
from mirror.sites import open_site


def export(asked: Export) -> str:
    """Write a folder.

    A file is copied byte for byte if all of it is wanted as it is. Else a new one is made of copies of its records
    (`NAME.full.warc.gz`, `NAME.part.warc.gz`), whose first record says so.

    Options: `self_contained` makes each revisit a response (`warc.expand`), so that every record stands alone.

    Raises:
        UsageError: Something is in the output folder.
        MirrorError: It could not be read or written.
    """
    warcs = finished.warcs(asked)
    if not warcs:
        raise MirrorError(f"collection {asked.collection.name!r} has no finished WARC file")
    with destination.whole_folder(asked.output) as folder:
        if not asked.scopes and not asked.options.get("self_contained"):
            names = [_copy(path, folder) for path in warcs]
        else:
            names = _made(asked, warcs, folder)
        manifest = "".join(f"{destination.sha256_of(folder / name)}  {name}\n" for name in names)
        destination.write(folder / "manifest-sha256.txt", [manifest.encode("utf-8")])
    return f"{len(names)} WARC"


def _copy(path: Path, folder: Path) -> str:
    destination.write(folder / path.name, destination.read(path))
    return path.name


def _made(asked: Export, warcs: list[Path], folder: Path) -> list[str]:
    config = asked.collection.config()
    full = bool(asked.options.get("self_contained"))
    names, made, lost = [], datetime.now(UTC), 0
    with Catalogue(warcs, open_site(config.source, config.base_url), asked.scopes) as catalogue:
        if full:
            lost = catalogue.dangling()
        for path in warcs:
            some_only = catalogue.holds_others(path)
            if not some_only and not (full and catalogue.holds_revisits(path)):
                names.append(_copy(path, folder))
                continue
            held = (
                catalogue.records(path) if full else (replace(one, refers_to=None) for one in catalogue.records(path))
            )
            first = next(held, None)
            if first is None:
                continue
            name = f"{path.name.removesuffix('.warc.gz')}.{'part' if some_only else 'full'}.warc.gz"
            about = f"copy of {path.name}, sha256 {destination.sha256_of(path)}"
            about += f", of its records of {', '.join(map(str, asked.scopes))}" if asked.scopes else ""
            about += "; revisits are written as responses and say so in WARC-Was-Revisit" if full else ""
            destination.write(folder / name, members(catalogue, chain([first], held), name, about, made))
            names.append(name)
    if lost:
        asked.notices.append(
            f"{lost} 条 revisit 的原始记录不在馆藏中，照原样复制 revisits refer to a response this collection "
            f"does not hold: copied as they are"
        )
    return names
