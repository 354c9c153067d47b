"""Both databases from wire to entry: what comes out is what the imitation knows to be true."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mirror.imitation import Corpus, Faults, ImitationServer
from mirror.imitation.corpus import ImitatedBook, ImitatedHeading
from tests.home import Home
from warc import reader

BIN = Path(sys.executable).parent
SIZE = 120


def agrees(corpus: Corpus, book: ImitatedBook, heading: ImitatedHeading, entry: dict[str, Any]) -> None:
    """An exported entry says what the corpus knows."""
    blocks = corpus.blocks(book, heading)
    assert entry["title"] == heading.title
    assert tuple(entry["path"]) == heading.path
    assert entry["book"] == {"number": book.number, "title": book.title}
    assert entry["library"]["title"] == dict(corpus.libraries())[book.library]
    assert [item["heading"] for item in entry["items"]] == [one.heading for one in blocks if one.kind == "item"]
    tables = [[list(row) for row in one.rows] for one in blocks if one.kind == "table"]
    assert [table["rows"] for table in entry["tables"]] == tables


def joined(corpus: Corpus, entries: dict[str, dict[str, Any]]) -> float:
    """The part of all paragraphs that stand in the reading text as one line each."""
    whole = found = 0
    for book, heading in corpus.entries():
        lines = {line.strip(" 　\xa0") for line in entries[f"{book.place}/{heading.rec}"]["text"].split("\n")}
        for block in corpus.blocks(book, heading):
            if block.kind == "paragraph":
                whole += 1
                found += block.text in lines
    return found / whole


@pytest.mark.parametrize("collcc", [0, 1, 2])
def test_the_old_database(home: Home, collcc: int) -> None:
    corpus = Corpus(SIZE)
    with ImitationServer(corpus, "mse", collcc=collcc) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
        entries = home.entries()
        assert home.coverage()["complete"] is True
        for book, heading in corpus.entries():
            entry = entries[f"{book.place}/{heading.rec}"]
            agrees(corpus, book, heading, entry)
            assert entry["code"] == heading.code
            assert entry["raw_text"].strip("\n") == "\n".join(corpus.lines(book, heading)).strip("\n")
            assert entry["charset"]["declared"] == "gb2312"
            assert entry["charset"]["used"] == "gb18030"
        assert len(entries) == sum(1 for _ in corpus.entries())
        assert joined(corpus, entries) > 0.99
        home.mirror("show", "t", server.url + "bin/mse.exe?COLLCC=1&&A=1&K=CH9&rec=2&run=13")


@pytest.mark.parametrize("markup", ["pre", "br", "lines", "table"])
def test_the_public_mirror_in_any_markup(home: Home, markup: str) -> None:
    corpus = Corpus(SIZE)
    with ImitationServer(corpus, "chorography", markup=markup) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
    entries = home.entries()
    assert home.coverage()["complete"] is True
    for book, heading in corpus.entries():
        agrees(corpus, book, heading, entries[f"{book.place}/{heading.rec}"])
    assert joined(corpus, entries) > 0.99


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_every_exchange_can_be_had_back_and_everything_rebuilt(home: Home, dialect: str) -> None:
    faults = Faults(unavailable=0.05, short=0.05, reset=0.05, too_many=0.03, retry_after="0", block=0.03)
    with ImitationServer(Corpus(SIZE), dialect, faults=faults, collcc=1) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
        home.crawl(concurrency=1)
        log = list(server.log)
    seen = Counter((one.received, one.sent) for one in log)
    wire = home.mirror("export", "t", "--format", "wire", "-o", "-").stdout.splitlines()
    kept = Counter(
        (base64.b64decode(line["request"]), base64.b64decode(line["response"])) for line in map(json.loads, wire)
    )
    assert kept == seen
    before = home.entries()
    index = (home.path / "collections/t/indexes/index.cdxj").read_bytes()
    home.mirror("rebuild", "t")
    assert home.entries() == before
    assert (home.path / "collections/t/indexes/index.cdxj").read_bytes() == index
    indexer = subprocess.run(
        [BIN / "cdxj-indexer", "-s", home.path / "collections/t/archive"], capture_output=True, check=True
    )
    assert indexer.stdout == index
    for path in home.archive():
        assert path.name.endswith(".warc.gz")
        list(reader.read(path, on_odd="fail"))
        checked = subprocess.run([BIN / "warcio", "check", path], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


def test_an_unchanged_mirror_is_stored_once(home: Home) -> None:
    with ImitationServer(Corpus(80), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        first = {entry: one["capture"] for entry, one in home.entries().items()}
        home.crawl()
        answers = Counter(one.status for one in server.log)
    again = home.entries()
    assert answers[304] >= 80
    assert all(one["versions"] == 1 for one in again.values())
    assert all(one["last_seen"] > one["first_seen"] for one in again.values())
    assert all(one["capture"]["timestamp"] > first[entry]["timestamp"] for entry, one in again.items())
    second = home.archive()[1]
    kinds = Counter(record.type for record in reader.read(second))
    assert kinds["revisit"] >= 80
    exchanges = map(json.loads, home.mirror("export", "t", "--format", "wire", "-o", "-").stdout.splitlines())
    assert Counter(base64.b64decode(one["response"]) for one in exchanges) == Counter(one.sent for one in server.log)


def test_a_changed_text_is_a_second_version_and_the_first_stays(home: Home) -> None:
    corpus = Corpus(80)
    with ImitationServer(corpus, "mse") as server:
        home.init(server)
        home.crawl()
        before = home.entries()
        server.set_state(1)
        home.crawl()
    after = home.entries()
    edited = [one for one in corpus.changes(1) if one.kind == "edited" and one.old_rec == one.new_rec]
    assert edited
    for change in edited:
        place = f"{change.library}/{change.book}/{change.old_rec}"
        assert after[place]["versions"] == 2
        assert after[place]["text"] != before[place]["text"]
        old = home.mirror("show", "t", place, "--json", "--at", before[place]["capture"]["timestamp"])
        assert json.loads(old.stdout)["text"] == before[place]["text"]
    untouched = {f"{one.library}/{one.book}/{rec}" for one in corpus.changes(1) for rec in (one.old_rec, one.new_rec)}
    assert all(after[place]["versions"] == 1 for place in before.keys() - untouched)


def test_what_cannot_be_had_is_named_and_nothing_is_called_complete(home: Home) -> None:
    faults = Faults(gone=0.05, block=0.05, stall=0.03, times=99)
    with ImitationServer(Corpus(SIZE), "chorography", faults=faults) as server:
        home.init(server)
        home.crawl("--set", "capture.idle_timeout_s=0.3", "--set", "retry.attempts=2", code=3)
        statuses = {one.path: one.status for one in server.log}
    found = home.coverage()
    assert found["complete"] is False
    failed = [one for library in found["libraries"] for book in library["books"] for one in book["failed"]]
    reasons = {one["reason"].split(":")[0] for one in failed}
    assert any("404" in one["reason"] for one in failed)
    assert {"blocked", "timeout"} <= reasons
    missing = [one for library in found["libraries"] for book in library["books"] for one in book["missing"]]
    lists_lost = any(
        "/article/" not in path and status != 200 for path, status in statuses.items() if "section" in path
    )
    assert not missing or lists_lost


def test_block_pages_everywhere_end_the_crawl(home: Home) -> None:
    with ImitationServer(Corpus(400), "mse", faults=Faults(blocked_after=60)) as server:
        home.init(server)
        ended = home.crawl("--set", "politeness.most_failures_in_a_row=5", code=3, concurrency=1)
        asked = len(server.log)
    assert "blocks us" in ended.stderr
    assert asked < 80
    assert len(home.entries()) > 20


@pytest.mark.parametrize(
    ("robots", "asked"),
    [
        (503, {"/robots.txt"}),
        ("User-agent: *\nDisallow: /\n", {"/robots.txt"}),
    ],
)
def test_robots_txt_is_obeyed(home: Home, robots: str | int, asked: set[str]) -> None:
    with ImitationServer(Corpus(40), "chorography", robots=robots) as server:
        home.init(server)
        home.crawl("--set", "retry.attempts=1", code=3)
        assert {one.path for one in server.log} == asked
    captures = home.mirror("captures", "t", server.url + "robots.txt", "--json")
    assert json.loads(captures.stdout)[0]["status"] == (503 if robots == 503 else 200)


def test_a_part_that_robots_txt_forbids_is_not_asked_and_not_complete(home: Home) -> None:
    rules = "User-agent: *\nDisallow: /database/a/\n"
    with ImitationServer(Corpus(SIZE), "chorography", robots=rules) as server:
        home.init(server)
        home.crawl(code=3)
        assert not [one.path for one in server.log if one.path.startswith("/database/a/")]
    assert home.coverage()["complete"] is False


def test_retry_after_is_obeyed_to_the_second_by_the_whole_host(home: Home) -> None:
    faults = Faults(too_many=0.1, retry_after="2")
    with ImitationServer(Corpus(40), "chorography", faults=faults) as server:
        home.init(server)
        home.crawl(concurrency=1)
        log = sorted(server.log, key=lambda one: one.at)
    told = [(one.at, after.at) for one, after in pairwise(log) if one.status == 429]
    assert told
    assert all(then - at >= 2 for at, then in told)


def test_one_at_a_time_with_a_delay(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse", robots="User-agent: *\nCrawl-delay: 0.3\n") as server:
        home.init(server)
        home.crawl("--limit", "10", concurrency=1, code=3)
        starts = sorted(one.at for one in server.log)
        assert server.most_at_once == 1
    gaps = [after - before for before, after in pairwise(starts[1:])]
    # As the server saw them: a request on a busy machine may be seen late, and the next in time.
    assert min(gaps) >= 0.2
    assert sum(gaps) / len(gaps) >= 0.29


def test_the_budget_is_never_passed_and_holds_over_runs(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        ended = home.crawl("--set", "politeness.daily_requests=30", code=3)
        assert len(server.log) == 30
        home.crawl("--set", "politeness.daily_requests=30", code=3)
        assert len(server.log) == 30
        home.crawl("--set", "politeness.daily_requests=50", code=3)
        assert len(server.log) == 50
    assert "budget" in ended.stderr


def test_quiet_hours_are_quiet(home: Home) -> None:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    window = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        settings = ["--set", f'politeness.quiet_hours=["{window}"]', "--set", "politeness.longest_wait_s=1"]
        ended = home.crawl(*settings, code=3)
        assert server.log == []
    assert "quiet hours" in ended.stderr


def test_scrapy_knows_the_spiders_too(home: Home) -> None:
    environment = {"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    root = Path(__file__).parents[2]
    listed = subprocess.run([BIN / "scrapy", "list"], capture_output=True, text=True, cwd=root, env=environment)
    assert listed.stdout.split() == ["chorography", "mse"], listed.stderr
    with ImitationServer(Corpus(40), "chorography") as server:
        home.init(server)
        config = home.path / "collections/t/mirror.toml"
        config.write_text(config.read_text("utf-8").replace("delay_s = 1.0", "delay_s = 0.0"), "utf-8")
        ran = subprocess.run(
            [BIN / "scrapy", "crawl", "chorography", "-a", "collection=t"],
            capture_output=True,
            text=True,
            cwd=root,
            env=environment,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
    assert home.coverage()["complete"] is True
    assert [path.suffixes[-2:] for path in home.archive()] == [[".warc", ".gz"]]


def test_the_demo_runs(home: Home) -> None:
    ran = home.mirror("demo", "--home", str(home.path / "demo"), "--size", "60")
    assert "equal to the byte" in ran.stdout
