"""The certificate: right, signed, and found out when it was touched."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
from pathlib import Path

import pytest

from mirror.imitation import Corpus, ImitationServer
from mirror.signing import SigningKey, verify
from tests.home import Home
from warc.reader import read_at

SIZE = 60


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    home = Home(tmp_path_factory.mktemp("home"))
    with ImitationServer(Corpus(SIZE), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        home.crawl()
    ran = home.mirror("status", "t", "--certificate", "-o", str(home.path / "certificate"))
    assert ran.stdout.strip() == str(home.path / "certificate/certificate.json")
    return home, home.path / "certificate"


def test_every_figure_can_be_followed_to_its_record(certified: tuple[Home, Path]) -> None:
    home, folder = certified
    statement = json.loads((folder / "certificate.json").read_bytes())
    archive = home.path / "collections/t/archive"
    assert statement["complete"] is True
    assert statement["totals"]["expected"] == SIZE
    for library in statement["libraries"]:
        for book in library["books"]:
            (contents,) = book["contents"]
            record = read_at(archive / contents["warc"], contents["offset"])
            assert (record.type, record.record_id) == ("response", contents["record_id"])
            assert record.get("WARC-Payload-Digest") == contents["payload_digest"]
            assert record.target_uri == contents["url"]
            assert contents["last_seen"] > contents["timestamp"], "the second crawl found it unchanged"
    held = (folder / "held.tsv").read_bytes()
    assert hashlib.sha256(held).hexdigest() == statement["held"]["sha256"]
    lines = [line.split("\t") for line in held.decode().splitlines()]
    assert {line[0] for line in lines[1:]} == home.entries().keys()
    for line in lines[1::7]:
        found = dict(zip(lines[0], line, strict=True))
        record = read_at(archive / found["warc"], int(found["offset"]))
        assert (record.record_id, record.get("WARC-Payload-Digest")) == (found["record_id"], found["payload_digest"])


def test_openssl_and_we_verify_it(certified: tuple[Home, Path]) -> None:
    home, folder = certified
    command = "openssl dgst -sha256 -verify certificate.pem -signature certificate.json.sig certificate.json"
    assert subprocess.run(command.split(), cwd=folder, capture_output=True, check=True).stdout == b"Verified OK\n"
    ran = home.mirror("status", "--check-certificate", str(folder / "certificate.json"))
    assert SigningKey.of_home(home.path).fingerprint in ran.stdout


@pytest.mark.parametrize("name", ["certificate.json", "held.tsv", "certificate.json.sig"])
def test_what_was_touched_is_found_out(certified: tuple[Home, Path], tmp_path: Path, name: str) -> None:
    home, folder = certified
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    octets = bytearray((copy / name).read_bytes())
    place = octets.index(b"60") if name == "certificate.json" else len(octets) // 2
    octets[place] ^= 1
    (copy / name).write_bytes(octets)
    ran = home.mirror("status", "--check-certificate", str(copy), "--json", code=3)
    assert json.loads(ran.stdout)["valid"] is False


def test_a_certificate_of_what_is_incomplete_says_so(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        home.crawl("--limit", "10", code=3)
    ran = home.mirror("status", "t", "--certificate", code=3)
    path = Path(ran.stdout.strip())
    assert path.is_relative_to(home.path / "collections/t/reports")
    assert json.loads(path.read_bytes())["complete"] is False
    assert "不完整" in path.with_suffix(".html").read_text("utf-8")


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    key = SigningKey.of_home(tmp_path)
    path = tmp_path / "signing-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.of_home(tmp_path).fingerprint == key.fingerprint
    assert [one.name for one in tmp_path.iterdir()] == ["signing-key.pem"]
    assert verify(key.public_pem, key.sign(b"x"), b"x") == key.fingerprint
    assert verify(key.public_pem, key.sign(b"x"), b"y") is None


def test_nonsense_is_no_certificate(home: Home) -> None:
    path = home.path / "x.json"
    path.write_text("{}")
    assert "certificate" in home.mirror("status", "--check-certificate", str(path), code=2).stderr
    assert "mirror status" in home.mirror("status", code=2).stderr
