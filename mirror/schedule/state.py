"""How a collection's run stands, in `run.json`: what a kill leaves, and where the next run goes on."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.reports.page import write

Phase = Literal["crawl", "verify", "report", "notify", "prune", "done"]
PHASES: tuple[Phase, ...] = get_args(Phase)


@dataclass(slots=True)
class RunState:
    """One run. Saved after each phase, so a phase that was killed is done again, and one that ended is not."""

    began: str  #: RFC 3339, UTC
    after: int  #: number of the newest crawl before it
    phase: Phase = "crawl"  #: the one to do next
    crawl: int | None = None  #: number of its newest crawl
    outcome: str | None = None  #: of that
    complete: bool | None = None
    sound: bool | None = None  #: None if nothing was verified
    problems: list[str] = field(default_factory=list)
    resumed: int = 0  #: how often it was taken up again after it had been cut off
    failed: bool = False  #: something of ours failed: exit code 1
    ended: str | None = None

    @property
    def exit_code(self) -> int:
        """CONTRACT: 1 failed, 3 asks for a look."""
        if self.failed:
            return 1
        return 0 if self.complete and self.sound is not False and not self.problems else 3


class Busy(MirrorError):
    """Another process runs this collection now."""


def path_of(collection: Collection) -> Path:
    return collection.path / "run.json"


def load(collection: Collection) -> RunState | None:
    """The last run, ended or not; None if there was none or its state cannot be read (then one is due)."""
    try:
        found: dict[str, Any] = json.loads(path_of(collection).read_text("utf-8"))
        known = {item.name for item in fields(RunState)}
        state = RunState(**{name: value for name, value in found.items() if name in known})
        if datetime.fromisoformat(state.began).tzinfo is None or state.phase not in PHASES:
            return None
        return state
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def save(collection: Collection, state: RunState) -> None:
    """Durable before it returns. Raises OSError; then the old state stands."""
    write(path_of(collection), json.dumps(asdict(state), ensure_ascii=False, indent=1) + "\n")


@contextmanager
def only_run(collection: Collection) -> Iterator[None]:
    """Only one run of a collection at a time, and none beside a crawl by hand.

    The lock ends with its process, however that ends. Raises Busy.
    """
    descriptor = os.open(collection.path / ".run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Busy(
                f"collection {collection.name!r} is being run by process {holder}; nothing was done"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            with collection.locked():
                pass
        except MirrorError as error:
            raise Busy(str(error)) from None
        yield
    finally:
        os.close(descriptor)
