"""`mirror demo`: all of it in a minute, against an imitation database on the loopback address."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import click

from mirror.cli.crawl import run
from mirror.cli.show import read_aloud
from mirror.cli.status import show_coverage
from mirror.collection import Collection
from mirror.config import new_config
from mirror.diff.as_text import as_text
from mirror.diff.compare import compare
from mirror.diff.moments import two_states
from mirror.errors import MirrorError, UsageError
from mirror.export import destination, jsonl, wire
from mirror.frontier import reconcile
from mirror.frontier.scope import Scope
from mirror.imitation import Corpus, ImitationServer, samples
from mirror.sites import open_site
from mirror.store.coverage import coverage
from mirror.store.database import Database
from mirror.store.exported import entry_at

#: Marks a folder the demo made, and may make anew.
_MARK = ".made-by-mirror-demo"
#: Fast, since nobody else is served here.
_PACE = ["politeness.delay_s=0.002", "politeness.concurrency=2"]


@click.command("demo")
@click.option("--home", type=click.Path(path_type=Path), default=Path("demo-home"), help="Where to leave the result.")
@click.option("--size", type=click.IntRange(min=40, max=5000), default=240, help="Entries of the imitation database.")
def command(home: Path, size: int) -> None:
    """演示 / The whole of it in a minute: nothing leaves this machine.

    Serves an imitation of both databases on the loopback address, crawls them, shows coverage and an entry,
    lets the source change, crawls again, and proves that everything can be made again from the WARC files.

    \b
    Example:
      mirror demo
    """
    _make_home(home)
    corpus = Corpus(size)
    for dialect, what in (("mse", "旧库 the old CGI, GBK"), ("chorography", "镜像站 the public mirror, UTF-8")):
        with _serving(corpus, dialect) as server:
            _say(f"抓取{what}: {server.url}")
            collection = Collection.create(home, f"demo-{dialect}", new_config(dialect, server.url))
            run(collection, None, [], _PACE)
            _coverage(collection)
            if dialect == "chorography":
                _say("读一个条目 one entry, as it is read")
                place = _entry_with_most(collection)
                _show(collection, place)
                _say("源站有了变化，再抓一次 the source changes; crawl again")
                server.set_state(1)
                run(collection, None, [], _PACE)
                _changes(collection)
    _prove(Collection.open(home, "demo-chorography"))
    folder = samples.find_samples()
    if folder is not None:
        _real_pages(home, folder)
    _next(home)


def _say(text: str) -> None:
    click.echo()
    click.echo(click.style(f"■ {text}", bold=True, fg="cyan"))


def _make_home(home: Path) -> None:
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).exists():
            raise UsageError(f"{home}: there is something in it that no demo made; name another folder with --home")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).write_text("`mirror demo` may delete this folder\n", encoding="utf-8")


def _serving(corpus: Corpus, dialect: str) -> ImitationServer:
    if dialect == "mse":
        return ImitationServer(corpus, "mse", collcc=1, keep_log=False)
    return ImitationServer(
        corpus, "chorography", conditional=True, robots="User-agent: *\nAllow: /\n", keep_log=False
    )


@contextmanager
def _opened(collection: Collection) -> Iterator[Database]:
    database = collection.database()
    try:
        yield database
    finally:
        database.close()


def _coverage(collection: Collection) -> None:
    with _opened(collection) as database:
        found = coverage(database.connection, collection.archive)
    show_coverage(found)
    if not found.complete:
        raise MirrorError("the demo's own database was not captured completely; please report this")


def _entry_with_most(collection: Collection) -> Scope:
    """An entry with items and a table, and not too long to look at."""
    with _opened(collection) as database:
        row = database.connection.execute(
            "SELECT e.library, e.book, e.rec FROM entry AS e JOIN version AS v ON v.id = e.newest "
            "ORDER BY (v.tables <> '[]') + (v.items <> '[]') DESC, length(v.text) LIMIT 1"
        ).fetchone()
    return Scope(*row)


def _show(collection: Collection, place: Scope) -> None:
    with _opened(collection) as database:
        found = entry_at(database.connection, place)
    if found is not None:
        read_aloud(found)


def _changes(collection: Collection) -> None:
    with _opened(collection) as database:
        db = database.connection
        stored = dict(
            db.execute(
                "SELECT type, count(*) FROM capture WHERE crawl = (SELECT max(number) FROM crawl) GROUP BY type"
            ).fetchall()
        )
        found = compare(*two_states(db, collection.name, None, None))
        for line in takewhile(lambda line: not line.startswith("\n"), as_text(found)):
            click.echo(line, nl=False)
        edited = next(change for change in found.changes if change.kind == "edited")
    click.echo(
        f"{stored.get('revisit', 0)} 页未变，只记一笔 pages unchanged, stored as revisits; "
        f"{stored.get('response', 0)} 页重存 stored anew"
    )
    click.echo(f"例如 for example: mirror diff {collection.name} --entry {edited.new[0].id}")


def _prove(collection: Collection) -> None:
    _say("只凭 WARC 重建，结果相同 rebuilt from the WARC files alone, with the same result")
    before, after = collection.path / "before.jsonl", collection.path / "after.jsonl"
    _export(collection, before)
    config = collection.config()
    with collection.locked():
        reconcile.rebuild(collection, open_site(config.source, config.base_url))
    _export(collection, after)
    if before.read_bytes() != after.read_bytes():
        raise MirrorError("the rebuilt store is not the same as the one before; please report this")
    click.echo(f"{before.stat().st_size} 字节导出逐字节相同 bytes of export, equal to the byte")
    after.unlink()
    before.unlink()
    exchanges = sum(piece.endswith(b"\n") for piece in wire.lines(collection))
    click.echo(f"{exchanges} 次交换可按原始字节还原 exchanges can be had back as they crossed the wire")


def _export(collection: Collection, path: Path) -> None:
    with _opened(collection) as database:
        destination.write(path, jsonl.lines(database.connection))


def _real_pages(home: Path, folder: Path) -> None:
    _say("真实页面 the real pages: a list of the old database, an entry of the mirror")
    with ImitationServer(Corpus(40), "mse", extra=samples.real_list(folder), keep_log=False) as server:
        collection = Collection.create(home, "real-list", new_config("mse", server.url))
        run(collection, 0, [Scope("ch9", 3)], _PACE)  # the contents alone: nobody has its entries
    with _opened(collection) as database:
        db = database.connection
        books = db.execute("SELECT library, number, title FROM book ORDER BY library, number").fetchall()
        headings = db.execute(
            "SELECT h.rec, h.code, h.indent, h.title FROM heading AS h JOIN book AS b ON b.contents = h.contents "
            "WHERE (b.library, b.number) = ('ch9', 3) ORDER BY h.place"
        ).fetchall()
    expected = samples.expected_books(folder), samples.expected_headings(folder)
    if (books, headings) != expected:
        raise MirrorError("the real list page was not read as its expected.tsv says; please report this")
    click.echo(
        f"{len(books)} 书 books, {len(headings)} 条目 entries: 与 expected.tsv 完全一致 exactly as expected.tsv"
    )
    with ImitationServer(Corpus(40), "chorography", extra=samples.real_article(folder), keep_log=False) as server:
        collection = Collection.create(home, "real-entry", new_config("chorography", server.url))
        run(collection, 1, [Scope("b9", 1)], _PACE)
    with _opened(collection) as database:
        found = entry_at(database.connection, Scope("b9", 1, 1))
    if found is None:
        raise MirrorError("the real entry was not read; please report this")
    items = "、".join(item["heading"] for item in found["items"])
    click.echo(
        f"真实条目 the real entry: {len(found['text'])} 字 characters, {len(found['items'])} 项 items ({items}), "
        f"署名 signed {'、'.join(found['signatures']) or '-'}"
    )


def _next(home: Path) -> None:
    _say("接下来 what to try next")
    python = Path(sys.argv[0])
    mirror = python if python.name == "mirror" and python.parent != Path() else Path("mirror")
    click.echo(
        f"  export MIRROR_HOME={home}\n"
        f"  {mirror} status demo-mse                        # 完整性 coverage\n"
        f"  {mirror} show demo-mse ch9/1/5                  # 读条目 read an entry\n"
        f"  {mirror} search demo-mse 灌溉渠                  # 检索 search\n"
        f"  {mirror} serve                                  # 档案浏览器 the archive browser, on this machine\n"
        f"  {mirror} export demo-mse --format jsonl -o -    # 导出 export\n"
        f"  ls {home}/collections/demo-mse/archive         # WARC 文件 the WARC files, for pywb and ReplayWeb.page\n"
        f"  {mirror} init shandong --source chorography --contact you@example.cn   # 真正开始 begin in earnest"
    )
