"""Taking a text dump in: kept unchanged under `witnesses/` of the collection, and read into the store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.imports.sources import Sources
from mirror.sites.site import Site
from mirror.store.database import Database
from mirror.verify import fixity
from mirror.witness import dump
from mirror.witness.dump import Skipped
from mirror.witness.store import Tally, load, whole_sources
from mirror.witness.text import read
from warc.durable import sync_folder

Outcome = Literal["witnesses", "looked through", "known", "unreadable"]

_ARCHIVES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
_TEXTS = (".txt", ".text", ".md")


@dataclass(slots=True)
class DumpReport:
    """What came of one dump."""

    name: str
    sha256: str
    outcome: Outcome
    tally: Tally = field(default_factory=Tally)
    skipped: Skipped = field(default_factory=Skipped)
    note: str = ""

    @property
    def asks_for_a_look(self) -> bool:
        """Whether something was left out, could not be read, or says nowhere what it is."""
        headless = self.outcome in ("witnesses", "looked through") and not self.tally.with_head
        return self.outcome == "unreadable" or headless or bool(self.skipped.counts) or self.tally.undecodable > 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "sha256": self.sha256,
            "outcome": self.outcome,
            "note": self.note,
            **asdict(self.tally),
            "skipped": dict(self.skipped.counts),
            "examples": self.skipped.examples,
        }


def is_dump(path: Path) -> bool:
    """Whether a file or folder is a dump of texts, and not a web archive."""
    if path.is_dir():
        return True
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as package:
                names = [member.filename.lower() for member in package.infolist()]
        except zipfile.BadZipFile:
            return False
        if path.name.lower().endswith(".wacz") or any(name.endswith(_ARCHIVES) for name in names):
            return False
        return any(name.endswith(_TEXTS) for name in names)
    return path.name.lower().endswith(_TEXTS)


def folder(collection: Collection) -> Path:
    return collection.path / "witnesses"


def take(
    collection: Collection,
    site: Site,
    database: Database,
    path: Path,
    base_urls: Sequence[str] = (),
    *,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> DumpReport:
    """Import a dump. One that was imported before changes nothing. The caller holds the lock.

    Raises:
        OSError: The disk is full, or the like; then nothing of the dump is in the collection.
    """
    report = DumpReport(path.name, _digest(path), "known")
    known = next((one for _, one in _manifests(collection) if one["sha256"] == report.sha256), None)
    if known is not None:
        report.note = f"imported {known['imported'][:10]} as {known['given']}"
        return report
    sources = Sources(site, base_urls)
    if dry_run or not _has_texts(path):
        _look(path, sources, report)
        return report
    folder(collection).mkdir(exist_ok=True)
    for leftover in folder(collection).glob("*.part"):
        _remove(leftover)
    moment = datetime.now(UTC)
    stem = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}-{report.sha256[:8]}"
    kept = f"{stem}-{path.name}"
    progress(f"keeping {path.name}")
    _copy(path, folder(collection) / f"{stem}.part", folder(collection) / kept)
    made = {
        "given": path.name,
        "sha256": report.sha256,
        "imported": moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "original": kept,
        "base_urls": list(base_urls),
    }
    _write(folder(collection) / f"{stem}.json", made)
    report.tally = load(
        database,
        folder(collection) / kept,
        stem,
        path.name,
        str(made["imported"]),
        sources,
        report.skipped,
        lambda texts: progress(f"{path.name}: {texts} 篇 texts"),
    )
    if path.is_file():
        fixity.take_up(collection.path, {f"witnesses/{kept}": report.sha256})
    report.outcome = "witnesses"
    return report


def catch_up(collection: Collection, site: Site, database: Database) -> None:
    """Read in every dump the store does not wholly know: after a kill, and in a rebuild."""
    whole = whole_sources(database.connection)
    for stem, made in _manifests(collection):
        if stem in whole:
            continue
        path = folder(collection) / made["original"]
        if not path.exists():
            raise MirrorError(
                f"witnesses/{made['original']} is not on the disk, and witnesses/{stem}.json says it is. Restore it "
                f"from a copy; if there is none, remove witnesses/{stem}.json too"
            )
        load(database, path, stem, made["given"], made["imported"], Sources(site, made["base_urls"]), Skipped())


def _has_texts(path: Path) -> bool:
    try:
        return next(dump.texts(path, Skipped()), None) is not None
    except (OSError, zipfile.BadZipFile):
        return False


def _look(path: Path, sources: Sources, report: DumpReport) -> None:
    report.outcome = "unreadable"
    try:
        for _, data in dump.texts(path, report.skipped):
            found = read(data)
            report.outcome = "looked through"
            report.tally.texts += 1
            report.tally.with_head += found.has_head
            report.tally.undecodable += found.undecodable > 0
            link = sources.identify(found.url) if found.url else None
            report.tally.of_source += link is not None and link[0].rec is not None
    except zipfile.BadZipFile as error:
        report.note = f"the ZIP is damaged: {error}"


def _manifests(collection: Collection) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder(collection).glob("*.json")):
        try:
            made = json.loads(path.read_text("utf-8"))
            yield path.stem, {name: made[name] for name in ("given", "sha256", "imported", "original", "base_urls")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MirrorError(
                f"witnesses/{path.name} cannot be read ({error!r:.100}). Restore it from a copy"
            ) from error


def _write(path: Path, made: dict[str, Any]) -> None:
    partial = path.with_suffix(".json.part")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def _copy(source: Path, partial: Path, target: Path) -> None:
    """A copy under its own name only when it is whole. Links are not followed: they are no texts."""
    try:
        if source.is_dir():
            shutil.copytree(source, partial, symlinks=True)
        else:
            shutil.copyfile(source, partial)
    except BaseException:
        _remove(partial)
        raise
    os.sync()
    partial.rename(target)


def _remove(partial: Path) -> None:
    """Take away what was not finished."""
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        partial.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    """Of a file; of a folder, over the names and digests of its files in order."""
    if path.is_dir():
        whole = hashlib.sha256()
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                whole.update(f"{_digest(file)}  {file.relative_to(path).as_posix()}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
