"""`mirror replay`: pywb started for the user, ended by Ctrl-C, and a clear word where it is missing."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from tests.replay.conftest import ROOT


@pytest.fixture
def crawled(home: Home) -> Home:
    """A home with two collections."""
    for name, dialect in (("old", "mse"), ("new", "chorography")):
        with ImitationServer(Corpus(20), dialect) as server:  # type: ignore[arg-type]
            home.init(server, name)
            home.crawl(name=name)
    return home


@contextmanager
def replaying(home: Home, wayback: Path, name: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command, running; what it printed by the time it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", "from mirror.cli import main; main()", "replay", name, "--port", "0"],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home.path), "MIRROR_PYWB": str(wayback), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        said = process.stderr.readline()
        assert "Ctrl-C" in said, said + process.stderr.read()
        printed = [process.stdout.readline()]
        port = int(re.findall(r":(\d+)/", printed[0])[0])
        yield process, [*printed, str(port)]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def fetch(url: str, charset: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode(charset))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_every_collection_until_it_is_ended(crawled: Home, wayback: Path, end: signal.Signals) -> None:
    with replaying(crawled, wayback, "new") as (process, (address, port)):
        assert address == f"http://127.0.0.1:{port}/new/\n"
        places = [process.stdout.readline().split() for _ in range(3)]  # type: ignore[union-attr]
        assert places[0][1] == "首页"
        at = places[0][0].index("/new/") + len("/new/") + 14
        assert "山东地情档案" in fetch(places[0][0][:at] + "mp_" + places[0][0][at:], "utf-8")
        entry = next(iter(crawled.entries("old").values()))
        assert entry["book"]["title"] in fetch(
            f"http://127.0.0.1:{port}/old/mp_/{entry['capture']['url']}", "gb18030"
        )
        process.send_signal(end)
        assert process.wait(30) == 0
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(port)), 5):
        pass


def test_it_says_how_to_get_pywb(crawled: Home, tmp_path: Path) -> None:
    said = crawled.mirror("replay", "old", "--port", "0", code=1, MIRROR_PYWB=str(tmp_path / "none")).stderr
    assert "pip install pywb" in said and str(tmp_path / "none") in said


def test_a_port_in_use_is_told(crawled: Home, wayback: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = crawled.mirror("replay", "old", "--port", str(port), code=2, MIRROR_PYWB=str(wayback)).stderr
    assert f"--port {port}" in said


def test_a_pywb_that_does_not_start_is_told(crawled: Home, tmp_path: Path) -> None:
    broken = tmp_path / "wayback"
    broken.write_text("#!/bin/sh\necho 'no module named gevent' >&2\nexit 1\n")
    broken.chmod(0o755)
    said = crawled.mirror("replay", "old", "--port", "0", code=1, MIRROR_PYWB=str(broken)).stderr
    assert "did not start: no module named gevent" in said
