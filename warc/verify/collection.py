"""Many files: examined over all cores, and their records judged against each other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from warc.verify import digests
from warc.verify.examine import Examined, File, Observer, examine
from warc.verify.finding import Finding, finding
from warc.verify.shelf import Shelf
from warc.workers import cores, pool

Row = tuple[Any, ...]


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
    progress: Callable[[Examined], None] = lambda examined: None,
) -> Iterator[Survey]:
    """Examine files, each whole by one process, and judge their records together.

    Args:
        files: Which.
        observe: Gives each file's observer, made in the process that reads the file; must be picklable.
        workers: How many processes; as many as there are cores if None. 1 reads in this process.
        progress: Told of each file that is done.
    """
    folder = Path(tempfile.mkdtemp(prefix="mirror-verify-"))
    try:
        # The largest first, so that no core is left with a large file at the end.
        order = sorted(files, key=lambda file: -_size(file.path))
        done: dict[int, Examined] = {}
        with ExitStack() as stack:
            # Processes first: they must not inherit the shelf.
            coming = stack.enter_context(_examine_all(order, folder, observe, cores(workers, len(files))))
            shelf = Shelf(folder / "all.sqlite")
            stack.callback(shelf.close)
            for examined in coming:
                shelf.take([folder / f"{examined.file.number}.sqlite"])
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
    files: Sequence[File], folder: Path, observe: Callable[[File], Observer] | None, count: int
) -> Iterator[Iterator[Examined]]:
    """What comes of files, in any order."""
    if count <= 1:
        yield (examine(file, folder / f"{file.number}.sqlite", observe) for file in files)
        return
    with pool(count) as processes:
        jobs = [processes.submit(examine, file, folder / f"{file.number}.sqlite", observe) for file in files]
        yield (job.result() for job in as_completed(jobs))


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
