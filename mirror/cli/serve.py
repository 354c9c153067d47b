"""`mirror serve`: the archive browser."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import click

from mirror.cli.options import home_option
from mirror.errors import UsageError


@click.command("serve")
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65534), help="Port; 0: any free one.")
@click.option("--public", is_flag=True, help="Let others in: needed for any address but loopback.")
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Host name it is reached under (again for more)."
)
@click.option(
    "--rate", type=click.FloatRange(0), help="Requests a second from one address (public: 20; 0: no limit)."
)
@click.option(
    "--view-url", metavar="URL", help="Origin of the archived pages behind a proxy (default: the next port)."
)
@click.option("--pywb", metavar="URL", help="Root of a pywb that replays this home; pages then link to it.")
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="Processes (default: one a core, 8 at most)."
)
def command(
    home: Path,
    host: str,
    port: int,
    public: bool,
    names: tuple[str, ...],
    rate: float | None,
    view_url: str | None,
    pywb: str | None,
    workers: int | None,
) -> None:
    """档案浏览器 / The archive browser, on the loopback address. It only reads; a crawl may go on meanwhile.

    Archived pages are shown from a second port (the next one), apart from our own.

    \b
    Example:
      mirror serve
      mirror serve --port 9000
      mirror serve --host 0.0.0.0 --public --name archive.library.example
    """
    if not public and not _is_loopback(host):
        raise UsageError(
            f"--host {host}: others could reach this archive. If that is meant, add --public "
            f"(and --name with the host name it is reached under)"
        )
    if not (home / "collections").is_dir():
        raise UsageError(f"{home.resolve()}: no collections here. Name the home with --home or MIRROR_HOME")
    from mirror.browse.server import Serving, serve

    serve(
        Serving(
            home=home,
            host=host,
            port=port,
            public=public,
            names=names,
            rate=(20.0 if public else 0.0) if rate is None else rate,
            view_url=_origin(view_url, "--view-url"),
            pywb=_origin(pywb, "--pywb"),
            workers=workers or _cores(),
        ),
        say=lambda text: click.echo(text, err=True),
    )


def _cores() -> int:
    if not hasattr(os, "fork"):
        return 1
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _origin(url: str | None, option: str) -> str | None:
    if url is None:
        return None
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(url) & set(" ;,'\"<>"):
        raise UsageError(f"{option} {url}: write an address such as https://view.library.example")
    return url.rstrip("/")
