"""`mirror verify` on collections: nothing on sound ones, damage to index, fixity, ledger and store named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirror.browse.overview import overview
from mirror.collection import Collection
from mirror.imitation import Corpus, Faults, ImitationServer
from mirror.schedule.metrics import figures
from mirror.verify import fixity
from mirror.verify.check import verify
from tests.home import Home
from tests.verify.archive import members, write_members
from warc.verify.finding import Finding

FAULTS = Faults(unavailable=0.05, short=0.05, reset=0.05, too_many=0.03, retry_after="0", block=0.03)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The public mirror crawled three times: failures, chunked answers, revisits, 304s, changed texts."""
    home = Home(tmp_path_factory.mktemp("sound"))
    with ImitationServer(Corpus(60), "chorography", faults=FAULTS, conditional=True) as server:
        home.init(server)
        for state in (0, 0, 1):
            server.set_state(state)
            home.crawl(code=None)
    home.mirror("verify", "t")
    yield home


@pytest.fixture
def copy(sound: Home, tmp_path: Path) -> Home:
    shutil.copytree(sound.path, tmp_path / "copy")
    return Home(tmp_path / "copy")


def verified(home: Home, *, sound: bool) -> list[Finding]:
    """What is found, in this process."""
    with verify(Collection.open(home.path, "t"), workers=1) as found:
        assert found.is_sound == sound, [str(one) for one in found.survey.findings()]
        return list(found.survey.findings())


def rules(findings: list[Finding]) -> set[str]:
    return {one.rule for one in findings}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "fixity.json"
    }


def test_a_sound_collection_is_sound_and_left_as_it_is(sound: Home) -> None:
    before = snapshot(sound.path)
    found = json.loads(sound.mirror("verify", "t", "--json").stdout)
    assert found["sound"] is True
    assert found["files"] == 3
    assert found["records"] > 300
    assert found["findings"] == []
    assert snapshot(sound.path) == before


@pytest.mark.parametrize("collcc", [0, 2])
def test_the_old_database_is_sound(home: Home, collcc: int) -> None:
    with ImitationServer(Corpus(60), "mse", faults=FAULTS, collcc=collcc) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl(code=None)
        server.set_state(1)
        home.crawl(code=None)
    assert rules(verified(home, sound=True)) == set()


def collection(home: Home) -> Path:
    return home.path / "collections/t"


def index(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "indexes/index.cdxj"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return damage


def sql(statement: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "mirror.db")) as db, db:
            assert db.execute(statement).rowcount

    return damage


def warc(change: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda folder: change(sorted((folder / "archive").iterdir())[0])


def cut_at_a_record(path: Path) -> None:
    write_whole = members(path)
    data = path.read_bytes()
    last = data.rindex(b"\x1f\x8b\x08")
    before = data.rindex(b"\x1f\x8b\x08", 0, last)
    path.write_bytes(data[:before])
    assert members(path) == write_whole[:-2]


def garble(folder: Path) -> None:
    path = folder / "mirror.db"
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes(len(data) // 2) + data[100 + len(data) // 2 :])


def outdate(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "mirror.db")) as db:
        db.execute("PRAGMA user_version = 7")


DAMAGES: list[tuple[str, str, Callable[[Path], None]]] = [
    ("an index line lost", "index-missing", index(lambda lines: lines[:5] + lines[6:])),
    ("the index lost", "index-missing", lambda folder: (folder / "indexes/index.cdxj").unlink()),
    ("two index lines swapped", "index-order", index(lambda lines: [lines[1], lines[0], *lines[2:]])),
    ("an index line twice", "index-order", index(lambda lines: [lines[0], *lines])),
    ("an offset in the index", "index-surplus", index(lambda lines: [lines[0].replace(b'"offset": "', b'"offset": "1'), *lines[1:]])),
    ("a length in the index", "index-differs", index(lambda lines: [lines[0].replace(b'"length": "', b'"length": "1'), *lines[1:]])),
    ("a URL in the index", "index-differs", index(lambda lines: [lines[0].replace(b'"url": "http:', b'"url": "HTTP:'), *lines[1:]])),
    ("an index line of another file", "index-surplus", index(lambda lines: [*lines, b'zz)/ 20260101000000 {"url": "http://zz/", "filename": "x.warc.gz", "offset": "0"}\n'])),
    ("an index line cut", "index-line", index(lambda lines: [*lines[:-1], lines[-1][:40]])),
    ("a file cut at a record's end", "fixity-changed", warc(cut_at_a_record)),
    ("a file lost", "fixity-lost", warc(Path.unlink)),
    ("a file compressed anew", "fixity-changed", warc(lambda path: write_members(path, members(path)))),
    ("the fixity ledger garbled", "fixity-ledger", lambda folder: (folder / "manifest-sha256.txt").write_text("x\n")),
    ("the ledger garbled", "ledger-unreadable", garble),
    ("the ledger of another version", "ledger-unreadable", outdate),
    ("the ledger lost", "ledger-unreadable", lambda folder: (folder / "mirror.db").unlink()),
    ("a file the ledger knows lost", "ledger-file", warc(Path.unlink)),
    ("a file the ledger knows cut", "ledger-file", warc(cut_at_a_record)),
    ("a capture's offset", "ledger-record", sql("UPDATE capture SET offset = offset + 1 WHERE id = 9")),
    ("a capture's id", "ledger-record", sql("UPDATE capture SET record_id = '<urn:uuid:0>' WHERE id = 9")),
    ("a capture's digest", "ledger-record", sql("UPDATE capture SET payload_digest = 'sha1:A' WHERE id = 9")),
    ("a capture's date", "ledger-record", sql("UPDATE capture SET timestamp = '2026-01-01T00:00:00Z' WHERE id = 9")),
    ("a capture lost", "ledger-unknown", sql("DELETE FROM capture WHERE id = 9")),
    ("a revisit of another text", "ledger-record", sql("UPDATE capture SET version = 1 WHERE type = 'revisit' AND version > 1")),
    ("a stored text", "store-text", sql("UPDATE version SET text = text || '。' WHERE id = 3")),
    ("a stored raw text", "store-text", sql("UPDATE version SET raw_text = replace(raw_text, ' ', '') WHERE id = 3")),
    ("a stored title", "store-text", sql("UPDATE version SET title = title || ' ' WHERE id = 3")),
    ("a stored heading", "store-text", sql("UPDATE heading SET title = title || ' ' WHERE rec = 3")),
    ("a text's digest", "store-digest", sql("UPDATE version SET text_digest = 'sha256:0' WHERE id = 3")),
    ("contents called complete", "store-text", sql("UPDATE contents SET complete = 1 - complete")),
    ("a part put aside", "file-aside", lambda folder: (folder / "archive/t.warc.gz.from-byte-9.damaged").write_bytes(b"x")),
    ("a stored text lost", "store-lacks", sql("DELETE FROM version WHERE id = 3")),
    ("a text of another capture", "store-capture", sql("UPDATE version SET capture = 1 WHERE id = 3")),
    ("a text tied to nothing", "store-lacks", sql("UPDATE capture SET version = NULL WHERE version = 3")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "damage"), DAMAGES, ids=[name for name, *_ in DAMAGES])
def test_damage_is_found_and_named(copy: Home, name: str, rule: str, damage: Callable[[Path], None]) -> None:
    damage(collection(copy))
    archive = snapshot(collection(copy) / "archive")
    findings = verified(copy, sound=False)
    named = [one for one in findings if one.rule == rule and one.severity == "error"]
    assert named, [str(one) for one in findings]
    assert all(one.message and one.clause and one.remedy for one in named)
    assert snapshot(collection(copy) / "archive") == archive


def test_a_changed_file_is_never_taken_up_again(copy: Home) -> None:
    path = copy.archive()[0]
    before = fixity.read(collection(copy)).digests
    cut_at_a_record(path)
    for _ in range(2):
        assert "fixity-changed" in rules(verified(copy, sound=False))
        assert fixity.read(collection(copy)).digests == before
    copy.mirror("rebuild", "t", code=None)  # 3 if the originals of revisits went too
    assert "fixity-changed" in rules(verified(copy, sound=False))
    assert fixity.read(collection(copy)).digests == before


def test_a_lost_fixity_ledger_does_not_hide_a_change(copy: Home) -> None:
    before = fixity.read(collection(copy)).digests
    (collection(copy) / "manifest-sha256.txt").unlink()
    cut_at_a_record(copy.archive()[0])
    assert {"fixity-ledger", "fixity-changed"} <= rules(verified(copy, sound=False))
    assert fixity.read(collection(copy)).digests == before


def test_a_file_lost_with_its_line_and_its_captures_is_still_missed(copy: Home) -> None:
    path = copy.archive()[-1]
    path.unlink()
    manifest = fixity.manifest_path(collection(copy))
    kept = [line for line in manifest.read_text().splitlines(keepends=True) if path.name not in line]
    manifest.write_text("".join(kept))
    copy.mirror("rebuild", "t")
    (lost,) = verified(copy, sound=False)
    assert (lost.rule, lost.file) == ("fixity-lost", path.name)


def test_a_file_left_open_that_lost_captures_is_damage(copy: Home) -> None:
    path = copy.archive()[-1]
    data = path.read_bytes()
    open_path = path.with_name(path.name + ".open")
    path.rename(open_path)
    fixity.manifest_path(collection(copy)).unlink()
    (collection(copy) / "fixity.json").unlink()
    sql(f"UPDATE warc SET whole = 0, size = NULL WHERE name = '{path.name}'")(collection(copy))
    assert "ledger-file" not in rules(verified(copy, sound=True))
    for size in (len(data) - 2000, 0):
        open_path.write_bytes(data[:size])
        (short,) = [one for one in verified(copy, sound=False) if one.rule == "ledger-file"]
        assert f"has {size} bytes" in short.message


def test_what_was_lost_is_neither_complete_nor_certified(copy: Home) -> None:
    path = copy.archive()[0]
    assert copy.coverage()["lost_files"] == []
    path.rename(path.with_name("elsewhere"))
    found = copy.coverage()
    assert (found["complete"], found["lost_files"]) == (False, [f"{path.name}: the file is gone"])
    said = copy.mirror("status", "t", code=3).stdout
    assert path.name in said
    opened = Collection.open(copy.path, "t")
    with closing(opened.database()) as database:
        shown = overview(database.connection, opened.archive, "2026-01-01T00:00:00Z").facts
    assert (shown["complete"], shown["lost"]) == (False, found["lost_files"])
    assert figures([opened]).get_sample_value("mirror_complete", {"collection": "t"}) == 0
    assert "不完整" in said
    assert "cannot be certified" in copy.mirror("status", "t", "--certificate", code=1).stderr
    assert not list((collection(copy) / "reports").glob("certificate-*/certificate.json"))


def test_a_rebuild_reads_crawls_in_turn_whatever_the_clock_said(copy: Home) -> None:
    """The clock stood in the past during the second crawl; what it found unchanged rests on the first."""

    def captures() -> list[tuple[str, str, str]]:
        with closing(sqlite3.connect(collection(copy) / "mirror.db")) as db:
            return db.execute("SELECT record_id, type, verdict FROM capture ORDER BY record_id").fetchall()

    before = captures()
    assert "revisit" in {kind for _, kind, _ in before}
    path = copy.archive()[1]
    path.rename(path.with_name("t-20000101000000000-00001-host.warc.gz"))
    copy.mirror("rebuild", "t")
    assert captures() == before


def test_a_damaged_file_is_not_taken_up(copy: Home) -> None:
    (collection(copy) / "manifest-sha256.txt").unlink()
    (collection(copy) / "fixity.json").unlink()
    path = copy.archive()[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert "fixity-withheld" in rules(verified(copy, sound=False))
    assert f"archive/{path.name}" not in fixity.read(collection(copy)).digests
    assert len(fixity.read(collection(copy)).digests) == 2


def test_a_report_that_cannot_be_read_is_a_warning(copy: Home) -> None:
    (collection(copy) / "reports/crawl-00001.json").write_text("{")
    assert rules(verified(copy, sound=True)) == {"report"}


def test_it_says_what_is_wrong_and_how_to_mend_it(copy: Home) -> None:
    collection(copy).joinpath("indexes/index.cdxj").unlink()
    said = copy.mirror("verify", "t", code=3).stdout
    assert "index-missing" in said
    assert "mirror rebuild" in said
    assert "有损坏" in said


def test_a_finished_crawl_leaves_its_files_in_the_fixity_ledger(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        home.crawl()
    assert list(fixity.read(collection(home)).digests) == [f"archive/{home.archive()[0].name}"]
    assert rules(verified(home, sound=True)) == set()


def test_a_crawl_that_writes_is_no_damage(home: Home) -> None:
    """A kill leaves what a running crawl shows: an open file, and captures in it."""
    with ImitationServer(Corpus(60), "chorography", faults=Faults(silent_after=40)) as server:
        home.init(server)
        home.crawl("--set", "capture.idle_timeout_s=0.2", "--set", "retry.attempts=1", code=None)
        server.faults = Faults()
    path = home.archive()[0]
    open_path = path.with_name(path.name + ".open")
    path.rename(open_path)
    with closing(sqlite3.connect(collection(home) / "mirror.db")) as db, db:
        db.execute("UPDATE warc SET whole = 0")
    (collection(home) / "manifest-sha256.txt").unlink()
    assert rules(verified(home, sound=True)) == {"file-open"}
    assert open_path.exists()
