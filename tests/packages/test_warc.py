"""`mirror export --format warc`: copies that are copies, and archives in which every record stands alone."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from tests.home import Home
from tests.packages.conftest import Archived, run
from warc import expand, framing, reader
from warc.reader import Record


def records(folder: Path) -> list[Record]:
    return [record for path in sorted(folder.glob("*.warc.gz")) for record in reader.read(path)]


def member(record: Record) -> bytes:
    """The record's octets as they lie in its file."""
    return record.path.read_bytes()[record.offset : record.offset + record.length]


def test_files_are_copied_to_the_byte(archived: Archived, tmp_path: Path) -> None:
    output = tmp_path / "warc"
    archived.export("warc", output)
    assert {path.name: path.read_bytes() for path in output.glob("*.gz")} == {
        path.name: path.read_bytes() for path in archived.warcs
    }
    run("sha256sum", "--check", "--strict", "manifest-sha256.txt", cwd=output)


def test_a_self_contained_copy_has_full_responses_and_all_else_to_the_byte(
    archived: Archived, tmp_path: Path
) -> None:
    output = tmp_path / "warc"
    archived.export("warc", output, "--self-contained")
    run("sha256sum", "--check", "--strict", "manifest-sha256.txt", cwd=output)
    before, after = records(archived.collection / "archive"), records(output)
    originals = {(r.target_uri, r.date): r for r in before if r.type == "response"}
    copies = {record.record_id: record for record in after}
    assert len(copies) == len(after)
    assert {record.type for record in after} == {"warcinfo", "response", "request"}
    assert [r.record_id for r in after if r.record_id in {b.record_id for b in before}] == [
        r.record_id for r in before
    ]
    profiles = set()
    for record in before:
        copy = copies[record.record_id]
        if record.type != "revisit":
            assert member(copy) == member(record)
            continue
        original = originals[record.get("WARC-Refers-To-Target-URI"), record.get("WARC-Refers-To-Date") or ""]
        head, payload = copy.http()
        assert (copy.type, copy.date, copy.target_uri) == ("response", record.date, record.target_uri)
        assert payload.read() == original.http()[1].read()
        assert copy.get("WARC-Payload-Digest") == payload.digest == record.get("WARC-Payload-Digest")
        assert head.startswith(b"HTTP/1.1 200 ") and b"Content-Length: %d" % payload.size in head
        assert copy.get("WARC-Truncated") is None
        was = json.loads(copy.get(expand.FIELD) or "")
        assert [was[name] for name in ("profile", "refers-to", "refers-to-target-uri", "refers-to-date")] == [
            record.get(f"WARC-{name}") for name in ("Profile", "Refers-To", "Refers-To-Target-URI", "Refers-To-Date")
        ]
        profiles.add(was["profile"].rpartition("/")[2])
        if was["profile"].endswith("server-not-modified"):
            assert framing.loads(was["framing"]).head.startswith(b"HTTP/1.1 304 ")
        else:
            assert head == record.http()[0]
            assert copy.get(framing.FIELD) == record.get(framing.FIELD)
    assert profiles == (
        {"identical-payload-digest"}
        if archived.dialect == "mse"
        else {"identical-payload-digest", "server-not-modified"}
    )
    made = [
        r for r in after if r.type == "warcinfo" and r.get("WARC-Filename") == r.path.name and ".full." in r.path.name
    ]
    assert len(made) == 1 and "sha256" in made[0].fields()["description"]


def test_a_self_contained_copy_says_what_the_collection_says(archived: Archived, tmp_path: Path) -> None:
    """Entries, with their dates and texts, come out the same from the copy alone."""
    output, second = tmp_path / "warc", Home(tmp_path / "second")
    archived.export("warc", output, "--self-contained")
    (second.path / "collections/t").mkdir(parents=True)
    shutil.copy(archived.collection / "mirror.toml", second.path / "collections/t")
    shutil.copytree(output, second.path / "collections/t/archive")
    second.mirror("rebuild", "t")
    told = [
        {
            name: {field: value for field, value in entry.items() if field != "capture"}
            for name, entry in home.entries().items()
        }
        for home in (archived.home, second)
    ]
    assert len(told[0]) > 60
    assert told[0] == told[1]


def test_a_head_that_does_not_fit_its_payload_is_put_aside(tmp_path: Path) -> None:
    """Other writers leave `Transfer-Encoding` in the head of a revisit."""
    path = tmp_path / "w.warc"
    payload = "志".encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"

    def raw(kind: str, block: bytes, *fields: str) -> bytes:
        lines = [
            "WARC/1.1",
            f"WARC-Type: {kind}",
            f"WARC-Record-ID: <urn:uuid:{kind}>",
            "WARC-Date: 2026-01-01T00:00:00Z",
        ]
        lines += ["WARC-Target-URI: http://a.example/", *fields, f"Content-Length: {len(block)}", "", ""]
        return "\r\n".join(lines).encode() + block + b"\r\n\r\n"

    path.write_bytes(raw("response", good + payload) + raw("revisit", head, "WARC-Profile: p"))
    original, revisit = reader.read(path)
    draft = expand.response_of(revisit, original)
    fields = dict(draft.fields)
    assert b"".join(draft.pieces()).endswith(good + payload + b"\r\n\r\n")
    assert base64.b64decode(json.loads(fields[expand.FIELD])["head"]) == head


def test_only_some_entries(archived: Archived, tmp_path: Path) -> None:
    output = tmp_path / "warc"
    archived.export("warc", output, "--scope", "ch9/1/2")
    kept = records(output)
    before = {record.record_id: member(record) for record in records(archived.collection / "archive")}
    own = [record for record in kept if record.record_id not in before]
    assert {record.type for record in own} == {"warcinfo"} and len(own) == 2
    assert all(member(record) == before[record.record_id] for record in kept if record not in own)
    urls = {record.target_uri for record in kept if record.type in ("response", "revisit")}
    entry = archived.home.entries()["ch9/1/2"]
    assert entry["capture"]["url"] in urls
    assert 2 < len(urls) < 8


def test_a_lost_original_is_told(archived: Archived, tmp_path: Path) -> None:
    """The first file is gone: what refers to it stays a revisit, and the command ends with 3."""
    copy = archived.copy(tmp_path / "home")
    lost, kept = copy.warcs
    lost.unlink()
    said = copy.export("warc", tmp_path / "warc", "--self-contained", code=3)
    count = sum(record.type == "revisit" for record in reader.read(kept))
    assert f"{count} 条 revisit" in said
    assert sum(record.type == "revisit" for record in records(tmp_path / "warc")) == count


def test_an_unfinished_file_is_told_and_left_out(archived: Archived, tmp_path: Path) -> None:
    copy = archived.copy(tmp_path / "home")
    last = copy.warcs[-1]
    last.rename(last.with_name(last.name + ".open"))
    for form, output in (("warc", "warc"), ("wacz", "t.wacz"), ("bagit", "bag")):
        said = copy.export(form, tmp_path / output, code=3)
        assert "没有写完" in said and last.name in said
        assert (tmp_path / output).exists()
    assert not list((tmp_path / "bag").rglob("*.open"))


def test_a_damaged_file_is_not_exported_in_part(archived: Archived, tmp_path: Path) -> None:
    copy = archived.copy(tmp_path / "home")
    first = copy.warcs[0]
    first.write_bytes(first.read_bytes()[:-100])
    for form, output, option in (("warc", "warc", ["--self-contained"]), ("wacz", "t.wacz", [])):
        said = copy.export(form, tmp_path / output, *option, code=1)
        assert first.name in said and "can be read only up to byte" in said
        assert not (tmp_path / output).exists()
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@pytest.mark.parametrize(("form", "output"), [("bagit", "bag"), ("warc", "warc"), ("wire", "wire.jsonl")])
def test_a_copy_of_a_damaged_file_is_not_called_sound(
    archived: Archived, tmp_path: Path, form: str, output: str
) -> None:
    """The copy has digests of its own, and they fit."""
    copy = archived.copy(tmp_path / "home")
    first = copy.warcs[0]
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 0xFF
    first.write_bytes(data)
    said = copy.export(form, tmp_path / output, code=3)
    assert f"damaged: archive/{first.name}" in said
    assert (tmp_path / output).exists()


def test_nothing_is_written_over(archived: Archived, tmp_path: Path) -> None:
    output = tmp_path / "mine"
    output.mkdir()
    (output / "letter").write_text("dear")
    for form in ("warc", "bagit"):
        assert "is there already" in archived.export(form, output, code=2)
    assert [path.name for path in output.iterdir()] == ["letter"]
    assert "is for --format warc" in archived.export("jsonl", tmp_path / "x", "--self-contained", code=2)
    assert "standard output" in archived.export("wacz", Path("-"), code=2)
