"""Chunk framing taken off a body, and kept (RFC 9112, 7.1).

Section numbers are of RFC 9112.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

from warc.capture import Framing, Truncated

#: A chunk-size line with its extensions may be this long; browsers stop at 16 KB.
MAX_LINE_BYTES: Final = 1 << 14
#: A trailer may be this long.
MAX_TRAILER_BYTES: Final = 1 << 20
#: More chunks than this are cut off: their sizes are held in memory.
MAX_CHUNKS: Final = 1 << 22
#: Different chunk lines held only once; beyond that, each stands for itself.
_MAX_INTERNED: Final = 1 << 10

_CANONICAL = re.compile(rb"\r\n([0-9A-Fa-f]{1,8})\r\n")
_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(;[^\n]*)?")
_CUT_LINE = re.compile(rb"[ \t]*[0-9A-Fa-f]{0,15}[ \t]*(?:;[^\n]*)?\r?")


class ChunkedBody:
    """One chunked body on its way in: chunk data go to the payload, all else is kept as literals.

    Where a line makes no sense, reading of chunks ends, and all further bytes are payload.

    Attributes:
        ended: No further byte belongs to this body.
        truncated: Why it is incomplete, or None.
    """

    __slots__ = (
        "_held",
        "_interned",
        "_left",
        "_literal",
        "_literals",
        "_note",
        "_phase",
        "_size",
        "_sizes",
        "_take",
        "ended",
        "truncated",
    )

    def __init__(self, take: Callable[[bytes], int], note: Callable[[str], None]) -> None:
        """
        Args:
            take: Adds octets to the payload; returns how many there was room for.
            note: Takes an oddity, in words.
        """
        self.ended = False
        self.truncated: Truncated | None = None
        self._take = take
        self._note = note
        self._phase: Literal["line", "data", "trailer", "raw"] = "line"
        self._held = b""  # the beginning of a line whose end has not come
        self._literal = b""  # framing since the last chunk
        self._literals: list[bytes] = []
        self._sizes: list[int] = []
        self._size = 0  # of the chunk under way, as far as it has come
        self._left = 0  # what is still to come of it
        self._interned: dict[bytes, tuple[bytes, int]] = {}

    @property
    def may_have_ended(self) -> bool:
        """The last chunk has come, but not the blank line that ends the trailer."""
        return self._phase == "trailer" and not self.ended

    def framing(self) -> Framing:
        """What stood between the chunks; to be asked for when the body has ended."""
        return Framing(tuple(self._literals), tuple(self._sizes))

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; gives back what is behind the end of the body."""
        data = self._held + data
        self._held = b""
        at: int | None = 0
        while at is not None and at < len(data) and not self.ended:
            if self._phase == "data":
                at = self._read_data(data, at)
            elif self._phase == "line":
                at = self._read_line(data, at)
            elif self._phase == "trailer":
                at = self._read_trailer(data, at)
            else:
                self._store(data[at:])
                at = len(data)
        return b"" if at is None else data[at:]

    def eof(self) -> None:
        """The connection ended in good order."""
        if self._phase == "line" and self._held and not _CUT_LINE.fullmatch(self._held):
            held, self._held = self._held, b""
            self._give_up()
            self._store(held)
        if self._phase == "trailer":
            self._note("no blank line after the last chunk")
        if not self.ended:
            # Framing that fails behind sound chunks has lost or gained octets somewhere; a body that never was
            # chunked, whatever its head says, ends where the connection does.
            spoilt: Truncated | None = "unspecified" if self._phase == "raw" and self._sizes else None
            self.cut("disconnect" if self._phase in ("line", "data") else spoilt)

    def cut(self, why: Truncated | None) -> None:
        """Nothing more will come."""
        if self._phase in ("data", "raw"):
            self._sizes.append(self._size)
            self._literals.append(b"")
        else:
            self._literals.append(self._literal + self._held)
        self._held = b""
        self.truncated = why
        self.ended = True

    def _store(self, data: bytes) -> None:
        taken = self._take(data)
        self._size += taken
        if taken < len(data):
            self.cut("length")

    def _read_data(self, data: bytes, at: int) -> int:
        # Most bodies come in large pieces: then this is one slice and no copy of the rest.
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._store(piece)
        if not self._left and not self.ended:
            self._sizes.append(self._size)
            self._phase = "line"
        return at + len(piece)

    def _read_line(self, data: bytes, at: int) -> int | None:
        """Read the line end after a chunk and the next chunk-size line; where to go on, None to wait."""
        after_chunk = bool(self._sizes) and not self._literal
        if after_chunk:
            found = _CANONICAL.match(data, at)
            if found is not None:
                self._begin_chunk(found[0], int(found[1], 16))
                return found.end()
            return self._read_line_end(data, at)
        end = data.find(b"\n", at, at + MAX_LINE_BYTES) + 1
        if not end:
            if len(data) - at >= MAX_LINE_BYTES:
                return self._give_up(at)
            self._held = data[at:]
            return None
        line = data[at : end - 1]
        if line.endswith(b"\r"):
            line = line[:-1]
        else:
            self._note("bare LF in chunk framing")
        found = _LINE.fullmatch(line)
        if found is None:
            return self._give_up(at)
        if found[0] != found[1] and not found[2]:
            self._note("blanks around a chunk size")
        self._begin_chunk(data[at:end], int(found[1], 16))
        return end

    def _read_line_end(self, data: bytes, at: int) -> int | None:
        if data[at] == 0x0A:
            self._note("bare LF in chunk framing")
            self._literal = b"\n"
        elif data[at : at + 2] == b"\r\n":
            self._literal = b"\r\n"
        elif data[at:] == b"\r":
            self._held = b"\r"
            return None
        else:
            return self._give_up(at)
        return at + len(self._literal)

    def _begin_chunk(self, line: bytes, size: int) -> None:
        """A chunk-size line was read; with the line end of the chunk before it, it is one literal."""
        line = self._literal + line
        if not size:
            self._literal = line
            self._phase = "trailer"
            return
        if len(self._literals) >= MAX_CHUNKS:
            self._literal = line
            self._note(f"more than {MAX_CHUNKS} chunks")
            self.cut("length")
            return
        self._literal = b""
        # Half a million equal lines and sizes are held once.
        known = self._interned.get(line)
        if known is None:
            known = (line, size)
            if len(self._interned) < _MAX_INTERNED:
                self._interned[line] = known
        self._literals.append(known[0])
        self._left = known[1]
        self._size = 0
        self._phase = "data"

    def _give_up(self, at: int = 0) -> int:
        """From here on the framing makes no sense: every further byte is kept as payload."""
        self._note("chunk framing that makes no sense")
        self._literals.append(self._literal)
        self._literal = b""
        self._size = 0
        self._phase = "raw"
        return at

    def _read_trailer(self, data: bytes, at: int) -> int | None:
        """Read one line behind the last chunk; a blank one ends the message (7.1.2)."""
        room = MAX_TRAILER_BYTES - len(self._literal)
        end = data.find(b"\n", at) + 1
        if end - at > room or (not end and len(data) - at > room):
            self._literal += data[at : at + room]
            self._note(f"a trailer longer than {MAX_TRAILER_BYTES} bytes")
            self.cut("length")
            return at + room
        if not end:
            self._held = data[at:]
            return None
        line = data[at:end]
        self._literal += line
        if line in (b"\r\n", b"\n"):
            if line == b"\n":
                self._note("bare LF in chunk framing")
            self.cut(None)
        return end
