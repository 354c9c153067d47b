"""The client against a server that answers as badly as servers do: 100 % of the bytes, both ways."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirror.downloader.client import Client, ExchangeFailed, Timeouts
from tests.downloader.torture import CASES, PAGE, TortureServer

QUICK = Timeouts(connect_s=5, idle_s=0.8, total_s=30)
HEADERS = [
    (b"User-Agent", b"Mirror/0.1 (+http://127.0.0.1/)"),
    (b"aCCept", b"*/*"),
    (b"X-GBK", "志".encode("gbk")),
]


@pytest.fixture(scope="module")
def server():
    with TortureServer() as server:
        yield server


@pytest.fixture(scope="module")
def ca_file(server, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    server.authority.cert_pem.write_to_path(path)
    return str(path)


def exchange(url, *, method="GET", headers=(), body=b"", **options):
    """One exchange with a client of its own."""

    async def run():
        async with Client(timeouts=options.pop("timeouts", QUICK), **options) as client:
            return await client.exchange(url, method=method, headers=headers, body=body)

    return asyncio.run(run())


@pytest.mark.parametrize("fragments", [False, True], ids=["whole", "fragments"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_every_byte_of_every_case_both_ways(server, ca_file, tls, fragments):
    """All cases at once, several to a connection: what is captured is what the server logged."""
    first = len(server.log)
    outcomes = {}

    async def run():
        timeouts = replace(QUICK, settle_s=0.1 if fragments else 0.0)
        async with Client(timeouts=timeouts, ca_file=ca_file, keep_cookies=False) as client:
            lanes = asyncio.Semaphore(8)

            async def ask(name):
                async with lanes:
                    url = server.url(name, tls=tls, fragments=fragments)
                    try:
                        capture = await client.exchange(url, method=CASES[name].method, headers=HEADERS)
                    except ExchangeFailed as failure:
                        outcomes[name] = failure.attempt
                    else:
                        outcomes[name] = capture

            await asyncio.gather(*map(ask, CASES))

    asyncio.run(run())
    logged = {}
    for seen in server.log[first:]:
        logged.setdefault(seen.case, []).append(seen)
    connections = {seen.connection for seen in server.log[first:]}
    assert len(connections) < len(CASES)  # some were kept
    for name, case in CASES.items():
        outcome, seen = outcomes[name], logged[name][-1]
        if len(logged[name]) == 2:
            # A kept connection that died at once was replaced by a fresh one, unnoticed.
            assert case.fails in ("short", "reset") and not case.parts, name
        else:
            assert len(logged[name]) == 1, name
        assert outcome.request == seen.received, name
        if case.fails:
            assert outcome.cause == case.fails, name
            assert outcome.received == bytes(seen.sent)[: len(outcome.received)], name
            assert len(outcome.received) == min(len(seen.sent), len(outcome.received) or len(seen.sent)), name
        else:
            assert b"".join(outcome.wire()) == bytes(seen.sent), name
            assert outcome.payload.read() == case.payload, name
            assert outcome.truncated == case.truncated, name
            assert outcome.ip == "127.0.0.1"
            assert outcome.protocol[1:] == (("tls/1.3",) if tls else ())


def ask(*urls, headers=(), **options):
    """The captures of several URLs, asked one after the other by one client."""

    async def run():
        async with Client(timeouts=options.pop("timeouts", QUICK), **options) as client:
            return [await client.exchange(url, headers=headers) for url in urls]

    return asyncio.run(run())


def failure_of(url, **options):
    with pytest.raises(ExchangeFailed) as caught:
        ask(url, **options)
    return caught.value.attempt


async def serve_raw(converse):
    """A server on the loopback address, for one test; gives its port too."""

    async def accept(reader, writer):
        try:
            await converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_a_connection_is_kept(server):
    ask(server.url("page"), server.url("chunked"), server.url("many-chunks"))
    assert len({seen.connection for seen in server.log[-3:]}) == 1


@pytest.mark.parametrize("first", ["close-said", "http-1.0", "until-close", "chunked-and-sized", "bad-hex"])
def test_a_connection_is_not_kept_after_an_answer_that_leaves_doubt(server, first):
    ask(server.url(first), server.url("page"))
    assert len({seen.connection for seen in server.log[-2:]}) == 2


def test_a_kept_connection_that_died_is_replaced_unnoticed(server):
    _, capture = ask(server.url("page"), server.url("flaky/closed-at-once/1/kept"))
    assert capture.payload.read() == PAGE
    assert [seen.case for seen in server.log[-3:]] == ["page"] + ["flaky/closed-at-once/1/kept"] * 2
    assert failure_of(server.url("flaky/closed-at-once/1/fresh")).cause == "short"


def test_bytes_nobody_asked_for_never_pass_for_an_answer():
    async def converse(reader, writer):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await asyncio.sleep(0.05)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake")

    async def run():
        server, port = await serve_raw(converse)
        async with server, Client(timeouts=QUICK) as client:
            for _ in range(3):
                capture = await client.exchange(f"http://127.0.0.1:{port}/")
                assert capture.payload.read() == b"ok"
                await asyncio.sleep(0.1)

    asyncio.run(run())


def test_the_request_goes_out_exactly_as_asked(server):
    url = server.url("echo")[: -len("echo")].replace("127", "user:secret@127")
    path = "/echo/a%2f%D6%BE/..;b?K=CH9&&A=|3|&x='\"<>&y=%zz#0"
    (capture,) = ask(url + path[1:], headers=HEADERS)
    expected = (
        b"GET /echo/a%2f%D6%BE/..;b?K=CH9&&A=|3|&x='\"<>&y=%zz HTTP/1.1\r\n"
        + b"Host: "
        + capture.target_uri.split("/")[2].encode()
        + b"\r\n"
        + b"".join(name + b": " + value + b"\r\n" for name, value in HEADERS)
        + b"\r\n"
    )
    assert server.log[-1].received == capture.request == expected
    assert capture.target_uri == server.url(path[1:].partition("#")[0])
    assert "secret" not in capture.target_uri


def test_a_body_is_sent_with_its_length(server):
    body = "seachword=志".encode("gbk")
    capture = exchange(server.url("echo"), method="POST", headers=[(b"X", b"y")], body=body)
    assert capture.payload.read() == capture.request == server.log[-1].received
    assert capture.request.endswith(b"\r\nX: y\r\nContent-Length: 12\r\n\r\n" + body)


def test_a_cap_cuts_the_body(server):
    for path in ("bytes/5000000", "chunks/5000000"):
        (capture,) = ask(server.url(path), max_body_bytes=1000)
        assert (capture.payload.size, capture.truncated) == (1000, "length")


def test_silence_ends_an_exchange_when_patience_ends():
    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.05)

    async def run():
        server, port = await serve_raw(drip)
        async with server, Client(timeouts=Timeouts(idle_s=0.3, total_s=0.6)) as client:
            capture = await client.exchange(f"http://127.0.0.1:{port}/")
        assert capture.truncated == "time"
        assert 6 <= capture.payload.size <= 14

    asyncio.run(run())


def test_a_port_where_nothing_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        attempt = failure_of(f"http://127.0.0.1:{port}/x")
    assert attempt.cause == "connect"
    assert attempt.message == f"connecting to 127.0.0.1 port {port}: Connection refused"


def test_a_host_that_does_not_exist():
    attempt = failure_of("http://nowhere.invalid/", timeouts=Timeouts(connect_s=10))
    assert attempt.cause == "dns"
    assert "nowhere.invalid" in attempt.message


def test_the_next_address_is_tried_when_one_refuses(server):
    async def run():
        loop = asyncio.get_running_loop()

        async def two_addresses(host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.9", "127.0.0.1")]

        loop.getaddrinfo = two_addresses
        async with Client(timeouts=QUICK) as client:
            url = server.url("page").replace("127.0.0.1", "gazetteers.test")
            return await client.exchange(url)

    assert asyncio.run(run()).ip == "127.0.0.1"


def test_cookies_are_shown_again(server):
    ask(server.url("redirect"), server.url("page"))
    assert b"Cookie" not in server.log[-2].received
    assert server.log[-1].received.endswith(b"\r\nCookie: COLLCK=1792\r\n\r\n")
    ask(server.url("redirect"), server.url("page"), keep_cookies=False)
    assert b"Cookie" not in server.log[-1].received


def test_http_versions_are_told_apart(server):
    captures = ask(server.url("page"), server.url("http-1.0"), server.url("headless"))
    assert [capture.protocol for capture in captures] == [("http/1.1",), ("http/1.0",), ("http/0.9",)]


def test_began_is_when_the_request_left(server):
    before = datetime.now(UTC)
    first, second = ask(server.url("page"), server.url("page"))
    assert before < first.began < second.began < datetime.now(UTC)


def test_a_disk_without_room_is_heard_of(server, monkeypatch):
    def open_full(**_):
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr("warc.payload.tempfile.TemporaryFile", open_full)
    with pytest.raises(OSError, match="No space left"):
        ask(server.url("bytes/3000000"))


def test_closing_the_client_ends_what_is_under_way(server):
    async def run():
        client = Client(timeouts=QUICK)
        await client.exchange(server.url("page"))
        waiting = asyncio.create_task(client.exchange(server.url("silence")))
        await asyncio.sleep(0.1)
        await client.close()
        with pytest.raises(RuntimeError, match="closed"):
            await waiting
        with pytest.raises(RuntimeError, match="closed"):
            await client.exchange(server.url("page"))

    asyncio.run(run())


def test_an_exchange_can_be_cancelled(server):
    async def run():
        async with Client(timeouts=QUICK) as client:
            waiting = asyncio.create_task(client.exchange(server.url("silence-in-body")))
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await client.exchange(server.url("page"))).payload.read() == PAGE

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["bytes", "chunks"])
def test_a_large_body_takes_little_memory(server, kind):
    size = 300 * 1024 * 1024
    script = """
import asyncio, sys
from mirror.downloader.client import Client
from tests.memory import peak_kib
async def run():
    async with Client() as client:
        small = await client.exchange(sys.argv[1] + "1000")
        before = peak_kib()
        large = await client.exchange(sys.argv[1] + sys.argv[2])
        assert large.payload.size == int(sys.argv[2]), large
        assert large.truncated is None
        wire = sum(map(len, large.wire()))
        large.payload.close()
        print((peak_kib() - before) // 1024, wire)
asyncio.run(run())
"""
    command = [sys.executable, "-W", "error", "-c", script, server.url(kind + "/"), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    grown_mb, wire = map(int, done.stdout.split())
    assert grown_mb < 16
    assert wire > size
