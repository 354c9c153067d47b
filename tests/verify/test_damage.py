"""Every kind of damage to a file is found and named by its rule; a sound file gives nothing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.captures import GBK_PAGE
from tests.verify import archive as a
from tests.verify.archive import edit, reblock, swap, write_members
from warc.indexing import lines_of
from warc.verify.collection import survey
from warc.verify.examine import File
from warc.verify.rules import RULES

Damage = Callable[[Path], None]


def records(change: Callable[[list[bytes]], list[bytes]]) -> Damage:
    """Damage: the list of records changed."""
    return lambda path: write_members(path, change(a.members(path)))


def octets(change: Callable[[bytes, list[int]], bytes]) -> Damage:
    """Damage: the file's own bytes changed; gets them, and where members begin."""

    def damage(path: Path) -> None:
        data = path.read_bytes()
        starts = [match.start() for match in re.finditer(rb"\x1f\x8b\x08", data)]
        path.write_bytes(change(data, starts))

    return damage


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def rename(path: Path) -> None:
    path.rename(path.with_name("test-20260101000000000-00009-other.warc.gz"))


def two_members(data: bytes, starts: list[int]) -> bytes:
    """The first response as two members, cut in its block."""
    record = gzip.decompress(data[starts[1] : starts[2]])
    halves = gzip.compress(record[:600], mtime=0) + gzip.compress(record[600:], mtime=0)
    return data[: starts[1]] + halves + data[starts[2] :]


def segments(*numbers: int, total: int | None = None) -> Callable[[list[bytes]], list[bytes]]:
    """Continuation records of the last response, numbered so."""

    def change(found: list[bytes]) -> list[bytes]:
        origin = re.search(rb"WARC-Record-ID: (\S+)", found[a.LAST_RESPONSE])
        assert origin is not None
        found[a.LAST_RESPONSE] = found[a.LAST_RESPONSE].replace(
            b"WARC/1.1\r\n", b"WARC/1.1\r\nWARC-Segment-Number: 1\r\n"
        )
        info = re.search(rb"WARC-Record-ID: (\S+)", found[0])
        assert info is not None
        for place, number in enumerate(numbers):
            fields = [
                b"WARC/1.1", b"WARC-Type: continuation", b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>" % place,
                b"WARC-Date: 2026-03-01T02:01:14Z", b"WARC-Target-URI: http://lib.example.cn/", b"Content-Type: text/plain",
                b"WARC-Segment-Number: %d" % number, b"WARC-Segment-Origin-ID: " + origin[1],
                b"WARC-Warcinfo-ID: " + info[1], b"WARC-Block-Digest: " + a.digest(b"more"), b"Content-Length: 4",
            ]  # fmt: skip
            if total is not None and place == len(numbers) - 1:
                fields.append(b"WARC-Segment-Total-Length: %d" % total)
            found.append(b"\r\n".join(fields) + b"\r\n\r\nmore\r\n\r\n")
        return found

    return change


def move(source: int, target: int) -> Callable[[list[bytes]], list[bytes]]:
    def change(found: list[bytes]) -> list[bytes]:
        found.insert(target, found.pop(source))
        return found

    return change


def without(place: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda found: found[:place] + found[place + 1 :]


def id_of(place: int, name: str = "WARC-Record-ID") -> Callable[[list[bytes]], bytes]:
    def find(found: list[bytes]) -> bytes:
        match = re.search(name.encode() + rb": (\S+)", found[place])
        assert match is not None
        return match[1]

    return find


def refer_to(field: str, value: Callable[[list[bytes]], bytes], place: int = a.REVISIT) -> Damage:
    def change(found: list[bytes]) -> list[bytes]:
        found[place] = re.sub(rb"(%s: )\S+" % field.encode(), rb"\g<1>" + value(found), found[place])
        return found

    return records(change)


def chunk(block: bytes) -> bytes:
    head, _, body = block.partition(b"\r\n\r\n")
    head = re.sub(rb"Content-Length: [0-9]+", b"Transfer-Encoding: chunked", head)
    return head + b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def decoded_digest(record: bytes) -> bytes:
    return re.sub(rb"(WARC-Payload-Digest: )\S+", rb"\1" + a.digest(GBK_PAGE), record)


HEX = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"
FIELD = "WARC-Date:"

#: Name of the damage, the rule that must name it, and what it does.
DAMAGES: list[tuple[str, str, Damage]] = [
    ("a bit of a member flipped", "gzip-broken", octets(lambda data, at: flip(data, at[3] + 200))),
    ("a checksum flipped", "gzip-broken", octets(lambda data, at: flip(data, at[4] - 6))),
    ("the time of a member set", "gzip-head", octets(lambda data, at: flip(data, at[4] + 5))),
    ("a member's magic overwritten", "trailing-octets", octets(lambda data, at: flip(data, at[3]))),
    ("torn in the last member", "gzip-torn", octets(lambda data, at: data[:-20])),
    ("torn in the middle, more written behind", "gzip-broken", octets(lambda data, at: data[: at[5] - 30] + data[at[5] :])),
    ("two records in one member", "gzip-member", octets(lambda data, at: data[: at[1]] + gzip.compress(gzip.decompress(data[at[1] : at[3]])) + data[at[3] :])),
    ("one record in two members", "gzip-member", octets(two_members)),
    ("the whole file one member", "gzip-member", octets(lambda data, at: gzip.compress(gzip.decompress(data)))),
    ("an empty member", "gzip-empty", octets(lambda data, at: data[: at[3]] + gzip.compress(b"") + data[at[3] :])),
    ("garbage at the end", "trailing-octets", octets(lambda data, at: data + b"garbage")),
    ("zeros at the end", "trailing-octets", octets(lambda data, at: data + bytes(4096))),
    ("garbage between members", "trailing-octets", octets(lambda data, at: data[: at[3]] + b"\x00\x00\x00" + data[at[3] :])),
    ("emptied", "file-empty", octets(lambda data, at: b"")),
    ("uncompressed under its old name", "file-form", octets(lambda data, at: gzip.decompress(data))),
    ("overwritten with zeros", "trailing-octets", octets(lambda data, at: bytes(len(data)))),
    ("no line ends after the block", "record-end", edit(a.RESPONSE, lambda record: record[:-4])),
    ("one line end too many", "record-end", edit(a.RESPONSE, lambda record: record + b"\r\n")),
    ("Content-Length too small", "record-end", edit(a.RESPONSE, swap(r"Content-Length: 1\d\d\r\n\r\nHTTP", "Content-Length: 120\r\n\r\nHTTP"))),
    ("Content-Length too large", "record-torn", edit(a.RESPONSE, swap(r"Content-Length: \d+\r\n\r\nHTTP", "Content-Length: 9999\r\n\r\nHTTP"))),
    ("Content-Length lost", "field-missing", edit(a.RESPONSE, swap(r"Content-Length: \d+\r\n\r\nHTTP", "\r\nHTTP"))),
    ("Content-Length no number", "content-length", edit(a.RESPONSE, swap(r"Content-Length: \d+\r\n\r\nHTTP", "Content-Length: many\r\n\r\nHTTP"))),
    ("a record of zeros", "no-record", edit(a.REQUEST, lambda record: b"\x01" * len(record))),
    ("a header without end", "no-record", edit(a.REQUEST, lambda record: record.split(b"\r\n\r\n")[0])),
    ("an older version", "version", edit(a.RESPONSE, swap("WARC/1.1", "WARC/1.0"))),
    ("line ends LF alone", "header-line-ends", edit(a.REQUEST, lambda record: record.replace(b"\r\n", b"\n", 5))),
    ("a header not in UTF-8", "header-utf8", edit(a.RESPONSE, swap(FIELD, b"X-Title: \xb5\xd8\xb7\xbd\r\nWARC-Date:"))),
    ("a header line without colon", "header-field", edit(a.RESPONSE, swap(FIELD, "stray words\r\nWARC-Date:"))),
    ("a control character in a header", "header-field", edit(a.RESPONSE, swap(FIELD, "X-Note: a\x00b\r\nWARC-Date:"))),
    ("a folded header line", "header-folded", edit(a.RESPONSE, swap("WARC-Date: ", "WARC-Date:\r\n "))),
    ("a field twice", "field-twice", edit(a.RESPONSE, swap(FIELD, "WARC-Date: 2026-03-01T02:01:14Z\r\nWARC-Date:"))),
    ("the id lost", "field-missing", edit(a.REQUEST, swap(r"WARC-Record-ID: \S+\r\n", ""))),
    ("the date lost", "field-missing", edit(a.REQUEST, swap(r"WARC-Date: \S+\r\n", ""))),
    ("the type lost", "field-missing", edit(a.FAILURE, swap(r"WARC-Type: \S+\r\n", ""))),
    ("the URI lost", "field-missing", edit(a.RESPONSE, swap(r"WARC-Target-URI: \S+\r\n", ""))),
    ("a field where it must not be", "field-misplaced", edit(a.RESPONSE, swap(FIELD, "WARC-Filename: x\r\nWARC-Date:"))),
    ("an unknown type", "type", edit(a.FAILURE, swap("WARC-Type: metadata", "WARC-Type: metadata2"))),
    ("an id that is no URI", "record-id", edit(a.FAILURE, swap(r"<urn:uuid:[^>]*>", "<1234>"))),
    ("a record twice", "record-id-twice", records(lambda found: [*found, found[a.FAILURE]])),
    ("a date with an offset", "date", edit(a.FAILURE, swap(r"(?<=WARC-Date: )\S+", "2026-03-01T10:01:14+08:00"))),
    ("a date that never was", "date", edit(a.FAILURE, swap(r"(?<=WARC-Date: )\S+", "2026-02-30T10:01:14Z"))),
    ("a date without time", "date", edit(a.FAILURE, swap(r"(?<=WARC-Date: )\S+", "2026-02-03"))),
    ("Chinese in the URI", "target-uri", edit(a.FAILURE, swap(r"(?<=WARC-Target-URI: )\S+", "http://lib.example.cn/志"))),
    ("a URI without scheme", "target-uri", edit(a.FAILURE, swap(r"(?<=WARC-Target-URI: )\S+", "/bin/mse.exe"))),
    ("the URI in angle brackets", "target-brackets", edit(a.FAILURE, swap(r"(?<=WARC-Target-URI: )\S+", "<http://lib.example.cn/>"))),
    ("a fragment", "target-fragment", edit(a.FAILURE, swap(r"(?<=WARC-Target-URI: )\S+", "http://lib.example.cn/#0"))),
    ("no IP address", "ip-address", edit(a.RESPONSE, swap("WARC-IP-Address: 127.0.0.1", "WARC-IP-Address: 127.0.0.256"))),
    ("another Content-Type", "content-type", edit(a.RESPONSE, swap("msgtype=response", "msgtype=request"))),
    ("Content-Type lost", "content-type-missing", edit(a.RESPONSE, swap(r"Content-Type: application/http\S* \S+\r\n", ""))),
    ("a digest cut short", "digest-form", edit(a.FAILURE, swap(r"(WARC-Block-Digest: sha1:[A-Z2-7]{20})\S+", "WARC-Block-Digest: sha1:ABC"))),
    ("a digest without label", "digest-form", edit(a.FAILURE, swap("WARC-Block-Digest: sha1:", "WARC-Block-Digest: "))),
    ("a digest in hex", "digest-case", edit(a.FAILURE, swap(r"(?<=WARC-Block-Digest: )\S+", HEX))),
    ("a letter of a page changed", "block-digest", edit(a.RESPONSE, swap("海塘志".encode("gb18030"), "海塘忘".encode("gb18030")))),
    ("a letter of a request changed", "block-digest", edit(a.REQUEST, swap("Host: lib", "Host: lab"))),
    ("the block digest lost", "block-digest-missing", edit(a.FAILURE, swap(r"WARC-Block-Digest: \S+\r\n", ""))),
    ("the payload digest of the decoded body", "payload-digest", edit(a.GZIPPED_RESPONSE, decoded_digest)),
    ("the payload digest of nothing", "payload-digest", edit(a.RESPONSE, swap(r"(?<=WARC-Payload-Digest: )\S+", a.digest(b"")))),
    ("the payload digest of the chunks", "payload-digest-framed", edit(a.RESPONSE, reblock(chunk))),
    ("the payload digest lost", "payload-digest-missing", edit(a.RESPONSE, swap(r"WARC-Payload-Digest: \S+\r\n", ""))),
    ("an unknown reason of truncation", "truncated", edit(a.LAST_RESPONSE, swap("WARC-Truncated: disconnect", "WARC-Truncated: tired"))),
    ("the warcinfo lost", "warcinfo-first", records(without(a.WARCINFO))),
    ("another warcinfo named", "warcinfo-id", edit(a.FAILURE, swap(r"(?<=WARC-Warcinfo-ID: )\S+", "<urn:uuid:0>"))),
    ("the file renamed", "warc-filename", rename),
    ("fields that are none", "warc-fields", edit(a.FAILURE, reblock(lambda block: b"\xff\xfe\x00", payload=False))),
    ("JSON that is none", "json-field", edit(a.RESPONSE, swap(FIELD, 'WARC-JSON-Metadata: {"a":\r\nWARC-Date:'))),
    ("a head without end", "http-head", edit(a.REQUEST, reblock(lambda block: block.removesuffix(b"\r\n"), payload=False))),
    ("an answer that is none", "http-head", edit(a.RESPONSE, reblock(lambda block: b"<html>" + block))),
    ("HTTP/2 in the status line", "http-version", edit(a.RESPONSE, reblock(swap(r"HTTP/1\.1 200 OK", "HTTP/2 200")))),
    ("a body shorter than its head says", "http-length", edit(a.RESPONSE, reblock(lambda block: block[:-5]))),
    ("the mark of truncation lost", "http-length", edit(a.LAST_RESPONSE, swap(r"WARC-Truncated: \S+\r\n", ""))),
    ("the chunks left on", "http-chunks", edit(a.RESPONSE, reblock(chunk))),
    ("a head that says chunked", "http-chunks", edit(a.RESPONSE, reblock(swap(r"Content-Length: \d+", "Transfer-Encoding: chunked")))),
    ("the query of a request lost", "request-line", edit(a.REQUEST, reblock(swap(r"\?K=\S+", ""), payload=False))),
    ("Host lost", "request-line", edit(a.REQUEST, reblock(swap(r"Host: \S+\r\n", ""), payload=False))),
    ("a framing note that does not add up", "wire-note", edit(a.CHUNKED_RESPONSE, swap(r'"chunks":"[0-9a-f]+', '"chunks":"1'))),
    ("a framing note that is none", "wire-note", edit(a.CHUNKED_RESPONSE, swap(r"(?<=WARC-Wire-Framing: ).*", '{"zlib":"AAAA"}'))),
    ("a framing note for another head", "wire-note", edit(a.CHUNKED_RESPONSE, swap(r'"renamed":\[\d\]', '"renamed":[1]'))),
    ("a framing note lost", "wire-note", edit(a.CHUNKED_RESPONSE, swap(r"WARC-Wire-Framing: .*\r\n", ""))),
    ("a request lost", "request-missing", records(without(a.REQUEST))),
    ("a request before its response", "request-order", records(move(a.CHUNKED_REQUEST, a.CHUNKED_RESPONSE))),
    ("a request that names nothing", "concurrent-missing", edit(a.REQUEST, swap(r"(?<=WARC-Concurrent-To: )\S+", "<urn:uuid:0>"))),
    ("a response lost", "concurrent-missing", records(without(a.CHUNKED_RESPONSE))),
    ("a request of another moment", "concurrent-differs", edit(a.REQUEST, swap(r"(?<=WARC-Date: )\S+", "2026-03-01T02:01:15Z"))),
    ("a revisit without profile", "revisit-profile", edit(a.REVISIT, swap(r"WARC-Profile: \S+\r\n", ""))),
    ("a revisit of an older profile", "revisit-profile", edit(a.REVISIT, swap("warc/1.1/revisit", "warc/1.0/revisit"))),
    ("a revisit without date", "revisit-refers", edit(a.REVISIT, swap(r"WARC-Refers-To-Date: \S+\r\n", ""))),
    ("the original of revisits lost", "revisit-missing", records(lambda found: found[:1] + found[3:])),
    ("a revisit of itself", "revisit-of-revisit", refer_to("WARC-Refers-To", id_of(a.REVISIT))),
    ("a revisit of a request", "revisit-of-revisit", refer_to("WARC-Refers-To", id_of(a.REQUEST))),
    ("a revisit of a later record", "revisit-earlier", edit(a.RESPONSE, swap(r"(?<=WARC-Date: )\S+", "2027-03-01T02:01:14Z"))),
    ("a revisit of another moment", "revisit-date", edit(a.REVISIT, swap(r"(?<=WARC-Refers-To-Date: )\S+", "2026-03-01T02:01:15Z"))),
    ("a revisit of another URI", "revisit-date", edit(a.REVISIT, swap(r"(?<=WARC-Refers-To-Target-URI: )\S+", "http://lib.example.cn/"))),
    ("a revisit with another digest", "revisit-digest", edit(a.REVISIT, swap(r"(?<=WARC-Payload-Digest: )\S+", a.digest(b"x")))),
    ("a 304 that is none", "revisit-status", edit(a.REVISIT, swap("identical-payload-digest", "server-not-modified"))),
    ("a revisit with a body", "revisit-body", edit(a.REVISIT, reblock(lambda block: block + GBK_PAGE))),
    ("a revisit not marked", "revisit-truncated", edit(a.REVISIT, swap(r"WARC-Truncated: \S+\r\n", ""))),
    ("a revisit of an error page", "revisit-needless", edit(a.REVISIT, reblock(swap("200 OK", "404 No"), payload=False))),
    ("a revisit of nothing", "revisit-needless", edit(a.REVISIT, swap(r"(?<=WARC-Payload-Digest: )\S+", a.digest(b"")))),
    ("a segment missing", "segment", records(segments(2, 4, total=100))),
    ("the last segment missing", "segment", records(segments(2, 3))),
    ("segments that do not add up", "segment", records(segments(2, 3, total=9999))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "damage"), DAMAGES, ids=[name for name, *_ in DAMAGES])
def test_damage_is_found_and_named(tmp_path: Path, name: str, rule: str, damage: Damage) -> None:
    path = a.write_sound(tmp_path / "archive")
    damage(path)
    (damaged,) = path.parent.iterdir()
    content = damaged.read_bytes()
    findings = a.verify_files(damaged)
    named = [one for one in findings if one.rule == rule and one.severity == "error"]
    assert named, [str(one) for one in findings]
    assert all(one.clause and one.remedy and one.message for one in findings)
    assert all(one.offset is None or 0 <= one.offset <= len(content) for one in findings)
    assert damaged.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "damage"), [(name, damage) for name, _, damage in DAMAGES], ids=[name for name, *_ in DAMAGES]
)
def test_the_index_of_a_damaged_file_lists_the_records_that_can_be_found(
    tmp_path: Path, name: str, damage: Damage
) -> None:
    path = a.write_sound(tmp_path / "archive")
    damage(path)
    (damaged,) = path.parent.iterdir()
    with survey([File(0, damaged, True, damaged.name)], workers=1) as found:
        wanted = [row[0] for row in found.query("SELECT cdxj FROM line ORDER BY offset, rowid")]
    assert lines_of(damaged) == wanted


def test_a_sound_file_gives_nothing(tmp_path: Path) -> None:
    assert a.verify_files(a.write_sound(tmp_path)) == []


def test_there_is_a_damage_for_every_rule_that_one_file_decides() -> None:
    named = {rule for _, rule, _ in DAMAGES}
    elsewhere = ("index-", "fixity-", "ledger-", "store-", "file-")
    not_errors = {rule.id for rule in RULES.values() if rule.ours != "error"}
    assert not {rule for rule in RULES if not rule.startswith(elsewhere)} - named - not_errors


def test_no_octet_can_change_unseen(tmp_path: Path) -> None:
    path = a.write_sound(tmp_path)
    data = path.read_bytes()
    starts = [match.start() for match in re.finditer(rb"\x1f\x8b\x08", data)]
    places = {start + place for start in starts for place in range(10)} | set(range(0, len(data), 17))
    unseen = []
    for place in sorted(places):
        path.write_bytes(flip(data, place))
        if not a.grave(a.verify_files(path)):
            unseen.append(place)
    assert unseen == []


def test_records_behind_damage_are_still_read(tmp_path: Path) -> None:
    path = a.write_sound(tmp_path)
    octets(lambda data, at: flip(data, at[3] + 100))(path)
    findings = a.verify_files(path)
    assert [one.rule for one in findings if one.severity == "error"] == ["gzip-broken", "concurrent-missing"]
    data = path.read_bytes()
    path.write_bytes(flip(data, len(data) - 6))
    assert [one.rule for one in a.verify_files(path) if one.severity == "error"].count("gzip-broken") == 2


def test_a_last_response_whose_request_a_kill_cut_off_is_no_damage(tmp_path: Path) -> None:
    path = a.write_sound(tmp_path)
    write_members(path, a.members(path)[:-1])
    assert [(one.rule, one.severity) for one in a.verify_files(path)] == [("request-cut-off", "warning")]
