"""A payload: the bytes of an entity, small ones in memory, large ones in a temporary file."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO

#: Payloads up to this many bytes stay in memory; larger ones go to a temporary file.
SPOOL_BYTES = 1 << 20


class Payload:
    """Octets of an entity (transfer coding off, content coding on), with their digest.

    Append-only while it is received; read as often as wanted afterwards. A body of 2 GB takes no more
    memory than one of 1 MB.

    Attributes:
        size: Octets so far.
    """

    __slots__ = ("_chunks", "_file", "_sha1", "size")

    def __init__(self, data: bytes = b"") -> None:
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self.size = 0
        if data:
            self.append(data)

    def append(self, data: bytes) -> None:
        """Add octets as they arrive. Raises OSError when the spool file cannot be written."""
        self._sha1.update(data)
        self.size += len(data)
        if self._file is None:
            self._chunks.append(data)
            if self.size > SPOOL_BYTES:
                self._file = tempfile.TemporaryFile(prefix="mirror-spool-")  # noqa: SIM115
                self._file.writelines(self._chunks)
                self._chunks.clear()
        else:
            self._file.write(data)

    @property
    def digest(self) -> str:
        """`sha1:` and upper-case Base32, as every index and tool expects it (WARC 1.1, 5.9)."""
        return "sha1:" + base64.b32encode(self._sha1.digest()).decode("ascii")

    @property
    def in_memory(self) -> bool:
        return self._file is None

    def chunks(self, size_bytes: int = 1 << 16) -> Iterator[bytes]:
        """The octets in order. Safe to call again, but not while another iteration is under way."""
        if self._file is None:
            yield from self._chunks
            return
        self._file.seek(0)
        while chunk := self._file.read(size_bytes):
            yield chunk
        self._file.seek(0, 2)

    def read(self, limit: int | None = None) -> bytes:
        """The first `limit` octets, or all of them; the caller answers for the memory."""
        if self._file is None:
            if len(self._chunks) > 1:
                self._chunks = [b"".join(self._chunks)]
            data = self._chunks[0] if self._chunks else b""
            return data if limit is None else data[:limit]
        self._file.seek(0)
        data = self._file.read(-1 if limit is None else limit)
        self._file.seek(0, 2)
        return data

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()

    def __del__(self) -> None:
        self.close()

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"Payload({self.size} bytes, {self.digest})"
