"""Where one HTTP answer begins and ends, found without a socket and without losing a byte.

Reads as browsers read: what RFC 9112 calls invalid and old servers send all the same is kept as it came,
framed as best it can be, and named among the oddities. Section numbers are of RFC 9112.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from warc.capture import Capture, Framing, Truncated
from warc.payload import Payload

#: A head, the interim answers before it, or a trailer may be this long.
MAX_HEAD_BYTES: Final = 1 << 20
#: A chunk-size line with its extensions may be this long; browsers stop at 16 KB.
MAX_CHUNK_LINE_BYTES: Final = 1 << 14
#: More chunks than this are cut off: their sizes are held in memory.
MAX_CHUNKS: Final = 1 << 22
#: So many surplus octets are kept; a server that never ends must not fill the memory.
MAX_AFTER_BYTES: Final = 1 << 20
#: The oddity of a body without a head that may belong to the answer before: to be asked for again.
LATE_BYTES: Final = "bytes without a head on a connection that was used before"
#: Line ends before a status line; more than that is a body.
_MAX_LEADING_BYTES: Final = 1 << 12
#: Different chunk lines held only once; beyond that, each stands for itself.
_MAX_INTERNED: Final = 1 << 10

Phase = Literal["head", "fixed", "close", "line", "data", "trailer", "raw", "done", "failed"]

# Chromium looks for "http" behind up to four bytes of slop; anything else is HTTP/0.9, a body without head.
_START = re.compile(rb"[\r\n]*+[\x00-\xff]{0,4}?(?=(?i:http)[/ ] ?[0-9])")
_START_SPAN: Final = 4 + len(b"HTTP/ 1")
_STATUS = re.compile(rb"(?i)http(?:/[ ]?([0-9]{1,3})(?:\.([0-9]{1,3}))?)?[ \t]+([0-9]{3})")
# 4 and 5: what a strict parser takes. Octets from 0x80 up are obs-text, allowed in values and reason.
_STRICT_HEAD = re.compile(
    rb"HTTP/1\.[01] [1-9][0-9][0-9] [\t\x20-\x7e\x80-\xff]*+\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n"
)
# The only fields that bear on framing, reuse and cookies; a value goes on in folded lines (5.2).
_FIELDS = re.compile(
    rb"(?i)\n(content-length|transfer-encoding|connection|set-cookie)[ \t]*:"
    rb"([^\r\n]*+(?:\r?\n[ \t]++[^\r\n]*+)*)"
)
_LENGTH = re.compile(rb"\+?([0-9]{1,18})(?![0-9])")
_CANONICAL_CHUNK = re.compile(rb"\r\n([0-9A-Fa-f]{1,8})\r\n")
_CHUNK_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(;[^\n]*)?")
_CUT_CHUNK_LINE = re.compile(rb"[ \t]*[0-9A-Fa-f]{0,15}[ \t]*(?:;[^\n]*)?\r?")


def parse_status(head: bytes) -> tuple[tuple[int, int], int]:
    """HTTP version and status code of a head; (1, 0) and 0 if it has none that can be read."""
    found = _STATUS.match(head)
    if found is None:
        return (1, 0), 0
    major, minor, status = found.groups()
    return (int(major or 1), int(minor or 0)), int(status)


class Answer:
    """One answer on its way in. Give it bytes as they come; it says when the message has ended.

    Any split of the bytes gives the same result, and nothing that comes can make it raise; OSError
    alone passes through, from a payload that cannot be spooled.

    Attributes:
        before: Interim 1xx answers and stray line ends in front of the head.
        head: Status line and fields through the blank line; b"" for HTTP/0.9.
        payload: The entity so far.
        after: Surplus octets behind the end of the message.
        phase: What is awaited; "done" and "failed" are final.
        failure: Why no answer could be made out, in words, when `phase` is "failed".
        truncated: Why the body is incomplete, or None.
        version: As in the status line; (0, 9) without one.
        status: 0 if there was none.
        sets_cookie: A Set-Cookie field is there.
        oddities: What a strict parser would have refused, in words, each once.
    """

    __slots__ = (
        "_held",
        "_interned",
        "_keep_alive",
        "_left",
        "_lengths",
        "_literal",
        "_literals",
        "_max_payload",
        "_method",
        "_pending_size",
        "_reused",
        "_scanned",
        "_sizes",
        "_started",
        "after",
        "before",
        "failure",
        "head",
        "oddities",
        "payload",
        "phase",
        "sets_cookie",
        "status",
        "truncated",
        "version",
    )

    def __init__(self, method: str = "GET", *, max_payload_bytes: int | None = None, reused: bool = False) -> None:
        """
        Args:
            method: Of the request; the answer to HEAD has no body.
            max_payload_bytes: Cut a longer payload there, marked "length".
            reused: The connection has carried an answer before; bytes without a status line may be the
                late rest of that one.
        """
        self.before = b""
        self.head = b""
        self.payload = Payload()
        self.after = b""
        self.phase: Phase = "head"
        self.failure = ""
        self.truncated: Truncated | None = None
        self.version = (0, 9)
        self.status = 0
        self.sets_cookie = False
        self.oddities: list[str] = []
        self._reused = reused
        self._method = method
        self._max_payload = max_payload_bytes
        self._held: bytes | bytearray = b""
        self._started = False
        self._scanned = 0
        self._keep_alive = False
        self._left = 0
        self._lengths: tuple[int, ...] = ()
        self._literals: list[bytes] | None = None
        self._sizes: list[int] = []
        self._literal = b""
        self._pending_size = 0
        self._interned: dict[bytes, tuple[bytes, int]] = {}

    # What may be asked

    @property
    def ended(self) -> bool:
        """No further byte belongs to this answer; what comes now is surplus."""
        return self.phase == "done"

    @property
    def has_head(self) -> bool:
        """Enough has come to be stored as an answer."""
        return self.phase not in ("head", "failed")

    @property
    def may_have_ended(self) -> bool:
        """The answer may be whole, but only silence or the end of the connection can tell.

        So after the last chunk while the trailer lacks its blank line, and with Content-Length fields
        that are doubtful.
        """
        if self.phase == "trailer":
            return True
        return self.phase == "close" and bool(self._lengths) and self.payload.size >= self._lengths[0]

    @property
    def leaves_connection_clean(self) -> bool:
        """The message ended where it said, and the server means to take another request (9.3)."""
        return self.phase == "done" and self._keep_alive and not self.after and self.truncated is None

    @property
    def is_empty(self) -> bool:
        """Not one byte has come."""
        return self.phase == "head" and not self._held and not self.before

    @property
    def received(self) -> bytes:
        """What came before the head had ended: all there is to keep of an answer that never became one."""
        return self.before + bytes(self._held)

    # What happens on the connection

    def feed(self, data: bytes) -> None:
        """The next bytes, at least one."""
        if self.phase == "head":
            rest = self._feed_head(data)
            if rest is None:
                return
            data = rest
        if self.phase == "fixed":
            self._feed_fixed(data)
        elif self.phase in ("close", "raw"):
            self._take(data)
        elif self.phase == "done":
            self._surplus(data)
        elif self.phase == "failed":
            self._held += data[: max(0, MAX_HEAD_BYTES - len(self._held))]
        else:
            self._feed_chunked(data)

    def eof(self) -> None:
        """The server closed in good order, or fell silent where the answer may have ended."""
        if self.phase == "head":
            self._end_of_input_in_head()
        if self.phase == "fixed":
            self._finish("disconnect")
        elif self.phase == "close":
            short = bool(self._lengths) and self.payload.size < self._lengths[0]
            self._finish("disconnect" if short else None)
        elif self.phase == "raw":
            self._finish(None)
        elif self.phase in ("line", "data"):
            self._end_of_input_in_chunks()
        elif self.phase == "trailer":
            self._note("no blank line after the last chunk")
            self._finish(None)

    def cut(self, why: Truncated) -> None:
        """Nothing more will come though the answer had not ended: a reset, or our own patience."""
        if self.phase == "head":
            self._fail("the head never ended")
        elif self.may_have_ended:
            self.eof()
        elif self.phase not in ("done", "failed"):
            self._finish(why)

    def capture(
        self,
        target_uri: str,
        began: datetime,
        request: bytes,
        ip: str | None = None,
        protocol: tuple[str, ...] = ("http/1.1",),
        cipher: str | None = None,
        oddities: tuple[str, ...] = (),
    ) -> Capture:
        """All that was received, as a value; to be called once, when the answer has ended or was cut."""
        framing = None
        if self._literals is not None:
            framing = Framing(tuple(self._literals), tuple(self._sizes))
        return Capture(
            target_uri,
            began,
            request,
            self.head,
            self.payload,
            ip,
            self.before,
            framing,
            self.after,
            self.truncated,
            protocol,
            cipher,
            oddities + tuple(self.oddities) if self.oddities else oddities,
        )

    # Head (2.2, 3, 4, 5)

    def _feed_head(self, data: bytes) -> bytes | None:
        """Take bytes of the head; once it has ended, the bytes behind it, None while it has not."""
        held: bytes | bytearray
        if not self._held:
            held = data  # almost always the whole head
        elif isinstance(self._held, bytearray):
            held = self._held
            held += data
        else:
            held = bytearray(self._held)
            held += data
        while True:
            if not self._started:
                start = self._find_start(held)
                if start is None:
                    self._held = held
                    return None
                if start < 0:
                    return self._begin_without_head(bytes(held))
                self._started = True
                if start:
                    self._note("bytes before the status line")
                    self.before += bytes(held[:start])
                    held = held[start:]
            end = _find_head_end(held, self._scanned)
            if end is None or end > MAX_HEAD_BYTES or len(self.before) > MAX_HEAD_BYTES:
                self._held = held
                self._scanned = len(held)
                if end is not None or len(held) > MAX_HEAD_BYTES or len(self.before) > MAX_HEAD_BYTES:
                    self._fail(f"the head is longer than {MAX_HEAD_BYTES} bytes")
                return None
            self._held = b""
            self._scanned = 0
            head, held = bytes(held[:end]), held[end:]
            version, status = parse_status(head)
            if 100 <= status < 200 and status != 101:  # 15.2 of RFC 9110: interim, another head follows
                self.before += head
                self._started = False
                if not held:
                    return None
                continue
            self.head = head
            self.version = version
            self.status = status
            if _STRICT_HEAD.fullmatch(head) is None:
                for oddity in describe_head(head):
                    self._note(oddity)
            self._begin_body()
            return bytes(held) if held else None

    def _find_start(self, held: bytes | bytearray) -> int | None:
        """Where the status line begins; -1 if there will be none; None if more bytes must tell."""
        if held.startswith(b"HTTP/1."):
            return 0
        leading = len(held) - len(held.lstrip(b"\r\n"))
        if leading > _MAX_LEADING_BYTES:
            return -1
        found = _START.match(held)
        if found is not None:
            return found.end()
        return -1 if len(held) - leading >= _START_SPAN else None

    def _begin_without_head(self, held: bytes) -> bytes:
        """HTTP/0.9: what has come and all that follows is the body."""
        self._note("no status line (HTTP/0.9)")
        if self._reused:
            self._note(LATE_BYTES)
        self._held = b""
        self.version = (0, 9)
        self.phase = "close"
        return held

    def _end_of_input_in_head(self) -> None:
        held = bytes(self._held)
        bare = held.strip(b"\r\n").lower()
        if self._started or not bare or b"http/1.1".startswith(bare):
            self._fail("the head never ended" if held or self.before else "no answer")
        else:
            self._take(self._begin_without_head(held))

    # Body (6.3)

    def _begin_body(self) -> None:
        lengths: list[bytes] = []
        codings: list[bytes] = []
        options = b""
        for name, value in _FIELDS.findall(self.head):
            # The first letters tell them apart: coNTent-length, coNNection, Transfer-encoding, Set-cookie.
            initial = name[:1].lower()
            if initial == b"c":
                if len(name) == 14:
                    lengths.append(value)
                else:
                    options += value.lower() + b","
            elif initial == b"t":
                codings += [coding.strip().lower() for coding in value.split(b",")]
            else:
                self.sets_cookie = True
        self._keep_alive = (
            b"close" not in options if self.version >= (1, 1) else b"keep-alive" in options
        ) and self.status != 0
        if self._method == "HEAD" or self.status in (101, 204, 304):
            # 101: we never ask for an upgrade; what follows is of another protocol.
            self._keep_alive = self._keep_alive and self.status != 101
            self.phase = "done"
            return
        if codings and self._begin_coded(codings, bool(lengths)):
            return
        if lengths:
            self._begin_sized(lengths)
        else:
            self._keep_alive = False
            self.phase = "close"

    def _begin_coded(self, codings: list[bytes], sized: bool) -> bool:
        """Follow Transfer-Encoding (6.1); False if it leaves the framing to Content-Length or close."""
        if b"chunked" not in codings:
            self._note(f"Transfer-Encoding: {b', '.join(codings)[:40].decode('latin-1')}, not chunked")
            self._keep_alive = False
            return False
        if codings != [b"chunked"]:
            self._note("transfer codings beside chunked, left on")
            self._keep_alive = False
        if sized:
            self._note("both Transfer-Encoding and Content-Length")
            self._keep_alive = False
        if self.version < (1, 1):
            self._note("Transfer-Encoding in an answer of HTTP/1.0")
            self._keep_alive = False
        self._literals = []
        self.phase = "line"
        return True

    def _begin_sized(self, values: list[bytes]) -> None:
        """Follow Content-Length (6.2, 6.3 item 5), as many as there are."""
        sure = True
        lengths = set()
        for value in values:
            for part in value.split(b","):
                stated = part.strip()
                found = _LENGTH.match(stated)
                if found is None or found.end() < len(stated):
                    self._note("Content-Length is no number")
                    sure = False
                elif stated.startswith(b"+"):
                    self._note("Content-Length with a sign")
                if found is not None:
                    lengths.add(int(found[1]))
        if len(lengths) > 1:
            self._note("Content-Length fields that contradict each other")
            sure = False
        elif len(values) > 1 or b"," in values[0]:
            self._note("Content-Length repeated")
        if sure:
            self._left = lengths.pop()
            self.phase = "fixed" if self._left else "done"
        else:
            # All bytes until close are payload; what the numbers say only tells when to lose patience.
            self._lengths = tuple(sorted(lengths))
            self._keep_alive = False
            self.phase = "close"

    def _feed_fixed(self, data: bytes) -> None:
        if len(data) > self._left:
            data, surplus = data[: self._left], data[self._left :]
        else:
            surplus = b""
        self._left -= len(data)
        self._take(data)
        if not self._left and self.phase == "fixed":
            self._finish(None)
        if surplus:
            self._surplus(surplus)

    def _take(self, data: bytes) -> None:
        """Add octets to the payload, up to the cap."""
        if self._max_payload is not None and self.payload.size + len(data) > self._max_payload:
            data = data[: self._max_payload - self.payload.size]
            self.payload.append(data)
            self._pending_size += len(data)
            self._finish("length")
            return
        self.payload.append(data)
        self._pending_size += len(data)

    def _surplus(self, data: bytes) -> None:
        if self.truncated == "length":
            return  # our own cut: what follows is the rest of the body, which nobody asked to keep
        room = MAX_AFTER_BYTES - len(self.after)
        if room > 0:
            self._note("surplus bytes after the message")
            self.after += data[:room]

    # Chunked (7.1)

    def _feed_chunked(self, data: bytes) -> None:
        if self._held:
            data = bytes(self._held) + data
            self._held = b""
        at = 0
        end = len(data)
        while at < end:
            if self.phase == "data":
                # Most bodies come whole: then this is one slice and no copy of the rest.
                piece = data[at : at + self._left] if at or end > self._left else data
                at += len(piece)
                self._left -= len(piece)
                self._take(piece)
                if self.phase == "data" and not self._left:
                    self._sizes.append(self._pending_size)
                    self._pending_size = 0
                    self.phase = "line"
                continue
            if self.phase == "line":
                found = _CANONICAL_CHUNK.match(data, at) if self._sizes and not self._literal else None
                if found is not None:
                    self._begin_chunk(found[0], int(found[1], 16))
                    at = found.end()
                    continue
                taken = self._read_chunk_line(data, at)
            elif self.phase == "trailer":
                taken = self._read_trailer_line(data, at)
            else:
                if self.phase == "raw":
                    self._take(data[at:])
                elif self.phase == "done":
                    self._surplus(data[at:])
                return
            if taken is None:
                self._held = data[at:]
                return
            at = taken

    def _begin_chunk(self, line: bytes, size: int) -> None:
        """A chunk-size line, with the line end of the chunk before it, was read."""
        literals = self._literals
        assert literals is not None
        if self._literal:
            line = self._literal + line
            self._literal = b""
        if not size:
            self._literal = line
            self.phase = "trailer"
            return
        if len(literals) >= MAX_CHUNKS:
            self._literal = line
            self._note(f"more than {MAX_CHUNKS} chunks")
            self._finish("length")
            return
        # Half a million equal lines and sizes are held once.
        known = self._interned.get(line)
        if known is None:
            known = (line, size)
            if len(self._interned) < _MAX_INTERNED:
                self._interned[line] = known
        literals.append(known[0])
        self._left = size
        self._pending_size = 0
        self.phase = "data"

    def _read_chunk_line(self, data: bytes, at: int) -> int | None:
        """Read the line end after a chunk and the next chunk-size line; where reading goes on, or None."""
        start = at
        if self._sizes and not self._literal:
            if data[at] == 0x0A:
                self._note("bare LF in chunk framing")
                at += 1
            elif data[at : at + 2] == b"\r\n":
                at += 2
            elif data[at:] == b"\r":
                return None
            else:
                return self._give_up_framing(start)
            # The line end is settled, whatever follows it.
            self._literal = data[start:at]
            return at
        feed = data.find(b"\n", at, at + MAX_CHUNK_LINE_BYTES)
        if feed < 0:
            if len(data) - at >= MAX_CHUNK_LINE_BYTES:
                return self._give_up_framing(at)
            return None
        line = data[at:feed]
        if line.endswith(b"\r"):
            line = line[:-1]
        else:
            self._note("bare LF in chunk framing")
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            return self._give_up_framing(at)
        if found[0] != found[1] and not found[2]:
            self._note("blanks around a chunk size")
        self._begin_chunk(data[at : feed + 1], int(found[1], 16))
        return feed + 1

    def _give_up_framing(self, at: int) -> int:
        """From here on the framing makes no sense: every further byte is kept as payload."""
        assert self._literals is not None
        self._note("chunk framing that makes no sense")
        self._literals.append(self._literal)
        self._literal = b""
        self._pending_size = 0
        self._keep_alive = False
        self.phase = "raw"
        return at

    def _read_trailer_line(self, data: bytes, at: int) -> int | None:
        """Read one line behind the last chunk; a blank one ends the message (7.1.2)."""
        feed = data.find(b"\n", at)
        room = MAX_HEAD_BYTES - len(self._literal)
        if feed - at >= room or (feed < 0 and len(data) - at > room):
            self._literal += data[at : at + room]
            self._note(f"a trailer longer than {MAX_HEAD_BYTES} bytes")
            self._finish("length")
            return at + room
        if feed < 0:
            return None
        line = data[at : feed + 1]
        self._literal += line
        if line in (b"\r\n", b"\n"):
            if line == b"\n":
                self._note("bare LF in chunk framing")
            self._finish(None)
        return feed + 1

    def _end_of_input_in_chunks(self) -> None:
        """The connection ended inside chunk framing: the last chunk never came."""
        held = bytes(self._held)
        self._held = b""
        if self.phase == "line" and held and not _CUT_CHUNK_LINE.fullmatch(held):
            self._give_up_framing(0)
            self._take(held)
            if self.truncated is None:
                self._finish(None)
            return
        self._held = held
        self._finish("disconnect")

    # Ends

    def _finish(self, truncated: Truncated | None) -> None:
        if self._literals is not None:
            if self.phase in ("data", "raw"):
                self._sizes.append(self._pending_size)
                self._literals.append(b"")
            else:
                self._literals.append(self._literal + bytes(self._held))
            self._held = b""
        self.truncated = truncated
        self.phase = "done"

    def _fail(self, why: str) -> None:
        self.failure = why
        self.phase = "failed"

    def _note(self, oddity: str) -> None:
        if oddity not in self.oddities:
            self.oddities.append(oddity)


def _find_head_end(held: bytes | bytearray, scanned: int) -> int | None:
    """Where the first blank line ends, with CRLF or bare LF (2.2)."""
    start = max(0, scanned - 2)
    crlf = held.find(b"\n\r\n", start)
    bare = held.find(b"\n\n", start) if crlf < 0 else held.find(b"\n\n", start, crlf)
    if bare >= 0:
        return bare + 2
    return crlf + 3 if crlf >= 0 else None


def describe_head(head: bytes) -> list[str]:
    """What a strict parser refuses in a head, in words; empty if nothing."""
    found = []
    lines = head.split(b"\n")
    if any(not line.endswith(b"\r") for line in lines[:-1]):
        found.append("bare LF in the head")
    status_line, *fields = [line.removesuffix(b"\r") for line in lines[:-2]]
    if re.fullmatch(rb"HTTP/1\.[01] [1-9][0-9][0-9] [\t\x20-\x7e\x80-\xff]*", status_line) is None:
        found.append("odd status line")
    for line in fields:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            oddity = "folded field line"
        elif not colon:
            oddity = "field line without a colon"
        elif name != name.rstrip():
            oddity = "blank before a colon"
        elif re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) is None:
            oddity = "odd field name"
        elif re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
            oddity = "control character in a field"
        else:
            continue
        if oddity not in found:
            found.append(oddity)
    return found
