"""What is written reads back the same, by us and by others."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeadersParser
from warcio.warcwriter import BufferWARCWriter

from tests.archive.captures import BEGAN, GBK_PAGE, capture, captures, wire
from warc import cdxj, framing, reader, record
from warc.capture import Capture, FailedAttempt, Framing
from warc.record import Original, Written
from warc.revisit import IDENTICAL_PAYLOAD, NOT_MODIFIED, revisit_profile
from warc.writer import Writer

INFO = {"software": "gazetteer-mirror/0", "crawl": "1"}
BIN = Path(sys.executable).parent


def write(folder: Path, *captured: Capture) -> tuple[Path, list[Written]]:
    writer = Writer(folder, "test", INFO)
    written = [writer.write(one) for one in captured]
    writer.close()
    (path,) = writer.take_finished()
    return path, written


@settings(max_examples=60)
@given(st.lists(captures(), min_size=1, max_size=4))
def test_the_wire_comes_back_from_the_file_alone(
    tmp_path_factory: pytest.TempPathFactory, found: list[Capture]
) -> None:
    path, written = write(tmp_path_factory.mktemp("w"), *found)
    records = list(reader.read(path))
    responses = [one for one in records if one.type == "response"]
    requests = [one for one in records if one.type == "request"]
    assert [wire(one.capture()) for one in responses] == [wire(one) for one in found]
    assert [one.block.read() for one in requests] == [one.request for one in found]
    assert [one.written() for one in responses] == written
    for one, response in zip(written, responses, strict=True):
        assert reader.read_at(path, one.offset).header == response.header


@settings(max_examples=10)
@given(st.lists(captures(), min_size=1, max_size=4))
def test_others_read_every_record_and_agree_on_digests(
    tmp_path_factory: pytest.TempPathFactory, found: list[Capture]
) -> None:
    path, written = write(tmp_path_factory.mktemp("w"), *found)
    with path.open("rb") as file:
        by_warcio = [
            one.rec_headers.get_header("WARC-Record-ID") for one in ArchiveIterator(file, no_record_parse=True)
        ]
    with path.open("rb") as file:
        by_fastwarc = []
        for one in FastIterator(file, parse_http=False):
            assert one.verify_block_digest()
            by_fastwarc.append(one.record_id)
    ours = [one.record_id for one in reader.read(path)]
    assert by_warcio == ours
    assert [f"<{found_id.strip('<>')}>" for found_id in by_fastwarc] == ours
    indexed = subprocess.run([BIN / "cdxj-indexer", "-s", path], capture_output=True, text=True, check=True)
    assert indexed.stdout.splitlines() == sorted({one.cdxj for one in written if one.cdxj}, key=str.encode)
    assert sorted(cdxj.index_file(path)) == sorted(one.cdxj for one in written if one.cdxj)


def test_warcio_check_finds_nothing_wrong(tmp_path: Path) -> None:
    chunked = capture(
        head=b"HTTP/1.1 200 \xba\xc3\r\nTransfer-Encoding: chunked\r\nX: \xb9\xfa\r\n\r\n",
        framing=Framing((b"%x\r\n" % len(GBK_PAGE), b"\r\n0\r\n\r\n"), (len(GBK_PAGE),)),
    )
    path, _ = write(tmp_path, capture(), chunked)
    checked = subprocess.run([BIN / "warcio", "check", "-v", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("digest pass") == 5, checked.stdout


def test_the_records_of_one_exchange_as_they_lie_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count(1)
    monkeypatch.setattr(record, "new_id", lambda: f"<urn:uuid:{uuid.UUID(int=next(numbers))}>")
    draft = record.exchange(capture(body=b"hi", head=b"HTTP/1.1 200 OK\r\n\r\n"), "<urn:uuid:info>", None, None)
    assert b"".join(draft.pieces()).decode() == (
        "WARC/1.1\r\n"
        "WARC-Type: response\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        "WARC-Date: 2026-03-01T02:01:14.123456Z\r\n"
        "WARC-Target-URI: http://lib.example.cn/bin/mse.exe?seachword=&K=ch9&A=3&rec=12&run=13\r\n"
        "WARC-IP-Address: 127.0.0.1\r\n"
        "WARC-Protocol: http/1.1\r\n"
        "WARC-Warcinfo-ID: <urn:uuid:info>\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        "WARC-Payload-Digest: sha1:YIVV7ELYGQTASQUNN5I3FRNPJQF542SC\r\n"
        "WARC-Block-Digest: sha1:FNMQPCZGDE2HALVRMGIGENQEBHISOUSJ\r\n"
        "Content-Length: 21\r\n\r\n"
        "HTTP/1.1 200 OK\r\n\r\nhi\r\n\r\n"
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its spool open
def test_warcio_would_have_changed_or_refused_the_head() -> None:
    """Why our own writer: warcio's parses the head and writes it anew."""
    head = b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n\tb\r\nNo-Blank:x\r\nX-Gbk: \xb9\xfa\r\n\r\n"
    writer = BufferWARCWriter(gzip=False)
    parsed = StatusAndHeadersParser(["HTTP/1.1"]).parse(io.BytesIO(head))
    made = writer.create_warc_record("http://x/", "response", payload=io.BytesIO(GBK_PAGE), http_headers=parsed)
    writer.write_record(made)
    assert b"X-Gbk: \xb9\xfa" in head
    assert head not in writer.get_contents()
    assert framing.store_head(capture(head=head))[0] == head


def test_identical_payload_becomes_a_revisit_that_refers_to_the_response(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", INFO)
    first = writer.write(capture())
    original = Original(capture().target_uri, first.timestamp, first.record_id, first.payload_digest or "")
    later = capture(began=BEGAN + timedelta(days=1))
    second = writer.write(later, original)
    third = writer.write(capture(body=GBK_PAGE + b" ", began=BEGAN + timedelta(days=2)), original)
    writer.close()
    assert [first.type, second.type, third.type] == ["response", "revisit", "response"]
    (path,) = writer.take_finished()
    revisit = reader.read_at(path, second.offset)
    assert revisit.get("WARC-Profile") == IDENTICAL_PAYLOAD
    assert revisit.get("WARC-Refers-To") == first.record_id
    assert revisit.get("WARC-Refers-To-Date") == first.timestamp
    assert revisit.get("WARC-Truncated") == "length"
    assert revisit.block.read() == later.head
    assert wire(revisit.capture(original=capture().payload)) == wire(later)


def test_a_304_keeps_its_head_beside_an_empty_block(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", INFO)
    first = writer.write(capture())
    original = Original(capture().target_uri, first.timestamp, first.record_id, first.payload_digest or "")
    later = capture(
        head=b"HTTP/1.1 304 Not Modified\r\nX-\xce\xb4: \xb7\r\n\r\n",
        body=b"",
        before=b"HTTP/1.1 103 Early Hints\r\n\r\n",
        began=BEGAN + timedelta(days=1),
    )
    second = writer.write(later, original)
    writer.close()
    (path,) = writer.take_finished()
    revisit = reader.read_at(path, second.offset)
    assert revisit.get("WARC-Profile") == NOT_MODIFIED
    assert (revisit.block.size, second.status) == (0, 304)
    assert revisit.written() == second
    assert wire(revisit.capture()) == wire(later)
    indexed = subprocess.run([BIN / "cdxj-indexer", path], capture_output=True, text=True, check=True)
    assert indexed.stdout.splitlines() == [first.cdxj, second.cdxj]


@pytest.mark.parametrize(
    ("changed", "profile"),
    [
        ({}, IDENTICAL_PAYLOAD),
        ({"head": b"HTTP/1.1 304 Not Modified\r\n\r\n", "body": b""}, NOT_MODIFIED),
        ({"head": b"HTTP/1.1 404 Not Found\r\n\r\n"}, None),
        ({"body": b"other"}, None),
        ({"truncated": "disconnect"}, None),
    ],
)
def test_what_may_be_a_revisit(changed: dict[str, object], profile: str | None) -> None:
    original = Original("http://x/", "2026-01-01T00:00:00Z", "<urn:uuid:1>", capture().payload.digest)
    assert revisit_profile(capture(**changed), original) == profile  # type: ignore[arg-type]
    assert revisit_profile(capture(**changed), None) is None  # type: ignore[arg-type]


def test_a_304_to_a_question_without_a_condition_says_nothing_of_what_is_held() -> None:
    original = Original("http://x/", "2026-01-01T00:00:00Z", "<urn:uuid:1>", capture().payload.digest)
    asked = capture(head=b"HTTP/1.1 304 Not Modified\r\n\r\n", body=b"")
    plain = replace(asked, request=asked.request.replace(b'If-None-Match: "1"\r\n', b""))
    assert revisit_profile(asked, original) == NOT_MODIFIED
    assert revisit_profile(plain, original) is None


def test_an_empty_page_is_never_a_revisit() -> None:
    empty = capture(body=b"")
    assert revisit_profile(empty, Original("http://x/", "", "", empty.payload.digest)) is None


def test_a_failed_attempt_is_kept_as_evidence_and_not_indexed(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", INFO)
    attempt = FailedAttempt("http://lib.example.cn/", BEGAN, "reset", "closed\r\nby peer", b"GET / ", b"HTTP/1.1 2")
    written = writer.write_failure(attempt)
    writer.close()
    (path,) = writer.take_finished()
    found = reader.read_at(path, written.offset)
    assert (written.type, written.cdxj) == ("metadata", None)
    assert found.fields()["cause"] == "reset"
    assert found.fields()["message"] == "closed by peer"
    indexed = subprocess.run([BIN / "cdxj-indexer", "-s", path], capture_output=True, text=True, check=True)
    assert indexed.stdout == ""


def test_a_note_too_long_for_a_header_goes_beside_the_record(tmp_path: Path) -> None:
    import random

    noise = random.Random(1)
    body = noise.randbytes(60_000)
    sizes = tuple(noise.randint(1, 5) for _ in range(12_000))
    sizes = (*sizes, len(body) - sum(sizes))
    literals = (*(b"%x;%d\r\n" % (size, noise.randint(0, 10**9)) for size in sizes), b"\r\n0\r\n\r\n")
    one = capture(
        body=body, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", framing=Framing(literals, sizes)
    )
    path, _ = write(tmp_path, one)
    records = {found.type: found for found in reader.read(path)}
    note = records["metadata"].fields()["warc-wire-framing"]
    assert wire(records["response"].capture(note=note)) == wire(one)
    with path.open("rb") as file:
        assert sum(1 for _ in FastIterator(file, parse_http=False)) == 4


def test_files_roll_and_every_one_is_whole(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", INFO, max_bytes=2_000)
    places = [writer.write(capture(f"http://lib.example.cn/{number}")) for number in range(12)]
    assert list(tmp_path.glob("*.open"))
    writer.close()
    finished = writer.take_finished()
    assert len(finished) > 2
    assert not list(tmp_path.glob("*.open"))
    for path in finished:
        first = next(reader.read(path))
        assert (first.type, first.get("WARC-Filename")) == ("warcinfo", path.name)
    for number, place in enumerate(places):
        assert reader.read_at(tmp_path / place.filename, place.offset).target_uri == f"http://lib.example.cn/{number}"


def test_a_large_body_is_stored_in_little_memory(tmp_path: Path) -> None:
    """300 MB through payload, writer and reader, in a process that may not take 150 MB more than it starts with."""
    program = """
import sys, os
from pathlib import Path
from tests.archive.captures import capture
from tests.memory import peak_kib
from warc import reader
from warc.payload import Payload
from warc.writer import Writer
piece = os.urandom(1 << 20)
before = peak_kib()
one = capture(body=b"", head=b"HTTP/1.1 200 OK\\r\\n\\r\\n")
for _ in range(300):
    one.payload.append(piece)
writer = Writer(Path(sys.argv[1]), "large", {})
written = writer.write(one)
writer.close()
found = reader.read_at(Path(sys.argv[1]) / written.filename, written.offset)
assert found.http()[1].digest == one.payload.digest == written.payload_digest
print(peak_kib() - before)
"""
    ran = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 150_000, "KiB of memory"
