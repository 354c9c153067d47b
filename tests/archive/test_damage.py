"""Kills, full disks, damaged files: what was whole stays whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.archive.captures import capture, wire
from warc import reader, repair
from warc.errors import ArchiveWriteError, DamagedRecordError
from warc.writer import Writer


def left_open(folder: Path, count: int = 3) -> tuple[Path, list[int]]:
    """A file as a killed crawl leaves it, and where its records end."""
    writer = Writer(folder, "test", {})
    for number in range(count):
        writer.write(capture(f"http://lib.example.cn/{number}"))
    writer.abandon()
    (path,) = folder.glob("*.open")
    ends = [record.offset + record.length for record in reader.read(path)]
    return path, ends


def test_a_file_torn_anywhere_is_cut_back_to_its_last_whole_record(tmp_path: Path) -> None:
    path, ends = left_open(tmp_path)
    content, warcinfo_end = path.read_bytes(), ends[0]
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        mended = repair.mend_open(path)
        whole = max((end for end in ends if end <= size), default=0)
        if whole <= warcinfo_end:
            assert mended.path is None
            continue
        assert mended.path is not None
        assert (mended.kept_bytes, mended.cut_bytes, mended.aside) == (whole, size - whole, None)
        assert mended.path.read_bytes() == content[:whole]
        mended.path.unlink()


def test_records_after_a_damaged_one_are_kept_aside_not_lost(tmp_path: Path) -> None:
    path, ends = left_open(tmp_path, count=5)
    content = bytearray(path.read_bytes())
    content[ends[2] + 30] ^= 0xFF
    path.write_bytes(content)
    mended = repair.mend_open(path)
    assert mended.aside is not None
    assert mended.path is not None
    assert mended.path.read_bytes() + mended.aside.read_bytes() == bytes(content)


def test_what_a_kill_left_of_keeping_records_aside_is_made_again(tmp_path: Path) -> None:
    path, ends = left_open(tmp_path, count=5)
    content = bytearray(path.read_bytes())
    content[ends[2] + 30] ^= 0xFF
    path.write_bytes(content)
    aside = path.with_name(f"{path.name.removesuffix('.open')}.from-byte-{ends[2]}.damaged")
    aside.write_bytes(content[ends[2] : -40])
    assert repair.mend_open(path).aside == aside
    assert aside.read_bytes() == content[ends[2] :]


def test_a_file_left_open_never_takes_the_place_of_a_finished_one(tmp_path: Path) -> None:
    """A copy begun in the middle of a crawl and made complete later holds both."""
    path, ends = left_open(tmp_path)
    whole = path.with_name(path.name.removesuffix(".open"))
    content = path.read_bytes()
    whole.write_bytes(content)
    path.write_bytes(content[: ends[-1] - 10])
    assert repair.mend_open(path).path is None
    assert not path.exists()
    for other in (content + b"more", content[:-1] + b"?"):
        path.write_bytes(other)
        with pytest.raises(DamagedRecordError, match="stands beside it"):
            repair.mend_open(path)
        assert (path.read_bytes(), whole.read_bytes()) == (other, content)


def test_a_disk_that_once_failed_to_sync_is_never_believed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux tells a lost write once: the next fsync(2) of the same file succeeds."""
    writer = Writer(tmp_path, "test", {})
    writer.write(capture())

    def fsync(descriptor: int) -> None:
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    for attempt in (writer.sync, writer.sync, writer.close, lambda: writer.write(capture())):
        with pytest.raises(ArchiveWriteError, match="Input/output error"):
            attempt()
    writer.abandon()
    assert [path.suffix for path in tmp_path.iterdir()] == [".open"]


def test_reading_never_changes_a_file_and_says_what_is_odd(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, _ = left_open(tmp_path)
    content = path.read_bytes()[:-7]
    path.write_bytes(content)
    path.chmod(0o444)
    with pytest.raises(DamagedRecordError, match=r"byte [0-9]+: the record breaks off") as caught:
        list(reader.read(path))
    assert caught.value.offset > 0
    assert len(list(reader.read(path, on_odd="ignore"))) == 6
    list(reader.read(path, on_odd="warn"))
    assert "breaks off" in caplog.text
    assert path.read_bytes() == content


def test_a_changed_byte_of_a_block_is_found_by_its_digest(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "test", {})
    writer.write(capture(body=b"1986"))
    writer.close()
    (path,) = writer.take_finished()
    plain = tmp_path / "plain.warc"
    plain.write_bytes(b"".join(_uncompressed(path)).replace(b"\r\n\r\n1986", b"\r\n\r\n1987"))
    with pytest.raises(DamagedRecordError, match="block digest"):
        list(reader.read(plain))
    assert len(list(reader.read(plain, on_odd="ignore"))) == 3


def _uncompressed(path: Path) -> list[bytes]:
    import gzip

    return [gzip.decompress(path.read_bytes())]


def test_a_full_disk_stops_the_writer_and_harms_nothing(tmp_path: Path) -> None:
    """The file may not grow past 20,000 bytes: the same failing write(2) as on a full disk."""
    program = """
import resource, signal, sys
from pathlib import Path
from tests.archive.captures import capture
from warc.errors import ArchiveWriteError
from warc.writer import Writer
import os
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = Writer(Path(sys.argv[1]), "full", {})
count = 0
try:
    while True:
        writer.write(capture(f"http://lib.example.cn/{count}", os.urandom(1500)))
        count += 1
except ArchiveWriteError as error:
    print(error, file=sys.stderr)
writer.close()
print(count)
"""
    ran = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert "could not be written" in ran.stderr
    assert "safe" in ran.stderr
    (path,) = tmp_path.glob("*.warc.gz")
    assert [record.type for record in reader.read(path)].count("response") == int(ran.stdout) > 5


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "missing", "test", {})
    with pytest.raises(ArchiveWriteError, match="No such file"):
        writer.write(capture())


#: Where we read less than warcio, and why.
OTHERWISE = {
    "resiliparse--clipped.warc.gz",  # torn in its only record
    "solrwb--transfer_compression_none_truncated.warc.gz",  # torn in its response
    "jwat--valid-warcfile-utf8.warc",  # named fields begin with a blank
    "jwat--valid-warcfile-fields-continuation.warc",
}


def test_the_real_files_of_other_tools_are_read_or_reported(samples: Path) -> None:
    """Each row of INDEX.tsv: sound files give the records warcio counts; no file makes the reader crash."""
    rows = (samples / "warc" / "INDEX.tsv").read_text(encoding="utf-8").splitlines()
    names = rows[0].split("\t")
    compared = 0
    for row in rows[1:]:
        fields = dict(zip(names, row.split("\t"), strict=False))
        path = samples / "warc" / fields["file"]
        if not path.name.endswith((".warc", ".warc.gz", ".open")):
            continue
        counts: dict[str, int] = {}
        for record in reader.read(path, on_odd="ignore"):
            counts[record.type] = counts.get(record.type, 0) + 1
        measured = fields["measured_now"]
        if "raises" in measured or "bad=0" not in measured or path.name in OTHERWISE:
            continue
        stated = dict(part.split("=") for part in measured.removeprefix("warcio: ").split(";")[0].split(", "))
        assert counts == {kind: int(count) for kind, count in stated.items()}, path.name
        compared += 1
    assert compared >= 20


def test_wire_of_a_mended_file_is_the_wire_that_was(tmp_path: Path) -> None:
    path, _ = left_open(tmp_path)
    mended = repair.mend_open(path)
    assert mended.path is not None
    found = [record for record in reader.read(mended.path) if record.type == "response"]
    assert [wire(record.capture()) for record in found] == [
        wire(capture(f"http://lib.example.cn/{n}")) for n in range(3)
    ]
