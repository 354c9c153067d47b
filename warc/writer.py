"""The writer: records onto the disk, so that a kill at any instant loses at most the one being written."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from isal import isal_zlib

from warc import record
from warc.capture import Capture, FailedAttempt
from warc.durable import sync_folder
from warc.errors import ArchiveWriteError
from warc.record import Draft, Original, Written
from warc.revisit import revisit_profile

#: Suffix of a file that is still being written.
OPEN = ".open"
#: ISA-L's level (0-3): measured in docs/archive-format.md beside zlib.
LEVEL = 2
#: zlib's word for "the widest window, in a gzip member".
_GZIP = 31
#: Records with payloads up to this size are compressed in memory and written at once.
AT_ONCE = 1 << 20


class Writer:
    """Writes WARC files into a folder, one after the other.

    A file is made when the first record comes, begins with a warcinfo, ends in `.warc.gz.open` until it is
    whole, and is never opened for writing again.

    Args:
        folder: Where the files go.
        prefix: Begins their names: prefix-timestamp-serial-host.warc.gz (WARC 1.1, Annex C).
        info: Fields of the warcinfo records.
        max_bytes: A file that has reached this size is finished, and the next begun.
    """

    def __init__(self, folder: Path, prefix: str, info: Mapping[str, str], *, max_bytes: int = 1_000_000_000) -> None:
        self._folder = folder
        self._prefix = prefix
        self._info = dict(info)
        self._max_bytes = max_bytes
        self._host = re.sub(r"[^A-Za-z0-9.-]+", "-", socket.gethostname()) or "localhost"
        self._serial = 0
        self._descriptor: int | None = None
        self._path = folder
        self._position = 0
        self._synced = 0
        self._warcinfo_id = ""
        self._finished: list[Path] = []
        self._finished_bytes = 0
        self._broken: ArchiveWriteError | None = None  # nothing further may be believed of the file

    def write(self, capture: Capture, revisit_of: Original | None = None) -> Written:
        """Store a capture: a response and its request, or a revisit if `revisit_of` holds the same.

        Raises:
            ArchiveWriteError: It could not be written; what stood in the file before still does.
        """
        self._make_room()
        profile = revisit_profile(capture, revisit_of)
        return self._put(record.exchange(capture, self._warcinfo_id, profile, revisit_of))

    def write_failure(self, attempt: FailedAttempt) -> Written:
        """Store the evidence of a request that got no answer. Raises ArchiveWriteError."""
        self._make_room()
        return self._put(record.failure(attempt, self._warcinfo_id))

    def sync(self) -> None:
        """Put on the disk all that was written. Raises ArchiveWriteError, and then ever again.

        After an fsync(2) that failed the kernel may have dropped what it could not write, and the next one says
        that all is well.
        """
        if self._broken is not None:
            raise self._broken
        if self._descriptor is None or self._synced == self._position:
            return
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = self._error(error)
            raise self._broken from error
        self._synced = self._position

    def close(self) -> None:
        """Finish the file being written, if there is one. Raises ArchiveWriteError."""
        if self._descriptor is None:
            return
        self.sync()
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)
        whole = self._path.with_name(self._path.name.removesuffix(OPEN))
        try:
            self._path.rename(whole)
            sync_folder(self._folder)
        except OSError as error:
            raise self._error(error) from error
        self._finished.append(whole)
        self._finished_bytes += self._position
        self._position = self._synced = 0

    def abandon(self) -> None:
        """Let go of the file as it is; `repair.mend_open` finishes it when the collection is next opened."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def total_bytes(self) -> int:
        """Bytes this writer has put into files."""
        return self._finished_bytes + self._position

    def take_finished(self) -> list[Path]:
        """Files finished since this was last asked."""
        finished, self._finished = self._finished, []
        return finished

    def _make_room(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._descriptor is not None and self._position >= self._max_bytes:
            self.close()
        if self._descriptor is None:
            self._begin_file()

    def _begin_file(self) -> None:
        moment = datetime.now(UTC)
        while True:
            self._serial += 1
            stamp = moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
            name = f"{self._prefix}-{stamp}-{self._serial:05d}-{self._host}.warc.gz"
            self._path = self._folder / (name + OPEN)
            if (self._folder / name).exists():
                continue
            try:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
                sync_folder(self._folder)
                break
            except FileExistsError:
                continue
            except OSError as error:
                raise self._error(error) from error
        self._position = self._synced = 0
        info = record.warcinfo(self._info, name, moment)
        self._warcinfo_id = info.record_id
        try:
            self._write(_member(info))
        except ArchiveWriteError:
            self.abandon()
            with suppress(OSError):
                self._path.unlink()
            raise

    def _put(self, draft: Draft) -> Written:
        """Write a record and those that belong to it; all of them, or nothing."""
        begin = self._position
        try:
            if draft.payload is None or draft.payload.size <= AT_ONCE:
                members = [_member(draft), *map(_member, draft.further)]
                self._write(b"".join(members))
                length = len(members[0])
            else:
                for piece in compressed(draft):
                    self._write(piece)
                length = self._position - begin
                for further in draft.further:
                    self._write(_member(further))
        except BaseException:
            self._cut_back(begin)
            raise
        return record.written(
            type=draft.type,
            record_id=draft.record_id,
            date=draft.date,
            target_uri=draft.target_uri,
            head=draft.head,
            profile=dict(draft.fields).get("WARC-Profile"),
            payload_digest=draft.payload_digest,
            filename=self._path.name.removesuffix(OPEN),
            offset=begin,
            length=length,
        )

    def _write(self, data: bytes) -> None:
        assert self._descriptor is not None
        view = memoryview(data)
        begin = self._position
        try:
            while view:
                count = os.write(self._descriptor, view)
                self._position += count
                view = view[count:]
        except OSError as error:
            self._cut_back(begin)
            raise self._error(error) from error

    def _cut_back(self, position: int) -> None:
        if self._descriptor is not None and self._position != position:
            try:
                os.ftruncate(self._descriptor, position)
                os.lseek(self._descriptor, position, os.SEEK_SET)
            except OSError as error:  # nothing may follow the torn tail; it is cut on the next start
                self._broken = self._error(error)
            self._position = position

    def _error(self, error: OSError) -> ArchiveWriteError:
        remedy = {
            errno.ENOSPC: "the disk is full. Make room, then run the crawl again: it goes on where it stopped",
            errno.EDQUOT: "the disk quota is used up. Raise it or make room, then run the crawl again",
            errno.EFBIG: "the file may not grow further (file size limit). Raise the limit, or set "
            "capture.max_warc_bytes lower, then run the crawl again",
            errno.EACCES: "no permission to write there. Give it, then run the crawl again",
            errno.EROFS: "the disk is mounted read-only. Mend that, then run the crawl again",
        }.get(error.errno or 0, f"{error.strerror}. Check the disk, then run the crawl again")
        return ArchiveWriteError(self._path, f"could not be written: {remedy}. What was archived before is safe")


def _member(draft: Draft) -> bytes:
    """A record as one gzip member; the same record always gives the same bytes (no time in the gzip head)."""
    return isal_zlib.compress(b"".join(draft.pieces()), LEVEL, _GZIP)


def compressed(draft: Draft) -> Iterator[bytes]:
    compressor = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _GZIP)
    for piece in draft.pieces():
        if squeezed := compressor.compress(piece):
            yield squeezed
    yield compressor.flush()
