"""`mirror export --format wacz`: packages as CONFORMANCE Z1-Z7 want them, whole or in parts."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.signing import SigningKey
from tests.packages.conftest import Archived, run
from warc import reader
from warc.wacz.signature import Signer, verify
from warc.wacz.zipnum import ZipNum

BIN = Path(sys.executable).parent
#: Bytes above which a test's package is ZIP64, as others are above 4 GiB.
ZIP64_FROM = 5_000


@pytest.fixture(scope="module")
def single(archived: Archived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("single") / "t.wacz"
    archived.export("wacz", output)
    return output


@pytest.fixture(scope="module", params=["library", "book", "auto"])
def sharded(request: pytest.FixtureRequest, archived: Archived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sharded") / request.param
    export_in_parts(archived, output)
    return output


def export_in_parts(archived: Archived, output: Path) -> None:
    """By library or book, as the name of the folder says; or by size, what counts as large being lowered."""
    if output.name != "auto":
        archived.export("wacz", output, "--shard", output.name)
        return
    program = "import mirror.export.wacz as wacz; wacz.MOST_CAPTURES = 70; from mirror.cli import main; main()"
    command = ("export", "t", "--format", "wacz", "-o", str(output), "--home", str(archived.home.path))
    run(sys.executable, "-c", program, *command)


def index(package: Path) -> list[str]:
    """The lines of a package's index, found as a browser finds them: through index.idx."""
    with zipfile.ZipFile(package) as wacz:
        data = wacz.read("indexes/index.cdx.gz")
        meta, *blocks = wacz.read("indexes/index.idx").decode("utf-8").splitlines()
    assert meta == '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}'
    lines, end = [], 0
    for block in blocks:
        prefix, _, place = block.partition(" {")
        fields = json.loads("{" + place)
        member = data[fields["offset"] : fields["offset"] + fields["length"]]
        assert fields["digest"] == "sha256:" + hashlib.sha256(member).hexdigest()
        assert fields["offset"] == end
        end += fields["length"]
        found = gzip.decompress(member).decode("utf-8").splitlines()
        assert found[0].startswith(prefix + " {")
        lines += found
    assert end == len(data)
    return lines


def page_lists(package: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with zipfile.ZipFile(package) as wacz:
        lists = [
            [json.loads(line) for line in wacz.read(f"pages/{name}.jsonl").decode("utf-8").splitlines()]
            for name in ("pages", "extraPages")
        ]
    for head, *_ in lists:
        assert head["format"] == "json-pages-1.0"
    return lists[0][1:], lists[1][1:]


def captures(lines: list[str]) -> Iterator[tuple[str, str]]:
    """URL and time to the second, as page lists have them."""
    for line in lines:
        key, _, fields = line.partition(" {")
        stamp = key.rpartition(" ")[2]
        moment = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]}Z"
        yield json.loads("{" + fields)["url"], moment


#: `wacz validate` for each of several files; it takes long to start.
VALIDATE = (
    "import sys; from wacz.main import main; sys.exit(any([main(['validate', '-f', f]) for f in sys.argv[1:]]))"
)


def validate(tool: Callable[[str], Path], *packages: Path) -> None:
    """As py-wacz judges them."""
    assert run(tool("wacz"), "-c", VALIDATE, *packages).stdout.count("the passed WACZ is valid") == len(packages)


def check(package: Path, tmp_path: Path) -> list[str]:
    """Everything that must hold of any package, and py-wacz does not look at; gives its index."""
    with zipfile.ZipFile(package) as wacz:
        assert wacz.testzip() is None
        members = wacz.infolist()
        for member in members:
            if member.filename.endswith(".gz"):
                assert member.compress_type == zipfile.ZIP_STORED, member.filename
        datapackage = wacz.read("datapackage.json")
        described, stated = json.loads(datapackage), json.loads(wacz.read("datapackage-digest.json"))
        resources = {one["path"]: one for one in described["resources"]}
        assert len({one["name"] for one in described["resources"]}) == len(described["resources"])
        assert [m.filename for m in members] == [*resources, "datapackage.json", "datapackage-digest.json"]
        for path, one in resources.items():
            octets = wacz.read(path)
            assert (one["hash"], one["bytes"]) == ("sha256:" + hashlib.sha256(octets).hexdigest(), len(octets))
        warcs = [Path(wacz.extract(m, tmp_path)) for m in members if m.filename.startswith("archive/")]
    assert (described["profile"], described["wacz_version"]) == ("data-package", "1.1.1")
    signed = stated["signedData"]
    assert signed["hash"] == stated["hash"] == "sha256:" + hashlib.sha256(datapackage).hexdigest()
    assert signed["created"] == described["created"]
    assert verify(signed)
    assert not verify({**signed, "hash": "sha256:" + "0" * 64})
    lines = index(package)
    assert lines == run(BIN / "cdxj-indexer", "-s", *warcs).stdout.splitlines()
    held = set(captures(lines))
    entrances, entries = page_lists(package)
    assert entrances and {(page["url"], page["ts"]) for page in entrances + entries} <= held
    assert len({page["id"] for page in entrances + entries}) == len(entrances) + len(entries)
    assert (described["mainPageUrl"], described["mainPageDate"]) == (entrances[0]["url"], entrances[0]["ts"])
    whole = {
        (record.target_uri, record.date): record.get("WARC-Payload-Digest")
        for path in warcs
        for record in reader.read(path)
        if record.type == "response"
    }
    for path in warcs:
        for record in reader.read(path):
            if record.type == "revisit":
                refers = (record.get("WARC-Refers-To-Target-URI"), record.get("WARC-Refers-To-Date") or "")
                assert whole[refers] == record.get("WARC-Payload-Digest")
    return lines


def test_a_small_collection_is_one_sound_package(
    archived: Archived, single: Path, tool: Callable[[str], Path], tmp_path: Path
) -> None:
    validate(tool, single)
    lines = check(single, tmp_path)
    assert lines == (archived.collection / "indexes/index.cdxj").read_text("utf-8").splitlines()
    with zipfile.ZipFile(single) as wacz:
        for path in archived.warcs:
            assert wacz.read(f"archive/{path.name}") == path.read_bytes()
    entrances, entries = page_lists(single)
    told = {(page["url"], page["ts"]): page for page in entries}
    for entry in archived.home.entries().values():
        page = told[entry["capture"]["url"], entry["capture"]["timestamp"][:19] + "Z"]
        assert (page["title"], page["text"]) == (entry["title"], entry["text"])
    assert len(entries) > len(archived.home.entries())  # texts of the first crawl that were changed since
    assert "首页 home" in {page["title"] for page in entrances}
    assert any("·" in page["title"] and "志" in page["title"] for page in entrances)


def test_every_part_stands_alone_and_together_they_are_all(
    archived: Archived, sharded: Path, tool: Callable[[str], Path], tmp_path: Path
) -> None:
    manifest = json.loads((sharded / "datapackage.json").read_text("utf-8"))
    assert manifest["profile"] == "multi-wacz-package"
    packages = sorted(sharded.glob("*.wacz"))
    assert sorted(one["path"] for one in manifest["resources"]) == [path.name for path in packages]
    assert manifest["resources"][0]["path"] == "t-common.wacz" and len(packages) >= 3
    validate(tool, *packages)
    held: Counter[tuple[str, str, str]] = Counter()
    entries: list[tuple[str, str]] = []
    for one in manifest["resources"]:
        package = sharded / one["path"]
        octets = package.read_bytes()
        assert (one["hash"], one["bytes"]) == ("sha256:" + hashlib.sha256(octets).hexdigest(), len(octets))
        lines = check(package, tmp_path / package.name)
        held.update(
            (*capture, json.loads("{" + line.partition(" {")[2])["digest"])
            for capture, line in zip(captures(lines), lines, strict=True)
        )
        entries += [(page["url"], page["ts"]) for page in page_lists(package)[1]]
    whole = (archived.collection / "indexes/index.cdxj").read_text("utf-8").splitlines()
    assert set(held) == {
        (*capture, json.loads("{" + line.partition(" {")[2])["digest"])
        for capture, line in zip(captures(whole), whole, strict=True)
    }
    often = {url for (url, _, _), count in held.items() if count > 1}
    assert often and all(url.endswith((".css", ".gif")) for url in often)
    assert len(entries) == len(set(entries)) >= len(archived.home.entries())


def test_the_same_collection_gives_the_same_packages(archived: Archived, sharded: Path, tmp_path: Path) -> None:
    """But for the time they were made at, and what follows from it."""
    again = tmp_path / sharded.name
    export_in_parts(archived, again)
    assert any("-to-" in path.name for path in again.iterdir()) == (sharded.name == "auto")
    for package in sharded.glob("*.wacz"):
        with zipfile.ZipFile(package) as first, zipfile.ZipFile(again / package.name) as second:
            assert first.namelist() == second.namelist()
            for name in first.namelist():
                if name.startswith("archive/"):
                    (made, *others), (made_again, *others_again) = (
                        [
                            (tmp_path / f"{n}.warc.gz").write_bytes(wacz.read(name))
                            and reader.read(tmp_path / f"{n}.warc.gz")
                        ][0]
                        for n, wacz in enumerate((first, second))
                    )
                    assert made.record_id == made_again.record_id
                    assert [r.block.digest for r in others] == [r.block.digest for r in others_again]
                elif name.startswith("pages/"):
                    assert first.read(name) == second.read(name)


def test_the_key_is_made_once_and_nobody_else_may_read_it(archived: Archived, single: Path, tmp_path: Path) -> None:
    key = archived.home.path / "signing-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    archived.export("wacz", tmp_path / "t.wacz")
    stated = []
    for package in (single, tmp_path / "t.wacz"):
        with zipfile.ZipFile(package) as wacz:
            stated.append(json.loads(wacz.read("datapackage-digest.json"))["signedData"]["publicKey"])
    assert stated[0] == stated[1] == Signer(SigningKey.of_home(archived.home.path).private).public_key


def test_a_spoilt_key_is_told(archived: Archived, tmp_path: Path) -> None:
    copy = archived.copy(tmp_path / "home")
    (copy.home.path / "signing-key.pem").write_text("-----BEGIN nonsense")
    assert "cannot be read as a signing key" in copy.export("wacz", tmp_path / "t.wacz", code=1)
    assert not (tmp_path / "t.wacz").exists()


def test_only_one_book(archived: Archived, tool: Callable[[str], Path], tmp_path: Path) -> None:
    archived.export("wacz", tmp_path / "book.wacz", "--scope", "ch9/1")
    validate(tool, tmp_path / "book.wacz")
    check(tmp_path / "book.wacz", tmp_path)
    entrances, entries = page_lists(tmp_path / "book.wacz")
    expected = {entry["capture"]["url"] for id, entry in archived.home.entries().items() if id.startswith("ch9/1/")}
    assert {page["url"] for page in entries} == expected
    assert len(entrances) == 1


def test_a_package_beyond_4_gib_is_zip64(
    archived: Archived, single: Path, tool: Callable[[str], Path], tmp_path: Path
) -> None:
    """With the limit of the ZIP format lowered in Python's own library: sizes and offsets in the ZIP64 fields."""
    large = tmp_path / "large.wacz"
    program = f"import zipfile; zipfile.ZIP64_LIMIT = {ZIP64_FROM}; from mirror.cli import main; main()"
    command = ("export", "t", "--format", "wacz", "-o", str(large), "--home", str(archived.home.path))
    run(sys.executable, "-c", program, *command)
    data = large.read_bytes()
    assert b"PK\x06\x06" in data[-300:]  # end of central directory, ZIP64
    assert b"PK\x06\x06" not in single.read_bytes()[-300:]
    with zipfile.ZipFile(large) as wacz, zipfile.ZipFile(single) as small:
        assert wacz.testzip() is None
        assert wacz.namelist() == small.namelist()
        assert sum(one.header_offset > ZIP64_FROM for one in wacz.infolist()) > 3
        assert wacz.read("indexes/index.cdx.gz") == small.read("indexes/index.cdx.gz")
    assert index(large) == index(single)
    run(tool("wacz"), "-m", "wacz.main", "validate", "-f", large)


def test_an_empty_collection_is_no_package(archived: Archived, tmp_path: Path) -> None:
    copy = archived.copy(tmp_path / "home")
    for path in copy.warcs:
        path.unlink()
    assert "nothing is archived" in copy.export("wacz", tmp_path / "t.wacz", code=1)
    assert "no finished WARC" in copy.export("warc", tmp_path / "w", code=1)


@given(
    keys=st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3)), max_size=60),
    at_most=st.integers(1, 7),
)
def test_a_zipnum_index_gives_every_line_back(keys: list[tuple[str, int]], at_most: int) -> None:
    """However the lines fall into blocks, and no two blocks begin alike: readers know them by that."""
    lines = [f'{key})/ 2026010100000{second} {{"n": {n}}}' for n, (key, second) in enumerate(sorted(keys))]
    zipnum = ZipNum(at_most=at_most)
    data = b"".join(zipnum.compressed(lines))
    blocks = [line.partition(" {") for line in zipnum.idx().decode().splitlines()[1:]]
    assert zipnum.lines == len(lines)
    assert len({prefix for prefix, _, _ in blocks}) == len(blocks)
    places = [json.loads("{" + place) for _, _, place in blocks]
    read = b"".join(gzip.decompress(data[one["offset"] : one["offset"] + one["length"]]) for one in places)
    assert read.decode().splitlines() == lines
