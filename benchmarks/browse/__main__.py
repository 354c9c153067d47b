"""Fifty readers at once, beside Datasette on the same SQLite file.

    python -m benchmarks.browse [--entries 60000] [--seconds 8] [--workers N] [--datasette PROGRAM]

Pages are chosen at random. Readers who never pause make the load as high as the machine lets it be, so their times
are those of a queue, and CPU ms a page is the figure to compare; readers who rest a second after each page, as people
do at the very least, show what a reader waits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.diff.__main__ import collection
from mirror.search.index import catch_up
from mirror.store.widths import settle

BOOK = 640
WORDS = ("灌溉渠", "小麦", "石桥 1986", "棉纺", "重修", "大雪", "志")
Address = Callable[[random.Random], str]


async def reader(
    port: int, address: Address, until: float, chance: random.Random, times: list[float], pause: float
) -> None:
    """One reader, on one connection, who rests after each page; they do not all begin at once."""
    await asyncio.sleep(pause * chance.random())
    source, sink = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        sink.write(f"GET {address(chance)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = await source.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode("latin-1"))
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length:
            await source.readexactly(int(length[1]))
        else:
            while size := int(await source.readline(), 16):
                await source.readexactly(size + 2)
            await source.readline()
        times.append(time.perf_counter() - began)
        if pause:
            await asyncio.sleep(pause)
    sink.close()


async def ask(port: int, address: Address, readers: int, seconds: float, pause: float = 0) -> list[float]:
    """Times of all answers."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(reader(port, address, until, random.Random(one), times, pause) for one in range(readers)))
    return sorted(times)


def family(pid: int) -> list[int]:
    """A process and those it has begun."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in below for one in family(int(child)))]


def cpu_s(pid: int) -> float:
    spent = 0.0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def memory_mb(pid: int) -> float:
    """What all processes take together; a page of memory that several share counts once (PSS)."""
    found = [re.search(r"Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text()) for one in family(pid)]
    return sum(int(one[1]) for one in found if one) / 1024


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()


def measure(name: str, pid: int, port: int, pages: dict[str, Address], seconds: float) -> None:
    for kind, address in pages.items():
        asyncio.run(ask(port, address, 8, 1))  # the first of a kind warm up, in every process: overviews, templates
        for readers, pause in ((1, 0), (50, 0), (50, 1), (500, 1)):
            before = cpu_s(pid)
            times = asyncio.run(ask(port, address, readers, seconds, pause))
            spent = 1000 * (cpu_s(pid) - before) / len(times)
            middle, late = (1000 * times[int(part * (len(times) - 1))] for part in (0.5, 0.95))
            print(
                f"| {name} | {kind} | {readers} | {pause} | {len(times) / seconds:.0f} | {middle:.1f} | {late:.1f} "
                f"| {spent:.2f} | {memory_mb(pid):.0f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--home", type=Path, default=Path("/tmp/bench-browse"))
    parser.add_argument("--datasette", help="the program, if it is to be measured too")
    parser.add_argument("--workers", help="processes of `mirror serve`")
    parser.add_argument("--pages", help="only these, with commas between")
    asked = parser.parse_args()
    made = collection(asked.home, asked.entries, "edited")
    database = made.database()
    settle(database)
    catch_up(database)
    books = database.connection.execute("SELECT library, number FROM book").fetchall()
    newest = database.connection.execute("SELECT max(id) FROM version").fetchone()[0]
    database.close()

    def entry(chance: random.Random) -> str:
        library, book = chance.choice(books[:-1])
        return f"{library}/{book}/{chance.randint(1, BOOK)}"

    name = made.name
    pages: dict[str, Address] = {
        "home": lambda _: "/",
        "libraries": lambda _: f"/c/{name}/",
        "coverage": lambda _: f"/coverage/{name}",
        "book": lambda chance: "/c/{}/{}/{}/".format(name, *chance.choice(books)),
        "entry": lambda chance: f"/c/{name}/{entry(chance)}",
        "history": lambda chance: f"/history/{name}/{entry(chance)}",
        "search": lambda chance: f"/search/{name}?q={quote(chance.choice(WORDS))}&page={chance.randint(1, 40)}",
    }
    print(
        "| server | page | readers | rest s | pages/s | p50 ms | p95 ms | CPU ms a page | MB |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    )
    serve = [sys.executable, "-c", "from mirror.cli import main; main()", "--home", str(asked.home)]
    pages = {
        kind: address for kind, address in pages.items() if asked.pages is None or kind in asked.pages.split(",")
    }
    workers = ["--workers", asked.workers] if asked.workers else []
    with running([*serve, "serve", "--port", "18090", *workers], 18090) as pid:
        asyncio.run(ask(18090, lambda _: "/", 8, 1))  # what there is has been counted then
        measure("mirror serve", pid, 18090, pages, asked.seconds)
    if asked.datasette:
        file = made.database_path
        others: dict[str, Address] = {
            "book (100 headings)": lambda chance: f"/mirror/heading?contents={chance.randint(1, len(books))}",
            "entry (one row)": lambda chance: f"/mirror/version/{chance.randint(1, newest)}",
        }
        with running([asked.datasette, "serve", "-i", str(file), "--port", "18092"], 18092) as pid:
            measure("Datasette", pid, 18092, others, asked.seconds)


if __name__ == "__main__":
    main()
