"""`mirror export --format bagit`: a bag that the Library of Congress's own tool accepts."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from tests.packages.conftest import Archived, run

BAGIT = Path(sys.executable).parent / "bagit.py"


def test_the_bag_is_valid_and_holds_the_collection(archived: Archived, tmp_path: Path) -> None:
    archived.export("bagit", tmp_path / "bag")
    run(sys.executable, BAGIT, "--validate", tmp_path / "bag")
    held = {
        path.relative_to(tmp_path / "bag" / "data"): path.read_bytes()
        for path in (tmp_path / "bag" / "data").rglob("*")
        if path.is_file()
    }
    expected = {
        path.relative_to(archived.collection): path.read_bytes()
        for path in archived.collection.rglob("*")
        if path.is_file() and not path.name.startswith(("mirror.db", ".lock"))
    }
    assert held == expected
    assert len([path for path in held if path.parts[0] == "archive"]) == 2
    assert len([path for path in held if path.parts[0] == "reports"]) >= 2
    assert "External-Identifier: t\n" in (tmp_path / "bag" / "bag-info.txt").read_text("utf-8")


def test_a_changed_byte_is_found(archived: Archived, tmp_path: Path) -> None:
    archived.export("bagit", tmp_path / "bag")
    warc = next((tmp_path / "bag" / "data" / "archive").iterdir())
    octets = bytearray(warc.read_bytes())
    octets[1000] ^= 1
    warc.write_bytes(octets)
    assert warc.name in run(sys.executable, BAGIT, "--validate", tmp_path / "bag", code=1).stderr


def test_the_database_comes_along_if_asked(archived: Archived, tmp_path: Path) -> None:
    archived.export("bagit", tmp_path / "bag", "--with-database")
    run(sys.executable, BAGIT, "--validate", tmp_path / "bag")
    database = sqlite3.connect(tmp_path / "bag" / "data" / "mirror.db")
    assert database.execute("SELECT count(*) FROM entry").fetchone()[0] == len(archived.home.entries())
    database.close()


def test_no_password_is_handed_over(archived: Archived, tmp_path: Path) -> None:
    copy = archived.copy(tmp_path / "home")
    settings = copy.collection / "mirror.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('proxy = ""', 'proxy = "http://me:secret@127.0.0.1:3128"')
    )
    copy.export("bagit", tmp_path / "bag")
    handed = (tmp_path / "bag" / "data" / "mirror.toml").read_text("utf-8")
    assert 'proxy = "http://127.0.0.1:3128"' in handed and "secret" not in handed
    assert "secret" in settings.read_text("utf-8")


def test_a_bag_holds_all_or_nothing(archived: Archived, tmp_path: Path) -> None:
    assert "whole collection" in archived.export("bagit", tmp_path / "bag", "--scope", "ch9", code=2)
