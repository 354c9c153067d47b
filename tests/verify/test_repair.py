"""Damaged files are made whole from a second copy, and only with what is proven."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.collection import Collection
from mirror.imitation import Corpus, ImitationServer
from mirror.verify.check import verify
from mirror.verify.repair import Repaired, repair
from tests.home import Home
from tests.verify.archive import members, reblock, write_members


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("sound"))
    with ImitationServer(Corpus(50), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        home.crawl()
    yield home


@pytest.fixture
def copy(sound: Home, tmp_path: Path) -> Home:
    shutil.copytree(sound.path, tmp_path / "copy")
    return Home(tmp_path / "copy")


def repaired(home: Home, source: Path, *, sound: bool = True) -> tuple[list[Repaired], list[str]]:
    """What was mended and what not, in this process; is all sound now?"""
    collection = Collection.open(home.path, "t")
    done = repair(collection, source, workers=1)
    with verify(collection, workers=1) as found:
        assert found.is_sound == sound, [str(one) for one in found.survey.findings()]
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.warc.gz")}


def flip(path: Path, part: float) -> None:
    """Break the record that lies at a part of the file."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x1f\x8b\x08\x00\x00\x00\x00\x00", int(len(data) * part)) + 40
    data[at] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("folder", ["", "collections/t", "collections/t/archive"])
def test_a_damaged_and_a_lost_file_come_back_whole(sound: Home, copy: Home, folder: str) -> None:
    first, second = copy.archive()
    flip(first, 0.5)
    damaged = first.read_bytes()
    second.unlink()
    source = contents(sound.path)
    ran = copy.mirror("verify", "t", "--repair-from", str(sound.path / folder), "--json")
    found = json.loads(ran.stdout)
    assert found["sound"] is True
    assert {(one["file"], one["how"], one["exact"]) for one in found["repaired"]} == {
        (first.name, "file", True),
        (second.name, "file", True),
    }
    assert contents(copy.path / "collections/t/archive") == source
    assert contents(sound.path) == source
    (kept,) = [one["kept"] for one in found["repaired"] if one["file"] == first.name]
    assert (copy.path / "collections/t" / kept).read_bytes() == damaged


def test_two_damaged_copies_make_one_whole_file(sound: Home, copy: Home, tmp_path: Path) -> None:
    shutil.copytree(sound.path, tmp_path / "other")
    other = Home(tmp_path / "other")
    flip(copy.archive()[0], 0.3)
    flip(copy.archive()[0], 0.6)
    flip(other.archive()[0], 0.8)
    (one,), hopeless = repaired(copy, other.path)
    assert (one.how, one.records, one.exact, hopeless) == ("records", 2, True, [])
    assert copy.archive()[0].read_bytes() == sound.archive()[0].read_bytes()


def test_records_of_a_file_compressed_otherwise_are_packed_as_they_were(
    sound: Home, copy: Home, tmp_path: Path
) -> None:
    source = tmp_path / "other"
    source.mkdir()
    path = copy.archive()[0]
    write_members(source / path.name, members(path))
    assert (source / path.name).read_bytes() != path.read_bytes()
    flip(path, 0.4)
    (one,), _ = repaired(copy, source)
    assert (one.how, one.records, one.exact) == ("records", 1, True)
    assert path.read_bytes() == sound.archive()[0].read_bytes()


def test_a_file_of_which_only_the_records_come_back_gets_a_new_line_and_the_old_one_is_kept(
    sound: Home, copy: Home, tmp_path: Path
) -> None:
    """The copy lacks the warcinfo's bytes as they were: the file differs, its captures do not."""
    source = tmp_path / "other"
    source.mkdir()
    path = copy.archive()[0]
    records = members(path)
    info = reblock(lambda block: block.replace(b"robots: obey", b"robots:  obey"), payload=False)(records[0])
    write_members(source / path.name, [info, *records[1:]])
    path.unlink()
    before = sound.entries()
    (one,), _ = repaired(copy, source)
    assert (one.how, one.exact, one.kept) == ("records", False, None)
    assert members(path)[1:] == records[1:]
    assert copy.entries().keys() == before.keys()
    assert len(list((copy.path / "collections/t/damaged").rglob("manifest-sha256.txt.before-*"))) == 1


def test_what_is_damaged_in_both_is_not_made_up(sound: Home, copy: Home, tmp_path: Path) -> None:
    shutil.copytree(sound.path, tmp_path / "other")
    other = Home(tmp_path / "other")
    flip(copy.archive()[0], 0.5)
    flip(other.archive()[0], 0.5)
    before = copy.archive()[0].read_bytes()
    mended, hopeless = repaired(copy, other.path, sound=False)
    assert mended == []
    assert len(hopeless) == 1
    assert copy.archive()[0].read_bytes() == before


def test_without_a_ledger_a_file_that_is_not_the_old_one_is_not_called_whole(
    sound: Home, copy: Home, tmp_path: Path
) -> None:
    shutil.copytree(sound.path, tmp_path / "other")
    other = Home(tmp_path / "other")
    for part in (0.3, 0.5):
        flip(copy.archive()[0], part)
    flip(other.archive()[0], 0.5)
    (copy.path / "collections/t/mirror.db").unlink()
    before = copy.archive()[0].read_bytes()
    mended, hopeless = repaired(copy, other.path, sound=False)
    assert (mended, len(hopeless)) == ([], 1)
    assert copy.archive()[0].read_bytes() == before


def test_a_record_that_was_forged_in_the_copy_is_not_taken(sound: Home, copy: Home, tmp_path: Path) -> None:
    source = tmp_path / "other"
    source.mkdir()
    path = copy.archive()[0]
    records = members(path)
    place = next(n for n, record in enumerate(records) if b"\r\nWARC-Type: response" in record and b"</" in record)
    records[place] = records[place].replace(b"</", b"<!", 1)
    write_members(source / path.name, records)
    raw = path.read_bytes()
    starts = [at for at in range(len(raw)) if raw.startswith(b"\x1f\x8b\x08\x00\x00\x00\x00\x00", at)]
    path.write_bytes(raw[: starts[place] + 40] + bytes(8) + raw[starts[place] + 48 :])
    assert repaired(copy, source, sound=False)[0] == []
    assert gzip.decompress(path.read_bytes()[: starts[1]]) == members(sound.archive()[0])[0]


def test_a_damaged_index_and_ledger_are_made_again(sound: Home, copy: Home) -> None:
    index = copy.path / "collections/t/indexes/index.cdxj"
    index.write_bytes(b"")
    assert repaired(copy, sound.path) == ([], [])
    assert index.read_bytes() == (sound.path / "collections/t/indexes/index.cdxj").read_bytes()


def test_a_copy_that_is_none_is_a_clear_mistake(copy: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = copy.mirror("verify", "t", "--repair-from", str(tmp_path / "empty"), code=2).stderr
    assert "no WARC files there" in said
    said = copy.mirror("verify", "t", "--repair-from", str(copy.path), code=2).stderr
    assert "the collection itself" in said
