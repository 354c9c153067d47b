"""`mirror schedule`: when to crawl again."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from mirror.cli.options import collection_argument
from mirror.collection import Collection
from mirror.errors import UsageError


@click.command("schedule")
@collection_argument
@click.option("--every", metavar="SPAN", help="How often: 6h, 1d, 7d, 2w.")
@click.option("--at", metavar="HH:MM", help="Time of the day, in the collection's time zone (default 02:00).")
@click.option("--as", "system", type=click.Choice(["systemd", "cron", "windows"]), help="Default: what runs here.")
@click.option("--show", is_flag=True, help="Show what is in place, and change nothing.")
@click.option("--remove", is_flag=True, help="Take it away again.")
def command(
    collection: Collection, every: str | None, at: str | None, system: str | None, show: bool, remove: bool
) -> None:
    """定时 / Crawl again and again: writes a timer of your own (no root), and the rhythm into mirror.toml.

    The timer starts `mirror run NAME`, which decides itself whether a run is due; one that was missed is made up
    for once.

    \b
    Example:
      mirror schedule shandong --every 7d --at 02:00
      mirror schedule shandong --every 1d --as cron
      mirror schedule shandong --show
      mirror schedule shandong --remove
    """
    from mirror.schedule import install as installer
    from mirror.schedule.rhythm import Rhythm
    from mirror.schedule.run import rhythm_of

    config = collection.config()
    if [every is not None, show, remove].count(True) != 1:
        raise UsageError("say how often, for example --every 7d --at 02:00; or --show, or --remove")
    known = rhythm_of(config) or Rhythm.parse("7d", "02:00", config.politeness.time_zone)
    job = installer.job_of(collection, known)
    if show:
        found = installer.installed(collection, job)
        _print(found)
        if not found:
            click.echo("没有定时 no timer is in place", err=True)
            sys.exit(3)
        return
    if remove:
        installer.set_in_file(collection.config_path, {"every": ""})
        removed = installer.remove(collection, job)
        click.echo(
            "\n".join(f"已移除 removed: {path}" for path in removed) or "没有定时 nothing was in place", err=True
        )
        return
    assert every is not None
    moment = at or config.schedule.at
    try:
        job = installer.job_of(collection, Rhythm.parse(every, moment, config.politeness.time_zone))
    except ValueError as error:
        raise UsageError(f"--every {every} --at {moment}: {error}") from None
    installer.remove(collection, job)
    installer.set_in_file(collection.config_path, {"every": every.strip(), "at": moment.strip()})
    done = installer.install(collection, job, system or installer.default_system())  # type: ignore[arg-type]
    _print(done.files)
    for line in done.advice:
        click.echo(line, err=True)
    _warn(collection)


def _warn(collection: Collection) -> None:
    """Say so where the daily budget cannot do what the sweep asks for."""
    from mirror.frontier.sweep import sweep_of

    with closing(collection.database()) as database:
        warning = sweep_of(database.connection, collection.config()).warning()
    if warning is not None:
        click.echo(warning, err=True)


def _print(files: dict[str, str]) -> None:
    for path, text in files.items():
        click.echo(f"# {path}")
        click.echo(text.rstrip("\n") + "\n")
