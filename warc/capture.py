"""A capture: one request and what came back, every byte accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from warc.payload import Payload

#: WARC 1.1, 5.15: why a body is shorter than the source meant it to be.
Truncated = Literal["length", "time", "disconnect", "unspecified"]


@dataclass(frozen=True, slots=True)
class Framing:
    """How the payload stood on the wire when it was not plain octets.

    The wire is `literals[0] + payload[:sizes[0]] + literals[1] + payload[..sizes[1]] + … + literals[-1]`:
    chunk-size lines with their extensions, the CRLF after each chunk, the last chunk and the trailer are
    literals; chunk data are payload. There is always one literal more than there are sizes.
    """

    literals: tuple[bytes, ...] = (b"",)
    sizes: tuple[int, ...] = ()

    def wire(self, payload: Payload) -> Iterator[bytes]:
        """The body as it crossed the wire, in pieces."""
        source = payload.chunks()
        rest = b""
        for literal, size in zip(self.literals, self.sizes, strict=False):
            if literal:
                yield literal
            while size:
                if not rest:
                    rest = next(source)
                piece, rest = rest[:size], rest[size:]
                size -= len(piece)
                yield piece
        if self.literals[-1]:
            yield self.literals[-1]


@dataclass(frozen=True, slots=True)
class Capture:
    """One request and what came back, byte for byte as it crossed the wire.

    Becomes a `response` or `revisit` record and a `request` record (WARC 1.1, 6.3, 6.7, 6.5).
    The wire is `before + head + (framing.wire(payload) if framing else payload) + after`.
    """

    target_uri: str  #: the URI asked for, as sent, without fragment; ASCII (RFC 3986)
    began: datetime  #: UTC instant the request left; becomes WARC-Date (5.4)
    request: bytes  #: request line, header fields, body, as sent
    head: bytes  #: status line and header fields through the blank line, as sent; b"" for HTTP/0.9
    payload: Payload  #: the entity: transfer coding off, content coding on
    ip: str | None = None  #: address the bytes came from (5.10)
    before: bytes = b""  #: interim 1xx answers and stray line ends that came before `head`
    framing: Framing | None = None  #: chunk framing, None when the body was plain octets
    after: bytes = b""  #: surplus octets that came after the message had ended
    truncated: Truncated | None = None  #: why the body is incomplete (5.15)
    protocol: tuple[str, ...] = ("http/1.1",)  #: WARC-Protocol values, such as ("http/1.1", "tls/1.3")
    cipher: str | None = None  #: IANA name of the TLS cipher suite
    oddities: tuple[str, ...] = ()  #: what a strict parser would have refused, in words

    def wire(self) -> Iterator[bytes]:
        """The exact bytes of the answer, in pieces."""
        if self.before:
            yield self.before
        yield self.head
        yield from self.framing.wire(self.payload) if self.framing else self.payload.chunks()
        if self.after:
            yield self.after


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """A request that got no answer that could be stored as one: evidence of silence.

    Becomes a `metadata` record (6.6). `cause` is one word of: dns, connect, tls, timeout, reset, short
    (the head never ended), protocol, proxy.
    """

    target_uri: str
    began: datetime
    cause: str
    message: str
    request: bytes = b""  #: what was sent before it failed
    received: bytes = b""  #: what came before it failed
    ip: str | None = None
    protocol: tuple[str, ...] = field(default=())
