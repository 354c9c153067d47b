"""Text dumps become witnesses: found, compared, and never taken for captures."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.collection import Collection
from mirror.config import new_config
from mirror.imitation import Corpus, ImitationServer
from mirror.imports.sources import Sources
from mirror.sites import open_site
from mirror.store.database import Database
from mirror.witness import dump, entry_of, find, store, text, witnesses
from mirror.witness.dump import Skipped
from tests.home import Home
from tests.imports.foreign import knowledge
from tests.witness.dumps import articles, text_file, zipped

BASE = "https://shandong-chorography.org/"
CORPUS = Corpus(60)


@pytest.mark.parametrize("next_line", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16"])
def test_a_head_is_read_and_the_text_behind_it_left_alone(next_line: bool, mark: str, charset: str) -> None:
    body = "    沂水在城西。\n\n　　标题：这一行属于正文\n第二段 \n"
    url = f"{BASE}database/b9/section/13/article/175/"
    content = text_file("旧县三村遗址", url, body, next_line=next_line)
    if charset == "gb18030" and mark:
        mark = ""
    found = text.read((mark + content).replace("\n", "\r\n").encode(charset))
    assert (found.title, found.url, found.said) == ("旧县三村遗址", url, "2026-07-01 12:00:00")
    assert found.raw_text.strip("\n") == body.strip("\n")
    assert found.undecodable == 0


def test_a_text_without_a_head_is_all_text() -> None:
    found = text.read("概述\n时间过得很快。\n".encode())
    assert (found.title, found.url, found.raw_text) == (None, None, "概述\n时间过得很快。\n")


@given(st.binary(max_size=300))
def test_no_bytes_are_too_odd_to_read(data: bytes) -> None:
    found = text.read(data)
    assert found.undecodable == found.raw_text.count("\ufffd") or found.has_head


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Database, Path]:
    """A store and a dump of the corpus read into it; no capture in sight."""
    collection = Collection.create(tmp_path, "t", new_config("chorography"))
    path = tmp_path / "dump.zip"
    path.write_bytes(zipped((name, content.encode()) for name, content in articles(CORPUS, BASE)))
    database = collection.database()
    tally = store.load(
        database, path, "m", "dump.zip", "2026-07-02T00:00:00Z", Sources(open_site("chorography")), Skipped()
    )
    assert tally.texts == tally.with_head == tally.of_source == sum(1 for _ in CORPUS.entries())
    return database, path


def test_every_text_is_a_witness_of_its_entry_and_no_entry(filled: tuple[Database, Path]) -> None:
    database, _ = filled
    db = database.connection
    found = {str(one.place): one for one in witnesses(db)}
    assert set(found) == {f"{book.library}/{book.number}/{heading.rec}" for book, heading in CORPUS.entries()}
    assert all(entry_of(db, one).how == "url" and entry_of(db, one).same is None for one in found.values())  # type: ignore[union-attr]
    for table in ("capture", "version", "entry", "book"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    database.close()


def test_a_search_finds_what_brute_force_finds(filled: tuple[Database, Path]) -> None:
    database, _ = filled
    db = database.connection
    everything = list(witnesses(db))
    for query in ("公里", "拦河闸", "于1988年", "水", "一览表", "没有这几个字"):
        wanted = {one.id for one in everything if query in (one.title + "\n" + one.raw_text).replace(" ", "")}
        found = {one.id for one in find(db, query, limit=10_000)}
        # over a line end and in full width too, so at least what stands in one piece
        assert wanted <= found, query
        assert bool(wanted) == (query != "没有这几个字")
    store.forget(db, "m")
    assert list(find(db, "公里")) == [] and list(witnesses(db)) == []
    database.close()


@pytest.mark.parametrize("names", ["utf-8", "gb18030", "utf-8-unflagged"])
def test_names_in_any_charset_come_out_as_they_were(tmp_path: Path, names: str) -> None:
    path = tmp_path / "a.zip"
    wanted = ["山东省/泰安市/东平县地情库/东平县志/概述.txt", "山东省/泰安市/朱镕基.txt", "a.txt"]
    charset = "utf-8" if names == "utf-8-unflagged" else names
    path.write_bytes(zipped([(name, b"x") for name in wanted], names=charset, flagged=names == "utf-8"))
    if names != "utf-8":
        with zipfile.ZipFile(path) as package:
            assert package.namelist() != wanted  # mojibake, as zipfile reads it
    assert [name for name, _ in dump.texts(path, Skipped())] == wanted


def test_bombs_and_paths_that_climb_are_turned_away(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("../../etc/passwd.txt", "climbing")
        package.writestr("C:\\windows\\evil.txt", "with a drive")
        package.writestr("bomb.txt", b"\0" * (8 << 20))
        package.writestr("huge.txt", os.urandom(1 << 10) * (17 << 10))
        package.writestr("picture.png", b"\x89PNG")
        package.writestr("__MACOSX/._a.txt", b"furniture")
        package.writestr("good.txt", "好")
        # a second entry of the table of contents on the same octets
        package.filelist.append(package.filelist[-1])
    path = tmp_path / "a.zip"
    path.write_bytes(out.getvalue())
    skipped = Skipped()
    found = dict(dump.texts(path, skipped))
    assert set(found) == {"etc/passwd.txt", "windows/evil.txt", "good.txt"}
    assert skipped.counts == {
        "packed too tightly to be a text": 1,
        "larger than a text can be": 1,
        "no text: *.png": 1,
        "lies on top of another file": 1,
    }
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip"]


def test_a_lie_about_the_size_does_not_help_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("bomb.txt", b"\0" * (64 << 20))
    data = bytearray(out.getvalue())
    real = (64 << 20).to_bytes(4, "little")
    while (at := data.find(real)) >= 0:
        data[at : at + 4] = (1000).to_bytes(4, "little")
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    skipped = Skipped()
    found = list(dump.texts(path, skipped))
    assert sum(len(one) for _, one in found) <= 1000
    assert sum(skipped.counts.values()) + len(found) == 1


def test_from_the_command_line_and_through_a_rebuild(home: Home, tmp_path: Path) -> None:
    """Compared with the entries, said to be witnesses, counted in no coverage, kept byte for byte, read again."""
    with ImitationServer(CORPUS, "chorography") as server:
        home.init(server)
        home.crawl()
        files = dict(articles(CORPUS, server.url))
        # without a URL: known by library, book and title; two say something else
        changed = [name for name in files if len(files[name]) > 300]
        for name in changed[:10]:
            files[name] = re.sub(r"来源：\S+", "来源：山东地情档案", files[name])
        for name in changed[:2]:
            files[name] = files[name].rstrip("\n") + "后人所加。\n"
        given = tmp_path / "泰安.zip"
        given.write_bytes(zipped((name, content.encode("gb18030")) for name, content in files.items()))
        before, coverage, entries = knowledge(home.path), home.coverage(), home.entries()
        (report,) = json.loads(home.mirror("import", "t", str(given), "--json").stdout)
        assert (report["outcome"], report["texts"], report["of_source"]) == ("witnesses", len(files), len(files) - 10)
    assert (knowledge(home.path), home.coverage(), home.entries()) == (before, coverage, entries)
    counts = json.loads(home.mirror("witnesses", "t", "--compare", "--json", code=3).stdout)
    assert counts["different"] == 2
    assert counts["same"] == len(files) - 2 - counts["unknown"]
    assert (counts["url"], counts["title"] + counts["text"] + counts["unknown"]) == (len(files) - 10, 10)
    assert counts["unknown"] <= 1
    hits = json.loads(home.mirror("witnesses", "t", "后人所加", "--json").stdout)
    assert len(hits) == 2 and all(not hit["captured"] and hit["same"] is False for hit in hits)
    shown = home.mirror("witnesses", "t", "--show", str(hits[0]["witness"])).stdout
    assert "没有存档" in shown and "后人所加。" in shown
    searched_beside_the_entries(home)
    kept = [path for path in (home.path / "collections" / "t" / "witnesses").iterdir() if path.suffix == ".zip"]
    assert [path.read_bytes() for path in kept] == [given.read_bytes()]
    assert json.loads(home.mirror("import", "t", str(given), "--json").stdout)[0]["outcome"] == "known"
    home.mirror("rebuild", "t")
    assert json.loads(home.mirror("witnesses", "t", "--compare", "--json", code=3).stdout) == counts


def searched_beside_the_entries(home: Home) -> None:
    """`mirror search` gives witnesses behind the entries, each said to be one; what is of a time has none."""
    for query in ("后人所加", "年"):
        every = json.loads(home.mirror("search", "t", query, "--limit", "10000", "--json").stdout)
        found = [hit["witness"] for hit in every if hit["witness"] is not None]
        assert [hit["witness"] is None for hit in every] == sorted(
            (hit["witness"] is None for hit in every), reverse=True
        )
        listed = json.loads(home.mirror("witnesses", "t", query, "--limit", "10000", "--json").stdout)
        assert found == [one["witness"] for one in listed]
        assert all(not hit["captured"] and "/" in hit["id"] for hit in every if hit["witness"] is not None)
        entries = json.loads(home.mirror("search", "t", query, "--limit", "10000", "--no-witnesses", "--json").stdout)
        assert entries == every[: len(entries)] and not any(hit["witness"] for hit in entries)
        # One page after the other, over the line between entries and witnesses.
        offset = max(0, len(entries) - 1)
        page = json.loads(home.mirror("search", "t", query, "--limit", "3", "--offset", str(offset), "--json").stdout)
        assert page == every[offset : offset + 3]
    assert len(entries) > 10 and len(found) > 10
    at = home.mirror("search", "t", "后人所加", "--at", "2999-01-01", "--json").stdout
    assert json.loads(at) == []
    text = home.mirror("search", "t", "后人所加").stdout
    assert text.count("旁证 witness") == 2
    home.mirror("search", "t", "年", "--at", "2999-01-01", "--all-versions", code=2)


def test_folders_and_single_texts_come_in_too(home: Home, tmp_path: Path) -> None:
    home.mirror("init", "t", "--source", "chorography")
    folder = tmp_path / "东平县地情库"
    for name, content in list(articles(CORPUS, BASE))[:12]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "out").symlink_to("/etc")
    (tmp_path / "one.txt").write_text(text_file("概述", f"{BASE}database/b9/section/1/article/1/", "正文"), "utf-8")
    reports = json.loads(home.mirror("import", "t", str(folder), str(tmp_path / "one.txt"), "--json", code=3).stdout)
    assert [(one["outcome"], one["texts"]) for one in reports] == [("witnesses", 12), ("witnesses", 1)]
    assert reports[0]["skipped"] == {"a link to somewhere else": 1}
    assert json.loads(home.mirror("witnesses", "t", "正文", "--json").stdout)[0]["entry"] == "b9/1/1"
    (tmp_path / "broken.zip").write_bytes(zipped([("a.txt", b"x" * 100)])[:60])
    assert json.loads(home.mirror("import", "t", str(tmp_path / "broken.zip"), "--json", code=3).stdout)


def test_a_kill_while_a_dump_is_read_is_made_good(filled: tuple[Database, Path], tmp_path: Path) -> None:
    database, path = filled
    with database.transaction() as db:
        db.execute("UPDATE witness_source SET whole = 0")
        db.execute("DELETE FROM witness WHERE id % 2 = 0 AND id > 40")
    # the index still knows what is gone: reading anew must not trip over it
    tally = store.load(
        database, path, "m", "dump.zip", "2026-07-02T00:00:00Z", Sources(open_site("chorography")), Skipped()
    )
    assert tally.texts == len(list(witnesses(database.connection)))
    database.close()


def test_memory_stays_flat_with_a_large_dump(home: Home, tmp_path: Path) -> None:
    """A quarter of its 16,027 texts, of 6.6 KB on average, one of 200 KB; and how many were read is counted."""
    line = "沂水县境内河流众多，水系发达，1988年修建拦河闸一座，受益面积七十一平方公里。" * 2
    path = tmp_path / "泰安.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for number in range(4_000):
            lines = 2700 if number == 7 else 60
            body = "\n".join(f"    {number}-{at} {line}" for at in range(lines // 3))
            name = f"山东省/泰安市/泰安年鉴库/泰安年鉴{number % 23}/栏目{number % 97}/条目{number}.txt"
            url = f"{BASE}database/b9/section/{number % 23 + 1}/article/{number + 1}/"
            package.writestr(name, text_file(f"条目{number}", url, body))
    home.mirror("init", "t", "--source", "chorography")
    program = (
        "import sys; from mirror.cli import main; from tests.memory import peak_kib\n"
        "try: main()\n"
        "finally: print(peak_kib(), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "import", "t", str(path), "--json"],
        env={**os.environ, "MIRROR_HOME": str(home.path), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)[0]["texts"] == 4_000
    taken = int(ran.stderr.splitlines()[-1])
    assert taken < 300_000, f"{taken} KiB"
