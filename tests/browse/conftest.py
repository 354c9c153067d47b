"""A home crawled twice from the imitation, and the browser on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.browse.serving import Served, serving
from tests.home import Home

CORPUS = Corpus(90)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Collection `zhi`, two crawls of the mirror's dialect; collection `old`, one of the CGI, cut short."""
    home = Home(tmp_path_factory.mktemp("browse"))
    with ImitationServer(CORPUS, "chorography", conditional=True) as server:
        home.init(server, "zhi")
        home.crawl(name="zhi")
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
    import shutil

    shutil.copytree(held.path / "collections", tmp_path / "collections")
    return Home(tmp_path)
