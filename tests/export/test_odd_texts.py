"""Titles and texts that would break a form, or do harm in it."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mirror.collection import Collection
from mirror.config import CollectionConfig
from mirror.export.csv import guarded
from mirror.export.formats import Export, exporter
from mirror.export.txt import safe
from tests.search.shelf import Shelf, Shelved

ODD = [
    Shelved("=HYPERLINK(\"http://evil\",\"点\")", "@SUM(1)\n=2+5"),
    Shelved("../../etc/passwd", "a\x00b\x08c\ufffe]]>&<p>\"'"),
    Shelved("CON", "第一行\r\n第二行"),
    Shelved("长" * 300, "𠮷" * 40),
    Shelved(" . ", ""),
    Shelved("a\u202eb\u200bc\n\td", "−5℃"),
    Shelved("", ""),
]  # fmt: skip


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Collection]:
    """A collection with odd entries, put straight into its store."""
    config = CollectionConfig(source="mse", base_url="http://127.0.0.1:1/bin/mse.exe")
    collection = Collection.create(tmp_path / "home", "odd", config)
    shelf = Shelf(collection.database_path)
    for rec, one in enumerate(ODD, 1):
        shelf.put(rec, one)
    with shelf.database.transaction() as db:
        db.execute("INSERT INTO warc (id, name) VALUES (1, 'a.warc.gz')")
        db.executemany(
            "INSERT INTO capture (id, url_id, crawl, target, timestamp, type, status, record_id, payload_digest, "
            "warc_id, offset, length, verdict) VALUES (?, 1, 1, 'http://127.0.0.1:1/bin/mse.exe?a=1&b=2', "
            "'2026-01-01T00:00:00.000000Z', 'response', 200, '<urn:uuid:1>', 'sha1:A', 1, 0, 1, 'ok')",
            [(rec,) for rec in range(1, len(ODD) + 1)],
        )
    shelf.database.close()
    yield collection


def run(collection: Collection, form: str, output: Path) -> Path:
    exporter(form)(Export(collection, output))
    return output


def test_no_cell_is_a_formula_and_none_is_changed_in_silence(odd: Collection, tmp_path: Path) -> None:
    with run(odd, "csv", tmp_path / "odd.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["guarded"] for row in rows][:2] == ["title text", ""]
    for row, one in zip(rows, ODD, strict=True):
        assert not row["title"].startswith(("=", "+", "-", "@"))
        for name in row["guarded"].split():
            assert row[name].startswith("'")
            row[name] = row[name][1:]
        assert (row["title"], row["text"]) == (one.title, one.text)


@given(st.dictionaries(st.sampled_from("abc"), st.text("=+-@＝\t\r\n'x", max_size=3)))
def test_guarding_can_be_undone(row: dict[str, str]) -> None:
    safe_row = guarded(row)
    names = safe_row.pop("guarded").split()
    assert not any(value[:1] in tuple("=+-@＝＋－＠\t\r\n") and value for value in safe_row.values())
    assert {name: value[1:] if name in names else value for name, value in safe_row.items()} == row


def test_xml_is_well_formed_whatever_the_text(odd: Collection, tmp_path: Path) -> None:
    text = run(odd, "tei", tmp_path / "odd.xml").read_bytes()
    etree.fromstring(text)
    assert "a\ufffdb\ufffdc\ufffd]]&gt;&amp;&lt;p&gt;".encode() in text
    with zipfile.ZipFile(run(odd, "epub", tmp_path / "odd.epub")) as package:
        for name in package.namelist():
            if name.endswith((".xhtml", ".opf", ".xml")):
                etree.fromstring(package.read(name))


def test_no_file_leaves_its_folder(odd: Collection, tmp_path: Path) -> None:
    folder = run(odd, "txt", tmp_path / "txt")
    names = sorted(path.name for path in folder.rglob("*.txt"))
    assert len(names) == len(ODD)
    assert names[1] == "0002 ．．／．．／etc／passwd.txt" or "/" not in names[1]
    assert names[2] == "0003 _CON.txt" and names[4] == "0005 无题.txt" and names[5] == "0006 a b c d.txt"
    for form in ("parquet", "datapackage"):
        run(odd, form, tmp_path / form)


@given(st.text(max_size=200))
def test_any_title_makes_a_name(title: str) -> None:
    name = safe(title)
    assert not set(name) & set('/\\:*?"<>|\x00\n') and len(name.encode("utf-8", "replace")) <= 120
    assert not name.endswith((" ", ".")) and name not in (".", "..")
