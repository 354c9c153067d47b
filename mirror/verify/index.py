"""The CDXJ index against the records: order, lines, offsets; both are read side by side, never whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from warc.verify.collection import Survey

_NAME = "indexes/index.cdxj"
_FORM = re.compile(rb"\S.* [0-9]{14} \{.*\}\n")
#: So many lines that do not fit are paired with what should stand there; of more only the number is told.
MOST = 10_000


def judge(survey: Survey, index: Path, archive: Path) -> None:
    """Compare.

    Args:
        survey: Has the lines the records make.
        index: The file. What it says of files outside the survey that are still on disk is not judged:
            they may be in the making.
        archive: Where WARC files lie.
    """
    files = {one.file.path.name: one.file.number for one in survey.files}
    wanted = survey.query("SELECT cdxj, file, offset, id FROM line ORDER BY cdxj")
    if not index.exists():
        if next(iter(wanted), None) is not None:
            survey.say("index-missing", _NAME, None, None, "there is no index")
        return
    lacking: dict[tuple[int, int], tuple[str, str | None]] = {}
    surplus: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
    more = 0
    rows = iter(wanted)
    row = next(rows, None)
    with index.open("rb") as file:
        for at, line in _sorted_lines(file, survey):
            text = line[:-1]
            if row is not None and row[0].encode() == text:
                row = next(rows, None)
                continue
            name, offset = _place(line)
            if (name is not None and name not in files and (archive / name).exists()) or _is_open(archive, name):
                continue
            while row is not None and row[0].encode() < text:
                if len(lacking) < MOST:
                    lacking[row[1], row[2]] = row[0], row[3]
                else:
                    more += 1
                row = next(rows, None)
            if row is not None and row[0].encode() == text:
                row = next(rows, None)
                continue
            if name is None:
                survey.say("index-line", _NAME, at, None, f"the line {line[:100]!r} is none")
            elif name not in files:
                survey.say("index-surplus", _NAME, at, None, f"the line points into {name}, which is not here")
            else:
                surplus.setdefault((files[name], offset), []).append((at, text))
    while row is not None:
        if len(lacking) < MOST:
            lacking[row[1], row[2]] = row[0], row[3]
        else:
            more += 1
        row = next(rows, None)
    _pair(survey, lacking, surplus)
    if more:
        survey.say("index-missing", _NAME, None, None, f"{more} further records are not in the index")


def _is_open(archive: Path, name: str | None) -> bool:
    return name is not None and (archive / f"{name}.open").exists()


def _sorted_lines(file: IO[bytes], survey: Survey) -> Iterator[tuple[int, bytes]]:
    """Lines with their offsets in bytewise order; what is out of order is told, and then put into order."""
    in_order, last, at = True, b"", 0
    for line in file:
        if line <= last:
            what = "stands twice" if line == last else "stands before the one above it in bytewise order"
            if in_order or line == last:
                survey.say("index-order", _NAME, at, None, f"the line {line[:80]!r} {what}")
            in_order = in_order and line == last
        last = line
        at += len(line)
    file.seek(0)
    if in_order:
        at = 0
        last = b""
        for line in file:
            if line != last:
                yield at, line if line.endswith(b"\n") else line + b"\n"
            last = line
            at += len(line)
        return
    # An index out of order is rare: sort it in the survey's own file, which spills to the disk.
    connection = survey.shelf.connection
    connection.execute("CREATE TEMP TABLE unsorted (line BLOB, at INTEGER)")
    at = 0
    for line in file:
        connection.execute("INSERT INTO unsorted VALUES (?, ?)", (line, at))
        at += len(line)
    last = b""
    for line, at in connection.cursor().execute("SELECT line, at FROM unsorted ORDER BY line"):
        if line != last:
            yield at, line if line.endswith(b"\n") else line + b"\n"
        last = line


def _place(line: bytes) -> tuple[str | None, int]:
    """File and offset a line points at; None if it is no line."""
    if not _FORM.fullmatch(line):
        return None, 0
    try:
        fields = json.loads(line[line.index(b" {") + 1 :])
        return str(fields["filename"]), int(fields["offset"])
    except (ValueError, KeyError, TypeError):
        return None, 0


def _pair(
    survey: Survey,
    lacking: dict[tuple[int, int], tuple[str, str | None]],
    surplus: dict[tuple[int, int], list[tuple[int, bytes]]],
) -> None:
    for place, lines in surplus.items():
        for at, text in lines:
            if place in lacking:
                right, record_id = lacking.pop(place)
                survey.say(
                    "index-differs",
                    _NAME,
                    at,
                    record_id,
                    f"the line is {text.decode('utf-8', 'replace')}, and should be {right}",
                )
            else:
                survey.say(
                    "index-surplus",
                    _NAME,
                    at,
                    None,
                    f"no record of an index begins where the line says: {text[-200:]!r}",
                )
    for (number, offset), (line, record_id) in lacking.items():
        name = survey.files[number].file.path.name
        survey.say("index-missing", name, offset, record_id, f"the record is not in the index: {line[:200]}")
