"""The search index made when a crawl has ended, if `mirror.toml` says so."""

from __future__ import annotations

import json
import re

import pytest

from mirror.collection import Collection
from mirror.imitation import Corpus, ImitationServer
from mirror.pipelines.afterwards import index_afterwards
from mirror.search.index import waiting
from tests.home import Home


def _waiting(collection: Collection, mark: bool = False) -> int:
    database = collection.database()
    try:
        if mark:
            with database.transaction() as db:
                db.execute("INSERT OR IGNORE INTO search_waiting SELECT id FROM entry")
        return waiting(database.connection)
    finally:
        database.close()


def test_nothing_waits_and_all_is_found_once(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        home.crawl("--set", "search.index=after")
    collection = Collection.open(home.path, "t")
    assert _waiting(collection) == 0
    entries = home.entries()
    some = next(iter(entries.values()))
    words = re.findall(r"[\u4e00-\u9fff]{4}", some["text"])[-1]
    hits = [hit["id"] for hit in json.loads(home.mirror("search", "t", words, "--json", "--limit", "50").stdout)]
    assert some["id"] in hits
    assert sorted(hits) == sorted(key for key, entry in entries.items() if words in entry["text"])

    # Somebody else has the collection: what waits goes on waiting, and is indexed the next time.
    assert _waiting(collection, mark=True) == len(entries)
    with collection.locked():
        index_afterwards(collection)
    assert _waiting(collection) == len(entries)
    assert "is being written by process" in capfd.readouterr().err
    index_afterwards(collection)
    assert _waiting(collection) == 0


def test_no_other_word_will_do(home: Home) -> None:
    with ImitationServer(Corpus(1), "mse") as server:
        home.init(server)
        refused = home.crawl("--set", "search.index=later", code=2).stderr
    assert "search.index" in refused and '"live" or "after"' in refused
