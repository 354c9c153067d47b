"""Zstandard WARC files: one frame a record, and the dictionary that may stand before them.

Reading only: most tools do not open `.warc.zst`, so nothing here writes it (CONFORMANCE W2). Sections are of
"WARC files compressed with Zstandard" (IIPC, 1.0) and RFC 8878.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO, Protocol

import zstandard

ZstdError = zstandard.ZstdError

FRAME = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"  #: skippable frame that holds the dictionary, always the first of the file
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
#: A dictionary is about 100 KB; one larger than this is none.
LONGEST_DICTIONARY = 32 << 20
#: Octets fed at once: a hostile frame of this size gives no more than 128 MiB.
PIECE = 1 << 12


class Decoder(Protocol):
    """One gzip member or one frame on its way in; `zlib.decompressobj` is one."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes | memoryview, /) -> bytes: ...


def is_frame(magic: bytes) -> bool:
    """Whether a frame begins with these four octets (RFC 8878, 3.1)."""
    return magic == FRAME or (len(magic) == 4 and int.from_bytes(magic, "little") in _SKIPPABLE)


def decoder(file: IO[bytes]) -> Callable[[], Decoder]:
    """Makes a decoder for each frame of a file, with the file's own dictionary. The file's position stays.

    Raises:
        ZstdError: The dictionary cannot be read.
    """
    position = file.tell()
    file.seek(0)
    dictionary = _dictionary(file)
    file.seek(position)
    decompressor = zstandard.ZstdDecompressor(dict_data=dictionary)
    return lambda: _Frame(decompressor)


def _dictionary(file: IO[bytes]) -> zstandard.ZstdCompressionDict | None:
    head = file.read(8)
    if head[:4] != _DICTIONARY or len(head) < 8:
        return None
    (size,) = struct.unpack("<I", head[4:])
    if size > LONGEST_DICTIONARY:
        raise ZstdError(f"a dictionary of {size} bytes")
    data = file.read(size)
    if data[:4] == FRAME:  # the dictionary may itself be compressed
        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=LONGEST_DICTIONARY)
    return zstandard.ZstdCompressionDict(data)


class _Frame:
    """One frame with octets in it; skippable frames before it are passed over."""

    def __init__(self, decompressor: zstandard.ZstdDecompressor) -> None:
        self._frame = decompressor.decompressobj()
        self._head = b""
        self._skip = 0
        self._begun = False

    @property
    def eof(self) -> bool:
        return self._begun and self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data if self._begun else b""

    def decompress(self, data: bytes | memoryview, /) -> bytes:
        if self._begun:
            return self._frame.decompress(data)
        data = self._head + data
        self._head = b""
        while True:
            passed = min(self._skip, len(data))
            data = data[passed:]
            self._skip -= passed
            if len(data) < 8 and (self._skip or data[:4] != FRAME):
                self._head = data
                return b""
            if data[:4] == FRAME or not is_frame(data[:4]):
                self._begun = True
                return self._frame.decompress(data)
            self._skip = 8 + struct.unpack("<I", data[4:8])[0]
