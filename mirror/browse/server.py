"""Two servers: our pages, and archived pages from a port, and so an origin, of their own.

Both are served by each of several processes. They share the ports, the count of requests from each address, and the
figures of `/metrics`; every process keeps pages and connections of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mirror.browse import guard, workers
from mirror.browse.guard import Guard, Rate
from mirror.browse.holdings import Holdings
from mirror.browse.patience import PatientProtocol
from mirror.errors import MirrorError

log = logging.getLogger(__name__)

#: Connections at once in one process; more are told to come again.
_MOST_CONNECTIONS = 512
#: Connections that wait to be taken.
_WAITING = 1024
_LONGEST_HEAD = 16 << 10


@dataclass(frozen=True, slots=True)
class Serving:
    """What `mirror serve` was asked for.

    Attributes:
        home: Folder of the collections.
        host: Address to listen on.
        port: Of our pages; archived ones are on the next. 0 for any two.
        public: Whether others than this machine may ask.
        names: Host names it is reached under. Public without any: under whatever name it is asked.
        rate: Requests a second from one address; 0 for no limit.
        view_url: Origin of archived pages, where a proxy stands before them.
        pywb: Root of a pywb.
        workers: Processes.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public: bool = False
    names: tuple[str, ...] = ()
    rate: float = 0.0
    view_url: str | None = None
    pywb: str | None = None
    workers: int = 1

    @property
    def hosts(self) -> frozenset[str] | None:
        """Names it answers to; None for any."""
        if self.public and not self.names:
            return None
        return guard.LOOPBACK | {self.host.strip("[]").lower()} | {name.lower() for name in self.names}


def serve(serving: Serving, say: Callable[[str], None]) -> None:
    """Serve until interrupted. Raises MirrorError if a port cannot be had."""
    sockets = _sockets(serving)
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    say(f"档案浏览器 archive browser: http://{host}:{sockets[0].pages.getsockname()[1]}/   (Ctrl-C 停止 stops)")
    burst = max(1.0, serving.rate * 10)
    rates = Rate(serving.rate, burst), Rate(serving.rate, burst)
    if serving.workers == 1:
        asyncio.run(_run(serving, sockets[0], _Shared(*rates)))
        return
    with tempfile.TemporaryDirectory(prefix="mirror-serve-") as folder:
        shared = _Shared(*rates, Path(folder))
        # Looked at when prometheus_client is imported: counts are then kept in files that all processes share.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        importlib.import_module("mirror.browse.app")  # once, before there are several processes
        workers.run(serving.workers, lambda number, alive: asyncio.run(_run(serving, sockets[number], shared, alive)))


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all processes keep to."""

    pages: Rate
    archived: Rate
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class _Listening:
    """What one process listens on."""

    pages: socket.socket
    archived: socket.socket


def _sockets(serving: Serving) -> list[_Listening]:
    """A port for our pages, and the next for archived ones; for each process a queue of its own on both.

    Linux shares new connections out among such queues. Elsewhere all processes take from one.
    """
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    several = serving.workers > 1 and sys.platform == "linux"
    opened: list[socket.socket] = []

    def listen(port: int, *, shared: bool) -> socket.socket:
        # Named as TCP, for asyncio sends at once (TCP_NODELAY) on such sockets only: 40 ms a page otherwise.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        opened.append(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((serving.host.strip("[]"), port))
        listening.listen(_WAITING)
        return listening

    def queues(port: int) -> list[socket.socket]:
        # Sockets that share a port would share it with another `mirror serve` too: whether it is free, only one that
        # does not share can tell.
        first = listen(port, shared=False)
        if not several:
            return [first] * serving.workers
        port = first.getsockname()[1]
        first.close()
        return [listen(port, shared=True) for _ in range(serving.workers)]

    port = serving.port
    try:
        pages = queues(port)
        port = serving.port + 1 if serving.port else 0
        return list(map(_Listening, pages, queues(port)))
    except OSError as error:
        for one in opened:
            one.close()
        raise MirrorError(
            f"{serving.host.strip('[]')}:{port}: {error.strerror or error}. Choose another with --port "
            f"(it and the next one must be free)"
        ) from error


async def _run(serving: Serving, on: _Listening, shared: _Shared, lifeline: int | None = None) -> None:
    from mirror.browse.app import Options, create_app
    from mirror.browse.view import VIEW_FIELDS, create_view, view_policy

    holdings = Holdings(serving.home, shared.folder)
    view = serving.view_url or f":{on.archived.getsockname()[1]}"
    options = Options(serving.hosts, view, serving.pywb)
    page_port = on.pages.getsockname()[1]

    def policy(host: str) -> str:
        if serving.view_url is not None:
            return view_policy("*")
        name = guard.hostname(host)
        return view_policy(f"http://{f'[{name}]' if ':' in name else name}:{page_port}")

    view_app = Guard(create_view(holdings), serving.hosts, shared.archived, policy, VIEW_FIELDS)
    threading.Thread(target=_count_all, args=(holdings,), daemon=True).start()
    servers = [
        (uvicorn.Server(_config(create_app(holdings, options, shared.pages))), on.pages),
        (uvicorn.Server(_config(view_app)), on.archived),
    ]
    if lifeline is not None:
        _end_with(lifeline, [server for server, _ in servers])
    await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in servers))


def _end_with(lifeline: int, servers: list[uvicorn.Server]) -> None:
    """End the servers when a file descriptor reads as ended."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(lifeline)
        for server in servers:
            server.should_exit = True

    loop.add_reader(lifeline, end)


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=PatientProtocol,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=_WAITING,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )


def _count_all(holdings: Holdings) -> None:
    """Count what there is before the first reader asks."""
    for name in holdings.names():
        try:
            holdings.overview(name)
        except MirrorError as error:
            log.warning("%s", error)
