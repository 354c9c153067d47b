"""Asks, and keeps every byte: an HTTP/1.1 client of our own, because every other one throws some away."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from mirror.downloader.connection import Connection, End
from mirror.downloader.cookies import CookieMemory
from mirror.downloader.framing import Answer
from mirror.downloader.request import Field, Origin, Proxy, Target, parse_target, request_bytes
from mirror.downloader.tls import lenient_context, verifying_context
from mirror.errors import MirrorError
from warc.capture import Capture, FailedAttempt

log = logging.getLogger(__name__)

_HTTP: Final = {(1, 1): "http/1.1", (1, 0): "http/1.0", (0, 9): "http/0.9"}
#: Methods that may be sent again when a kept connection turns out to be dead (RFC 9110, 9.2.2).
_IDEMPOTENT: Final = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))
_SET_COOKIE = re.compile(rb"(?i)\nset-cookie[ \t]*:[ \t]*([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a client waits, in seconds."""

    connect_s: float = 30.0  #: name look-up, connection and TLS handshake, each
    idle_s: float = 60.0  #: silence, before the first byte or between two
    total_s: float = 3600.0  #: one exchange, from connecting to the last byte
    keep_s: float = 60.0  #: an unused connection is kept
    #: For surplus bytes behind an answer on a connection that is to be kept. At 0, only those that come in
    #: the same read are kept with their answer; a crawl that pauses between requests can afford 0.05.
    settle_s: float = 0.0


class ExchangeFailed(MirrorError):
    """No answer came that could be stored as one.

    Attributes:
        attempt: The evidence: what was sent, what came, and why it failed.
    """

    def __init__(self, attempt: FailedAttempt) -> None:
        self.attempt = attempt
        super().__init__(f"{attempt.target_uri}: {attempt.message}")


class _Unconnected(Exception):
    """No connection came about; becomes an ExchangeFailed."""

    def __init__(self, cause: str, message: str, received: bytes = b"", ip: str | None = None) -> None:
        self.cause = cause
        self.message = message
        self.received = received
        self.ip = ip
        super().__init__(message)


class _Trial(NamedTuple):
    """One request on one connection, and how it ended."""

    connection: Connection
    request: bytes
    answer: Answer
    began: datetime
    end: End


class Client:
    """Exchanges over kept connections, one at a time on each.

    Use from one event loop, as `async with Client() as client`, or call `close`.

    Attributes:
        cookies: Session cookies, None if they are to be ignored.
        certificates: The newest certificate of each https origin, in DER.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts | None = None,
        max_body_bytes: int | None = None,
        accept_invalid_tls: bool = False,
        ca_file: str | None = None,
        proxy: str | None = None,
        keep_cookies: bool = True,
        max_idle_per_origin: int = 8,
    ) -> None:
        """
        Args:
            timeouts: How long to wait.
            max_body_bytes: Cut a longer body there, marked as truncated by "length".
            accept_invalid_tls: Go on with an expired, foreign or self-signed certificate and with old TLS,
                after the regular way has failed; the capture says so among its oddities.
            ca_file: Certificates to trust instead of the system's, in PEM.
            proxy: `http://[user:password@]host:port`.
            keep_cookies: Send back the cookies that answers set.
            max_idle_per_origin: So many unused connections are kept.

        Raises:
            ValueError: The proxy's URL is none.
        """
        self.cookies = CookieMemory() if keep_cookies else None
        self.certificates: dict[Origin, bytes] = {}
        self._timeouts = timeouts or Timeouts()
        self._max_body = max_body_bytes
        self._accept_invalid_tls = accept_invalid_tls
        self._ca_file = ca_file
        self._proxy = Proxy.parse(proxy) if proxy else None
        self._max_idle = max_idle_per_origin
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._strict_tls: ssl.SSLContext | None = None
        self._lenient_tls: ssl.SSLContext | None = None
        self._tls_faults: dict[Origin, str] = {}
        self._closed = False

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def exchange(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Sequence[Field] = (),
        body: bytes = b"",
        on_dead: Callable[[FailedAttempt], None] | None = None,
    ) -> Capture:
        """Ask once, and give back what came, whatever it is.

        A kept connection that has died in the meantime is replaced by a fresh one, once, and at once. The
        capture's payload may own a temporary file: close it when done.

        Args:
            url: An http or https URI, sent as it stands; a fragment stays here, userinfo is dropped.
            method: Upper case.
            headers: Fields sent exactly so, behind Host.
            body: Sent with Content-Length.
            on_dead: Given the evidence of a request that was sent on a dead connection: the server may have
                seen it.

        Raises:
            ExchangeFailed: The head of an answer never came; a body that breaks off is a Capture.
            ValueError: The URL or a field cannot be sent as it is.
            OSError: A large body cannot be spooled to disk.
        """
        target = parse_target(url)
        if self.cookies is not None and (cookie := self.cookies.field(target.uri)) is not None:
            headers = [*headers, cookie]
        by_proxy = self._proxy if target.origin.scheme == "http" else None
        request = request_bytes(target, method, headers, body, absolute=by_proxy is not None)
        deadline = asyncio.get_running_loop().time() + self._timeouts.total_s
        connection = self._take_idle(target.origin) if method in _IDEMPOTENT else None
        if connection is not None:
            answer = Answer(method, max_payload_bytes=self._max_body, reused=True)
            trial = await self._run(connection, request, answer, deadline)
            if not (trial.end in (End.EOF, End.RESET) and answer.is_empty):
                return self._conclude(target, trial)
            log.debug("a kept connection to %s was dead", target.origin.authority)
            if on_dead is not None:
                on_dead(_failed(target, trial))
        connection = await self._connect(target, deadline)
        answer = Answer(method, max_payload_bytes=self._max_body)
        return self._conclude(target, await self._run(connection, request, answer, deadline))

    async def close(self) -> None:
        """Close every connection; exchanges under way fail."""
        self._closed = True
        self._idle.clear()
        waiting = [connection.closed for connection in self._open]
        for connection in list(self._open):
            connection.abort(RuntimeError("the client was closed during the exchange"))
        if waiting:
            await asyncio.wait(waiting)
        await asyncio.sleep(0)

    # One exchange

    async def _run(self, connection: Connection, request: bytes, answer: Answer, deadline: float) -> _Trial:
        sent = request
        if self._proxy is not None and self._proxy.authorization and not connection.layers:
            # The credentials are the proxy's business: sent behind the request line, kept out of the archive.
            line, fields = request.split(b"\r\n", 1)
            sent = line + b"\r\n" + self._proxy.field + fields
        # Before sending: WARC-Date is when capture began (WARC 1.1, 5.4), and a slow server would move it.
        began = datetime.now(UTC)
        try:
            end = await connection.exchange(sent, answer, self._timeouts.idle_s, deadline, self._timeouts.settle_s)
        except BaseException:
            connection.abort()
            answer.payload.close()
            raise
        return _Trial(connection, request, answer, began, end)

    def _conclude(self, target: Target, trial: _Trial) -> Capture:
        connection, request, answer, began, end = trial
        if end is End.EOF:
            answer.eof()
        elif end is End.RESET:
            answer.cut("disconnect")
        elif end is End.TIMEOUT:
            answer.cut("time")
        if answer.phase == "failed":
            raise ExchangeFailed(_failed(target, trial))
        if self._proxy is not None and answer.status == 407 and target.origin.scheme == "http":
            # The proxy's own answer must not pass for the source's.
            message = f"the proxy {self._proxy.host}:{self._proxy.port} wants other credentials (407)"
            received = b"".join(answer.capture(target.uri, began, request).wire())
            connection.abort()
            answer.payload.close()
            raise ExchangeFailed(FailedAttempt(target.uri, began, "proxy", message, request, received))
        if connection.is_open and answer.leaves_connection_clean and not self._closed:
            self._keep(target.origin, connection)
        if answer.sets_cookie and self.cookies is not None:
            self.cookies.learn(target.uri, _SET_COOKIE.findall(answer.head))
        return answer.capture(
            target.uri,
            began,
            request,
            connection.ip,
            (_HTTP.get(answer.version, "http/1.1"), *connection.layers),
            connection.cipher,
            connection.oddities,
        )

    # Kept connections

    def _take_idle(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()  # the one used last is the likeliest to be alive
            if connection.is_open:
                if asyncio.get_running_loop().time() - connection.idle_since < self._timeouts.keep_s:
                    return connection
                connection.close()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        idle = self._idle.setdefault(origin, [])
        idle[:] = [other for other in idle if other.is_open]
        if len(idle) < self._max_idle:
            idle.append(connection)
        else:
            connection.close()

    # New connections

    async def _connect(self, target: Target, deadline: float) -> Connection:
        if self._closed:
            raise RuntimeError("the client is closed")
        began = datetime.now(UTC)
        try:
            if target.origin.scheme == "http":
                return await self._open_connection(target.origin, None, deadline)
            return await self._connect_tls(target.origin, deadline)
        except _Unconnected as why:
            raise ExchangeFailed(
                FailedAttempt(target.uri, began, why.cause, why.message, b"", why.received, why.ip)
            ) from why

    async def _connect_tls(self, origin: Origin, deadline: float) -> Connection:
        if self._strict_tls is None:
            self._strict_tls = verifying_context(self._ca_file)
        if origin not in self._tls_faults:
            try:
                return await self._open_connection(origin, self._strict_tls, deadline)
            except _Unconnected as why:
                if why.cause != "tls" or not self._accept_invalid_tls:
                    raise
                self._tls_faults[origin] = why.message
        if self._lenient_tls is None:
            self._lenient_tls = lenient_context()
        return await self._open_connection(origin, self._lenient_tls, deadline)

    async def _open_connection(self, origin: Origin, tls: ssl.SSLContext | None, deadline: float) -> Connection:
        loop = asyncio.get_running_loop()
        proxy = self._proxy
        sock, ip = await self._open_socket(*((proxy.host, proxy.port) if proxy else origin[1:]), deadline)
        oddities: tuple[str, ...] = ()
        if tls is not None and tls is self._lenient_tls:
            oddities = (f"TLS accepted against the rules: {self._tls_faults[origin]}",)
        connection = Connection(loop, None if proxy else ip, oddities)
        if proxy is not None and tls is not None:
            await self._open_tunnel(sock, proxy, origin, deadline)
        if tls is None:
            await loop.create_connection(lambda: connection, sock=sock)
        else:
            await self._secure(connection, sock, tls, origin, deadline)
        self._open.add(connection)
        connection.closed.add_done_callback(lambda _: self._open.discard(connection))
        if connection.certificate is not None:
            self.certificates[origin] = connection.certificate
        return connection

    async def _secure(
        self,
        connection: Connection,
        sock: socket.socket,
        tls: ssl.SSLContext,
        origin: Origin,
        deadline: float,
    ) -> None:
        try:
            async with asyncio.timeout(self._patience(deadline)):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection,
                    sock=sock,
                    ssl=tls,
                    server_hostname=origin.host.rstrip("."),
                    ssl_handshake_timeout=self._timeouts.connect_s + 1.0,  # ours comes first
                    ssl_shutdown_timeout=1.0,
                )
        except ssl.SSLCertVerificationError as why:
            raise _Unconnected("tls", f"certificate refused: {why.verify_message}", ip=connection.ip) from why
        except TimeoutError as why:
            raise _Unconnected("timeout", "the TLS handshake took too long", ip=connection.ip) from why
        except OSError as why:
            raise _Unconnected("tls", f"TLS handshake failed: {_words(why)}", ip=connection.ip) from why

    async def _open_socket(self, host: str, port: int, deadline: float) -> tuple[socket.socket, str]:
        """A TCP connection to the first address that takes one."""
        loop = asyncio.get_running_loop()
        problem = "no address"
        cause = "connect"
        addresses = await self._look_up(host, port, deadline)
        ends = loop.time() + self._patience(deadline)
        for i, (family, address) in enumerate(addresses):
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                # Each address gets its share of what patience is left, so that the next has a chance.
                async with asyncio.timeout(max(0.0, ends - loop.time()) / (len(addresses) - i)):
                    await loop.sock_connect(sock, address)
            except TimeoutError:
                sock.close()
                cause, problem = "timeout", f"connecting to {address[0]} port {port} took too long"
            except OSError as why:
                sock.close()
                cause, problem = "connect", f"connecting to {address[0]} port {port}: {_words(why)}"
            except BaseException:
                sock.close()
                raise
            else:
                return sock, address[0]
        if self._proxy is not None:
            cause, problem = "proxy", f"the proxy does not answer: {problem}"
        raise _Unconnected(cause, problem)

    async def _look_up(
        self, host: str, port: int, deadline: float
    ) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            family = socket.AF_INET6 if literal.version == 6 else socket.AF_INET
            return [(family, (host, port))]
        try:
            async with asyncio.timeout(self._patience(deadline)):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as why:
            raise _Unconnected("dns", f"looking up {host} took too long") from why
        except (OSError, UnicodeError) as why:
            raise _Unconnected("dns", f"looking up {host}: {_words(why)}") from why
        return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]

    def _patience(self, deadline: float) -> float:
        return max(0.0, min(self._timeouts.connect_s, deadline - asyncio.get_running_loop().time()))

    async def _open_tunnel(self, sock: socket.socket, proxy: Proxy, origin: Origin, deadline: float) -> None:
        """Have the proxy connect us through to an https origin (RFC 9110, 9.3.6)."""
        answer = Answer("HEAD")  # like HEAD, an answer to CONNECT that says yes has no body
        received = b""
        try:
            async with asyncio.timeout(self._patience(deadline)):
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(sock, proxy.connect_request(origin))
                while not answer.has_head:
                    # One byte at a time: what follows the head belongs to TLS.
                    data = await loop.sock_recv(sock, 1)
                    received += data
                    if not data or answer.phase == "failed":
                        raise _Unconnected("proxy", "the proxy gave no answer to CONNECT", received)
                    answer.feed(data)
            if not 200 <= answer.status < 300:
                raise _Unconnected("proxy", f"the proxy refuses to tunnel (status {answer.status})", received)
        except OSError as why:
            sock.close()
            raise _Unconnected("proxy", f"the proxy failed: {_words(why)}", received) from why
        except BaseException:
            sock.close()
            raise


def _failed(target: Target, trial: _Trial) -> FailedAttempt:
    connection, request, answer, began, end = trial
    received = answer.received
    what = f"after {len(received)} bytes of a head" if received else "before any answer"
    cause, message = {
        End.EOF: ("short", f"the server closed the connection {what}"),
        End.RESET: ("reset", f"the connection broke {what}"),
        End.TIMEOUT: ("timeout", f"the server fell silent {what}"),
    }.get(end, ("protocol", answer.failure))
    layers = ("http/1.1", *connection.layers)
    return FailedAttempt(target.uri, began, cause, message, request, received, connection.ip, layers)


def _words(problem: BaseException) -> str:
    if isinstance(problem, ssl.SSLError) and problem.reason:
        return problem.reason.lower().replace("_", " ")
    if isinstance(problem, OSError) and problem.errno and problem.errno > 0:
        return os.strerror(problem.errno)  # asyncio puts its own words in place of these
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
