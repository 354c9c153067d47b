"""What others wrote is read as far as it goes, and what could not be read is named with its place."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from warc import arc
from warc.salvage import kind_of, next_record, salvage


def record(number: int, block: bytes = b"some text", *, length: int | None = None) -> bytes:
    return (
        b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>\r\n"
        b"WARC-Date: 2019-05-06T07:08:09Z\r\nWARC-Target-URI: http://example.org/%d\r\n"
        b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
        % (number, number, len(block) if length is None else length, block)
    )


def read(path: Path) -> tuple[list[str], list[int], list[int]]:
    """URIs read; offsets of what was odd; offsets of what was lost."""
    odd: list[int] = []
    lost: list[int] = []
    kind = kind_of(path)
    assert kind is not None
    found = salvage(path, kind, lambda at, _: odd.append(at), lambda one: lost.append(one.offset))
    return [(one.target_uri or "").removeprefix("http://example.org/") for one in found], odd, lost


FRAMES = {
    ".warc": lambda octets: octets,
    ".warc.gz": lambda octets: gzip.compress(octets, mtime=0),
    ".warc.zst": lambda octets: zstandard.ZstdCompressor().compress(octets),
}


@pytest.mark.parametrize("form", FRAMES)
def test_a_record_broken_in_the_middle_costs_only_itself(tmp_path: Path, form: str) -> None:
    frames = [FRAMES[form](record(number, b"text %d " % number * 40)) for number in range(5)]
    third = sum(map(len, frames[:2]))
    broken = bytearray(b"".join(frames))
    # the length in its header, or the head of its member
    place = broken.index(b"Content-Length", third) + 16 if form == ".warc" else third + 30
    broken[place] ^= 0xFF
    path = tmp_path / f"a{form}"
    path.write_bytes(broken)
    found, _, lost = read(path)
    assert found == ["0", "1", "3", "4"]
    assert lost == [third]


@pytest.mark.parametrize("form", FRAMES)
@given(cut=st.integers(1, 10_000))
@settings(max_examples=40)
def test_a_file_cut_anywhere_gives_every_whole_record(
    tmp_path_factory: pytest.TempPathFactory, form: str, cut: int
) -> None:
    frames = [FRAMES[form](record(number, b"x" * 300)) for number in range(4)]
    whole = b"".join(frames)
    cut = 1 + cut % (len(whole) - 1)
    path = tmp_path_factory.mktemp("cut") / f"a{form}"
    path.write_bytes(whole[:cut])
    if kind_of(path) is None:
        assert cut <= len(frames[0])
        return
    found, odd, lost = read(path)
    ends = [sum(map(len, frames[: number + 1])) for number in range(4)]
    # Of an uncompressed record only the blank line behind its block may be missing.
    sound = sum(cut >= end - (4 if form == ".warc" else 0) for end in ends)
    assert found == [str(number) for number in range(sound)]
    assert bool(odd or lost) == (cut not in ends)


@pytest.mark.parametrize("wrong", [-3, 3, 60, 100_000])
def test_a_wrong_length_is_told_and_does_not_take_the_next_record_along(tmp_path: Path, wrong: int) -> None:
    first, third = record(0), record(2)
    second = record(1, b"y" * 50, length=50 + wrong)
    path = tmp_path / "a.warc"
    path.write_bytes(first + second + third)
    found, odd, lost = read(path)
    if wrong == 3:  # it reaches into the blank line, and the next record is where it should be: told, and given
        assert (found, odd, lost) == (["0", "1", "2"], [len(first)], [])
    else:
        assert (found, lost) == (["0", "2"], [len(first)])


def test_a_dictionary_stands_before_the_frames(tmp_path: Path) -> None:
    records = [record(number, b"the gazetteer of a county, volume %d" % number) for number in range(300)]
    dictionary = zstandard.train_dictionary(4096, records)
    packed = zstandard.ZstdCompressor(dict_data=dictionary)
    for as_it_is in (True, False):
        stored = dictionary.as_bytes() if as_it_is else zstandard.ZstdCompressor().compress(dictionary.as_bytes())
        path = tmp_path / f"{as_it_is}.warc.zst"
        padding = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"pad"
        path.write_bytes(
            b"\x5d\x2a\x4d\x18"
            + struct.pack("<I", len(stored))
            + stored
            + padding.join(packed.compress(one) for one in records)
        )
        found, odd, lost = read(path)
        assert (found, odd, lost) == ([str(number) for number in range(300)], [], [])


def test_a_frame_that_names_a_dictionary_nobody_has_is_lost_and_not_invented(tmp_path: Path) -> None:
    records = [record(number, b"the gazetteer of a county, volume %d" % number) for number in range(300)]
    packed = zstandard.ZstdCompressor(dict_data=zstandard.train_dictionary(4096, records))
    path = tmp_path / "a.warc.zst"
    path.write_bytes(packed.compress(records[0]))
    assert kind_of(path) is None


def arc_record(url: str, body: bytes, date: str = "20031002030405", media_type: str = "text/html") -> bytes:
    return f"{url} 192.0.2.7 {date} {media_type} {len(body)}\n".encode() + body + b"\n"


FILEDESC = arc_record("filedesc://a.arc", b"1 0 IA\nURL IP-address Archive-date Content-type Archive-length\n")


@pytest.mark.parametrize("packed", [False, True])
def test_arc_records_become_what_they_would_be_as_warc(tmp_path: Path, packed: bool) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>\xd6\xbe"
    records = [
        FILEDESC,
        arc_record("http://example.org/a b?x=1", answer),
        arc_record("dns:example.org", b"20031002030405\nexample.org. 1 IN A 192.0.2.7\n", media_type="text/dns"),
        b"http://example.org/2 192.0.2.7 20031002030405 text/html 200 - - 0 a.arc %d\n%s\n" % (len(answer), answer),
    ]
    path = tmp_path / "a.arc"
    path.write_bytes(b"".join(gzip.compress(one) if packed else one for one in records))
    assert kind_of(path) == "arc"
    found = list(salvage(path, "arc", lambda *_: None, lambda *_: pytest.fail("nothing is lost")))
    assert [one.type for one in found] == ["warcinfo", "response", "resource", "response"]
    assert found[1].target_uri == "http://example.org/a b?x=1"
    assert found[1].date == "2003-10-02T03:04:05Z"
    assert found[1].get("WARC-IP-Address") == "192.0.2.7"
    assert found[1].block.read() == found[3].block.read() == answer
    assert found[2].get("Content-Type") == "text/dns"
    again = list(salvage(path, "arc", lambda *_: None, lambda *_: None))
    assert [one.record_id for one in again] == [one.record_id for one in found]
    assert len({one.record_id for one in found}) == 4


@pytest.mark.parametrize(
    ("digits", "date"),
    [
        ("20031002030405", "2003-10-02T03:04:05Z"),
        ("20031002", "2003-10-02T00:00:00Z"),
        ("20031002030405678", "2003-10-02T03:04:05.678Z"),
        ("20031302030405", None),
    ],
)
def test_dates_of_arc(digits: str, date: str | None) -> None:
    assert arc.date_of(digits) == date


#: What the sources of the samples, or readers of three other makers, find in them: records, and places of damage.
EXPECTED = {
    "derived--whirlwind.warc.zst": (4, 0),
    "gowarc--corrupted-mid-record.warc.gz.open": (12, 1),
    "jwat--small_BNF.arc": (6, 0),
    "jwat--valid-warcfile-fields-continuation.warc": (1, 0),
    "resiliparse--warcfile.warc.gz": (50, 0),
    "resiliparse--clipped.warc.gz": (0, 1),
    "slyrz--test.warc.gz": (10, 0),
    "solrwb--transfer_compression_none_truncated.warc.gz": (2, 1),
    "warcio--example-bad-non-chunked.warc.gz": (6, 0),
    "warcio--example.arc": (2, 0),
    "warcio--example.arc.gz": (2, 0),
    "warciojs--example-bad-length.warc": (5, 1),
}


def test_real_files_of_other_tools(samples: Path) -> None:
    seen: Counter[str] = Counter()
    for path in sorted((samples / "warc").iterdir()):
        kind = kind_of(path)
        at = 0 if kind else next_record(path, 0)
        lost: list[str] = []
        found = salvage(path, kind or "warc", lambda *_: None, lambda one, lost=lost: lost.append(one.problem), at)
        types = Counter(one.type.lower() for one in found)
        seen += types
        if path.name in EXPECTED:
            assert (types.total(), len(lost)) == EXPECTED[path.name], path.name
    assert seen["response"] > 200
