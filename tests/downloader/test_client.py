"""The client against a server that answers as badly as servers do: 100 % of the bytes, both ways."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mirror.downloader.client import Client, ExchangeFailed, Timeouts
from tests.downloader.torture import CASES, TortureServer

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
