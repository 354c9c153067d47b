"""Taking a file in: looked through, kept unchanged, put into `archive/` as it is or rewritten, and read."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mirror import __version__
from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.frontier.ledger import Ledger
from mirror.imports import ingest, manifest
from mirror.imports.manifest import Import, Part, Taken
from mirror.imports.rewrite import rewrite
from mirror.imports.sources import Sources
from mirror.imports.survey import Survey, read, survey
from mirror.sites.site import Site
from mirror.store.captures import held_records
from mirror.verify import fixity
from warc.durable import sync_folder
from warc.salvage import Lost

Outcome = Literal["imported", "looked through", "known", "nothing new", "nothing of the source", "unreadable"]

_ARCHIVE_NAMES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
_PIECE = 1 << 20


@dataclass(slots=True)
class PartReport:
    """What came of one web archive."""

    name: str
    outcome: Outcome
    taken: Taken | None = None
    archive: str | None = None
    new: int = 0  #: captures of the source that were not known
    survey: Survey = field(default_factory=Survey)


@dataclass(slots=True)
class FileReport:
    """What came of one file, for the user and for the manifest."""

    name: str
    sha256: str
    size: int
    outcome: Outcome
    parts: list[PartReport] = field(default_factory=list)
    note: str = ""
    problem: str = ""  #: what is wrong with the file as a whole

    @property
    def asks_for_a_look(self) -> bool:
        """Whether something could not be read, or nothing was found."""
        return (
            bool(self.problem)
            or self.outcome in ("unreadable", "nothing of the source")
            or any(part.survey.damaged or part.survey.skipped or part.outcome == "unreadable" for part in self.parts)
        )

    def as_dict(self) -> dict[str, Any]:
        parts = [{**asdict(part), "survey": None, **part.survey.as_dict()} for part in self.parts]
        for part in parts:
            del part["survey"]
        return {
            "file": self.name,
            "sha256": self.sha256,
            "bytes": self.size,
            "outcome": self.outcome,
            "note": self.note,
            "problem": self.problem,
            "parts": parts,
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """One web archive inside a file, where it can be read, looked through."""

    report: PartReport
    path: Path
    sha256: str
    held: set[str]


class Importer:
    """Takes files into one collection, whose lock the caller holds.

    Args:
        collection: Which one.
        site: Its source.
        ledger: Its ledger.
        base_urls: Further roots under which the source is known to have lain.
        progress: Told what is being done, in words.
    """

    def __init__(
        self,
        collection: Collection,
        site: Site,
        ledger: Ledger,
        base_urls: Sequence[str] = (),
        progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._collection = collection
        self._site = site
        self._ledger = ledger
        self._base_urls = tuple(base_urls)
        self._sources = Sources(site, base_urls)
        self._progress = progress
        self._folder = manifest.folder(collection)
        self._number: int | None = None

    def look(self, path: Path) -> FileReport:
        """Look through a file and change nothing in the collection."""
        return self._report(path, dry=True)

    def take(self, path: Path) -> FileReport:
        """Import a file. A file that was imported before changes nothing.

        Raises:
            OSError: The disk is full, or the like; the collection is as it was, or goes on where it stopped.
        """
        self._folder.mkdir(exist_ok=True)
        for leftover in self._folder.glob("*.part"):
            leftover.unlink()
        self._ledger.add(self._site.seeds())
        return self._report(path, dry=False)

    def finish(self) -> None:
        """Tie revisits to originals that came with other files. To be called after the last file."""
        ingest.settle_revisits(
            self._collection.archive, self._site, self._ledger, manifest.by_archive(self._collection)
        )

    def _report(self, path: Path, *, dry: bool) -> FileReport:
        sha256 = _digest(path)
        report = FileReport(path.name, sha256, path.stat().st_size, "known")
        known = next((one for one in manifest.all_imports(self._collection) if self._holds(one, sha256)), None)
        if known is not None:
            report.note = f"imported {known.imported[:10]} as {known.name}"
            return report
        with self._archives_in(path, sha256, report, dry) as found:
            worth = [one for one in found if one.report.survey.of_source]
            fresh = [one for one in worth if one.report.outcome == "looked through"]
            if not worth:
                readable = any(one.report.survey.records for one in found)
                report.outcome = "nothing of the source" if readable else "unreadable"
            elif not fresh:
                report.outcome = "nothing new"
            elif dry:
                report.outcome = "looked through"
            else:
                # Archives beside one that counts may hold the originals of its revisits.
                self._take([one for one in found if one.report.outcome != "unreadable"], path, report)
        return report

    def _holds(self, made: Import, sha256: str) -> bool:
        digests = {made.sha256, *(part.sha256 for part in made.parts)}
        return sha256 in digests and all((self._collection.archive / part.archive).exists() for part in made.parts)

    @contextmanager
    def _archives_in(self, path: Path, sha256: str, report: FileReport, dry: bool) -> Iterator[list[_Found]]:
        """Every web archive in a file, looked through; unpacked for the time being."""
        if not zipfile.is_zipfile(path):
            yield [self._look(path, path.name, sha256, report)]
            return
        unpacked: list[Path] = []
        folder = Path(tempfile.gettempdir()) if dry else self._folder
        try:
            with zipfile.ZipFile(path) as package:
                found = []
                for number, member in enumerate(_members(package)):
                    inner = folder / f".unpacked-{os.getpid()}-{number}.part"
                    unpacked.append(inner)
                    problem = self._unpack(package, member, inner)
                    one = self._look(inner, member.filename, _digest(inner), report)
                    if problem:
                        one.report.survey.fits = False
                        one.report.survey.damaged += 1
                        lost = Lost(inner.stat().st_size, 0, problem)
                        one.report.survey.damage.append(asdict(lost))
                    found.append(one)
                if not found:
                    report.note = "a ZIP without a web archive in it"
                yield found
        except zipfile.BadZipFile as error:
            report.note = f"the ZIP is damaged: {error}"
            yield [self._look(path, path.name, sha256, report)]
        finally:
            for leftover in unpacked:
                leftover.unlink(missing_ok=True)

    def _unpack(self, package: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> str | None:
        """Write a member into a file. Returns what went wrong; what came before that is there."""
        room = shutil.disk_usage(path.parent).free
        if member.file_size > room - (1 << 30):
            raise MirrorError(
                f"{member.filename} unpacks to {member.file_size} bytes and the disk has {room} left. Make room, "
                f"then run the same command again"
            )
        self._progress(f"unpacking {member.filename}")
        with path.open("wb") as out:
            try:
                with package.open(member) as packed:
                    shutil.copyfileobj(packed, out, _PIECE)
            except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
                return f"the ZIP is damaged here: {error}"
        return None

    def _look(self, path: Path, name: str, sha256: str, report: FileReport) -> _Found:
        self._progress(f"looking through {name}")
        ids = _Ids()
        seen = survey(path, self._sources, ids.add)
        held = held_records(self._ledger.database.connection, ids)
        part = PartReport(name, "looked through", survey=seen)
        if not seen.records:
            part.outcome = "unreadable"
        elif not seen.of_source:
            part.outcome = "nothing of the source"
        elif len(held) >= ids.count:
            part.outcome = "nothing new"
        report.parts.append(part)
        return _Found(part, path, sha256, held)

    def _take(self, found: list[_Found], path: Path, report: FileReport) -> None:
        if self._number is None:
            self._number = self._ledger.crawls.next_number()
        moment, stem = self._name()
        parts = []
        try:
            for serial, one in enumerate(found, 1):
                if one.report.outcome == "nothing new":
                    continue
                parts.append(self._put(one, f"{stem}-{serial:05d}-{_plain(one.report.name)}.warc.gz", moment))
            original = self._keep(path, report, stem, parts)
        except BaseException:
            for part in parts:
                (self._folder / f"{part.archive}.part").unlink(missing_ok=True)
            raise
        surveys = [one.report.survey for one in found]
        report.outcome = "imported"
        made = Import(
            name=path.name,
            sha256=report.sha256,
            size=report.size,
            crawl=self._number,
            imported=moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
            original=original,
            parts=tuple(parts),
            base_urls=self._base_urls,
            report={
                "first": min((one.first for one in surveys if one.first), default=None),
                "last": max((one.last for one in surveys if one.last), default=None),
                **report.as_dict(),
            },
        )
        # The manifest first: a file in the archive that nobody explains would pass for one of our own crawls.
        manifest.write(self._collection, stem, made)
        for part in parts:
            (self._folder / f"{part.archive}.part").rename(self._collection.archive / part.archive)
        sync_folder(self._collection.archive)
        for part, one in zip(parts, [one for one in found if one.report.outcome != "nothing new"], strict=True):
            self._progress(f"reading {part.archive}")
            # Before the ledger says that nothing is left to do for the file.
            fixity.take_up_file(self._collection.path, self._collection.archive / part.archive)
            one.report.new = ingest.ingest(
                self._collection.archive / part.archive, made, self._collection.index, self._site, self._ledger
            )
            one.report.outcome = "imported"
        fixity.take_up_file(self._collection.path, self._collection.path / original)

    def _name(self) -> tuple[datetime, str]:
        """Now, and how the names of what is imported now begin: like those of crawls, so that they sort with them."""
        while True:
            moment = datetime.now(UTC)
            stem = f"{self._collection.name}-{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
            if not (self._folder / f"{stem}.json").exists():
                return moment, stem

    def _put(self, one: _Found, archive: str, moment: datetime) -> Part:
        """Make the file for the archive, under a name that nobody takes for one until it gets its own."""
        partial = self._folder / f"{archive}.part"
        survey = one.report.survey
        if survey.fits and not one.held:
            _copy(one.path, partial)
            one.report.taken = "as-is"
        else:
            self._progress(f"rewriting {one.report.name}")
            info = {
                "software": f"gazetteer-mirror/{__version__}",
                "format": "WARC File Format 1.1",
                "isPartOf": self._collection.name,
                "description": f"rewritten from {one.report.name}, sha256:{one.sha256}",
                "import": str(self._number),
            }
            with suppress(FileNotFoundError):
                partial.unlink()
            rewrite(read(one.path, survey.kind), partial, info, moment, one.held)
            one.report.taken = "rewritten"
        one.report.archive = archive
        return Part(one.report.name, one.sha256, one.report.taken, archive)

    def _keep(self, path: Path, report: FileReport, stem: str, parts: list[Part]) -> str:
        """Keep the file byte for byte; one that went into the archive as it is lies there already."""
        if len(parts) == 1 and parts[0].taken == "as-is" and parts[0].sha256 == report.sha256:
            return f"archive/{parts[0].archive}"
        name = f"{stem}-{path.name}"
        _copy(path, self._folder / f"{stem}.part")
        (self._folder / f"{stem}.part").rename(self._folder / name)
        return f"imports/{name}"


class _Ids:
    """Record ids on their way into the ledger's question, counted."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self.count = 0

    def add(self, record_id: str) -> None:
        self._ids.append(record_id)
        self.count += 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)


def _members(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [one for one in package.infolist() if one.filename.lower().endswith(_ARCHIVE_NAMES) and not one.is_dir()]


def _plain(name: str) -> str:
    """A file's name without its endings, as it may stand in the name of a WARC file."""
    base = name.rpartition("/")[2]
    base = re.sub(r"(?i)\.(?:gz|zst|open)\Z", "", base)
    base = re.sub(r"(?i)\.w?arc\Z", "", base)
    return re.sub(r"[^A-Za-z0-9.-]+", "_", base).strip("._-")[:60] or "import"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    """A copy on the disk, byte for byte."""
    with source.open("rb") as file, target.open("wb") as out:
        shutil.copyfileobj(file, out, _PIECE)
        out.flush()
        os.fsync(out.fileno())
