"""Several processes serve one home: one that dies is replaced, limits and figures are those of all, none is left."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mirror.browse.guard import Rate
from tests.browse.serving import ROOT, serving
from tests.home import Home


def until(seen: Callable[[], bool]) -> None:
    """Wait until something is so; long enough for a busy machine."""
    for _ in range(600):
        if seen():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def children(pid: int) -> list[int]:
    """Processes that a process has begun and that have not ended."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError):
            if path.name.isdigit():
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid and fields[0] != "Z":
                    found.append(int(path.name))
    return found


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_one_that_dies_is_replaced(held: Home) -> None:
    with serving(held.path, "--workers", "2") as served:
        until(lambda: len(children(served.pid)) == 2)
        before = children(served.pid)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(children(served.pid)) == 2 and before[0] not in children(served.pid))
        for _ in range(20):  # connections are shared out among both
            assert served.get("/c/zhi/").status == 200
    assert not any(map(is_alive, before))


def test_none_is_left_when_the_first_is_killed(held: Home) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from mirror.cli import main; main()", "serve", "--port", "0", "--workers", "2"],
        cwd=ROOT,
        env={"MIRROR_HOME": str(held.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    port = int(re.findall(r":(\d+)/", process.stderr.readline())[0])
    socket.create_connection(("127.0.0.1", port)).close()
    until(lambda: len(children(process.pid)) == 2)
    below = children(process.pid)
    process.kill()
    process.wait()
    process.stderr.close()
    until(lambda: not any(map(is_alive, below)))


def test_figures_are_those_of_all(held: Home) -> None:
    with serving(held.path, "--workers", "3") as served:
        for _ in range(30):
            served.page("/about")
        until(lambda: 'mirror_browse_requests_total{page="about",status="200"} 30.0' in served.page("/metrics"))
        assert 'mirror_browse_seconds_count{page="about"} 30.0' in served.page("/metrics")
        counted = {served.page("/c/zhi.json") for _ in range(12)}
        assert len(counted) == 1, "every process says the same of a collection"
        tags = {served.get("/c/zhi/").headers["ETag"] for _ in range(12)}
        assert len(tags) == 1


def test_the_limit_is_that_of_all(held: Home) -> None:
    with serving(held.path, "--workers", "3", "--rate", "0.01") as served:
        answers = [served.get("/healthz").status for _ in range(12)]
    assert answers.count(200) == 1 and answers.count(429) == 11


def test_a_rate_is_kept() -> None:
    """So many at once, then one a step, for each address by itself; those that wait are told how long."""
    now = 1000.0
    rate = Rate(4.0, 8.0, lambda: now)
    assert [rate.admit("a") for _ in range(8)] == [0.0] * 8
    assert 0 < rate.admit("a") <= 0.25
    assert rate.admit("b") == 0.0
    now += 0.25
    assert rate.admit("a") == 0.0 and rate.admit("a") > 0
    now += 60
    assert [rate.admit("a") for _ in range(8)] == [0.0] * 8 and rate.admit("a") > 0
    for other in range(60_000):  # more addresses than are remembered
        rate.admit(f"other {other}")
    assert rate.admit("a") >= 0


def test_a_taken_port_is_told(held: Home) -> None:
    """Though sockets of one server share their port, two servers do not."""
    with serving(held.path, "--workers", "2") as served:
        ran = held.mirror("serve", "--port", str(served.port), "--workers", "2", code=1)
        assert f":{served.port}: Address already in use" in ran.stderr
