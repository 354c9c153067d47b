"""`mirror rebuild` of damaged collections: everything readable is read, and what is not is named to the byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from tests.verify.archive import members, write_members
from warc import reader
from warc.reader import Record


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("sound"))
    with ImitationServer(Corpus(50), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        home.crawl()
    assert home.coverage()["complete"]
    yield home


@pytest.fixture
def copy(sound: Home, tmp_path: Path) -> Home:
    shutil.copytree(sound.path, tmp_path / "copy")
    return Home(tmp_path / "copy")


def rebuilt(home: Home) -> list[dict[str, Any]]:
    """What could not be read."""
    found: list[dict[str, Any]] = json.loads(home.mirror("rebuild", "t", "--json", code=3).stdout)["damage"]
    return found


def entry_record(home: Home, number: int) -> Record:
    """The response of the entry of that number in the first file."""
    return [one for one in reader.read(home.archive()[0]) if one.type == "response" and is_entry(one)][number]


def is_entry(record: Record) -> bool:
    return "/article/" in (record.target_uri or "")


def test_it_reads_on_behind_damage_and_names_it(sound: Home, copy: Home) -> None:
    """Two records broken, one after the other far off; all others come back, and the collection is not complete."""
    path, data = copy.archive()[0], bytearray(copy.archive()[0].read_bytes())
    lost = [entry_record(sound, 5), entry_record(sound, 20)]
    for record in lost:
        data[record.offset + 40] ^= 0xFF
    path.write_bytes(data)
    revisits = [
        one
        for one in reader.read(sound.archive()[1])
        if one.type == "revisit" and one.target_uri in {record.target_uri for record in lost}
    ]
    assert len(revisits) == 2
    damage = rebuilt(copy)
    assert [(one["file"], one["offset"], one["length"]) for one in damage] == [
        *((path.name, record.offset, record.length) for record in lost),
        *((copy.archive()[1].name, one.offset, one.length) for one in revisits),
    ]
    assert all("is not here" in one["problem"] for one in damage[2:])
    entries, whole = copy.entries(), sound.entries()
    assert len(entries) == len(whole) - 2
    assert {key: (one["raw_text"], one["capture"]) for key, one in entries.items()} == {
        key: (one["raw_text"], one["capture"]) for key, one in whole.items() if key in entries
    }
    coverage = copy.coverage()
    assert not coverage["complete"]
    assert coverage["damage"] == damage
    assert "未读出 not read" in copy.mirror("status", "t", code=3).stdout
    findings = json.loads(copy.mirror("verify", "t", "--json", code=3).stdout)["findings"]
    assert {one["rule"] for one in findings if one["severity"] == "error"} == {
        "gzip-broken",
        "fixity-changed",
        "concurrent-missing",
        "revisit-missing",
    }


def test_an_older_list_does_not_make_it_complete(copy: Home) -> None:
    """Of a lost revisit nobody would know: everything the lists name is held all the same."""
    path = copy.archive()[1]
    data = bytearray(path.read_bytes())
    last = [one for one in reader.read(path) if one.type == "revisit" and is_entry(one)][-1]
    data[last.offset + 40] ^= 0xFF
    path.write_bytes(data)
    (one,) = rebuilt(copy)
    assert (one["file"], one["offset"], one["length"]) == (path.name, last.offset, last.length)
    coverage = copy.coverage()
    assert not coverage["complete"]
    assert not any(book["missing"] for library in coverage["libraries"] for book in library["books"])


def test_a_text_that_its_own_digest_refutes_is_not_believed(sound: Home, copy: Home) -> None:
    """The gzip is sound, the block altered: as if somebody had rewritten the page."""
    path, record = copy.archive()[0], entry_record(sound, 7)
    records = members(path)
    place = [one.offset for one in reader.read(path)].index(record.offset)
    records[place] = records[place][:-10] + b"!" + records[place][-9:]
    write_members(path, records)
    damage = rebuilt(copy)
    assert any("block digest" in one["problem"] for one in damage)
    assert len(copy.entries()) == len(sound.entries()) - 1
    index = (copy.path / "collections/t/indexes/index.cdxj").read_text()
    assert record.target_uri is not None
    assert record.target_uri in index  # the record is there, and other tools index it too


def test_mended_it_is_complete_again(sound: Home, copy: Home) -> None:
    path, data = copy.archive()[0], bytearray(copy.archive()[0].read_bytes())
    record = entry_record(sound, 5)
    data[record.offset + 40] ^= 0xFF
    path.write_bytes(data)
    rebuilt(copy)
    shutil.copy(sound.archive()[0], path)
    findings = json.loads(copy.mirror("verify", "t", "--json", code=3).stdout)["findings"]
    assert {"ledger-behind", "ledger-unknown"} <= {one["rule"] for one in findings}
    copy.mirror("verify", "t", "--repair-from", str(sound.path))
    assert copy.coverage()["complete"]
    assert copy.entries() == sound.entries()
