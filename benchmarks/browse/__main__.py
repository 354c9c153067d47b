"""Fifty readers at once, beside Datasette on the same SQLite file.

    python -m benchmarks.browse [--entries 60000] [--seconds 8] [--datasette PROGRAM]

Each reader asks for page after page, no pause between, pages chosen at random: the load is as high as the machine
lets it be, so times are those of a queue; CPU ms a page is the figure to compare.
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


async def reader(port: int, address: Address, until: float, chance: random.Random, times: list[float]) -> None:
    """One reader, on one connection."""
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
    sink.close()


async def ask(port: int, address: Address, readers: int, seconds: float) -> list[float]:
    """Times of all answers."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(reader(port, address, until, random.Random(one), times) for one in range(readers)))
    return sorted(times)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


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
        asyncio.run(ask(port, address, 1, 0.5))  # the first of a kind warms up: overviews, templates
        for readers in (1, 50):
            before = cpu_s(pid)
            times = asyncio.run(ask(port, address, readers, seconds))
            spent = 1000 * (cpu_s(pid) - before) / len(times)
            middle, late = (1000 * times[int(part * (len(times) - 1))] for part in (0.5, 0.95))
            print(
                f"| {name} | {kind} | {readers} | {len(times) / seconds:.0f} | {middle:.1f} | {late:.1f} "
                f"| {spent:.2f} | {rss_mb(pid):.0f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--home", type=Path, default=Path("/tmp/bench-browse"))
    parser.add_argument("--datasette", help="the program, if it is to be measured too")
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
        "| server | page | readers | pages/s | p50 ms | p95 ms | CPU ms a page | RSS MB |\n|---|---|--:|--:|--:|--:|--:|--:|"
    )
    serve = [sys.executable, "-c", "from mirror.cli import main; main()", "--home", str(asked.home)]
    with running([*serve, "serve", "--port", "18090"], 18090) as pid:
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
