"""`mirror import`: web archives and text dumps that others made."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection
from mirror.frontier import reconcile
from mirror.frontier.ledger import Ledger
from mirror.imports.multi import Package, packages
from mirror.imports.take import FileReport, Importer
from mirror.sites import open_site
from mirror.witness.take import DumpReport, is_dump, take
from warc.salvage import kind_of


@click.command("import")
@collection_argument
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--base-url", "base_urls", multiple=True, metavar="URL", help="Another root the source had (may be given again)."
)
@click.option("--dry-run", is_flag=True, help="Only look through the files and report.")
@json_option
def command(
    collection: Collection, files: tuple[Path, ...], base_urls: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """导入他人的存档 / Import web archives that others made: WARC, ARC, WACZ, multi-WACZ; packed or not; damaged too.

    What they hold of the source becomes captures of the same entries, at their own dates. Text dumps (a ZIP or a
    folder of TXT, one TXT) become witnesses, texts without a capture: see `mirror witnesses`. The files themselves
    are kept unchanged. Importing a file twice changes nothing. Exit code 3 when something in them could not be read.

    \b
    Example:
      mirror import shandong wget-2021.warc.gz crawl.wacz
      mirror import shandong packages/datapackage.json
      mirror import shandong old.arc.gz --base-url http://www.sdsqw.cn/
      mirror import shandong taian.zip
    """
    config = collection.config()
    site = open_site(config.source, config.base_url)
    for url in base_urls:
        open_site(config.source, url)  # a wrong one is told before anything is done
    reports: list[FileReport | DumpReport] = []

    def tell(text: str) -> None:
        click.echo(text, err=True)

    with nullcontext() if dry_run else collection.locked():
        database = collection.database()
        try:
            ledger = Ledger(database)
            if not dry_run:
                reconcile.catch_up(collection, site, ledger)
            importer = Importer(collection, site, ledger, base_urls, tell)
            for path, package in _with_packages(files):
                if package is not None and package.path is None:
                    missing = _missing(package)
                    reports.append(missing)
                    if not as_json:
                        _show(missing)
                    continue
                if is_dump(path) and (path.is_dir() or kind_of(path) is None):
                    dump = take(collection, site, database, path, base_urls, dry_run=dry_run, progress=tell)
                    reports.append(dump)
                    if not as_json:
                        _show_dump(dump)
                    continue
                report = importer.look(path) if dry_run else importer.take(path)
                if package is not None and package.sha256 not in ("", report.sha256):
                    report.problem = f"its sha256 is {report.sha256}, the manifest says {package.sha256}"
                reports.append(report)
                if not as_json:
                    _show(report)
            if not dry_run:
                importer.finish()
        finally:
            database.close()
    if as_json:
        click.echo(json.dumps([report.as_dict() for report in reports], ensure_ascii=False, indent=1))
    if any(report.asks_for_a_look for report in reports):
        sys.exit(3)


def _with_packages(files: tuple[Path, ...]) -> Iterator[tuple[Path, Package | None]]:
    """The files, in place of a multi-WACZ manifest the packages it names."""
    for path in files:
        named = packages(path)
        if named is None:
            yield path, None
        else:
            yield from ((package.path or path, package) for package in named)


def _missing(package: Package) -> FileReport:
    problem = "the manifest names it, and it does not lie beside it"
    return FileReport(package.name, package.sha256, 0, "unreadable", problem=problem)


_OUTCOMES = {
    "witnesses": ("green", "已收为旁证 taken in as witnesses"),
    "imported": ("green", "已导入 imported"),
    "looked through": ("green", "可以导入 can be imported"),
    "known": ("cyan", "早已导入 imported before"),
    "nothing new": ("cyan", "并无新存档 nothing new: all its captures are held"),
    "nothing of the source": ("yellow", "没有本源的网页 nothing of the source in it; not imported"),
    "unreadable": ("red", "不是网页存档或已损坏 no web archive, or damaged beyond reading; not imported"),
}


def _show(report: FileReport) -> None:
    colour, words = _OUTCOMES[report.outcome]
    click.echo(f"{report.name}: " + click.style(words, fg=colour) + (f" ({report.note})" if report.note else ""))
    if report.problem:
        click.echo(click.style(f"  {report.problem}", fg="red"))
    for part in report.parts:
        seen = part.survey
        if len(report.parts) > 1 or part.name != report.name:
            click.echo(f"  {part.name}: {_OUTCOMES[part.outcome][1]}")
        if seen.records:
            click.echo(f"  记录 records: {_counts(seen.records)}")
        if seen.of_source:
            click.echo(f"  本源 of the source: {_counts(seen.of_source)}  {seen.first} – {seen.last}")
        if seen.outside:
            click.echo(f"  其他网站 of others: {_counts(dict(seen.outside.most_common(5)))}")
        if part.archive:
            how = "原样 as it is" if part.taken == "as-is" else "改写，原件另存 rewritten, the original kept beside"
            click.echo(f"  archive/{part.archive} ({how}), {part.new} 条新存档 new captures")
        for reason, count in seen.skipped.items():
            click.echo(click.style(f"  略过 skipped: {count} × {reason}", fg="yellow"))
        for damage in seen.damage[:5]:
            click.echo(click.style(f"  损坏 damaged, byte {damage['offset']}: {damage['problem']}", fg="red"))
        if seen.damaged > 5:
            click.echo(click.style(f"  … 共 {seen.damaged} 处 places in all; --json names more", fg="red"))
        for oddity in seen.oddities[:3]:
            click.echo(click.style(f"  异常 odd, byte {oddity['offset']}: {oddity['problem']}", dim=True))
        if seen.odd > 3:
            click.echo(click.style(f"  … {seen.odd} in all", dim=True))
    if report.outcome == "nothing of the source":
        click.echo("  若源站曾用其他网址 if the source had another address then: --base-url URL")


def _show_dump(report: DumpReport) -> None:
    colour, words = _OUTCOMES[report.outcome]
    click.echo(f"{report.name}: " + click.style(words, fg=colour) + (f" ({report.note})" if report.note else ""))
    tally = report.tally
    if tally.texts:
        click.echo(
            f"  {tally.texts} 篇 texts, {tally.with_head} 有标题来源 with a head, "
            f"{tally.of_source} 网址指向条目 whose URL asks for an entry"
        )
    if tally.texts and not tally.with_head:
        click.echo(
            click.style("  没有一篇写明标题与来源 none of them says what it is or where it is from", fg="yellow")
        )
    if tally.undecodable:
        click.echo(click.style(f"  {tally.undecodable} 篇有无法解码的字 with characters replaced", fg="yellow"))
    for reason, count in report.skipped.counts.items():
        example = report.skipped.examples[reason]
        click.echo(click.style(f"  略过 skipped: {count} × {reason} (如 such as {example})", fg="yellow"))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
