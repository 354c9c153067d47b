"""`mirror status`: what is expected, what is held, what is missing."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mirror.cli.options import home_option, json_option
from mirror.collection import Collection
from mirror.errors import UsageError
from mirror.reports.facts import changed_since
from mirror.store.coverage import BookCoverage, Coverage, coverage

#: What does not keep a collection from being complete, and still asks for a look.
_NOTED = {
    "outdated": "编号已改指他条 renumbered",
    "short": "短 short",
    "odd": "异 odd",
    "duplicates": "重 duplicate",
    "gaps": "缺号 gaps",
    "gone": "已撤 gone",
}
_SHOWN_DAMAGE = 5
_ODD_ADVICE = """\
    已存档而未能读懂。若网页已改版，可在 mirror.toml 的 [selectors] 中指明正文所在，再运行 `mirror rebuild`。
    They are archived and not understood. If the markup has changed, say in mirror.toml under [selectors] where
    things stand, then run `mirror rebuild`."""


@click.command("status")
@click.argument("name", metavar="NAME", required=False)
@home_option
@json_option
@click.option("--certificate", is_flag=True, help="Write a signed certificate of what is held.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where to write it.")
@click.option(
    "--check-certificate",
    "checked",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Verify a certificate; needs no collection.",
)
def command(
    name: str | None, home: Path, as_json: bool, certificate: bool, folder: Path | None, checked: Path | None
) -> None:
    """完整性：每库每书应有、已存、缺、失败 / Coverage against the source's own contents.

    Exit code 3 while anything is missing, if a WARC file was lost, or if a certificate does not hold.

    \b
    Example:
      mirror status shandong
      mirror status shandong --json | jq '.libraries[].books[] | select(.missing != [])'
      mirror status shandong --certificate -o certificate-2026
      mirror status --check-certificate certificate-2026/certificate.json
    """
    if checked is not None:
        _check(checked, as_json)
        return
    if name is None:
        raise UsageError("name a collection, for example `mirror status shandong`")
    collection = Collection.open(home, name)
    if certificate:
        found = _certify(collection, folder)
    elif folder is not None:
        raise UsageError("-o goes with --certificate")
    else:
        database = collection.database()
        try:
            found = coverage(database.connection, collection.archive)
        finally:
            database.close()
        since = changed_since(collection.reports, found.totals())
        if as_json:
            everything = {**found.as_dict(), "totals": found.totals(), "since_last_crawl": since}
            click.echo(json.dumps(everything, ensure_ascii=False, indent=1))
        else:
            show_coverage(found)
            _show_since(since)
    if not found.complete:
        sys.exit(3)


def _certify(collection: Collection, folder: Path | None) -> Coverage:
    from mirror.reports.certificate import certify

    now = datetime.now(UTC)
    target = folder or collection.reports / f"certificate-{now:%Y%m%dT%H%M%SZ}"
    found, path = certify(collection, target, now)
    click.echo(str(path))
    click.echo(f"给人看的 for reading: {path.with_suffix('.html')}", err=True)
    click.echo(f"核验 verify: mirror status --check-certificate {path}", err=True)
    if not found.complete:
        click.echo("不完整 not complete: the certificate says so", err=True)
    return found


def _check(path: Path, as_json: bool) -> None:
    from mirror.reports.certificate import check

    checked = check(path)
    statement = checked.statement
    if as_json:
        found = {"valid": not checked.problems, "fingerprint": checked.fingerprint, "problems": checked.problems}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        totals = statement["totals"]
        click.echo(f"{statement['collection']}  {statement['base_url']}  {statement['made']}")
        click.echo(
            f"{totals['captured']} / {totals['expected']} 条目 entries, "
            + ("完整 complete" if statement["complete"] else "不完整 not complete")
        )
        for problem in checked.problems:
            click.echo(f"无效 invalid: {problem}")
        if not checked.problems:
            click.echo(f"签名有效 the signature is good; key {checked.fingerprint}")
            click.echo("指纹须与签发者公布的一致 compare the key with the one its maker has published")
    if checked.problems:
        sys.exit(3)


def show_coverage(found: Coverage) -> None:
    """Print coverage as a table, with what is lacking and why."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("书 book", no_wrap=True, overflow="ellipsis")
    for name in ("应有 expected", "已存 held", "缺 missing", "失败 failed", "空 empty"):
        table.add_column(name, justify="right", no_wrap=True)
    for library in found.libraries:
        table.add_row(f"[bold]{library.code}[/]  {escape(library.title or '')}")
        for book in library.books:
            table.add_row(
                f"  {library.code}/{book.number}  {escape(book.title or '')}",
                "?" if book.expected is None else str(book.expected),
                str(book.captured),
                _numbers(book),
                str(len(book.failed) or ""),
                str(len(book.empty) or ""),
            )
    console.print(table)
    books = [book for library in found.libraries for book in library.books]
    expected = sum(book.expected or 0 for book in books)
    captured = sum(book.captured for book in books)
    totals = found.totals()
    unknown = totals["unknown"]
    share = f" ({captured / expected:.1%})" if expected and not unknown else ""
    console.print(
        f"\n{len(found.libraries)} 库 libraries, {len(books)} 书 books, {captured} / {expected} 条目 entries{share}"
        + (f"; {unknown} 书未得目录 books whose contents are not held" if unknown else "")
    )
    noted = [f"{label} {totals[name]}" for name, label in _NOTED.items() if totals[name]]
    if noted:
        console.print(f"[dim]另见 see --json:[/] {', '.join(noted)}")
    for library in found.libraries:
        for book in library.books:
            if book.expected is not None and not book.contents_complete:
                lacking = len(book.contents_missing)
                console.print(
                    f"[yellow]目录不全 contents not whole:[/] {library.code}/{book.number} "
                    + escape(book.title or "")
                    + (f", {lacking} 页未得 pages not had" if lacking else ""),
                    soft_wrap=True,
                )
    for page in found.unanswered:
        said = escape(f"{page['kind']} {page['url']}: {page['reason']}")
        console.print(f"[yellow]未得到 not had:[/] {said}", soft_wrap=True)
    for reason, count in Counter(entry.reason for book in books for entry in book.failed).most_common(5):
        console.print(f"[yellow]失败 failed:[/] {count} × {escape(reason)}", soft_wrap=True)
    for odd in found.odd_pages:
        console.print(f"[yellow]异样 odd {odd.kind}:[/] {odd.count} × {escape(odd.reason)}", soft_wrap=True)
        for url in odd.examples:
            console.print(f"    {url}", soft_wrap=True, markup=False)
    if found.odd_pages:
        console.print(_ODD_ADVICE, soft_wrap=True, markup=False)
    for lost in found.damage[:_SHOWN_DAMAGE]:
        console.print(f"[red]未读出 not read:[/] {escape(str(lost))}", soft_wrap=True)
    if found.damage:
        console.print(f"    {len(found.damage)} 处损坏 places damaged → mirror verify NAME --repair-from COPY")
    if found.waiting:
        console.print(f"[yellow]待访问 still to be asked:[/] {found.waiting}")
    for text in found.lost_files:
        console.print(f"[red]已失 lost:[/] {escape(text)}; see `mirror verify`", soft_wrap=True)
    if found.complete:
        console.print("[green]完整 complete[/]: everything the source's contents list is held")
    else:
        console.print("[yellow]不完整 not complete[/]")


def _show_since(since: dict[str, int] | None) -> None:
    if since is None:
        return
    changes = [f"{name} {change:+d}" for name, change in since.items() if change and name != "crawl"]
    shown = ", ".join(changes) or "无变化 no change"
    click.echo(f"自第 {since['crawl']} 次抓取以来 since crawl {since['crawl']}: {shown}")


def _numbers(book: BookCoverage) -> str:
    if book.expected is None:
        return "目录未得 no contents"
    if not book.missing:
        return ""
    shown = ", ".join(str(rec) for rec in book.missing[:5])
    return f"{len(book.missing)} ({shown}{' …' if len(book.missing) > 5 else ''})"
