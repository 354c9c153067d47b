"""`mirror replay`: the archived pages in a browser, by pywb."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.errors import MirrorError, UsageError

#: How many entry points are printed.
_SHOWN = 12
_HOST = "127.0.0.1"


@click.command("replay")
@collection_argument
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="0: any free one (default: 8080).")
@click.option("--open", "in_browser", is_flag=True, help="Open the first page in this machine's browser.")
def command(collection: Collection, port: int, in_browser: bool) -> None:
    """回放 / Show the archived pages as they were, on the loopback address, until Ctrl-C.

    The pages are shown by pywb, which lives in an environment of its own beside this program. Every collection of the
    home can be seen; so it can without this command: run `wayback` in the home.

    \b
    Example:
      python3 -m venv ~/pywb && ~/pywb/bin/pip install pywb 'setuptools<81'
      MIRROR_PYWB=~/pywb mirror replay shandong
    """
    wayback = find_wayback()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with tempfile.TemporaryFile() as log, _pywb(wayback, collection.home, port, log) as (root, process):
            address = f"{root}/{collection.name}/"
            entrances = [address + place for place in _entrances(collection)]
            click.echo(address)
            for entrance in entrances:
                click.echo(f"  {entrance}")
            click.echo("按 Ctrl-C 结束 / Ctrl-C ends it", err=True)
            if in_browser:
                webbrowser.open(entrances[0].split()[0] if entrances else address)
            process.wait()
            raise MirrorError(f"pywb ended by itself: {_last_words(log)}")
    except KeyboardInterrupt:
        click.echo("", err=True)


def find_wayback() -> Path:
    """pywb's program: in $MIRROR_PYWB, beside our own interpreter, or on the PATH.

    Raises:
        MirrorError: It is nowhere; the message says how to install it.
    """
    named = os.environ.get("MIRROR_PYWB")
    places = [Path(named).expanduser()] if named else []
    for place in places:
        for program in (place, place / "wayback", place / "bin" / "wayback"):
            if program.is_file():
                return program.absolute()
    beside = Path(sys.executable).with_name("wayback")
    if beside.is_file():
        return beside
    if found := shutil.which("wayback"):
        return Path(found)
    raise MirrorError(
        f"pywb is not {'at ' + named if named else 'installed'}. It needs older libraries than this program, so give "
        f"it an environment of its own: python3 -m venv ~/pywb && ~/pywb/bin/pip install pywb 'setuptools<81'; then "
        f"set MIRROR_PYWB=~/pywb, or run ~/pywb/bin/wayback in the home"
    )


@contextmanager
def _pywb(wayback: Path, home: Path, port: int, log: IO[bytes]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """pywb, once it answers; gives its root URL, and ends it when the block ends."""
    try:
        with socket.create_server((_HOST, port)) as free:
            port = free.getsockname()[1]
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}. Give another one, or --port 0 for any") from error
    process = subprocess.Popen(
        [wayback, "--bind", _HOST, "--port", str(port)], cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    try:
        while not _answers(port):
            if process.poll() is not None:
                raise MirrorError(f"{wayback} did not start: {_last_words(log)}")
            time.sleep(0.1)
        yield f"http://{_HOST}:{port}", process
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), 1).close()
    except OSError:
        return False
    return True


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    said = log.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")


def _entrances(collection: Collection) -> Iterator[str]:
    """Time, URL and title of pages to begin at; the address alone has to do where the store cannot be read."""
    from mirror.export.catalogue import WHOLE
    from mirror.export.pages import Pages

    if not collection.database_path.exists():
        return
    try:
        database = collection.database()
    except MirrorError as error:
        click.echo(str(error), err=True)
        return
    try:
        names = [path.name for path in collection.warcs()]
        for page, _ in zip(Pages(database.connection, names, ()).entrances(WHOLE), range(_SHOWN), strict=False):
            stamp = page["ts"].translate(str.maketrans("", "", "-:TZ"))
            yield f"{stamp}/{page['url']}  {page['title']}"
    finally:
        database.close()


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt
