"""`mirror run`: do what is due."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mirror.cli.options import home_option
from mirror.cli.progress import display
from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.events import Event


@click.command("run")
@click.argument("name", metavar="[NAME]", required=False)
@home_option
@click.option("--now", "force", is_flag=True, help="Even if no run is due.")
@click.option("--log-json", is_flag=True, help="Every event as a line of JSON on stderr, with its time.")
@click.option("--metrics", metavar="HOST:PORT", help="Answer Prometheus there while it runs; a port alone: loopback.")
def command(name: str | None, home: Path, force: bool, log_json: bool, metrics: str | None) -> None:
    """定时运行：该做的都做 / Do what is due: crawl, verify, report, tell. For a timer; safe to run at any time.

    Goes on with what was interrupted, and makes up once for a run that was missed. Without NAME, every collection
    that has a schedule. Exit code 3 if something asks for a look, 1 if something failed.

    \b
    Example:
      mirror run shandong
      mirror run shandong --now --log-json
      mirror run --metrics 127.0.0.1:9187
    """
    from mirror.schedule.run import rhythm_of

    if name is not None:
        chosen = [Collection.open(home, name)]
    else:
        chosen = [one for one in Collection.all(home) if rhythm_of(one.config()) is not None]
        if not chosen:
            click.echo("没有定时的馆藏 no collection has a schedule; set one with `mirror schedule NAME`", err=True)
    with _measured(metrics, chosen):
        codes = [_run(collection, force, log_json, alone=name is not None) for collection in chosen]
    sys.exit(1 if 1 in codes else max(codes, default=0))


@contextmanager
def _measured(address: str | None, collections: list[Collection]) -> Iterator[None]:
    if address is None:
        yield
        return
    from mirror.schedule.metrics import served

    with served(address, collections) as url:
        click.echo(f"指标 metrics: {url}", err=True)
        yield


def _run(collection: Collection, force: bool, log_json: bool, *, alone: bool) -> int:
    from mirror.schedule.run import Busy, rhythm_of, run
    from mirror.schedule.state import load

    tell = _tell_json if log_json else _tell
    if log_json:
        logging.basicConfig(level=logging.WARNING, handlers=[_JsonLines(collection.name)], force=True)
    try:
        with _shown(collection.name, log_json) as show:
            ended = run(
                collection,
                force=force,
                show=show,
                on_begin=lambda name, why: tell(name, "begun", message=why),
                on_phase=lambda name, phase: tell(name, "phase", phase=phase),
            )
    except Busy as error:
        tell(collection.name, "busy", message=str(error))
        return 3
    except MirrorError as error:
        if alone:
            raise
        tell(collection.name, "failed", message=str(error))  # the other collections are run all the same
        return 1
    if ended is None:
        rhythm, last = rhythm_of(collection.config()), load(collection)
        assert rhythm is not None and last is not None
        due = rhythm.next_after(datetime.fromisoformat(last.began)).astimezone(rhythm.zone)
        tell(collection.name, "not due", message=f"下次 next: {due:%Y-%m-%d %H:%M} {rhythm.zone.key}")
        return 0
    for problem in ended.problems:
        tell(collection.name, "problem", message=problem)
    tell(collection.name, "ended", exit_code=ended.exit_code, crawl=ended.crawl, complete=ended.complete)
    return ended.exit_code


@contextmanager
def _shown(name: str, log_json: bool) -> Iterator[Callable[[Event], None]]:
    if log_json:
        yield lambda event: _tell_json(name, type(event).__name__.lower(), **asdict(event))
    else:
        with display() as show:
            yield show


class _JsonLines(logging.Handler):
    """Warnings of the program, as events like the others."""

    def __init__(self, collection: str) -> None:
        super().__init__()
        self._collection = collection

    def emit(self, record: logging.LogRecord) -> None:
        _tell_json(self._collection, "log", level=record.levelname.lower(), message=record.getMessage())


def _tell_json(collection: str, event: str, /, **facts: Any) -> None:
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {**facts, "time": time, "collection": collection, "event": event}
    click.echo(json.dumps(line, ensure_ascii=False), err=True)


def _tell(collection: str, event: str, /, **facts: Any) -> None:
    shown = facts.get("message") or ", ".join(f"{name} {value}" for name, value in facts.items())
    click.echo(f"{collection}: {event}: {shown}", err=True)
