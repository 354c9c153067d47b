"""Two servers in one process: our pages, and archived pages from a port, and so an origin, of their own."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mirror.browse import guard
from mirror.browse.app import Options, create_app
from mirror.browse.guard import Guard, Rate
from mirror.browse.holdings import Holdings
from mirror.browse.view import VIEW_FIELDS, create_view, view_policy
from mirror.errors import MirrorError

log = logging.getLogger(__name__)

#: Connections at once; more are told to come again.
_MOST_CONNECTIONS = 512
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
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public: bool = False
    names: tuple[str, ...] = ()
    rate: float = 0.0
    view_url: str | None = None
    pywb: str | None = None

    @property
    def hosts(self) -> frozenset[str] | None:
        """Names it answers to; None for any."""
        if self.public and not self.names:
            return None
        return guard.LOOPBACK | {self.host.strip("[]").lower()} | {name.lower() for name in self.names}


def serve(serving: Serving, say: Callable[[str], None]) -> None:
    """Serve until interrupted. Raises MirrorError if a port cannot be had."""
    pages, archived = _sockets(serving)
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    say(f"档案浏览器 archive browser: http://{host}:{pages.getsockname()[1]}/   (Ctrl-C 停止 stops)")
    asyncio.run(_run(serving, pages, archived))


def _sockets(serving: Serving) -> tuple[socket.socket, socket.socket]:
    """A port for our pages, and the next for archived ones."""
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    address = serving.host.strip("[]")
    found: list[socket.socket] = []
    for port in (serving.port, serving.port + 1 if serving.port else 0):
        # Named as TCP, for asyncio sends at once (TCP_NODELAY) on such sockets only: 40 ms a page otherwise.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.append(listening)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((address, port))
            listening.listen(1024)
        except OSError as error:
            for opened in found:
                opened.close()
            raise MirrorError(
                f"{address}:{port}: {error.strerror or error}. Choose another with --port "
                f"(it and the next one must be free)"
            ) from error
    return found[0], found[1]


async def _run(serving: Serving, pages: socket.socket, archived: socket.socket) -> None:
    holdings = Holdings(serving.home)
    view = serving.view_url or f":{archived.getsockname()[1]}"
    options = Options(serving.hosts, serving.rate, view, serving.pywb)
    page_port = pages.getsockname()[1]

    def policy(host: str) -> str:
        if serving.view_url is not None:
            return view_policy("*")
        name = guard.hostname(host)
        return view_policy(f"http://{f'[{name}]' if ':' in name else name}:{page_port}")

    view_app = Guard(create_view(holdings), serving.hosts, Rate(serving.rate, serving.rate * 10), policy, VIEW_FIELDS)
    threading.Thread(target=_count_all, args=(holdings,), daemon=True).start()
    servers = [
        (uvicorn.Server(_config(create_app(holdings, options))), pages),
        (uvicorn.Server(_config(view_app)), archived),
    ]
    await asyncio.gather(*(server.serve(sockets=[on]) for server, on in servers))


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
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
