"""A crawl through every kind of odd answer: the bytes in the archive are the bytes of the wire, all of them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from mirror.collection import Collection
from mirror.frontier.ledger import Ledger
from mirror.sites import open_site
from tests.downloader.torture import CASES, TortureServer
from tests.home import Home
from tests.verify.archive import grave, verify_files
from warc import reader

BIN = Path(sys.executable).parent
ASKED = [name for name, case in CASES.items() if case.method == "GET"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_every_exchange_of_a_torture_run_is_in_the_archive_to_the_byte(home: Home, tls: bool) -> None:
    with TortureServer() as server:
        root = server.url("", tls=tls)
        authority = home.path / "authority.pem"
        server.authority.cert_pem.write_to_path(str(authority))
        home.mirror("init", "t", "--source", "chorography", "--base-url", root)
        database = Collection.open(home.path, "t").database()
        site = open_site("chorography", root)
        links = [
            site.identify(server.url(name, tls=tls, fragments=fragments))
            for name in ASKED
            for fragments in (False, True)
        ]
        Ledger(database).add(link for link in links if link)
        database.close()
        settings = {
            "capture.idle_timeout_s": 1,
            "capture.settle_s": 0.06,
            "politeness.most_failures_in_a_row": 10_000,
            "politeness.jitter": 0,
            "politeness.slowest_factor": 1,
            "retry.attempts": 1,
        }
        home.mirror(
            *("crawl", "t", "--delay", "0.06", "--concurrency", "8"),
            *(part for name, value in settings.items() for part in ("--set", f"{name}={value}")),
            code=3,
            SSL_CERT_FILE=str(authority),
        )
        log = list(server.log)
    seen = Counter((one.received, bytes(one.sent)) for one in log)
    asked = {one.case for one in log}
    assert asked >= set(ASKED)
    assert {one.fragments for one in log if one.case in ASKED} == {False, True}
    kept: Counter[tuple[bytes, bytes]] = Counter()
    for line in home.mirror("export", "t", "--format", "wire", "-o", "-").stdout.splitlines():
        exchange = json.loads(line)
        kept[base64.b64decode(exchange["request"]), base64.b64decode(exchange["response"])] += 1
    assert kept == seen
    archive = home.path / "collections/t/archive"
    for path in sorted(archive.iterdir()):
        ours = [record.record_id for record in reader.read(path, on_odd="fail")]
        assert grave(verify_files(path)) == {}
        with path.open("rb") as file:
            assert all(record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False))
        with path.open("rb") as file:
            assert sum(1 for _ in ArchiveIterator(file, parse_http=False)) == len(ours)
        with path.open("rb") as file:  # `warcio check` itself fails on br bodies (warcio 1.8.1 with brotli 1.2)
            assert [one.rec_headers["WARC-Record-ID"] for one in WarcioIterator(file, no_record_parse=True)] == ours
    index = subprocess.run([BIN / "cdxj-indexer", "-s", archive], capture_output=True, check=True).stdout
    assert index == (home.path / "collections/t/indexes/index.cdxj").read_bytes()
