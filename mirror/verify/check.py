"""All checks of one collection, in order; its files are only read. The fixity ledger alone is written."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mirror.collection import Collection
from mirror.frontier import chains
from mirror.imports import manifest
from mirror.sites import open_site
from mirror.verify import fixity, index, ledger, texts
from warc import reader
from warc.errors import WarcError
from warc.record import warc_date
from warc.verify.collection import Survey, survey
from warc.verify.examine import Examined, File
from warc.verify.finding import Finding

#: Rules of a file that say nothing against its own bytes.
ELSEWHERE = ("index-", "store-", "ledger-record", "ledger-unknown", "ledger-unreadable", "revisit-", "concurrent-")
_SOFTWARE = "gazetteer-mirror/"
_OUR_NAME = re.compile(r".+-[0-9]{17}-[0-9]{5}-[A-Za-z0-9.-]+\.warc\.gz")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what was found in it."""

    survey: Survey
    skipped: list[str]  #: files being written

    @property
    def records(self) -> int:
        return sum(one.records for one in self.survey.files)

    @property
    def size_bytes(self) -> int:
        return sum(one.size_bytes for one in self.survey.files)

    def counts(self) -> list[tuple[str, str, int]]:
        """Rule, severity and number of findings, the gravest first."""
        return [
            (rule, severity, count)
            for rule, severity, count in self.survey.query(
                "SELECT rule, severity, count(*) FROM finding GROUP BY rule, severity "
                "ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, count(*) DESC, rule"
            )
        ]

    def examples(self, rule: str, severity: str, most: int) -> list[Finding]:
        """The first findings of a rule."""
        rows = self.survey.query(
            "SELECT rule, severity, file, offset, id, message FROM finding WHERE rule = ? AND severity = ? "
            "ORDER BY file, offset LIMIT ?",
            rule,
            severity,
            most,
        )
        return [Finding(*row) for row in rows]

    @property
    def is_sound(self) -> bool:
        """Nothing that any rule calls an error."""
        return not any(severity == "error" for _, severity, _ in self.counts())


@contextmanager
def verify(
    collection: Collection,
    *,
    workers: int | None = None,
    progress: Callable[[Examined], None] = lambda examined: None,
) -> Iterator[Verified]:
    """Check everything. What is found lives as long as the context.

    Safe while a crawl writes: files that are not finished are skipped, and the ledger is read as it was at one
    instant.

    Args:
        collection: Which.
        workers: Processes; as many as there are cores if None.
        progress: Told of each file that is done.
    """
    config = collection.config()
    site = open_site(config.source, config.base_url)
    # Files first, then the ledger: what is finished in between is in neither.
    paths = _warcs(collection.archive)
    skipped = [path.name for path in collection.open_warcs()]
    problem = ledger.problem_of(collection.database_path)
    imported = {name: one.base_urls for name, one in manifest.by_archive(collection).items()}
    observe = None
    if not problem:
        observe = texts.Rederive(collection.database_path, config.source, config.base_url, imported)
    files = [
        File(number, path, path.name not in imported and is_ours(path, collection.name), path.name)
        for number, path in enumerate(paths)
    ]
    with survey(files, observe=observe, workers=workers, progress=progress) as found:
        for name in skipped:
            found.say(
                "file-open", name, None, None, "the file is being written, or was left by a kill; it was not checked"
            )
        for path in sorted(collection.archive.glob("*.damaged")):
            found.say("file-aside", path.name, None, None, f"{path.stat().st_size} bytes that a start put aside")
        if problem:
            found.say("ledger-unreadable", ledger.NAME, None, None, f"it cannot be judged: {problem}")
            index.judge(found, collection.index, collection.archive)
        else:
            _judge_ledger(found, collection, lambda uri: site.identify(uri) is not None)
        _judge_reports(found, collection.reports)
        _judge_fixity(found, collection)
        yield Verified(found, skipped)


def is_ours(path: Path, prefix: str) -> bool:
    """Whether a file is of our own writer, by its warcinfo; by its name, if that cannot be read."""
    try:
        for first in reader.read(path, on_odd="ignore"):
            software = first.fields().get("software") if first.type == "warcinfo" else None
            if software is not None:
                return software.startswith(_SOFTWARE)
            break
    except (WarcError, OSError):
        pass
    return path.name.startswith(f"{prefix}-") and _OUR_NAME.fullmatch(path.name) is not None


def _warcs(archive: Path) -> list[Path]:
    """Every finished WARC, ours or brought in, in order of name; ARC files too, which nobody else here reads."""
    return sorted(
        path
        for path in archive.iterdir()
        if path.name.endswith((".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")) and path.is_file()
    )


def _judge_ledger(found: Survey, collection: Collection, is_of_source: Callable[[str], bool]) -> None:
    try:
        with closing(ledger.connect(collection.database_path)) as db:
            db.execute("BEGIN")
            ledger.judge(found, db, collection.archive, is_of_source)
            index.judge(found, collection.index, collection.archive)
            for rule, text in texts.judge_versions(db):
                found.say(rule, ledger.NAME, None, None, text)
            for text in chains.misjudged(db):
                found.say("store-text", ledger.NAME, None, None, text)
    except sqlite3.DatabaseError as error:
        found.say("ledger-unreadable", ledger.NAME, None, None, f"it cannot be judged: SQLite says: {error}")


def _judge_reports(found: Survey, reports: Path) -> None:
    for path in sorted(reports.glob("crawl-*.json")):
        try:
            number = json.loads(path.read_text("utf-8"))["crawl"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            found.say("report", f"reports/{path.name}", None, None, f"the report cannot be read: {error!r:.100}")
            continue
        if path.name != f"crawl-{number:05d}.json":
            found.say("report", f"reports/{path.name}", None, None, f"the report is of crawl {number}")


def _judge_fixity(found: Survey, collection: Collection) -> None:
    """Files against the fixity ledger; new ones are taken up if nothing is wrong with them."""
    held, before = fixity.read(collection.path), fixity.last_verified(collection.path)
    unlisted = before.keys() - held.digests.keys()
    for text in held.oddities:
        found.say("fixity-ledger", "manifest-sha256.txt", None, None, text)
    errors = found.query("SELECT DISTINCT rule, file FROM finding WHERE severity = 'error'")
    damaged = {file for rule, file in errors if not rule.startswith(ELSEWHERE)}
    verified: list[tuple[str, str, int]] = []
    missing: dict[str, str] = {}
    for one in found.files:
        name = one.file.path.relative_to(collection.path).as_posix()
        known = held.digests.pop(name, None)
        if known is None and "sha256" in before.get(name, {}):
            known = missing[name] = before[name]["sha256"]
            text = f"the line of {name} is gone; fixity.json still has it"
            found.say("fixity-ledger", "manifest-sha256.txt", None, None, text)
        if known is None and one.sha256:
            # With a ledger that is damaged itself, the file may have had a line there.
            if one.file.name in damaged or held.oddities:
                what = "the file" if one.file.name in damaged else "the fixity ledger"
                text = f"{what} is damaged; the file is not taken into the fixity ledger"
                found.say("fixity-withheld", one.file.name, None, None, text)
                continue
            known = missing[name] = one.sha256
            found.say("fixity-new", one.file.name, None, None, "the file is taken into the fixity ledger")
        if known == one.sha256:
            verified.append((name, known, one.size_bytes))
        elif known is not None:
            last = before.get(name)
            then = f"; it was whole at {last['last_verified']}, with {last['size']} bytes" if last else ""
            text = f"the file has {one.size_bytes} bytes and sha256 {one.sha256}, and had {known}{then}"
            found.say("fixity-changed", one.file.name, None, None, text)
    for name in held.digests:
        if not (collection.path / name).exists():
            text = f"{name} is in the fixity ledger and not on the disk"
            found.say("fixity-lost", Path(name).name, None, None, text)
    for name in sorted(unlisted):
        if not (collection.path / name).exists():
            text = f"{name} was verified {before[name].get('last_verified')}; now neither it nor its line is there"
            found.say("fixity-lost", Path(name).name, None, None, text)
    if os.access(collection.path, os.W_OK):
        fixity.take_up(collection.path, missing)
        fixity.note_verified(collection.path, verified, warc_date(datetime.now(UTC)))
