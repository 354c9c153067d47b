"""Damaged and lost files made whole from a second copy. What is replaced is kept, and nothing is taken unproven.

A file is proven by its sha256 in the fixity ledger. If no copy has that file, records are: by their own digests, and
by the ledger, which knows what the file held.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.frontier import reconcile
from mirror.sites import open_site
from mirror.store.damage import damage
from mirror.verify import fixity, ledger
from mirror.verify.check import ELSEWHERE, Verified, verify
from warc.durable import sync_folder
from warc.indexing import index_files
from warc.verify import mend
from warc.verify.mend import Member

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Repaired:
    """One file that was mended.

    Attributes:
        file: Its base name.
        how: What was taken: `file`, or `records`.
        records: How many records were taken from the copy; 0 for a whole file.
        exact: It is again byte for byte what the fixity ledger says.
        kept: Where the damaged file lies now, within the collection; None if it was lost.
    """

    file: str
    how: str
    records: int
    exact: bool
    kept: str | None


def repair(collection: Collection, copy: Path, workers: int | None = None) -> tuple[list[Repaired], list[str]]:
    """Mend what a copy can mend; index and ledger too.

    Args:
        collection: Which; it is locked meanwhile.
        copy: A home with the same collection, a collection's folder, or a folder of WARC files.
        workers: Processes to verify with.

    Returns:
        What was mended, and the files that could not be, with the reason.

    Raises:
        UsageError: The copy holds no WARC file, or is the collection itself.
        MirrorError: Another process writes to the collection.
    """
    archive = _archive_of(copy, collection)
    mended: list[Repaired] = []
    hopeless: list[str] = []
    with collection.locked():
        with verify(collection, workers=workers) as found:
            damaged = _damaged_files(found)
        aside = collection.path / "damaged" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        for name in damaged:
            try:
                mended.append(_Mending(collection, archive, aside, name).run())
            except _HopelessError as error:
                hopeless.append(f"{name}: {error}")
        with verify(collection, workers=workers) as found:
            wrong = {rule for rule, severity, _ in found.counts() if severity == "error"}
            still_damaged = _damaged_files(found, ledger_too=False)
        # From damaged files a rebuild would read less than the ledger knows now.
        outdated = any(rule.startswith(("ledger-", "store-")) for rule in wrong) or _remembers_damage(collection)
        if not still_damaged and outdated:
            config = collection.config()
            reconcile.rebuild(collection, open_site(config.source, config.base_url))
        elif not still_damaged and any(rule.startswith("index-") for rule in wrong):
            index_files(collection.warcs(), collection.index, workers=workers)
    return mended, hopeless


def _remembers_damage(collection: Collection) -> bool:
    try:
        with closing(ledger.connect(collection.database_path)) as db:
            return bool(damage(db))
    except sqlite3.Error:
        return False


def _archive_of(copy: Path, collection: Collection) -> Path:
    """The folder of a copy that holds WARC files."""
    for folder in (
        copy / "collections" / collection.name / "archive",
        copy / "archive",
        copy / "data" / "archive",
        copy,
    ):
        if folder.is_dir() and any(folder.glob("*.warc.gz")):
            if folder.resolve() == collection.archive.resolve():
                raise UsageError(f"{copy}: this is the collection itself; name a second copy")
            return folder
    raise UsageError(
        f"{copy}: no WARC files there. Name a home with collection {collection.name!r}, a collection's folder, or a "
        f"folder of .warc.gz files"
    )


def _damaged_files(found: Verified, *, ledger_too: bool = True) -> list[str]:
    """Base names of files whose own bytes are wrong, or that are lost; by what the ledger remembers of them too."""
    elsewhere = ELSEWHERE if ledger_too else (*ELSEWHERE, "ledger-")
    names = {
        file
        for rule, file in found.survey.query("SELECT DISTINCT rule, file FROM finding WHERE severity = 'error'")
        if not rule.startswith(elsewhere) and file.endswith(".warc.gz")
    }
    skipped = set(found.skipped)
    return sorted(name for name in names if f"{name}.open" not in skipped)


class _HopelessError(Exception):
    """The copy cannot mend the file; says why."""


class _Mending:
    def __init__(self, collection: Collection, archive: Path, aside: Path, name: str) -> None:
        self._collection = collection
        self._path = collection.archive / name
        self._copy = archive / name
        self._aside = aside
        known = fixity.read(collection.path).digests.get(f"archive/{name}")
        self._known = known or fixity.last_verified(collection.path).get(f"archive/{name}", {}).get("sha256")

    def run(self) -> Repaired:
        if not self._copy.is_file():
            raise _HopelessError("the copy has no file of that name")
        self._aside.mkdir(parents=True, exist_ok=True)
        fresh = self._aside / f"new-{self._path.name}"
        try:
            if self._known is not None and _sha256(self._copy) == self._known:
                _copy(self._copy, fresh)
                if _sha256(fresh) != self._known:
                    raise _HopelessError("the file changed while it was copied; is the disk sound?")
                return self._put(fresh, "file", 0, exact=True)
            return self._from_records(fresh)
        finally:
            fresh.unlink(missing_ok=True)
            if not any(self._aside.iterdir()):
                self._aside.rmdir()

    def _from_records(self, fresh: Path) -> Repaired:
        ours = mend.proven(self._path) if self._path.exists() else []
        merged = mend.merge(ours, mend.proven(self._copy))
        taken = sum(member.path == self._copy for member in merged)
        if not taken:
            raise _HopelessError("the copy has no sound record that is lacking here")
        mend.write(merged, fresh)
        again = mend.proven(fresh)
        if [(one.record_id, one.content) for one in again] != [(one.record_id, one.content) for one in merged]:
            raise _HopelessError("the records did not come over whole; is the disk sound?")
        exact = self._known is not None and _sha256(fresh) == self._known
        if not exact:
            self._prove(merged, fresh)
        return self._put(fresh, "records", taken, exact=exact)

    def _prove(self, merged: list[Member], fresh: Path) -> None:
        """A file that is not byte for byte the old one must hold every record the ledger and the old file knew."""
        held = {member.record_id for member in merged}
        known = self._known_ids()
        if not known:
            raise _HopelessError("neither the fixity ledger nor mirror.db can prove that the copy has all of it")
        lacking = known - held
        if lacking:
            raise _HopelessError(f"{len(lacking)} records of it are sound nowhere, such as {min(lacking)}")

    def _known_ids(self) -> set[str]:
        """Ids of the records that the ledger says the file held; none if there is no ledger."""
        try:
            with closing(ledger.connect(self._collection.database_path)) as db:
                if any(one.file == self._path.name for one in damage(db)):
                    return set()  # made again from the damaged file: it knows no more than that holds
                rows = db.execute(
                    "SELECT record_id FROM capture WHERE warc_id = (SELECT id FROM warc WHERE name = ?)",
                    (self._path.name,),
                )
                return {row[0] for row in rows}
        except sqlite3.Error:
            return set()

    def _put(self, fresh: Path, how: str, records: int, *, exact: bool) -> Repaired:
        """The new file in the place of the old one, which is kept. At no instant is there neither."""
        kept = None
        if self._path.exists():
            kept = self._aside / self._path.name
            try:
                os.link(self._path, kept)
            except OSError:
                _copy(self._path, kept)
        fresh.replace(self._path)
        sync_folder(self._path.parent)
        sync_folder(self._aside)
        if not exact:
            fixity.replace(self._collection.path, f"archive/{self._path.name}", _sha256(self._path), self._aside)
        where = kept.relative_to(self._collection.path).as_posix() if kept else None
        return Repaired(self._path.name, how, records, exact, where)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
