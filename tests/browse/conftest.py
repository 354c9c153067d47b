"""A home crawled twice from the imitation, and the browser on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.browse.serving import Served, serving
from tests.home import Home
from tests.witness.dumps import articles, zipped

CORPUS = Corpus(90)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Collection `zhi`, two crawls of the mirror's dialect; collection `old`, one of the CGI, cut short."""
    home = Home(tmp_path_factory.mktemp("browse"))
    with ImitationServer(CORPUS, "chorography", conditional=True) as server:
        home.init(server, "zhi")
        home.crawl(name="zhi")
        dump = home.path / "dump.zip"
        path, text = next(articles(CORPUS, server.url))
        dump.write_bytes(zipped([(f"a/{path}", text.encode()), (f"b/{path}", f"{text}后人所加。".encode())]))
        home.mirror("import", "zhi", str(dump))
        server.set_state(1)
        home.crawl(name="zhi")
    with ImitationServer(CORPUS, "mse") as server:
        home.init(server, "old")
        home.crawl("--limit", "12", name="old", code=3)
    return home


@pytest.fixture(scope="session")
def served(held: Home) -> Iterator[Served]:
    with serving(held.path) as running:
        yield running


@pytest.fixture(scope="session")
def changed(served: Served, held: Home) -> str:
    """An entry that has had two texts."""
    return next(place for place, entry in held.entries("zhi").items() if entry["versions"] > 1)


@pytest.fixture
def copied(held: Home, tmp_path: Path) -> Home:
    """The same home, to be damaged."""
    shutil.copytree(held.path / "collections", tmp_path / "collections")
    return Home(tmp_path)


@pytest.fixture(scope="session")
def every_path(served: Served, changed: str) -> list[str]:
    """A page of every kind."""
    entry = served.facts(f"/c/zhi/{changed}")
    capture = entry["captures"][-1]
    missing = next(
        f"{library['code']}/{book['number']}/{rec}"
        for library in served.facts("/coverage/old")["libraries"]
        for book in library["books"]
        if book["missing"]
        for rec in served.facts(f"/c/old/{library['code']}/{book['number']}")["missing"]
    )
    code, number, _ = changed.split("/")
    return [
        "/",
        "/about",
        "/c/zhi/",
        "/c/old/",
        f"/c/zhi/{code}/",
        f"/c/zhi/{code}/{number}/",
        f"/c/zhi/{changed}",
        f"/c/zhi/{changed}@{entry['versions'][0]['at']}",
        f"/c/old/{missing}",
        f"/history/zhi/{changed}",
        f"/compare/zhi/{changed}/1/2",
        f"/record/zhi/{capture['warc']}/{capture['offset']}",
        "/coverage/zhi",
        "/coverage/old",
        "/changes/zhi",
        "/changes/old",
        "/search/zhi",
        "/search/zhi?q=%E6%B8%A0",
        "/search/zhi?years=1980-1989",
        "/witness/zhi/2",
    ]
