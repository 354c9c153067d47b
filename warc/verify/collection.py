"""Many files: examined over all cores, and their records judged against each other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from warc.verify import digests
from warc.verify.examine import LARGEST, Examined, File, Observer, examine, examine_part, sha256_of
from warc.verify.finding import Finding, finding
from warc.verify.scan import parts
from warc.verify.shelf import Shelf
from warc.workers import cores, pool

Row = tuple[Any, ...]
#: Bytes of a part of a large file: all cores have work to the end.
PART_BYTES = 32 << 20


class Survey:
    """What is known of some files once all are examined. Made by `survey`.

    Attributes:
        files: What came of each, in the order given.
        shelf: Facts and findings; more findings may be put there.
    """

    def __init__(self, shelf: Shelf, files: Sequence[Examined]) -> None:
        self.shelf = shelf
        self.files = files
        self._names = {one.file.number: one.file.name for one in files}

    def findings(self) -> Iterator[Finding]:
        """Every finding, by file and place."""
        yield from self.shelf.findings()

    def query(self, sql: str, *values: Any) -> Iterable[Row]:
        """Rows of the facts, one by one."""
        self.shelf.flush()
        return self.shelf.connection.cursor().execute(sql, values)

    def say(
        self, rule: str, file: int | str, offset: int | None, record_id: str | None, text: str, *, ours: bool = True
    ) -> None:
        """Put a finding on the shelf; a file is named or numbered."""
        name = self._names[file] if isinstance(file, int) else file
        self.shelf.tell(finding(rule, name, offset, text, record_id=record_id, ours=ours))


@contextmanager
def survey(
    files: Sequence[File],
    *,
    observe: Callable[[File], Observer] | None = None,
    workers: int | None = None,
    part_bytes: int = PART_BYTES,
    progress: Callable[[Examined], None] = lambda examined: None,
) -> Iterator[Survey]:
    """Examine files, large ones in parts, and judge their records together.

    Args:
        files: Which.
        observe: Gives each file's observer, made in the process that reads the file; must be picklable.
        workers: How many processes; as many as there are cores if None. 1 reads in this process.
        part_bytes: With several processes, a file of at least twice this size is cut into parts of about it.
        progress: Told of each file that is done.
    """
    folder = Path(tempfile.mkdtemp(prefix="mirror-verify-"))
    try:
        # The largest first, so that no core is left with a large file at the end.
        order = sorted(files, key=lambda file: -_size(file.path))
        done: dict[int, Examined] = {}
        with ExitStack() as stack:
            # Processes first: they must not inherit the shelf.
            pieces = max(len(files), sum(_size(file.path) for file in files) // part_bytes)
            count = cores(workers, pieces)
            coming = stack.enter_context(_examine_all(order, folder, observe, count, part_bytes))
            shelf = Shelf(folder / "all.sqlite")
            stack.callback(shelf.close)
            for examined, shelves in coming:
                shelf.take(shelves)
                done[examined.file.number] = examined
                progress(examined)
            found = Survey(shelf, [done[file.number] for file in files])
            _judge_ids(found)
            _judge_named(found)
            _judge_revisits(found)
            _judge_segments(found)
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _examine_all(
    files: Sequence[File], folder: Path, observe: Callable[[File], Observer] | None, count: int, part_bytes: int
) -> Iterator[Iterator[tuple[Examined, list[Path]]]]:
    """What comes of files, in any order, and the shelves with what was found."""
    if count <= 1:
        shelves = {file.number: folder / f"{file.number}.sqlite" for file in files}
        yield ((examine(file, shelves[file.number], observe), [shelves[file.number]]) for file in files)
        return
    with pool(count) as processes:
        work = _Work(processes, folder, observe)
        work.begin(files, part_bytes)  # now: processes must not inherit what the caller opens next
        yield work.results()


class _Work:
    """Files, and parts of large ones, given to processes."""

    def __init__(
        self, processes: ProcessPoolExecutor, folder: Path, observe: Callable[[File], Observer] | None
    ) -> None:
        self._processes = processes
        self._folder = folder
        self._observe = observe
        self._serial = 0
        self._waiting: dict[Future[Examined], tuple[File, Path]] = {}
        self._cut: dict[int, _Cut] = {}

    def begin(self, files: Sequence[File], part_bytes: int) -> None:
        """Give out all work there is."""
        for file in files:
            found = _parts(file, part_bytes)
            if len(found) == 1:
                self._submit(examine, file)
                continue
            self._cut[file.number] = _Cut(len(found), self._processes.submit(sha256_of, file))
            for part in found:
                self._submit(examine_part, file, part)

    def results(self) -> Iterator[tuple[Examined, list[Path]]]:
        """What came of each file, and the shelves with what was found."""
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for job in done:
                file, shelf = self._waiting.pop(job)
                cut = self._cut.get(file.number)
                if cut is None:
                    yield job.result(), [shelf]
                elif cut.take(job.result(), shelf):
                    del self._cut[file.number]
                    if cut.is_apart:
                        yield cut.examined(file), cut.shelves
                    else:
                        for one in cut.shelves:
                            one.unlink()
                        self._submit(examine, file)

    def _submit(self, task: Callable[..., Examined], file: File, *part: object) -> None:
        self._serial += 1
        shelf = self._folder / f"{self._serial}.sqlite"
        self._waiting[self._processes.submit(task, file, *part, shelf, self._observe)] = file, shelf


@dataclass(slots=True)
class _Cut:
    """A file that is examined in parts."""

    parts: int
    sha256: Future[str]
    done: list[Examined] = field(default_factory=list)
    shelves: list[Path] = field(default_factory=list)

    def take(self, part: Examined, shelf: Path) -> bool:
        """A part is done; are all?"""
        self.done.append(part)
        self.shelves.append(shelf)
        return len(self.done) == self.parts

    @property
    def is_apart(self) -> bool:
        return all(one.apart for one in self.done)

    def examined(self, file: File) -> Examined:
        records, size = (sum(getattr(one, name) for one in self.done) for name in ("records", "size_bytes"))
        return Examined(file, records, size, self.sha256.result())


def _parts(file: File, size_bytes: int) -> list[tuple[int, int]]:
    """Where to cut a file; in one piece if it cannot be cut, or is so large that a rule of whole files speaks."""
    try:
        return parts(file.path, size_bytes) if file.path.stat().st_size <= LARGEST else [(0, 0)]
    except OSError:
        return [(0, 0)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _judge_ids(found: Survey) -> None:
    """No id twice (5.2). Others put copies of one record into several files: one record is one, wherever it lies."""
    found.shelf.flush()
    found.shelf.connection.execute("CREATE INDEX record_id ON record (id)")
    twice = found.query(
        "SELECT r.id, r.file, r.offset, r.type, r.date, r.target, r.digest, r.size FROM "
        "(SELECT id FROM record WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1) AS d "
        "JOIN record AS r ON r.id = d.id ORDER BY r.id, r.file, r.offset"
    )
    for identity, group in groupby(twice, key=lambda row: row[0]):
        (_, first_file, first_offset, *first), *others = group
        name = found.files[first_file].file.name
        for _, file, offset, *other in others:
            ours = found.files[first_file].file.ours or found.files[file].file.ours
            copied = file != first_file and other == first and not ours
            found.say(
                "record-copied" if copied else "record-id-twice",
                file,
                offset,
                identity,
                f"the record at {name}, byte {first_offset} has this id too",
                ours=found.files[file].file.ours,
            )


def _judge_named(found: Survey) -> None:
    """WARC-Concurrent-To names a record that is there (5.7), in our files an earlier one."""
    rows = found.query(
        "SELECT n.file, n.offset, n.id, n.name, n.ours, r.file, r.offset FROM named AS n "
        "LEFT JOIN record AS r ON r.id = n.name"
    )
    for file, offset, identity, name, ours, there, at in rows:
        if there is None:
            found.say(
                "concurrent-missing",
                file,
                offset,
                identity,
                f"WARC-Concurrent-To names {name}, which is not here",
                ours=bool(ours),
            )
        elif ours and (there, at) > (file, offset):
            found.say(
                "request-order", file, offset, identity, f"the request stands before the record it names, {name}"
            )


def _judge_revisits(found: Survey) -> None:
    """What revisits refer to (6.7)."""
    (unnamed,) = next(iter(found.query("SELECT count(*) FROM revisit WHERE refers_to IS NULL")))
    if unnamed:
        found.shelf.connection.execute("CREATE INDEX record_place ON record (target, date)")
    columns = (
        "v.file, v.offset, v.id, v.date, v.profile, v.refers_to, v.refers_target, v.refers_date, v.digest, "
        "v.wire_size, v.ours, o.type, o.id, o.date, o.target, o.digest, o.size"
    )
    for row in found.query(
        f"SELECT {columns} FROM revisit AS v LEFT JOIN record AS o ON o.id = v.refers_to "
        f"WHERE v.refers_to IS NOT NULL GROUP BY v.file, v.offset"
    ):
        _judge_revisit(found, row)
    if unnamed:
        for row in found.query(
            f"SELECT {columns} FROM revisit AS v LEFT JOIN record AS o ON o.target = v.refers_target "
            f"AND o.date = v.refers_date AND o.type <> 'request' WHERE v.refers_to IS NULL "
            f"AND v.refers_target IS NOT NULL GROUP BY v.file, v.offset"
        ):
            _judge_revisit(found, row)


def _judge_revisit(found: Survey, row: Row) -> None:
    file, offset, identity, date, profile, refers_to, refers_target, refers_date, digest, wire_size, ours = row[:11]
    kind, original, original_date, original_target, original_digest, size = row[11:]

    def say(rule: str, text: str) -> None:
        found.say(rule, file, offset, identity, text, ours=bool(ours))

    if kind is None:
        say("revisit-missing", f"it refers to {refers_to or f'{refers_target} at {refers_date}'}, which is not here")
        return
    if kind == "revisit":
        say("revisit-of-revisit", f"it refers to {original}, which is a revisit itself")
    elif ours and kind != "response":
        say("revisit-of-revisit", f"it refers to {original}, which is no response but a {kind}")
    if original_date and date and original_date.rstrip("Z") > date.rstrip("Z"):
        say("revisit-earlier", f"it refers to {original} of {original_date}, which is later")
    exact = None if ours else 19  # WARC 1.0 knows whole seconds only
    if refers_date and original_date and refers_date[:exact] != original_date[:exact]:
        say("revisit-date", f"WARC-Refers-To-Date is {refers_date}, the record it refers to is of {original_date}")
    if refers_target and refers_target != original_target:
        say(
            "revisit-date",
            f"WARC-Refers-To-Target-URI is {refers_target}, the record it refers to is of {original_target}",
        )
    binding = profile == "identical-payload-digest" or (ours and profile == "server-not-modified")
    if binding and digest and original_digest and not _same(digest, original_digest):
        say("revisit-digest", f"its payload digest is {digest}, its original's {original_digest}")
    if profile == "identical-payload-digest" and wire_size is not None and size is not None and wire_size != size:
        say("wire-note", f"the chunks in the note add up to {wire_size} octets, the original's payload has {size}")


def _same(one: str, other: str) -> bool:
    """Two spellings of one digest; of two algorithms nothing can be said."""
    if one == other:
        return True
    read = [digests.read("", value, lambda *_: None) for value in (one, other)]
    return read[0] is None or read[1] is None or read[0][0] != read[1][0] or read[0] == read[1]


def _judge_segments(found: Survey) -> None:
    """Segments of one record (7)."""
    rows = found.query(
        "SELECT coalesce(origin, id) AS whole, number, origin, file, offset, id, total, size, ours FROM segment "
        "ORDER BY whole, number, file, offset"
    )
    for whole, group in groupby(rows, key=lambda row: row[0]):
        segments = list(group)
        _, _, _, file, offset, identity, total, _, ours = segments[-1]
        problem = ""
        if segments[0][1] != 1 or segments[0][2] is not None:
            problem = f"the first segment of {whole} is not here"
        elif [row[1] for row in segments] != list(range(1, len(segments) + 1)):
            problem = f"the segments of {whole} are numbered {', '.join(str(row[1]) for row in segments[:20])}"
        elif total is None:
            problem = f"the last segment of {whole} is not here, or lacks WARC-Segment-Total-Length"
        elif total != sum(row[7] for row in segments):
            problem = f"the segments of {whole} have {sum(row[7] for row in segments)} octets, not {total}"
        if problem:
            found.say("segment", file, offset, identity, problem, ours=bool(ours))
