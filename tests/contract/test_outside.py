"""What users and other programs rely on: commands, exit codes, files on disk, exported fields."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home

COMMANDS = (
    "init", "crawl", "status", "captures", "show", "search", "diff", "export", "verify", "rebuild", "import",
    "replay", "serve", "schedule", "demo",
)  # fmt: skip
FORMATS = ("jsonl", "csv", "parquet", "txt", "tei", "epub", "warc", "wacz", "bagit", "site", "wire")
DIGEST = re.compile(r"sha1:[A-Z2-7]{32}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, str]]:
    """A home with one collection, crawled twice, the source changed in between; and the source's address."""
    home = Home(tmp_path_factory.mktemp("home"))
    with ImitationServer(Corpus(60), "mse") as server:
        home.init(server)
        home.crawl()
        server.set_state(1)
        home.crawl()
        yield home, server.url


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(home: Home, command: str) -> None:
    said = home.mirror(command, "--help").stdout
    assert "Example" in said
    assert f"mirror {command}" in said


def test_the_commands_are_listed(home: Home) -> None:
    said = home.mirror("--help").stdout
    assert all(re.search(rf"^  {command} ", said, re.M) for command in COMMANDS), said


def test_every_form_of_export_is_offered(home: Home) -> None:
    said = " ".join(home.mirror("export", "--help").stdout.split())
    offered = re.search(r"\[([a-z|]+)\]", said)
    assert offered is not None
    assert set(FORMATS) <= set(offered[1].split("|"))


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("serve", "demo")])
def test_misuse_is_told_from_failure(home: Home, command: str) -> None:
    assert home.mirror(command, "--no-such-option", code=2).stdout == ""
    assert home.mirror(command, code=2).stdout == ""  # no collection named


def test_a_home_can_be_moved(crawled: tuple[Home, str], tmp_path: Path) -> None:
    home, _ = crawled
    moved = Home(Path(shutil.copytree(home.path, tmp_path / "elsewhere")))
    for path in moved.path.rglob("*"):
        assert not path.is_file() or str(home.path).encode() not in path.read_bytes(), path
    assert moved.entries() == home.entries()
    assert moved.coverage() == home.coverage()


def test_what_lies_on_disk(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    collection = home.path / "collections" / "t"
    assert all(path.name.endswith(".warc.gz") for path in (collection / "archive").iterdir())
    lines = (collection / "indexes" / "index.cdxj").read_bytes().splitlines(keepends=True)
    assert lines == sorted(lines)
    assert len(lines) > 60
    assert (collection / "mirror.toml").is_file()
    assert (collection / "mirror.db").read_bytes()[:15] == b"SQLite format 3"
    assert len(list((collection / "reports").glob("*.json"))) == 2


def test_no_command_changes_a_finished_warc(crawled: tuple[Home, str], tmp_path: Path) -> None:
    home, _ = crawled

    def digests() -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in home.archive()}

    before = digests()
    for form in FORMATS:
        if form != "site":  # tested where it is made
            home.mirror("export", "t", "--format", form, "-o", str(tmp_path / form))
    for command in (["verify", "t"], ["rebuild", "t"], ["diff", "t"], ["status", "t"], ["search", "t", "公里"]):
        home.mirror(*command)
    assert digests() == before


def test_one_entry_exported(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    entries = home.entries()
    assert len(entries) >= 60
    for name, entry in entries.items():
        assert list(entry) == [
            "id", "library", "book", "rec", "code", "path", "title", "raw_text", "text", "items", "tables",
            "signatures", "charset", "text_digest", "first_seen", "last_seen", "versions", "capture",
        ]  # fmt: skip
        library, book = entry["library"], entry["book"]
        assert name == f"{library['code']}/{book['number']}/{entry['rec']}"
        assert library["code"] == library["code"].lower()
        assert (set(library), set(book)) == ({"code", "title"}, {"number", "title"})
        assert all(set(item) == {"heading", "text"} for item in entry["items"])
        assert all(set(table) == {"caption", "rows"} for table in entry["tables"])
        assert set(entry["charset"]) == {"declared", "used", "undecodable", "private_use"}
        assert entry["text_digest"] == "sha256:" + hashlib.sha256(entry["text"].encode()).hexdigest()
        assert INSTANT.fullmatch(entry["first_seen"]) and entry["first_seen"] <= entry["last_seen"]
        capture = entry["capture"]
        assert list(capture) == [
            "url", "timestamp", "status", "record_id", "payload_digest", "warc", "offset", "length",
        ]  # fmt: skip
        assert DIGEST.fullmatch(capture["payload_digest"])
        assert (home.path / "collections/t/archive" / capture["warc"]).is_file()
    assert any(entry["path"] for entry in entries.values())
    assert any(entry["items"] for entry in entries.values())
    assert any(entry["tables"] for entry in entries.values())
    assert any(entry["signatures"] for entry in entries.values())
    assert {entry["versions"] for entry in entries.values()} >= {1, 2}


def test_the_wire(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    lines = home.mirror("export", "t", "--format", "wire", "-o", "-").stdout.splitlines()
    for exchange in map(json.loads, lines):
        assert list(exchange) == ["url", "timestamp", "record_id", "request", "response"]
        target = exchange["url"].split("/", 3)[3]
        assert base64.b64decode(exchange["request"]).startswith(f"GET /{target} HTTP/1.1\r\n".encode())
        assert base64.b64decode(exchange["response"]).startswith(b"HTTP/1.1 ")


def test_coverage(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    found = home.coverage()
    assert found["complete"] is True
    for library in found["libraries"]:
        assert {"code", "title", "books"} <= set(library)
        for book in library["books"]:
            assert {"number", "title", "expected", "captured", "missing", "failed", "empty"} <= set(book)
            assert (book["captured"], book["missing"], book["failed"]) == (book["expected"], [], [])


def test_changes(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    found: dict[str, Any] = json.loads(home.mirror("diff", "t", "--format", "json").stdout)
    assert {"from", "to", "summary", "changes"} <= set(found)
    counted = {"added", "removed", "edited", "moved", "retitled", "cosmetic", "unchanged"}
    assert counted <= set(found["summary"])
    assert found["summary"]["edited"] > 0
    for change in found["changes"]:
        assert {"kind", "id", "old_id", "title", "old_title", "hunks", "old_capture", "new_capture"} <= set(change)
        assert all({"op", "old", "new", "old_at", "new_at"} <= set(hunk) for hunk in change["hunks"])
        for side in (change["old_capture"], change["new_capture"]):
            assert side is None or {"warc", "offset", "payload_digest"} <= set(side)
    assert home.mirror("diff", "t", "--exit-code", code=3)
    assert json.loads(home.mirror("diff", "t", "2", "2", "--format", "json", "--exit-code").stdout)["changes"] == []


def test_search(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    entries = home.entries()
    found = json.loads(home.mirror("search", "t", "公里", "--limit", "1000", "--json").stdout)
    assert {hit["id"] for hit in found} == {
        name for name, entry in entries.items() if "公里" in entry["text"] or "公里" in entry["title"]
    }
    assert all({"id", "title", "snippet"} <= set(hit) for hit in found)
    assert len(json.loads(home.mirror("search", "t", "公里", "--limit", "2", "--json").stdout)) == 2


def test_an_old_address_finds_its_entry(crawled: tuple[Home, str]) -> None:
    home, address = crawled
    by_number = home.mirror("show", "t", "ch9/1/3", "--json").stdout
    for url in (
        f"{address}bin/mse.exe?COLLCC=1&K=CH91&A=1&rec=3&run=13",
        "http://lib.sdsqw.cn/bin/mse.exe?COLLCC=4108678863&COLLCC=2&K=ch9&A=1&rec=3&run=13",
        "https://shandong-chorography.org/database/ch9/section/1/article/3/",
    ):
        assert home.mirror("show", "t", url, "--json").stdout == by_number


def test_every_command_takes_an_entry_as_a_footnote_has_it(crawled: tuple[Home, str]) -> None:
    home, _ = crawled
    url = "http://lib.sdsqw.cn/bin/mse.exe?COLLCC=2&K=ch9&A=1&rec=3&run=13"
    for command in (["cite", "t"], ["show", "t"], ["diff", "t", "--entry"], ["captures", "t"]):
        assert home.mirror(*command, url).stdout == home.mirror(*command, "ch9/1/3").stdout


@pytest.mark.parametrize("charset", ["ascii", "latin-1"])
def test_a_terminal_of_any_charset_is_told(crawled: tuple[Home, str], charset: str) -> None:
    home, _ = crawled
    said = home.mirror("status", "t", "--json", PYTHONIOENCODING=charset).stdout
    assert json.loads(said) == home.coverage()
    for command in (["status", "t"], ["show", "t", "ch9/1/3"], ["--help"]):
        assert home.mirror(*command, PYTHONIOENCODING=charset).stdout


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+23:00", "2026-02-30"])
def test_a_time_no_calendar_has_is_misuse(crawled: tuple[Home, str], when: str) -> None:
    home, _ = crawled
    assert "is no time" in home.mirror("show", "t", "ch9/1/3", "--at", when, code=2).stderr


def test_an_export_into_a_folder_that_wants_a_file_is_misuse(crawled: tuple[Home, str], tmp_path: Path) -> None:
    home, _ = crawled
    for output in (str(tmp_path), "/"):
        assert "is a folder" in home.mirror("export", "t", "--format", "jsonl", "-o", output, code=2).stderr
    assert not list(tmp_path.iterdir())


def test_captures_of_one_url(crawled: tuple[Home, str]) -> None:
    home, address = crawled
    found = json.loads(home.mirror("captures", "t", f"{address}bin/mse.exe?K=CH9&A=1&run=12", "--json").stdout)
    assert len(found) == 2
    assert all({"url", "timestamp", "status", "record_id", "payload_digest", "warc"} <= set(one) for one in found)
