"""ReplayWeb.page served beside the packages it opens, all on the loopback address."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import uvicorn
from playwright.sync_api import Frame, Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

WAIT_MS = 60_000


@contextmanager
def served(**folders: Path) -> Iterator[str]:
    """Folders below `/NAME/` on a server that knows ranges; gives its root. `root` is the folder at `/`."""
    mounts = [Mount(f"/{name}", StaticFiles(directory=path)) for name, path in folders.items() if name != "root"]
    app = Starlette(routes=[*mounts, Mount("/", StaticFiles(directory=folders["root"], html=True))])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def open_in_replayweb(page: Page, root: str, package: str, url: str, date: str) -> Frame:
    """Open a package at a page; gives the frame that shows it."""
    place = f"view=resource&url={quote(url, safe='')}&ts={stamp(date)}"
    page.goto(f"{root}/?source={quote(f'{root}/{package}')}#{place}")
    return replayed(page, url)


def stamp(date: str) -> str:
    """A WARC-Date in the 14 digits of a replay URL."""
    return date[:19].translate(str.maketrans("", "", "-:T"))


def replayed(page: Page, url: str) -> Frame:
    """Wait for the frame in which an archived URL is shown, whole."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < deadline:
        for frame in page.frames:
            if frame != page.main_frame and frame.url.partition("#")[0].endswith("mp_/" + url):
                frame.wait_for_load_state("load", timeout=WAIT_MS)
                return frame
        page.wait_for_timeout(50)
    raise AssertionError(f"{url} is not shown; there are {[frame.url for frame in page.frames]}")


def text_of(frame: Frame | Page, element: str = "pre") -> str:
    """The text of an element, without the line ends around it."""
    return (frame.locator(element).first.text_content(timeout=WAIT_MS) or "").strip("\n")
