"""TLS and proxies: what is said of them, what is refused, what is taken against the rules."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import subprocess
import threading
import warnings

import pytest
import trustme

from mirror.downloader.client import Client, ExchangeFailed, Timeouts
from mirror.downloader.tls import iana_name, lenient_context
from tests.downloader.torture import PAGE, TortureServer

QUICK = Timeouts(connect_s=5, idle_s=2, total_s=30)


@pytest.fixture(scope="module")
def server():
    with TortureServer() as server:
        yield server


def trust(server, folder):
    path = folder / "ca.pem"
    server.authority.cert_pem.write_to_path(path)
    return str(path)


def ask(*urls, **options):
    async def run():
        async with Client(timeouts=QUICK, **options) as client:
            return [await client.exchange(url) for url in urls], dict(client.certificates)

    return asyncio.run(run())


def failure_of(url, **options):
    with pytest.raises(ExchangeFailed) as caught:
        ask(url, **options)
    return caught.value.attempt


# TLS


@pytest.mark.parametrize(
    ("version", "name"), [(ssl.TLSVersion.TLSv1_2, "tls/1.2"), (ssl.TLSVersion.TLSv1_3, "tls/1.3")]
)
def test_version_cipher_and_certificate_are_noted(tmp_path, version, name):
    with TortureServer(tls_version=version) as server:
        url = server.url("page", tls=True)
        (capture,), certificates = ask(url, ca_file=trust(server, tmp_path))
        shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", int(re.findall(r"\d+", url)[4]))))
    assert capture.protocol == ("http/1.1", name)
    assert re.fullmatch(r"TLS_[A-Z0-9_]+_SHA(256|384)", capture.cipher)
    assert list(certificates.values()) == [shown]
    assert capture.oddities == ()


def test_a_certificate_nobody_vouches_for_is_refused(server):
    attempt = failure_of(server.url("page", tls=True))
    assert attempt.cause == "tls"
    assert attempt.message == "certificate refused: unable to get local issuer certificate"
    assert attempt.request == b""


def test_a_certificate_of_another_host_is_refused(server, tmp_path):
    async def run():
        loop = asyncio.get_running_loop()

        async def here(host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        loop.getaddrinfo = here
        async with Client(timeouts=QUICK, ca_file=trust(server, tmp_path)) as client:
            with pytest.raises(ExchangeFailed) as caught:
                await client.exchange(server.url("page", tls=True).replace("127.0.0.1", "gazetteers.test"))
        return caught.value.attempt

    attempt = asyncio.run(run())
    assert attempt.cause == "tls"
    assert "Hostname mismatch" in attempt.message
    assert attempt.ip == "127.0.0.1"


def test_a_certificate_nobody_vouches_for_is_taken_when_told_to(server):
    url = server.url("page", tls=True)
    captures, certificates = ask(url, url, accept_invalid_tls=True)
    for capture in captures:
        assert capture.payload.read() == PAGE
        assert capture.oddities == (
            "TLS accepted against the rules: certificate refused: unable to get local issuer certificate",
        )
    assert len(certificates) == 1


def test_old_tls_is_refused_but_taken_when_told_to():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server = TortureServer(tls_version=ssl.TLSVersion.TLSv1)
    server.allow_weak_ciphers()
    with server:
        url = server.url("page", tls=True)
        assert failure_of(url).cause == "tls"
        (capture,), _ = ask(url, accept_invalid_tls=True)
    assert capture.protocol == ("http/1.1", "tls/1.0")
    assert capture.payload.read() == PAGE
    assert capture.oddities[0].startswith("TLS accepted against the rules: TLS handshake failed")


@pytest.mark.parametrize(
    ("fields", "alert", "truncated"),
    [
        (b"", True, None),
        (b"", False, "disconnect"),
        (b"Content-Length: 4\r\n", False, None),
        (b"Content-Length: 5\r\n", True, "disconnect"),
    ],
)
def test_a_body_that_ends_with_tls_is_whole_only_behind_the_closure_alert(tmp_path, fields, alert, truncated):
    """RFC 9112, 9.8: without its length, and without close_notify, anybody may have cut it."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    def serve():
        accepted, _ = listening.accept()
        with context.wrap_socket(accepted, server_side=True) as connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + fields + b"\r\nhalf")
            if alert:
                with contextlib.suppress(OSError):
                    connection.unwrap().close()
            else:
                connection.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve)
        server.start()
        (capture,), _ = ask(f"https://127.0.0.1:{listening.getsockname()[1]}/", ca_file=str(tmp_path / "ca.pem"))
        server.join()
    assert (capture.payload.read(), capture.truncated) == (b"half", truncated)


def test_a_port_that_does_not_speak_tls():
    async def refuse(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        writer.close()

    async def run():
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Client(timeouts=QUICK) as client:
            with pytest.raises(ExchangeFailed) as caught:
                await client.exchange(f"https://127.0.0.1:{port}/")
        return caught.value.attempt

    attempt = asyncio.run(run())
    assert attempt.cause == "tls"
    assert attempt.message == "TLS handshake failed: wrong version number"


def test_a_server_silent_in_the_handshake(server):
    async def run():
        async with Client(timeouts=Timeouts(connect_s=0.3)) as client:
            with pytest.raises(ExchangeFailed) as caught:
                await client.exchange(server.url("page").replace("http://", "https://"))
        return caught.value.attempt

    assert asyncio.run(run()).cause == "timeout"


def test_ciphers_bear_their_iana_names():
    try:
        listing = subprocess.run(
            ["openssl", "ciphers", "-stdname", "ALL:@SECLEVEL=0"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the openssl command is not here to compare with")
    standard = {name: std for std, _, name, *_ in map(str.split, listing.splitlines())}
    ours = {cipher["name"] for cipher in lenient_context().get_ciphers()}
    comparable = {name for name in ours & standard.keys() if "PSK" not in name and "SRP" not in name}
    assert len(comparable) > 20
    assert {name: iana_name(name) for name in comparable} == {name: standard[name] for name in comparable}


# Proxies


class Proxy:
    """A small proxy: tunnels, and passes requests on; keeps the heads it received."""

    def __init__(self, credentials: bytes | None = None) -> None:
        self.heads: list[bytes] = []
        self._credentials = credentials
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _accept(self, reader, writer) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _converse(self, reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self._credentials and b"Proxy-Authorization: Basic " + self._credentials not in head:
            writer.write(b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        method, target, _ = head.split(b" ", 2)
        authority = target if method == b"CONNECT" else target.split(b"/")[2]
        host, _, port = authority.decode().rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
        else:
            back.write(head)
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            back.transport.abort()


async def _pump(source, sink) -> None:
    while data := await source.read(1 << 16):
        sink.write(data)
        await sink.drain()
    sink.close()


def test_http_by_way_of_a_proxy_names_the_whole_uri(server):
    with Proxy() as proxy:
        captures, _ = ask(server.url("page"), server.url("chunked"), proxy=f"http://127.0.0.1:{proxy.port}")
    assert captures[0].request == server.log[-2].received
    assert captures[0].request.startswith(f"GET {server.url('page')} HTTP/1.1\r\nHost: 127.0.0.1:".encode())
    assert [b"".join(capture.wire()) for capture in captures] == [bytes(seen.sent) for seen in server.log[-2:]]
    assert captures[0].ip is None


def test_https_by_way_of_a_proxy_is_tunnelled(server, tmp_path):
    url = server.url("page", tls=True)
    with Proxy() as proxy:
        (first, second), certificates = ask(
            url, url, proxy=f"http://127.0.0.1:{proxy.port}", ca_file=trust(server, tmp_path)
        )
    assert len(proxy.heads) == 1
    assert proxy.heads[0].startswith(b"CONNECT 127.0.0.1:")
    assert first.request == second.request == server.log[-1].received
    assert first.request.startswith(b"GET /page HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"".join(first.wire()) == bytes(server.log[-1].sent)
    assert first.protocol == ("http/1.1", "tls/1.3")
    assert certificates


@pytest.mark.parametrize("tls", [False, True])
def test_credentials_reach_the_proxy_and_no_archive(server, tmp_path, tls):
    url = server.url("page", tls=tls)
    with Proxy(credentials=b"emhpOnNlY3JldCE=") as proxy:
        address = f"127.0.0.1:{proxy.port}"
        options = {"ca_file": trust(server, tmp_path)}
        (capture,), _ = ask(url, proxy=f"http://zhi:secret%21@{address}", **options)
        refused = failure_of(url, proxy=f"http://{address}", **options)
    assert capture.payload.read() == PAGE
    assert b"Proxy-Authorization" in proxy.heads[0]
    assert b"Proxy-Authorization" not in capture.request
    assert refused.cause == "proxy"
    assert "407" in refused.message
    assert refused.received.startswith(b"HTTP/1.1 407 Who?")


def test_a_proxy_that_is_not_there(server):
    with Proxy() as proxy:
        gone = f"http://127.0.0.1:{proxy.port}"
    for tls in (False, True):
        attempt = failure_of(server.url("page", tls=tls), proxy=gone)
        assert attempt.cause == "proxy"
        assert "the proxy does not answer" in attempt.message


def test_a_proxy_that_is_none(server):
    attempt = failure_of(server.url("page", tls=True), proxy=server.url(""))
    assert attempt.cause == "proxy"
    with pytest.raises(ValueError, match="plain http"):
        Client(proxy="https://127.0.0.1:1")
