"""A zipnum index: sorted CDXJ lines in gzip members, and one line a member that says where it lies.

A browser loads the small second part whole and of the first only the members it needs.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: Lines a gzip member: py-wacz and archiveweb.page take as many.
LINES = 1024


@dataclass(slots=True)
class ZipNum:
    """Makes `index.cdx.gz` while it is read, and then has `index.idx`.

    Attributes:
        filename: Of the compressed part, as the other part names it.
        lines: Lines so far.
    """

    filename: str = "index.cdx.gz"
    at_most: int = LINES
    lines: int = 0
    _idx: list[str] = field(default_factory=list)
    _offset: int = 0

    def compressed(self, lines: Iterable[str]) -> Iterator[bytes]:
        """The members, one after the other.

        Args:
            lines: CDXJ lines without line ends, sorted bytewise.
        """
        block: list[str] = []
        for line in lines:
            # Readers know a member by the key and time it begins with: two must never begin alike.
            if len(block) >= self.at_most and _key(line) != _key(block[-1]):
                yield self._member(block)
                block = []
            block.append(line)
        if block:
            yield self._member(block)

    def idx(self) -> bytes:
        """The other part, once `compressed` has been read to its end."""
        meta = json.dumps({"format": "cdxj-gzip-1.0", "filename": self.filename})
        return "".join([f"!meta 0 {meta}\n", *self._idx]).encode("utf-8")

    def _member(self, block: list[str]) -> bytes:
        gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
        member = gzip.compress("".join(line + "\n" for line in block).encode("utf-8")) + gzip.flush()
        place = {
            "offset": self._offset,
            "length": len(member),
            "digest": f"sha256:{hashlib.sha256(member).hexdigest()}",
            "filename": self.filename,
        }
        self._idx.append(f"{_key(block[0])} {json.dumps(place)}\n")
        self._offset += len(member)
        self.lines += len(block)
        return member


def _key(line: str) -> str:
    """SURT and time of a line."""
    return line.partition(" {")[0]
