"""pywb's own `wayback`, started in a home as a user would."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
StartPywb = Callable[[Path], str]


@pytest.fixture(scope="session")
def wayback() -> Path:
    program = Path(os.environ.get("MIRROR_PYWB", ROOT / ".venv-pywb")) / "bin" / "wayback"
    if not program.exists():
        pytest.skip(f"no pywb at {program}: `make .venv-pywb/installed` puts it there")
    return program


@pytest.fixture(scope="session")
def replayweb() -> Path:
    """Folder of ReplayWeb.page as npm has it, to be served."""
    folder = ROOT / "tests" / "readers" / "node_modules" / "replaywebpage"
    if not folder.exists():
        pytest.skip("no ReplayWeb.page: `make tests/readers/node_modules/.package-lock.json` puts it there")
    return folder


@contextmanager
def _running(program: Path, home: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (home / "wayback.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(port)], cwd=home, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                said = (home / "wayback.log").read_text("utf-8")
                assert process.poll() is None and time.monotonic() < deadline, said
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def pywb(wayback: Path) -> Iterator[StartPywb]:
    """Start pywb in a home; gives its root URL."""
    with ExitStack() as stack:
        yield lambda home: stack.enter_context(_running(wayback, home))
