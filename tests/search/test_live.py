"""Searching while a crawl writes, after the source has changed, and after a rebuild."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mirror.imitation import Corpus, ImitationServer
from mirror.search import search
from mirror.search.fold import stream
from mirror.store.database import Database
from tests.home import ROOT, Home

QUERIES = ("临", "小麦", "棉 花", "積雪", "镇酿造业兴起", "１９８６", "概述", "面积（亩）", "补遗", "）")


def read_through(entries: dict[str, dict[str, Any]], query: str) -> set[str]:
    """What a reader of every entry finds."""
    wanted = stream(query)
    found = set()
    for number, entry in entries.items():
        parts = [entry["title"], entry["text"]]
        parts += [part for item in entry["items"] for part in item.values()]
        parts += [cell for table in entry["tables"] for row in table["rows"] for cell in row]
        parts += [table["caption"] or "" for table in entry["tables"]]
        if any(wanted in stream(part) for part in parts):
            found.add(number)
    return found


def answers(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Every answer of the command, whole."""
    return {
        query: json.loads(home.mirror("search", "t", f'"{query}"', "--limit", "1000", "--json").stdout)
        for query in QUERIES
    }


def test_every_state_of_the_source_is_found_and_a_rebuild_finds_the_same(home: Home) -> None:
    with ImitationServer(Corpus(80), "mse") as server:
        home.init(server)
        home.crawl("--limit", "15", code=3)
        states: list[tuple[str, dict[str, str]]] = []
        for state in (0, 1):
            server.set_state(state)
            home.crawl(code=None)
            entries = home.entries()
            found = answers(home)
            assert {query: {hit["id"] for hit in hits} for query, hits in found.items()} == {
                query: read_through(entries, query) for query in QUERIES
            }
            assert all(found[query] for query in ("临", "小麦", "概述"))
            states.append((datetime.now(UTC).isoformat(), {one: held["text"] for one, held in entries.items()}))
    before = as_of(home, states)
    home.mirror("rebuild", "t")
    assert answers(home) == found
    assert as_of(home, states) == before


def as_of(home: Home, states: list[tuple[str, dict[str, str]]]) -> list[list[dict[str, Any]]]:
    """What is found in the texts of each state, once the source has left it, beside those texts as they were."""
    given = []
    for query in ("小麦", "面积"):
        for moment, texts in states:
            hits = json.loads(home.mirror("search", "t", query, "--at", moment, "--limit", "1000", "--json").stdout)
            ids = {hit["id"] for hit in hits}
            assert {one for one, text in texts.items() if query in stream(text)} <= ids
            for hit in hits[:1]:
                shown = json.loads(home.mirror("show", "t", hit["id"], "--at", moment, "--json").stdout)
                assert query in stream(shown["title"] + "\n" + shown["text"])
            given.append(hits)
    assert any(not hit["newest"] for hits in given for hit in hits)
    return given


def test_an_answer_is_whole_while_a_crawl_writes(home: Home) -> None:
    with ImitationServer(Corpus(400), "mse") as server:
        home.init(server)
        crawl = subprocess.Popen(
            [sys.executable, "-c", "from mirror.cli import main; main()", "crawl", "t", "--delay", "0"],
            cwd=ROOT,
            env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            seen = watch(home.path / "collections" / "t" / "mirror.db", crawl)
        finally:
            crawl.kill()
            crawl.wait()
    assert len(seen) > 2 and max(seen) == 400


def watch(path: Path, crawl: subprocess.Popen[bytes]) -> set[int]:
    """Compare answers with brute force, each in one instant, until the crawl ends. How many entries were held."""
    held: set[int] = set()
    database = Database(path)
    db = database.connection
    while not held or crawl.poll() is None or max(held) < 400:
        db.execute("BEGIN")
        rows = db.execute(
            "SELECT coalesce(h.title, v.title, ''), v.text FROM entry AS e JOIN version AS v ON v.id = e.newest "
            "LEFT JOIN book AS b ON b.library = e.library AND b.number = e.book "
            "LEFT JOIN heading AS h ON h.contents = b.contents AND h.rec = e.rec"
        ).fetchall()
        for query in ("县", "小麦", "作坊"):
            expected = sum(query in stream(title) or query in stream(text) for title, text in rows)
            found = search(db, query, facets=True)
            assert found.total == expected == sum(one.count for one in found.books)
        db.execute("ROLLBACK")
        held.add(len(rows))
        time.sleep(0.05)
    database.close()
    return held
