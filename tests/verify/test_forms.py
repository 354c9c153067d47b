"""Files that are not `.warc.gz`: Zstandard and ARC, checked as far as the clauses reach."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from tests.verify.archive import members, verify_files, write_sound


def errors(path: Path) -> list[tuple[str, int | None]]:
    return [(one.rule, one.offset) for one in verify_files(path, ours=False) if one.severity == "error"]


@pytest.fixture
def frames(tmp_path: Path) -> list[bytes]:
    return [zstandard.ZstdCompressor().compress(one) for one in members(write_sound(tmp_path / "sound"))]


def written(folder: Path, *parts: bytes, name: str = "a.warc.zst") -> Path:
    path = folder / name
    path.write_bytes(b"".join(parts))
    return path


def test_a_zstandard_file_is_checked_like_any_other(frames: list[bytes], tmp_path: Path) -> None:
    """Sound; a broken frame, a cut, octets between frames, and a block that is not what its digest says."""
    second, third = len(frames[0]), len(frames[0]) + len(frames[1])
    assert errors(written(tmp_path, *frames)) == []
    assert [one.rule for one in verify_files(written(tmp_path, *frames), ours=False)] == [
        "file-form",
        "warc-filename",
    ]
    broken = bytearray(frames[1])
    broken[40] ^= 0xFF
    assert errors(written(tmp_path, frames[0], broken, *frames[2:])) == [("gzip-broken", second)]
    assert errors(written(tmp_path, frames[0], frames[1][:-3])) == [("gzip-torn", second)]
    assert errors(written(tmp_path, *frames[:2], b"garbage", *frames[2:])) == [("trailing-octets", third)]
    altered = zstandard.ZstdDecompressor().decompressobj().decompress(frames[1]).replace(b"</html>", b"</HTML>")
    altered = zstandard.ZstdCompressor().compress(altered)
    assert errors(written(tmp_path, frames[0], altered)) == [("block-digest", second), ("payload-digest", second)]
    merged = zstandard.ZstdCompressor().compress(members(write_sound(tmp_path / "x"))[0] * 2)
    assert ("gzip-member", 0) in errors(written(tmp_path, merged))


def arc(number: int, date: bytes = b"20010203040506", length: int | None = None) -> bytes:
    body = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    line = b"http://example.org/%d 10.0.0.1 %s text/html %d\n" % (number, date, length or len(body))
    return line + body + b"\n"


FILEDESC = b"filedesc://a.arc 0.0.0.0 20010203040506 text/plain 8\n1 0 Some\n"


def test_an_arc_file_is_checked_as_far_as_it_can_be(tmp_path: Path) -> None:
    sound = written(tmp_path, FILEDESC, arc(1), arc(2), name="a.arc")
    (note,) = verify_files(sound, ours=False)
    assert (note.rule, note.severity) == ("file-form", "note")
    assert "no digests" in note.message
    second = len(FILEDESC) + len(arc(1))
    torn = written(tmp_path, FILEDESC, arc(1), arc(2)[:-10], name="a.arc")
    assert errors(torn) == [("record-torn", second)]
    assert errors(written(tmp_path, FILEDESC, arc(1), arc(2, b"20011399000000"), name="a.arc")) == [("date", second)]
    wrong = written(tmp_path, FILEDESC, arc(1), arc(2).replace(b"h: 5", b"h: 9"), name="a.arc")
    assert ("http-length", second) in [(one.rule, one.offset) for one in verify_files(wrong, ours=False)]
