"""Several processes that do the same work: started together, ended together, and one that dies started again."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from mirror.errors import MirrorError

log = logging.getLogger(__name__)

#: A process that ends sooner than this has not begun its work; so many in a row, and it is no use to go on.
_TOO_SOON_S = 3.0
_MOST_TOO_SOON = 6
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(count: int, work: Callable[[int, int], None]) -> None:
    """Do `work` in so many processes, until SIGTERM or SIGINT.

    Args:
        count: How many processes.
        work: What each does. It is given its number, from 0, and a file descriptor that reads as ended once this
            process is gone, for whatever reason: then it has to return, and so upon SIGTERM.

    Raises:
        MirrorError: One process after the other ends as soon as it has begun.
    """
    lifeline, held = os.pipe()
    running: dict[int, tuple[int, float]] = {}
    stopping = False
    too_soon = 0

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def begin(number: int) -> None:
        # A signal between the fork and what follows would be answered by the wrong process, or by none.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            _child(held, lambda: work(number, lifeline))
        running[pid] = number, time.monotonic()
        if stopping:
            os.kill(pid, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    before = [signal.signal(one, stop) for one in _SIGNALS]
    try:
        for number in range(count):
            begin(number)
        while running:
            pid, status = os.wait()
            number, began = running.pop(pid)
            if stopping:
                continue
            log.warning(
                "进程意外结束，已另起一个 / a process of the browser ended (%s); another takes its place",
                os.waitstatus_to_exitcode(status),
            )
            too_soon = too_soon + 1 if time.monotonic() - began < _TOO_SOON_S else 0
            if too_soon >= _MOST_TOO_SOON:
                raise MirrorError("the processes of the browser end as soon as they begin; see above why")
            begin(number)
    finally:
        stop()
        for pid in running:
            os.waitpid(pid, 0)
        for one, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(one, handler)
        os.close(lifeline)
        os.close(held)


def _child(held: int, work: Callable[[], None]) -> None:
    """Do the work of one process, and end it. Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(held)
        work()
        code = 0
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        log.exception("a process of the browser failed")
    finally:
        logging.shutdown()
        os._exit(code)
