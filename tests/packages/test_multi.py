"""A multi-WACZ imported in one go: what was exported comes back as captures of the same entries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.home import Home
from tests.packages.conftest import Archived

pytestmark = pytest.mark.parametrize("archived", ["mse"], indirect=True)


def imported(home: Home, path: Path, code: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.mirror("import", "t", "--json", str(path), code=code).stdout)
    return found


def texts(home: Home) -> dict[str, str]:
    return {key: entry["raw_text"] for key, entry in home.entries().items()}


def test_a_manifest_brings_in_all_its_packages(archived: Archived, tmp_path: Path) -> None:
    folder, home = tmp_path / "packages", Home(tmp_path / "home")
    archived.export("wacz", folder, "--shard", "library")
    names = sorted(path.name for path in folder.glob("*.wacz"))
    root = json.loads(archived.home.mirror("export", "t", "--format", "jsonl", "-o", "-").stdout.splitlines()[0])
    base = root["capture"]["url"].partition("bin/")[0]
    home.mirror("init", "t", "--source", "mse", "--base-url", base)
    found = imported(home, folder)
    assert sorted(one["file"] for one in found) == names
    assert {one["outcome"] for one in found} == {"imported"}
    assert texts(home) == texts(archived.home)
    home.mirror("verify", "t")
    assert {one["outcome"] for one in imported(home, folder / "datapackage.json")} == {"known"}

    # One package is lost, one is not the one that was described; a path that leads away is not followed.
    other = Home(tmp_path / "other")
    other.mirror("init", "t", "--source", "mse", "--base-url", base)
    manifest = json.loads((folder / "datapackage.json").read_text("utf-8"))
    (folder / names[0]).rename(tmp_path / "elsewhere.wacz")
    for one in manifest["resources"]:
        if one["path"] == names[0]:
            one["path"] = "../elsewhere.wacz"
        if one["path"] == names[1]:
            one["hash"] = "sha256:" + "0" * 64
    (folder / "datapackage.json").write_text(json.dumps(manifest), "utf-8")
    found = imported(other, folder / "datapackage.json", code=3)
    said = {one["file"]: (one["outcome"], bool(one["problem"])) for one in found}
    assert said == {
        names[0]: ("unreadable", True),
        names[1]: ("imported", True),
        **dict.fromkeys(names[2:], ("imported", False)),
    }
