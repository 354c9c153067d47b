"""Stopping and going on: by limit, by Ctrl-C, twice by Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

from mirror.imitation import Corpus, Faults, ImitationServer
from tests.home import ROOT, Home
from warc import reader


def start(home: Home, server: ImitationServer, *arguments: str) -> subprocess.Popen[str]:
    """A crawl in the background, well under way."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from mirror.cli import main; main()", "crawl", "t", *arguments],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while len(server.log) < 15:
        assert process.poll() is None
        time.sleep(0.02)
    return process


def reports(home: Home) -> list[dict[str, object]]:
    folder = home.path / "collections/t/reports"
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def test_a_limit_is_a_part_of_one_crawl(home: Home) -> None:
    with ImitationServer(Corpus(80), "mse") as server:
        home.init(server)
        for expected in (3, 6):
            home.crawl("--limit", "3", code=3)
            assert len(home.entries()) == expected
        home.crawl()
        asked = [one.path for one in server.log if "run=13" in one.path]
    assert len(asked) == len(set(asked)), "an entry was asked twice"
    assert home.coverage()["complete"] is True
    assert [(report["crawl"], report["outcome"]) for report in reports(home)] == [(1, "finished")]


def test_a_scope_asks_for_nothing_else(home: Home) -> None:
    with ImitationServer(Corpus(80), "chorography") as server:
        home.init(server)
        book = server.corpus.books("ch9")[0]
        home.crawl("--scope", book.place, code=None)
        paths = {one.path for one in server.log}
    assert not [path for path in paths if "/article/" in path and f"/database/ch9/section/{book.number}/" not in path]
    assert len(home.entries()) == len(server.corpus.headings(book))


def test_ctrl_c_ends_in_order(home: Home) -> None:
    with ImitationServer(Corpus(200), "mse") as server:
        home.init(server)
        process = start(home, server, "--delay", "0.05")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 3, said
        assert "interrupted" in said
        assert all(path.name.endswith(".warc.gz") for path in home.archive())
        assert reports(home)[0]["outcome"] == "interrupted"
        home.crawl()
    assert home.coverage()["complete"] is True
    assert [report["crawl"] for report in reports(home)] == [1]


def test_ctrl_c_ends_a_long_wait_too(home: Home) -> None:
    with ImitationServer(Corpus(80), "mse", faults=Faults(too_many=0.5, retry_after="600")) as server:
        home.init(server)
        process = subprocess.Popen(
            [sys.executable, "-c", "from mirror.cli import main; main()", "crawl", "t", "--delay", "0"],
            cwd=ROOT,
            env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stderr=subprocess.PIPE,
            text=True,
        )
        while not any(one.status == 429 for one in server.log):
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 3, said
    assert all(path.name.endswith(".warc.gz") for path in home.archive())


def test_twice_ctrl_c_leaves_at_once_and_the_next_crawl_mends(home: Home) -> None:
    with ImitationServer(Corpus(200), "mse", faults=Faults(delay_s=0.2)) as server:
        home.init(server)
        process = start(home, server, "--delay", "0", "--concurrency", "2")
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        assert process.returncode == 130
        server.faults = Faults()
        home.crawl()
    assert home.coverage()["complete"] is True
    for path in home.archive():
        assert path.name.endswith(".warc.gz")
        list(reader.read(path))


def test_events_for_programs_are_json_lines(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        ran = home.crawl("--json")
    events = [json.loads(line) for line in ran.stderr.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "began"
    assert kinds[-1] == "ended"
    assert kinds.count("settled") >= 40
