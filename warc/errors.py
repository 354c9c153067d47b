"""What can go wrong with an archive.

WarcError
├── DamagedRecordError   a record that is not what its own header says
└── ArchiveWriteError    a record could not be written; the archive is as it was before
"""

from __future__ import annotations

from pathlib import Path


class WarcError(Exception):
    """Base of all errors of this package."""


class DamagedRecordError(WarcError):
    """A record that cannot be read as its header, its gzip member or its digest says.

    Attributes:
        path: The WARC file.
        offset: Byte at which the record's gzip member (or the record) begins.
        problem: What is wrong, in words.
        remedy: What a person can do about it.
    """

    def __init__(self, path: Path, offset: int, problem: str, remedy: str = "") -> None:
        self.path = path
        self.offset = offset
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{path.name}, byte {offset}: {problem}" + (f". {remedy}" if remedy else ""))


class ArchiveWriteError(WarcError):
    """A record could not be made durable. What was stored before is untouched; the crawl must stop.

    Attributes:
        path: The file being written.
        problem: What the system said, and how to mend it.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path.name}: {problem}")
