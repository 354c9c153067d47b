"""What a command costs: wall, CPU and memory, of all its processes together."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import family

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    note: str


def measure(
    name: str, command: list[str], note: str, *, runs: int, output: Path | None = None, ok: Collection[int] = (0,)
) -> Cost:
    """The median of some runs: wall, CPU with children, and the peak of resident memory, children included."""
    walls, cpus, peaks = [], [], []
    for _ in range(runs):
        out = output.open("wb") if output else subprocess.DEVNULL
        before = os.times()
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        peak = Peak(process.pid)
        code = process.wait()
        walls.append(time.monotonic() - began)
        peaks.append(peak.stop())
        after = os.times()
        cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
        if output:
            out.close()  # type: ignore[union-attr]
        if code not in ok:
            raise SystemExit(f"{name} failed with exit code {code}")
    return Cost(name, statistics.median(walls), statistics.median(cpus), max(peaks), note)


class Peak:
    """Watches the resident memory, without what is shared, of a process and all that come from it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(0.05):
            self._most = max(self._most, sum(map(private_mb, family(self._pid))))

    def stop(self) -> float:
        self._stopped.set()
        self._thread.join()
        return self._most


def private_mb(pid: int) -> float:
    """Without the mapped file, which the system may take back at any time."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024
