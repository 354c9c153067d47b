"""One file: every record judged by itself and against its neighbours; the facts that judge it against others kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from warc import reader, record
from warc.payload import Payload
from warc.verify import http, usual
from warc.verify.finding import finding
from warc.verify.header import Header, judge, parse, record_id
from warc.verify.pairs import Pairs
from warc.verify.scan import Found, scan
from warc.verify.shelf import Shelf

#: What our warcinfo must say (CONFORMANCE W6).
_WARCINFO = ("software", "format", "robots", "operator", "http-header-user-agent")
LARGEST = 1_500_000_000
_LONGEST_FIELDS = 16 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file to be checked.

    Attributes:
        number: Of the file, in the facts.
        path: Where it lies.
        ours: It is of our own writer, and bound by all rules.
        name: What it is called in findings.
    """

    number: int
    path: Path
    ours: bool
    name: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one file, or of a part of one."""

    file: File
    records: int
    size_bytes: int
    sha256: str  #: of the file, in hex; "" if it could not be read
    apart: bool = True  #: of a part: nothing in it hangs together with what stands in others


class Observer(Protocol):
    """Somebody else who looks at each record of a file, in the same pass."""

    def see(self, header: Header, found: Found, message: http.Message) -> Iterable[tuple[str, str]]:
        """Breaches, as rule and message."""

    def close(self) -> Iterable[tuple[str, int | None, str | None, str]]:
        """The file has ended: breaches, as rule, offset, record id and message."""


def examine(file: File, shelf_path: Path, observe: Callable[[File], Observer] | None = None) -> Examined:
    """Check one file, and put what was found, and the facts for `collection`, onto a shelf of its own."""
    shelf = Shelf(shelf_path)
    try:
        return _Examination(file, shelf, observe(file) if observe else None).run()
    finally:
        shelf.close()


def examine_part(
    file: File, part: tuple[int, int], shelf_path: Path, observe: Callable[[File], Observer] | None = None
) -> Examined:
    """The same with a part of a file (`scan.parts`), all but its digest.

    Requests are judged beside the answers they name, records by the warcinfo before them: `apart` tells whether the
    part could be judged without the others. If not, the file must be examined as a whole.
    """
    shelf = Shelf(shelf_path)
    try:
        return _Examination(file, shelf, observe(file) if observe else None).run_part(part)
    finally:
        shelf.close()


def sha256_of(file: File) -> str:
    """Of a file, in hex; "" if it cannot be read."""
    try:
        return _sha256(file.path)
    except OSError:
        return ""


class _Examination:
    def __init__(self, file: File, shelf: Shelf, observer: Observer | None) -> None:
        self._file = file
        self._shelf = shelf
        self._observer = observer
        self._pairs = Pairs(self._say)
        self._warcinfo: str | None = None
        self._count = 0
        self._count_warcinfos = 0
        self._findings = 0
        self._final_name = file.path.name.removesuffix(".open")

    def _say(self, rule: str, offset: int | None, identity: str | None, text: str) -> None:
        self._findings += 1
        self._shelf.tell(
            finding(rule, self._file.name, offset, text, record_id=identity or None, ours=self._file.ours)
        )

    def run_part(self, part: tuple[int, int]) -> Examined:
        file, (begin, end) = self._file, part
        try:
            if begin:
                first = next(scan(file.path, lambda *_: None), None)
                header = parse(first.header, lambda *_: None) if first else None
                self._warcinfo = header.get("warc-record-id") if header and header.type == "warcinfo" else None
            described, reached = self._warcinfo, begin
            for found in scan(file.path, self._report, part):
                self._record(found, first_of_file=begin == 0 and self._count == 0)
                self._count += 1
                reached = found.offset + found.length
        except OSError:
            return Examined(file, 0, 0, "", apart=False)
        self._end()
        same = self._warcinfo == described or (begin == 0 and self._count_warcinfos == 1)
        apart = reached == end and same and not (file.ours and self._findings)
        return Examined(file, self._count, end - begin, "", apart)

    def _report(self, rule: str, offset: int, text: str, header: bytes) -> None:
        self._say(rule, offset, record_id(header), text)

    def run(self) -> Examined:
        path = self._file.path
        try:
            size = path.stat().st_size
            for found in scan(path, self._report):
                self._record(found, first_of_file=self._count == 0)
                self._count += 1
            digest = _sha256(path)
        except OSError as error:
            self._say("file-unreadable", None, None, f"the file cannot be read: {error.strerror or error}")
            return Examined(self._file, self._count, 0, "")
        self._end()
        if size > LARGEST:
            self._say("file-size", None, None, f"the file has {size} bytes")
        return Examined(self._file, self._count, size, digest)

    def _end(self) -> None:
        self._pairs.close()
        for offset, identity, name in self._pairs.unresolved:
            self._shelf.put("named", (self._file.number, offset, identity, name, self._file.ours))
        if self._observer is not None:
            for breach in self._observer.close():
                self._say(*breach)

    def _record(self, found: Found, *, first_of_file: bool) -> None:
        ours, offset = self._file.ours, found.offset
        broken: list[tuple[str, str]] = []

        def say(rule: str, text: str) -> None:
            broken.append((rule, text))

        header = usual.parse(found.header)
        if header is None:
            header = parse(found.header, say)
            judge(header, say, ours=ours)
        message = http.Message(0, b"", found.block)
        if found.whole:
            message = http.judge(header, found, say, ours=ours)
        if header.type == "revisit":
            http.judge_revisit(header, message, say, ours=ours)
        identity = header.get("warc-record-id")
        fields = self._fields(header, found, say)
        self._warcinfo_of(header, fields, say, first_of_file)
        if found.whole and self._observer is not None:
            broken += self._observer.see(header, found, message)
        for rule, text in broken:
            self._say(rule, offset, identity, text)
        self._keep(header, found, message, fields)

    def _fields(self, header: Header, found: Found, say: Callable[[str, str], None]) -> dict[str, str]:
        """The block of an `application/warc-fields` record, judged (6.2, 6.6); `{}` for others."""
        if not (header.get("content-type") or "").lower().startswith("application/warc-fields"):
            return {}
        octets = bytes(found.block[:_LONGEST_FIELDS])
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError:
            say("warc-fields", "the block is not UTF-8")
            text = octets.decode("utf-8", "replace")
        fields: dict[str, str] = {}
        for line in text.splitlines():
            name, colon, value = line.partition(":")
            if colon:
                fields[name.strip().lower()] = value.strip()
            elif line.strip() and line[:1] not in (" ", "\t"):
                say("warc-fields", f"{line[:60]!r} is no `name: value`")
                break
        return fields

    def _warcinfo_of(
        self, header: Header, fields: dict[str, str], say: Callable[[str, str], None], first_of_file: bool
    ) -> None:
        """A file opens with its warcinfo, and the others name it (6.2, 5.16, 5.17)."""
        identity = header.get("warc-record-id") or ""
        if header.type == "warcinfo":
            self._warcinfo = identity
            self._count_warcinfos += 1
            lacking = [name for name in _WARCINFO if not fields.get(name)]
            if lacking:
                say("warcinfo-fields", f"the warcinfo does not say {', '.join(lacking)}")
            stated = header.get("warc-filename")
            if stated is None and self._file.ours:
                say("warc-filename", "there is no WARC-Filename")
            elif stated is not None and stated != self._file.path.name.removesuffix(".open"):
                say("warc-filename", f"WARC-Filename is {stated[:120]!r}")
            return
        if first_of_file:
            say("warcinfo-first", f"the file opens with a record of type {header.type or '?'}")
        stated = header.get("warc-warcinfo-id")
        if stated != self._warcinfo and (stated is not None or self._file.ours):
            say("warcinfo-id", f"WARC-Warcinfo-ID is {stated}, the file's warcinfo is {self._warcinfo}")

    def _keep(self, header: Header, found: Found, message: http.Message, fields: dict[str, str]) -> None:
        """Facts for the rules that need other records."""
        get, number, offset, ours = header.get, self._file.number, found.offset, self._file.ours
        kind, identity, date, digest = (
            header.type,
            get("warc-record-id"),
            get("warc-date"),
            get("warc-payload-digest"),
        )
        size = len(message.body)
        self._shelf.put("record", (number, offset, found.length, kind, identity, date, header.target, digest, size))
        if ours and kind in ("response", "revisit"):
            self._pairs.answer(offset, header, message.head, size if kind == "response" else None)
        elif ours and kind in ("request", "metadata"):
            self._pairs.other(offset, header, fields)
        if found.whole and (kind in ("response", "revisit") or (kind in ("resource", "metadata") and not ours)):
            self._index(header, found, message)
        if not ours:
            for name in header.all("warc-concurrent-to"):
                self._shelf.put("named", (number, offset, identity, name, ours))
        if kind == "revisit":
            self._shelf.put(
                "revisit",
                (
                    number,
                    offset,
                    identity,
                    date,
                    (get("warc-profile") or "").rpartition("/")[2],
                    get("warc-refers-to"),
                    get("warc-refers-to-target-uri"),
                    get("warc-refers-to-date"),
                    digest,
                    message.wire_size,
                    ours,
                ),
            )
        if "warc-segment-number" in header.first or kind == "continuation":
            self._segment(header, found)

    def _segment(self, header: Header, found: Found) -> None:
        total = header.get("warc-segment-total-length")
        try:
            counted = int(header.get("warc-segment-number") or ""), int(total) if total is not None else None
        except ValueError:
            self._say(
                "segment", found.offset, header.get("warc-record-id"), "a segment number or length is no number"
            )
            return
        self._shelf.put(
            "segment",
            (
                self._file.number,
                found.offset,
                header.get("warc-record-id"),
                header.get("warc-segment-origin-id"),
                *counted,
                len(found.block),
                self._file.ours,
            ),
        )

    def _index(self, header: Header, found: Found, message: http.Message) -> None:
        """The line an index must have of this record."""
        if self._file.ours and "warc-payload-digest" in header.first:
            line: str | None = record.index_line(
                type=header.type,
                date=header.get("warc-date") or "",
                target_uri=header.target,
                head=message.head,
                payload_digest=header.get("warc-payload-digest"),
                filename=self._final_name,
                offset=found.offset,
                length=found.length,
            )[2]
        else:
            line = reader.cdxj_of(as_record(self._file.path, header, found))
        if line is not None:
            self._shelf.put("line", (line, self._file.number, found.offset, header.get("warc-record-id")))


def as_record(path: Path, header: Header, found: Found) -> reader.Record:
    """A found record as the reader would give it."""
    fields = tuple((name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in header.fields)
    return reader.Record(path, found.offset, found.length, header.version, fields, Payload(bytes(found.block)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
