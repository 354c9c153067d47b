"""Collections crawled twice, with revisits of both kinds, and the tools of others that open them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import ROOT, Home

Dialect = Literal["mse", "chorography"]


@dataclass(frozen=True)
class Archived:
    """A home with one collection, `t`, of two crawls."""

    home: Home
    dialect: Dialect

    @property
    def collection(self) -> Path:
        return self.home.path / "collections" / "t"

    @property
    def warcs(self) -> list[Path]:
        return sorted((self.collection / "archive").glob("*.warc.gz"))

    def copy(self, to: Path) -> Archived:
        """Another home with the same, to be changed at will."""
        shutil.copytree(self.home.path, to)
        return Archived(Home(to), self.dialect)

    def export(self, form: str, output: Path, *options: str, code: int = 0) -> str:
        """Run `mirror export`; gives what it said."""
        return self.home.mirror("export", "t", "--format", form, "-o", str(output), *options, code=code).stderr


@pytest.fixture(scope="session", params=["mse", "chorography"])
def archived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archived:
    dialect: Dialect = request.param
    home = Home(tmp_path_factory.mktemp(dialect))
    with ImitationServer(Corpus(90), dialect, conditional=True) as server:
        home.init(server)
        home.crawl()
        time.sleep(1.1)  # an index knows no more than the second
        server.set_state(1)
        home.crawl()
    return Archived(home, dialect)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """The interpreter of a tool that has a virtual environment of its own."""

    def find(name: str) -> Path:
        program = Path(os.environ.get("MIRROR_TOOLS", ROOT)) / f".venv-{name}" / "bin" / "python"
        if not program.exists():
            pytest.skip(f"no {name} at {program}: `make .venv-{name}/installed` puts it there")
        return program

    return find


@pytest.fixture(scope="session")
def readers() -> Path:
    """Folder with the readers that come from npm."""
    folder = ROOT / "tests" / "readers"
    if not (folder / "node_modules" / "warcio").exists():
        pytest.skip("no warcio.js: `make tests/readers/node_modules/.package-lock.json` puts it there")
    return folder


def run(*command: str | Path, code: int | None = 0, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program of others; fail the test if it does not end with `code` (None: any)."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd)
    assert code is None or ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran
