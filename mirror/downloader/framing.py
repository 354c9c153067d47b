"""Where one HTTP answer begins and ends, found without a socket and without losing a byte.

Reads as browsers read: what RFC 9112 calls invalid and old servers send all the same is kept as it came,
framed as best it can be, and named among the oddities. Section numbers are of RFC 9112.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from mirror.downloader.chunks import ChunkedBody
from mirror.downloader.head import describe_oddities, find_end, find_start, parse_status
from warc.capture import Capture, Framing, Truncated
from warc.payload import Payload

#: A head, the interim answers before it, or a trailer may be this long.
MAX_HEAD_BYTES: Final = 1 << 20
#: So many surplus octets are kept; a server that never ends must not fill the memory.
MAX_AFTER_BYTES: Final = 1 << 20
#: The oddity of a body without a head that may belong to the answer before: to be asked for again.
LATE_BYTES: Final = "bytes without a head on a connection that was used before"
Phase = Literal["head", "fixed", "close", "chunked", "done", "failed"]

# The only fields that bear on framing, reuse and cookies; a value goes on in folded lines (5.2).
_FIELDS = re.compile(
    rb"(?i)\n(content-length|transfer-encoding|connection|set-cookie)[ \t]*:"
    rb"([^\r\n]*+(?:\r?\n[ \t]++[^\r\n]*+)*)"
)
_LENGTH = re.compile(rb"\+?([0-9]{1,18})(?![0-9])")


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
        "_chunks",
        "_framing",
        "_held",
        "_keep_alive",
        "_left",
        "_lengths",
        "_max_payload",
        "_method",
        "_reused",
        "_scanned",
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
        self._chunks: ChunkedBody | None = None
        self._framing: Framing | None = None

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
        if self._chunks is not None:
            return self._chunks.may_have_ended
        return self.phase == "close" and bool(self._lengths) and self._fits_a_length

    @property
    def _fits_a_length(self) -> bool:
        """Of several lengths that were stated any may be the right one; between two of them something is missing."""
        return self.payload.size in self._lengths or self.payload.size >= self._lengths[-1]

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
        elif self.phase == "close":
            if self._take(data) < len(data):
                self._finish("length")
        elif self.phase == "chunked":
            self._feed_chunks(data)
        elif self.phase == "done":
            self._surplus(data)

    def eof(self) -> None:
        """The server closed in good order, or fell silent where the answer may have ended."""
        self._keep_alive = False
        if self.phase == "head":
            self._end_of_input_in_head()
        if self.phase == "fixed":
            self._finish("disconnect")
        elif self.phase == "close":
            self._finish("disconnect" if self._lengths and not self._fits_a_length else None)
        elif self._chunks is not None and self.phase == "chunked":
            self._chunks.eof()
            self._finish(self._chunks.truncated)

    def cut(self, why: Truncated) -> None:
        """Nothing more will come though the answer had not ended: a reset, or our own patience."""
        if self.phase == "head":
            self._fail("the head never ended")
        elif self.may_have_ended:
            self.eof()
        elif self.phase not in ("done", "failed"):
            if self._chunks is not None:
                self._chunks.cut(why)
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
        return Capture(
            target_uri,
            began,
            request,
            self.head,
            self.payload,
            ip,
            self.before,
            self._framing,
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
                start = find_start(held)
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
            end = find_end(held, self._scanned)
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
            self.oddities += describe_oddities(head)
            self._begin_body()
            return bytes(held) if held else None

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
        self._chunks = ChunkedBody(self._take, self._note)
        self.phase = "chunked"
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
        surplus = b""
        if len(data) > self._left:
            data, surplus = data[: self._left], data[self._left :]
        self._left -= len(data)
        if self._take(data) < len(data):
            self._finish("length")
        elif not self._left:
            self._finish(None)
        if surplus:
            self._surplus(surplus)

    def _feed_chunks(self, data: bytes) -> None:
        chunks = self._chunks
        assert chunks is not None
        surplus = chunks.feed(data)
        if chunks.ended:
            self._finish(chunks.truncated)
            if surplus:
                self._surplus(surplus)

    def _take(self, data: bytes) -> int:
        """Add octets to the payload, up to the cap; how many there was room for."""
        if self._max_payload is not None:
            data = data[: max(0, self._max_payload - self.payload.size)]
        self.payload.append(data)
        return len(data)

    def _surplus(self, data: bytes) -> None:
        if self.truncated == "length":
            return  # our own cut: what follows is the rest of the body, which nobody asked to keep
        room = MAX_AFTER_BYTES - len(self.after)
        if room > 0:
            self._note("surplus bytes after the message")
            self.after += data[:room]

    # Ends

    def _finish(self, truncated: Truncated | None) -> None:
        if self._chunks is not None:
            self._framing = self._chunks.framing()
            self._chunks = None  # it refers back to us, and payloads should not wait for the collector
        self.truncated = truncated
        self.phase = "done"

    def _fail(self, why: str) -> None:
        self.failure = why
        self.phase = "failed"

    def _note(self, oddity: str) -> None:
        if oddity not in self.oddities:
            self.oddities.append(oddity)
