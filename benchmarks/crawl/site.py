"""A site of many pages of 3 to 15 KB, served from memory as fast as one process can.

    python -m benchmarks.crawl.site --pages 20000

prints its address and serves until it is killed. `/answered` says how many entries were served since it was last asked,
so that no contestant is measured by pages it never had.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from random import Random

from mirror.imitation import layout, prose

#: Entries of a book, so that tables of contents are as long as real ones.
BOOK = 400


def pages(count: int) -> dict[bytes, bytes]:
    """Every page by its path: home, library, books, entries in the manner of the public mirror."""
    books = -(-count // BOOK)
    found = {
        "/robots.txt": "User-agent: *\nAllow: /\n",
        "/static/site.css": "body{font-family:serif}",
        "/": _page("首页", '<ul><li><a href="/database/ch9/">县情资料库</a></li></ul>'),
        "/database/ch9/": _page(
            "县情资料库",
            "<ul>"
            + "".join(f'<li><a href="/database/ch9/section/{n}/">第{n}书</a></li>' for n in range(1, books + 1))
            + "</ul>",
        ),
    }
    for number in range(1, books + 1):
        size = min(BOOK, count - (number - 1) * BOOK)
        base = f"/database/ch9/section/{number}/"
        titles = [f"第{rec}节  {prose.subject(Random(f'{number}/{rec}'))}" for rec in range(1, size + 1)]
        found[base] = _page(
            f"第{number}书",
            "<ul>"
            + "".join(f'<li><a href="{base}article/{rec}/">{title}</a></li>' for rec, title in enumerate(titles, 1))
            + "</ul>",
        )
        for rec, title in enumerate(titles, 1):
            found[f"{base}article/{rec}/"] = _article(base, number, rec, size, title)
    return {path.encode(): page.encode() for path, page in found.items()}


def _article(base: str, number: int, rec: int, size: int, title: str) -> str:
    random = Random(f"{number}/{rec}/text")
    wanted, lines = random.randint(2_000, 13_800), list[str]()
    length = 0
    while length < wanted:
        for line in layout.wrap(prose.paragraph(random, 4), 80, "hang", "    "):
            lines.append(line)
            length += len(line.encode()) + 1
    around = "".join(
        f'<a href="{base}article/{other}/">{name}</a>'
        for other, name in ((rec - 1, "上一篇"), (rec + 1, "下一篇"))
        if 1 <= other <= size
    )
    trail = (
        '<nav><ol><li><a href="/">首页</a></li><li><a href="/database/ch9/">县情资料库</a></li>'
        f'<li><a href="{base}">第{number}书</a></li><li>{title}</li></ol></nav>'
    )
    return _page(
        title, f"{trail}<main><article><h2>{title}</h2><pre>{chr(10).join(lines)}</pre></article>{around}</main>"
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{title} - 山东地情档案</title>'
        '<link rel="stylesheet" href="/static/site.css"></head><body><header><h1><a href="/">山东地情档案</a></h1></header>'
        f"{body}<footer>山东地方志资料归档</footer></body></html>\n"
    )


class _Connection(asyncio.Protocol):
    answers: dict[bytes, bytes]
    entries = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            request, self._received = self._received[:end], self._received[end + 4 :]
            method, path = request.split(b" ", 2)[:2]
            if path == b"/answered":
                answer = _answer(path, b"%d" % _Connection.entries)
                _Connection.entries = 0
            else:
                answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                _Connection.entries += b"/article/" in path
            self._transport.write(answer if method == b"GET" else answer[: answer.find(b"\r\n\r\n") + 4])


def _answer(path: bytes, page: bytes) -> bytes:
    kind = (
        b"text/css"
        if path.endswith(b".css")
        else b"text/plain"
        if path.endswith(b".txt")
        else b"text/html; charset=utf-8"
    )
    return b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        kind,
        len(page),
        page,
    )


async def serve(count: int) -> None:
    site = pages(count)
    _Connection.answers = {path: _answer(path, page) for path, page in site.items()}
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/ {len(site)} {sum(map(len, site.values())) // len(site)}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000)
    asyncio.run(serve(parser.parse_args().pages))
