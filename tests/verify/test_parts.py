"""What makes verifying fast changes nothing of what is found: usual headers, and large files in parts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.archive.captures import BEGAN, capture
from tests.verify import archive as a
from tests.verify.test_damage import DAMAGES, Damage
from warc.capture import Framing
from warc.record import Original
from warc.verify import usual
from warc.verify.collection import survey
from warc.verify.examine import File, examine, examine_part
from warc.verify.header import judge, parse
from warc.verify.scan import parts
from warc.verify.shelf import TABLES
from warc.writer import Writer


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = a.write_sound(tmp_path_factory.mktemp("sound"))
    return [one.partition(b"\r\n\r\n")[0] for one in a.members(path)]


def test_exchanges_of_our_writer_are_usual(headers: list[bytes]) -> None:
    for header in headers:
        usual_one = usual.parse(header)
        kind = parse(header, lambda *_: None).type
        assert (usual_one is not None) == (kind in ("response", "request", "revisit")), header.decode()


@given(st.data())
def test_what_is_usual_breaks_no_rule_and_reads_the_same(headers: list[bytes], data: st.DataObject) -> None:
    """However a header is changed: the quick way passes nothing that the slow one would not."""
    header = bytearray(data.draw(st.sampled_from(headers)))
    lines = bytes(header).split(b"\r\n")
    for _ in range(data.draw(st.integers(0, 2))):
        match data.draw(st.sampled_from(["octet", "drop", "twice", "swap", "value"])):
            case "octet":
                at = data.draw(st.integers(0, len(header) - 1))
                header[at : at + 1] = data.draw(st.binary(max_size=2))
            case "drop":
                header = bytearray(
                    b"\r\n".join(lines[: (n := data.draw(st.integers(1, len(lines) - 1)))] + lines[n + 1 :])
                )
            case "twice":
                header = bytearray(b"\r\n".join([*lines, data.draw(st.sampled_from(lines))]))
            case "swap":
                header = bytearray(b"\r\n".join([lines[0], *data.draw(st.permutations(lines[1:]))]))
            case "value":
                n = data.draw(st.integers(1, len(lines) - 1))
                name = lines[n].partition(b":")[0]
                value = data.draw(
                    st.sampled_from([b"", b" ", b"text/html", b"2026-02-30T00:00:00Z", b"1.2.3", b"length "])
                )
                header = bytearray(b"\r\n".join([*lines[:n], name + b": " + value, *lines[n + 1 :]]))
    quick = usual.parse(bytes(header))
    if quick is None:
        return
    breaches: list[tuple[str, str]] = []
    slow = parse(bytes(header), lambda *breach: breaches.append(breach))
    judge(slow, lambda *breach: breaches.append(breach), ours=True)
    assert breaches == []
    assert (quick.version, list(quick.fields), quick.first) == (slow.version, list(slow.fields), slow.first)
    assert (quick.type, quick.target) == (slow.type, slow.target)


def facts(shelf: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(shelf)) as db:
        return {table: sorted(db.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def in_parts(path: Path, folder: Path) -> tuple[int, dict[str, list[tuple[object, ...]]] | None]:
    """In how many parts a file was examined, and the facts; None if it has to be examined as a whole."""
    file, found = File(0, path, True, path.name), dict[str, list[tuple[object, ...]]]()
    cut = parts(path, 1000)
    for number, part in enumerate(cut):
        shelf = folder / f"{number}.sqlite"
        if not examine_part(file, part, shelf).apart:
            return len(cut), None
        for table, rows in facts(shelf).items():
            found[table] = sorted(found.get(table, []) + rows, key=repr)
    return len(cut), found


def whole(path: Path, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    examine(File(0, path, True, path.name), folder / "whole.sqlite")
    return facts(folder / "whole.sqlite")


def test_a_sound_file_in_parts_gives_the_same_facts(tmp_path: Path) -> None:
    path = a.write_sound(tmp_path / "archive")
    count, found = in_parts(path, tmp_path)
    assert count > 3
    assert found == whole(path, tmp_path)


@pytest.mark.parametrize("damage", [damage for *_, damage in DAMAGES], ids=[name for name, *_ in DAMAGES])
def test_a_damaged_file_in_parts_is_told_or_examined_as_a_whole(tmp_path: Path, damage: Damage) -> None:
    path = a.write_sound(tmp_path / "archive")
    damage(path)
    (path,) = path.parent.iterdir()
    _, found = in_parts(path, tmp_path)
    if found is not None:
        assert found == whole(path, tmp_path)


def test_all_cores_find_what_one_finds(tmp_path: Path) -> None:
    """One sound file and one damaged, both cut; and a file stored within a file, which looks like records of it."""
    body = bytes(range(256)) * 8
    paths = []
    for name in ("first", "second"):
        writer = Writer(tmp_path, name, a.INFO)
        for number in range(60):
            writer.write(
                capture(f"http://lib.example.cn/{name}/{number}", body, began=BEGAN + timedelta(seconds=number))
            )
        if name == "second":
            writer.write(capture("http://lib.example.cn/nested", paths[0].read_bytes() * 3))
            first = writer.write(capture("http://lib.example.cn/x"))
            original = Original(
                "http://lib.example.cn/x", first.timestamp, first.record_id, first.payload_digest or ""
            )
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            framing = Framing((b"3\r\n", b"\r\n0\r\n\r\n"), (3,))
            writer.write(capture("http://lib.example.cn/y", b"abc", head=head, framing=framing))
            writer.write(capture("http://lib.example.cn/x", began=BEGAN + timedelta(hours=1)), original)
        writer.close()
        paths += writer.take_finished()
    data = bytearray(paths[0].read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged = tmp_path / f"damaged-{paths[0].name}"
    damaged.write_bytes(data)
    files = [File(number, path, True, path.name) for number, path in enumerate([*paths, damaged])]
    seen = []
    for workers in (1, 2):
        with survey(files, workers=workers, part_bytes=2000) as found:
            rows = {table: sorted(found.query(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
            seen.append((rows, found.files))
    assert seen[0] == seen[1]
