"""One connection: a request out, the answer in, and how it ended."""

from __future__ import annotations

import asyncio
import ssl
from enum import Enum
from typing import Final

from mirror.downloader.framing import Answer
from mirror.downloader.tls import iana_name, protocol_name

#: So long a connection that will close anyway may go on, so that surplus bytes are kept.
LINGER_S: Final = 0.5


class End(Enum):
    """How an exchange came to its end."""

    WHOLE = "whole"  #: the answer ended where it said
    EOF = "eof"  #: the server closed in good order
    RESET = "reset"  #: the connection broke, or TLS ended without saying so
    TIMEOUT = "timeout"  #: we lost patience
    UNREADABLE = "unreadable"  #: no answer can be made out of the bytes


class Connection(asyncio.Protocol):
    """A connection that carries one exchange after another.

    Attributes:
        ip: Address of the other side; None behind a proxy, whose address would pass for the source's.
        used: It has carried an answer already.
        idle_since: Loop time at which its last exchange ended.
        layers: WARC-Protocol values below HTTP, such as ("tls/1.3",).
        cipher: IANA name of the cipher suite.
        certificate: The server's certificate in DER.
        oddities: What was accepted to get here, in words.
        closed: Done once the socket is closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ip: str | None, oddities: tuple[str, ...] = ()) -> None:
        self.ip = ip
        self.used = False
        self.idle_since = 0.0
        self.layers: tuple[str, ...] = ()
        self.cipher: str | None = None
        self.certificate: bytes | None = None
        self.oddities = oddities
        self.closed: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._ended: asyncio.Future[End] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard = 0.0
        self._idle_s = 0.0
        self._deadline = 0.0
        self._lingers_until = 0.0
        self._patience_s = 0.0
        self._settle_s = 0.0
        self._was_cut = False  # TLS ended without its closure alert

    # For the client

    @property
    def is_open(self) -> bool:
        """Ready for a request: neither closed nor closing, and nothing unasked-for has come."""
        return self._transport is not None and not self._transport.is_closing()

    def exchange(
        self, request: bytes, answer: Answer, idle_s: float, deadline: float, settle_s: float = 0.0
    ) -> asyncio.Future[End]:
        """Send a request and fill `answer`; done when the answer has ended, one way or another.

        Args:
            idle_s: Patience with silence.
            deadline: Loop time at which patience ends altogether.
            settle_s: Wait so long for surplus bytes even where none are to be expected.
        """
        assert self._transport is not None
        assert self._answer is None
        self._answer = answer
        self._ended = self._loop.create_future()
        self._heard = self._loop.time()
        self._idle_s = idle_s
        self._deadline = deadline
        self._settle_s = settle_s
        self._lingers_until = self._patience_s = 0.0
        self._watch(min(self._heard + idle_s, deadline))
        self._transport.write(request)
        return self._ended

    def close(self) -> None:
        """Close in good order, as soon as what was written has left."""
        if self._transport is not None:
            self._transport.close()

    def abort(self, problem: Exception | None = None) -> None:
        """Close at once. An exchange under way raises `problem`, or else ends as if broken."""
        ended = self._ended
        if ended is not None:
            if problem is not None and not ended.done():
                ended.set_exception(problem)
            if ended.done():
                self._answer = self._ended = None  # nobody takes further bytes
        if self._transport is not None:
            self._transport.abort()

    # For asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if tls is not None:
            self.layers = (protocol_name(tls.version()),)
            cipher = tls.cipher()
            self.cipher = iana_name(cipher[0]) if cipher else None
            self.certificate = tls.getpeercert(binary_form=True)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:
            self.abort()  # nobody asked: whatever this is, it must not pass for the next answer
            return
        try:
            answer.feed(data)
        except OSError as problem:  # no room for the body: the one who asked must hear it
            self.abort(problem)
            return
        if answer.phase == "done":
            if answer.truncated is not None:
                self._end(End.WHOLE)
            elif not answer.leaves_connection_clean:
                self._linger(LINGER_S)
            elif self._settle_s:
                self._linger(self._settle_s)
            else:
                self._end(End.WHOLE)
        elif answer.phase == "failed":
            self._end(End.UNREADABLE)
        else:
            self._heard = self._loop.time()
            if answer.may_have_ended:
                self._watch(self._heard + LINGER_S)

    def eof_received(self) -> None:
        """The transport closes itself; `connection_lost` follows."""
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object") if self._transport else None
        if tls is not None:
            try:
                tls.read(1)  # b"" behind a closure alert
            except ssl.SSLZeroReturnError:
                pass  # the same, where we have sent ours already
            except ssl.SSLError:
                # Anybody on the way can end a TCP stream: only the alert tells an end from a cut (RFC 9112, 9.8).
                self._was_cut = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport = None
        self._end(End.EOF if exc is None and not self._was_cut else End.RESET)
        if not self.closed.done():
            self.closed.set_result(None)

    # Time

    def _linger(self, patience_s: float) -> None:
        """The answer is whole: wait a little for surplus bytes and the end of the connection."""
        if patience_s > self._patience_s:
            self._patience_s = patience_s
            self._lingers_until = self._loop.time() + patience_s
            self._watch(self._lingers_until)

    def _watch(self, when: float) -> None:
        """Look after the exchange at `when`, or earlier if a look is due earlier."""
        # One timer serves many exchanges: it wakes, finds more patience, and sleeps on.
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        answer = self._answer
        if answer is None:
            return
        if self._lingers_until:
            due = self._lingers_until
        else:
            patience = LINGER_S if answer.may_have_ended else self._idle_s
            due = min(self._heard + patience, self._deadline)
        if due > self._loop.time():
            self._watch(due)
        elif answer.ended:
            self._end(End.WHOLE)
        else:
            self._end(End.EOF if answer.may_have_ended else End.TIMEOUT)

    # Ends

    def _end(self, end: End) -> None:
        answer, ended = self._answer, self._ended
        self._answer = self._ended = None
        if answer is None or ended is None:
            return
        if answer.ended:
            end = End.WHOLE
        self.used = True
        self.idle_since = self._loop.time()
        if end is not End.WHOLE or not answer.leaves_connection_clean:
            self.close()
        if not ended.done():
            ended.set_result(end)
