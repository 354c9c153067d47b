"""A command, run and measured: CPU with that of all processes it started, wall time, peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: Memory is looked at this often; between two looks, only the peak of the command itself is seen.
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    cpu_s: float  #: user and system time, with all processes it started
    wall_s: float
    peak_mb: float  #: resident memory, of all its processes at once


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    ok: Collection[int] = (0,),
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
) -> Cost:
    """Run a command in a folder.

    Args:
        command: Program and arguments.
        folder: Where; made if it is not there.
        ok: Exit codes that are no failure.
        environment: Added to ours.
        output: Where its standard output goes; nowhere if None.

    Raises:
        SystemExit: It failed, or left a process running, whose CPU would be missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as errors, (output or Path(os.devnull)).open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
        memory = _Memory(process.pid)
        try:
            # By pid, so that the time of other processes of ours is not counted.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        except BaseException:
            process.kill()
            raise
        finally:
            peak_mb = memory.stop()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.monotonic() - began
        if process.returncode not in ok:
            raise SystemExit(f"{command} failed with {process.returncode}:\n{_end_of(errors)}")
        if left := _left(process.pid):
            raise SystemExit(f"{command} left processes running, whose CPU is not counted: {left}")
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, peak_mb)


def _end_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read()[-2000:].decode("utf-8", "replace")


class _Memory:
    """Watches the resident memory of a process and of all that come from it.

    From `/proc`: `ru_maxrss` is inherited over execve (getrusage(2)), so that a small program would show what the
    benchmark itself had taken.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most_kib = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            own = _kib(self._pid, "VmHWM:")
            together = sum(_kib(pid, "VmRSS:") for pid in family(self._pid))
            self._most_kib = max(self._most_kib, own, together)
            if self._stopped.wait(LOOK_S):
                return

    def stop(self) -> float:
        """MB at most, so far."""
        self._stopped.set()
        self._thread.join()
        return self._most_kib / 1024


def family(pid: int) -> list[int]:
    """A process and all that come from it and still run."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            found += family(int(child))
    return found


def _kib(pid: int, name: str) -> int:
    """A line of /proc/PID/status; 0 if the process is over."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _left(session: int) -> list[int]:
    """Processes of a session that do not end within ten seconds; those that multiprocessing starts end by themselves."""
    for _ in range(200):
        if not (found := _session(session)):
            break
        time.sleep(0.05)
    return found


def _session(number: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[3]) == number:
            found.append(int(path.parent.name))
    return found
