"""What goes wrong on the user's side: one clear line, the right exit code, nothing lost."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from warc import reader


@pytest.fixture
def server() -> Iterator[ImitationServer]:
    with ImitationServer(Corpus(60), "chorography", keep_log=False) as running:
        yield running


def complaint(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line an error has."""
    lines = [line for line in ran.stderr.splitlines() if "error: " in line]
    assert len(lines) == 1, ran.stderr
    return lines[0]


def test_a_collection_that_does_not_exist(home: Home) -> None:
    for command in (["crawl"], ["status"], ["show"], ["export", "--format", "jsonl", "-o", "-"], ["rebuild"]):
        arguments = ["nowhere", "ch9/1/1"] if command == ["show"] else ["nowhere"]
        said = complaint(home.mirror(command[0], *arguments, *command[1:], code=2))
        assert "no collection 'nowhere'" in said
        assert "mirror init nowhere" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("delay_s = 1.0", "delay_s = ", ["mirror.toml", "line"]),
        ("delay_s = 1.0", "delays = 1.0", ["delays", "delay_s"]),
        ("delay_s = 1.0", 'delay_s = "one"', ["delay_s", "one", "number"]),
        ("concurrency = 1", "concurrency = 0", ["concurrency", "0", "1"]),
        ("[politeness]", "[polite]", ["polite"]),
        ('source = "chorography"', 'source = "elsewhere"', ["elsewhere", "chorography", "mse"]),
        ('base_url = "http', 'base_url = "gopher', ["gopher"]),
    ],
)
def test_a_broken_settings_file(home: Home, server: ImitationServer, old: str, new: str, words: list[str]) -> None:
    home.init(server)
    path = home.path / "collections/t/mirror.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    said = complaint(home.crawl(code=2))
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scope", "ch9/x"], ["ch9/x", "K/A/REC"]),
        (["--limit", "0"], ["0"]),
        (["--set", "politeness.delay=2"], ["delay_s"]),
        (["--set", "nothing"], ["KEY=VALUE"]),
        (["--delay", "-1"], ["-1"]),
    ],
)
def test_a_command_misused(home: Home, server: ImitationServer, arguments: list[str], words: list[str]) -> None:
    home.init(server)
    ran = home.mirror("crawl", "t", *arguments, code=2)
    assert all(word in ran.stderr for word in words), ran.stderr


def test_a_collection_is_made_once(home: Home, server: ImitationServer) -> None:
    home.init(server)
    assert "already" in complaint(home.mirror("init", "t", "--source", "mse", code=2))
    assert "lower-case" in complaint(home.mirror("init", "../up", "--source", "mse", code=2))


def test_no_host_but_this_machine_without_a_contact(home: Home) -> None:
    home.mirror("init", "t", "--source", "chorography")
    said = complaint(home.mirror("crawl", "t", code=2))
    assert "contact" in said
    assert "shandong-chorography.org" in said


def test_a_port_where_nothing_listens(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    home.mirror("init", "t", "--source", "mse", "--base-url", f"http://127.0.0.1:{port}/")
    said = complaint(home.crawl(code=1))
    assert "does not answer" in said
    assert "base_url" in said
    captures = home.mirror("captures", "t", f"http://127.0.0.1:{port}/robots.txt")
    assert "refused" in captures.stdout.lower()


def test_a_url_outside_the_source(home: Home, server: ImitationServer) -> None:
    home.init(server)
    assert "not a URL" in complaint(home.mirror("captures", "t", "http://example.org/", code=2))
    assert "never captured" in complaint(home.mirror("captures", "t", server.url + "about/", code=1))
    assert "K/A/REC" in complaint(home.mirror("show", "t", "http://example.org/?x", code=2))
    assert "is not in" in complaint(home.mirror("show", "t", "ch9/1/1", code=1))
    assert "2026-11-24" in complaint(home.mirror("show", "t", "ch9/1/1", "--at", "yesterday", code=2))


def test_two_crawls_at_once(home: Home, server: ImitationServer) -> None:
    home.init(server)
    lock = os.open(home.path / "collections/t/.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(lock, b"4711\n")
        assert "4711" in complaint(home.crawl(code=1))
        assert "4711" in complaint(home.mirror("rebuild", "t", code=1))
    finally:
        os.close(lock)
    home.crawl()


def test_an_archive_that_lost_a_file(home: Home, server: ImitationServer) -> None:
    home.init(server)
    home.crawl("--set", "capture.max_warc_bytes=20000")
    first, second = home.archive()[:2]
    kept = first.read_bytes()
    first.unlink()
    assert first.name in complaint(home.crawl(code=1))
    first.write_bytes(kept[:-10])
    said = complaint(home.crawl(code=1))
    assert first.name in said
    assert "rebuild" in said
    assert first.read_bytes() == kept[:-10]
    assert second.exists()
    first.write_bytes(kept)
    home.crawl()


def test_a_ledger_that_is_garbage(home: Home, server: ImitationServer) -> None:
    home.init(server)
    home.crawl()
    before = home.entries()
    database = home.path / "collections/t/mirror.db"
    for beside in database.parent.glob("mirror.db-*"):
        beside.unlink()
    database.write_bytes(b"this is no database" * 1000)
    assert "rebuild" in complaint(home.mirror("status", "t", code=1))
    home.mirror("rebuild", "t")
    assert home.entries() == before


def test_an_export_into_nowhere(home: Home, server: ImitationServer) -> None:
    home.init(server)
    target = home.path / "missing" / "x.jsonl"
    assert str(target) in complaint(home.mirror("export", "t", "--format", "jsonl", "-o", str(target), code=1))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_full_disk_stops_the_crawl_and_room_lets_it_go_on(small_disk: Path, tmp_path: Path) -> None:
    home = Home(small_disk)
    with ImitationServer(Corpus(1500), "chorography", keep_log=False) as server:
        home.init(server)
        said = complaint(home.crawl(code=1))
        assert "full" in said and "make room" in said
        records = [
            record.record_id
            for path in home.archive()
            for record in reader.read(path, on_odd="ignore")
            if record.type == "response"
        ]
        assert len(records) > 20
        roomy = Home(tmp_path / "roomy")
        shutil.copytree(small_disk / "collections", roomy.path / "collections")
        roomy.crawl()
        assert roomy.coverage()["complete"] is True
        after = {record.record_id for path in roomy.archive() for record in reader.read(path)}
    assert set(records) <= after


def test_a_base_url_of_another_source_loses_no_ledger(home: Home) -> None:
    with ImitationServer(Corpus(20), "chorography") as server:
        home.init(server)
        home.crawl("--limit", "3", code=None)
    path = home.path / "collections/t/mirror.toml"
    settings = path.read_text("utf-8")
    held = home.entries()
    path.write_text(settings.replace(server.url, "https://elsewhere.example.cn/"), "utf-8")
    assert "base_url" in complaint(home.mirror("rebuild", "t", code=1))
    path.write_text(settings, "utf-8")
    assert home.entries() == held
    home.mirror("rebuild", "t")
    assert home.entries() == held
