"""Harvesters by ResourceSync (ANSI/NISO Z39.99), with its own client: all is copied, changes are told."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from pathlib import Path

import pytest
from lxml import etree
from resync.change_list import ChangeList
from resync.client import Client
from resync.source_description import SourceDescription

from mirror.browse import resourcesync
from mirror.browse.holdings import Holdings
from mirror.browse.resourcesync import Lists
from mirror.collection import Collection
from mirror.export import site
from mirror.export.formats import Export
from tests.browse.serving import Served
from tests.home import Home


def test_a_harvester_copies_every_entry(
    served: Served, held: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the client leaves a note where it runs
    described = SourceDescription()
    described.read(uri=f"{served.root}/.well-known/resourcesync")
    lists = {one.uri.rpartition("/resourcesync/")[2]: one.uri for one in described}
    assert lists.keys() == {"old/capabilitylist.xml", "zhi/capabilitylist.xml"}
    client = Client()
    client.set_mappings([f"{served.root}/c/zhi", str(tmp_path)])
    client.capability_list_uri = lists["zhi/capabilitylist.xml"]
    client.baseline_or_audit()
    copied = [json.loads(path.read_text("utf-8")) for path in tmp_path.rglob("*.entry.json")]
    assert {entry["id"]: entry for entry in copied} == held.entries("zhi")


def test_a_harvester_learns_what_changed(served: Served, held: Home) -> None:
    """What `mirror diff` says of the last two crawls, as far as an entry has another text now."""
    (part,) = etree.fromstring(served.page("/resourcesync/zhi/changelist.xml").encode()).iterfind("{*}sitemap/{*}loc")
    changes = ChangeList()
    changes.read(uri=part.text)
    base = f"{served.root}/c/zhi/"
    told = {one.uri.removeprefix(base).removesuffix(".entry.json"): one.change for one in changes}
    stated = json.loads(held.mirror("diff", "zhi", "--format", "json").stdout)["changes"]
    old, new = ({one[side] for one in stated if one[side]} for side in ("old_id", "id"))
    assert told and told.keys() <= new
    for one in stated:
        if one["kind"] == "added":
            assert told[one["id"]] == ("updated" if one["id"] in old else "created"), one
        elif one["kind"] in ("edited", "retitled", "cosmetic"):
            assert told[one["id"]] == "updated", one
    assert changes.md["md_from"] < changes.md["md_until"]
    (none,) = etree.fromstring(served.page("/resourcesync/old/changelist.xml").encode()).iterfind("{*}sitemap/{*}loc")
    assert "<url>" not in served.page(none.text.removeprefix(served.root)), "one crawl: nothing to compare"


def test_lists_are_parted(held: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = len(held.entries("zhi"))
    monkeypatch.setattr(resourcesync, "PART", 25)
    lists = Lists(Holdings(held.path), "http://a", "zhi")
    parts = lists.resource_list_index().count("<sitemap>")
    assert parts >= whole / 25
    assert sum(lists.resource_list(part).count("<url>") for part in range(1, parts + 1)) == whole
    changed = [lists.change_list(part) for part in range(1, lists.change_list_index().count("<sitemap>") + 1)]
    assert len(changed) > 1 and all(0 < part.count("<url>") <= 25 for part in changed)


def test_what_is_not_there(served: Served) -> None:
    for path in ("no/capabilitylist", "zhi/resourcelist/99", "zhi/changelist/99", "zhi/capabilitylist/1", "zhi/x"):
        assert served.get(f"/resourcesync/{path}.xml").status == 404, path


def test_a_harvester_copies_a_static_site(held: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the description at the root of its host; digests and lengths are those of the files."""
    monkeypatch.chdir(tmp_path)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    serve = functools.partial(Quiet, directory=tmp_path / "www")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            root = f"http://127.0.0.1:{server.server_port}"
            old = Collection.open(held.path, "old")
            site.export(Export(old, tmp_path / "www", options={"url": root + "/"}))
            client = Client(hashes=["sha-256"])
            client.set_mappings([root, str(tmp_path / "copy")])
            (tmp_path / "copy").mkdir()
            client.baseline_or_audit()
        finally:
            server.shutdown()
            thread.join()
    files = [path.relative_to(tmp_path / "www") for path in (tmp_path / "www").rglob("book.jsonl")]
    assert files and all(
        (tmp_path / "copy" / file).read_bytes() == (tmp_path / "www" / file).read_bytes() for file in files
    )
