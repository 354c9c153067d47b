"""No false alarm: answers of every kind stored by us, and archives of other writers."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, assume, given, settings
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from mirror.imitation import Corpus, ImitationServer
from tests.archive.captures import capture, captures
from tests.home import Home
from tests.verify.archive import INFO, grave, verify_files
from warc import cdxj
from warc.capture import Capture, Framing
from warc.indexing import lines_of
from warc.writer import Writer


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(captures())
def test_whatever_a_source_sends_is_no_damage(tmp_path_factory: pytest.TempPathFactory, one: Capture) -> None:
    """Heads out of form, odd framing, surplus octets: what the writer made of them keeps all rules."""
    assume(one.framing is None or not one.head or re.search(rb"(?im)^transfer-encoding[ \t]*:", one.head))
    folder = tmp_path_factory.mktemp("w")
    writer = Writer(folder, "test", INFO)
    writer.write(one)
    writer.close()
    (path,) = writer.take_finished()
    findings = [found for found in verify_files(path) if found.severity == "error"]
    # The strategy makes heads with lengths of its own invention; a crawl's client marks such answers truncated.
    assert [str(found) for found in findings if found.rule not in ("http-length", "http-head", "http-chunks")] == []


def test_a_long_framing_note_and_a_large_body_are_sound(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", INFO)
    sizes = tuple(1 + n % 7 for n in range(40_000))
    literals = tuple(hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(len(sizes) + 1))
    body = bytes(n % 251 for n in range(sum(sizes)))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(capture(body=body, head=head, framing=Framing(literals, sizes)))
    writer.write(capture("http://lib.example.cn/large", bytes(40_000_000)))
    writer.close()
    (path,) = writer.take_finished()
    assert verify_files(path) == []


def test_https_is_sound(home: Home, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ImitationServer(Corpus(30), "mse", tls=context) as server:
        home.init(server)
        home.crawl("--set", "capture.accept_invalid_tls=true")
    findings = [one for path in home.archive() for one in verify_files(path)]
    assert {one.rule for one in findings} <= {"warcinfo-fields"}


@pytest.fixture(scope="module")
def site() -> str:
    """Nothing but the address of a server that other writers crawl."""
    with ImitationServer(Corpus(30), "chorography") as server:
        yield server.url  # type: ignore[misc]


@pytest.mark.parametrize("compressed", [True, False])
def test_wget_is_sound_but_for_what_it_does_against_the_clauses(tmp_path: Path, site: str, compressed: bool) -> None:
    if shutil.which("wget") is None:
        pytest.skip("wget is not installed")
    more = [] if compressed else ["--no-warc-compression"]
    subprocess.run(
        ["wget", "-q", "-r", "-l2", "--warc-file=w", *more, site],
        cwd=tmp_path,
        check=False,
        timeout=60,
        capture_output=True,
    )
    (path,) = tmp_path.glob("w.warc*")
    findings = verify_files(path, ours=False)
    assert len(findings) < 200
    # wget writes WARC/1.0 (brackets are its grammar there) and a payload digest over the chunks.
    assert grave(findings) == {}
    assert {one.rule for one in findings} <= {"file-form", "payload-digest-framed", "warc-filename", "warcinfo-id"}


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # warcio leaves its spool files to the collector
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("compressed", [True, False])
def test_warcio_is_sound(tmp_path: Path, version: str, compressed: bool) -> None:
    path = tmp_path / ("w.warc.gz" if compressed else "w.warc")
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=compressed, warc_version=version)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "warcio"}))
        for number, body in enumerate((b"<p>1", gzip.compress(b"<p>2"), b"")):
            head = StatusAndHeaders("200 OK", [("Content-Length", str(len(body)))], protocol="HTTP/1.1")
            uri = f"http://example.org/{number}"
            response = writer.create_warc_record(uri, "response", payload=BytesIO(body), http_headers=head)
            sent = StatusAndHeaders(f"GET /{number} HTTP/1.1", [("Host", "example.org")], is_http_request=True)
            request = writer.create_warc_record(uri, "request", http_headers=sent)
            writer.write_request_response_pair(request, response)
            if number == 0:
                date = response.rec_headers["WARC-Date"]
                digest = response.rec_headers["WARC-Payload-Digest"]
                writer.write_record(writer.create_revisit_record(uri, digest, uri, date, http_headers=head))
        writer.write_record(
            writer.create_warc_record("urn:x", "resource", payload=BytesIO(b"x"), warc_content_type="text/plain")
        )
    findings = verify_files(path, ours=False)
    assert grave(findings) == {}
    # It does not mark a revisit as truncated (6.7.2 "shall"), nor name the record it refers to.
    assert {one.rule for one in findings} <= {"file-form", "revisit-refers", "revisit-truncated"}


def test_the_quick_index_of_other_writers_files_is_the_careful_one(samples: Path, tmp_path: Path, site: str) -> None:
    subprocess.run(["wget", "-q", "-r", "-l2", "--warc-file=w", site], cwd=tmp_path, check=False, timeout=60)
    paths = [samples / "warc" / name for name in SOUND if name.endswith(".warc.gz")]
    for path in (*paths, *tmp_path.glob("w.warc.gz")):
        assert lines_of(path) == list(cdxj.index_file(path)), path.name


#: Files of other writers that are sound by their makers' word: Heritrix (Common Crawl), gowarc, warcprox, Scoop's kind.
SOUND = (
    "aut--example.txt.warc.gz",
    "gowarc--test.warc.gz",
    "outback--test1.warc.gz",
    "resiliparse--warcfile.warc.gz",
    "rlweb--hello-world.warc",
    "solrwb--transfer_compression_brotli.warc.gz",
    "warcio--example-resource.warc.gz",
    "warcio--example.warc.gz",
    "warcio--post-test.warc.gz",
    "warciojs--redirect.warc",
    "whirl--whirlwind.warc.gz",
    "whirl--whirlwind.warc.wet.gz",
)


@pytest.mark.parametrize("name", SOUND)
def test_sound_files_of_other_writers_have_no_error(samples: Path, name: str) -> None:
    assert grave(verify_files(samples / "warc" / name, ours=False)) == {}


def test_a_future_date_or_a_leap_second_is_a_date() -> None:
    from warc.verify.header import Header, judge

    said: list[str] = []
    for date in (
        "2016-12-31T23:59:60Z",
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "2024-02-29T00:00:00.123456789Z",
    ):
        fields = [("warc-type", "metadata"), ("warc-record-id", "<urn:uuid:00000000-0000-4000-8000-000000000000>")]
        header = Header("WARC/1.1", [*fields, ("warc-date", date), ("content-length", "0")])
        judge(header, lambda rule, text: said.append(text), ours=True)
    assert said == []
