"""Every form an export can take, read back by other programs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lxml import etree

from mirror.extraction.structure.titles import own_title_end
from mirror.imitation import Corpus, ImitationServer
from tests.home import Home

FORMS = {"csv": ".csv", "parquet": "", "txt": "", "tei": "", "epub": "", "datapackage": ""}
TEI = "{http://www.tei-c.org/ns/1.0}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose collection `t` has been crawled once."""
    home = Home(tmp_path_factory.mktemp("home"))
    with ImitationServer(Corpus(160), "mse") as server:
        home.init(server)
        home.crawl()
    return home


def export(home: Home, form: str, output: Path, *more: str) -> Path:
    home.mirror("export", "t", "--format", form, "-o", str(output), *more)
    return output


def digests(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return {str(one.relative_to(path)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_store_gives_the_same_bytes(crawled: Home, tmp_path: Path, form: str) -> None:
    first = export(crawled, form, tmp_path / f"first{FORMS[form]}")
    second = export(crawled, form, tmp_path / f"second{FORMS[form]}")
    assert digests(first) == digests(second) != {}
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_csv(crawled: Home, tmp_path: Path) -> None:
    path = export(crawled, "csv", tmp_path / "t.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,library,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    entries = crawled.entries()
    assert [row["id"] for row in rows] == list(entries)
    for row in rows:
        entry = entries[row["id"]]
        assert (row["text"], row["title"], row["guarded"]) == (entry["text"], entry["title"], "")
        assert json.loads(row["tables"]) == entry["tables"] and json.loads(row["path"]) == entry["path"]
    piped = crawled.mirror("export", "t", "--format", "csv", "-o", "-", "--scope", "ch9/1/1").stdout
    assert [row["id"] for row in csv.DictReader(io.StringIO(piped.lstrip("\ufeff")))] == ["ch9/1/1"]


def test_parquet(crawled: Home, tmp_path: Path) -> None:
    folder = export(crawled, "parquet", tmp_path / "parquet")
    entries = crawled.entries()
    assert {path.stem for path in folder.iterdir()} == {entry["library"]["code"] for entry in entries.values()}
    read: dict[str, Any] = {}
    for path in folder.iterdir():
        read.update({row["id"]: row for row in pq.read_table(path).to_pylist()})
    assert read.keys() == entries.keys()
    for number, entry in entries.items():
        row = read[number]
        times = [row.pop("first_seen"), row.pop("last_seen"), row["capture"].pop("timestamp")]
        wanted = [entry.pop("first_seen"), entry.pop("last_seen"), entry["capture"].pop("timestamp")]
        assert [f"{time:%Y-%m-%dT%H:%M:%S.%f}Z" for time in times] == wanted
        assert row == entry


def test_txt(crawled: Home, tmp_path: Path) -> None:
    folder = export(crawled, "txt", tmp_path / "txt")
    entries = crawled.entries()
    files = {path.relative_to(folder): path.read_text("utf-8") for path in folder.rglob("*.txt")}
    assert len(files) == len(entries)
    assert {path.parts[0] for path in files} == {"山东省"}
    texts = Counter(text.split("=" * 40 + "\n\n", 1)[1].removesuffix("\n") for text in files.values())
    assert texts == Counter(entry["text"] for entry in entries.values())
    deepest = max(files, key=lambda path: len(path.parts))
    lines = files[deepest].splitlines()
    assert [line[:3] for line in lines[1:4]] == ["标题：", "来源：", "时间："]
    entry = next(one for one in entries.values() if one["capture"]["url"] == lines[2][3:])
    assert deepest.parts[2] == f"{entry['library']['title']}（{entry['library']['code']}）"
    assert len(deepest.parts) == 5 + len(entry["path"])


def test_tei(crawled: Home, tmp_path: Path) -> None:
    """Against the part of TEI All that we write; each rule of `tei.rng` names its place in the Guidelines."""
    schema = etree.RelaxNG(etree.parse(Path(__file__).with_name("tei.rng")))
    folder = export(crawled, "tei", tmp_path / "tei")
    entries = crawled.entries()
    seen: dict[str, etree._Element] = {}
    for path in folder.iterdir():
        document = etree.parse(path)
        schema.assertValid(document)
        divisions = document.iter(f"{TEI}div")
        seen.update(
            {division.get("{http://www.w3.org/XML/1998/namespace}id", ""): division for division in divisions}
        )
    assert seen.keys() == {f"e-{number.replace('/', '-')}" for number in entries}
    for number, entry in entries.items():
        division = seen[f"e-{number.replace('/', '-')}"]
        above = list(division.iterancestors(f"{TEI}div"))
        assert len(above) == len(entry["path"])
        tables = division.findall(f"{TEI}table")
        rows = [[["".join(cell.itertext()) for cell in row] for row in table.iter(f"{TEI}row")] for table in tables]
        assert rows == [table["rows"] for table in entry["tables"]]
        if not entry["tables"]:
            bare = "".join("".join(one.itertext()) for one in division.findall(f"{TEI}p"))
            text = entry["text"][own_title_end(entry["text"], entry["title"]) :]
            assert "".join(bare.split()) == "".join(text.split())
    one = crawled.mirror("export", "t", "--format", "tei", "-o", "-", "--scope", "ch9/1").stdout
    assert one.encode() == (folder / "ch9-1.xml").read_bytes()
    crawled.mirror("export", "t", "--format", "tei", "-o", "-", code=2)


def test_epub(crawled: Home, tmp_path: Path) -> None:
    book = export(crawled, "epub", tmp_path / "book.epub", "--scope", "ch9/1")
    folder = export(crawled, "epub", tmp_path / "books")
    assert (folder / "ch9-1.epub").read_bytes() == book.read_bytes()
    checked = subprocess.run(
        ["java", "-jar", "/usr/share/java/epubcheck.jar", "--failonwarnings", str(book)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stderr + checked.stdout
    entries = [entry for number, entry in crawled.entries().items() if number.startswith("ch9/1/")]
    with zipfile.ZipFile(book) as package:
        assert package.namelist()[0] == "mimetype" and {one.date_time[0] for one in package.infolist()} == {1980}
        nav = etree.fromstring(package.read("EPUB/nav.xhtml"))
        links = [link.get("href", "") for link in nav.iter(f"{XHTML}a")]
        assert [link.split("#e")[1] for link in links] == [str(entry["rec"]) for entry in entries]
        body = "".join(
            "".join(etree.fromstring(package.read(f"EPUB/{name}")).itertext())
            for name in dict.fromkeys(link.split("#")[0] for link in links)
        )
    assert all(
        cell in body for entry in entries for table in entry["tables"] for row in table["rows"] for cell in row
    )


def test_data_package(crawled: Home, tmp_path: Path) -> None:
    folder = export(crawled, "datapackage", tmp_path / "package", "--scope", "ch9", "--scope", "a/1")
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert {one["path"] for one in package["resources"]} | {"datapackage.json"} == {
        one.name for one in folder.iterdir()
    }
    tables: dict[str, list[dict[str, str]]] = {}
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data) and resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        if "schema" in resource:
            reader = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
            tables[resource["name"]] = list(reader)
            assert reader.fieldnames == [one["name"] for one in resource["schema"]["fields"]]
            keys = [tuple(row[name] for name in resource["schema"]["primaryKey"]) for row in tables[resource["name"]]]
            assert len(set(keys)) == len(keys) > 0
    held = {(row["library"], row["number"]) for row in tables["books"]}
    assert {(row["library"], row["book"]) for row in tables["entries"]} == held
    assert {library for library, _ in held} == {row["code"] for row in tables["libraries"]} == {"ch9", "a"}
    lines = (folder / "entries.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in tables["entries"]]


@pytest.mark.parametrize("form", [form for form, suffix in FORMS.items() if not suffix])
def test_what_is_in_the_way_stays(crawled: Home, tmp_path: Path, form: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").write_text("mine")
    crawled.mirror("export", "t", "--format", form, "-o", str(tmp_path / "there"), code=2)
    assert [one.name for one in tmp_path.rglob("*")] == ["there", "mine"]
    shutil.rmtree(tmp_path / "there")
    crawled.mirror("export", "t", "--format", form, "-o", str(tmp_path / "none" / "there"), code=1)
