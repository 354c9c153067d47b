"""`mirror verify`: is everything that was stored still there, and as it must be?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from mirror.cli.options import collection_argument, json_option
from mirror.collection import Collection

if TYPE_CHECKING:
    from mirror.verify.check import Verified
    from warc.verify.examine import Examined

_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}
_WORDS = {"error": "损坏 error", "warning": "注意 warning", "note": "备注 note"}
#: So many findings of one rule are shown to people; `--json` has all.
SHOWN = 5


@click.command("verify")
@collection_argument
@json_option
@click.option("--workers", type=click.IntRange(1), help="Processes to read with (default: as many as cores).")
@click.option(
    "--repair-from",
    "copy",
    metavar="COPY",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Mend damaged and lost files from a second copy: a home, a collection's folder, or a folder of WARC files.",
)
def command(collection: Collection, as_json: bool, workers: int | None, copy: Path | None) -> None:
    """核验：存档、索引、数据库是否完好 / Check every file, record, index line and stored text.

    Fixity against manifest-sha256.txt, the rules of WARC 1.1 on every record, revisits and requests against what
    they name, the index and mirror.db against the records, and every stored text derived from its record again.
    Files are only read; it may run while a crawl does. The rules are listed in docs/verify.md. Exit code 3 if
    anything is damaged.

    With --repair-from whole files are taken if their sha256 is the one in manifest-sha256.txt, else single records
    that their own digests prove. What is replaced is kept in damaged/ of the collection, and nothing is changed in
    place.

    \b
    Example:
      mirror verify shandong
      mirror verify shandong --json | jq -r '.findings[] | [.file, .offset, .rule] | @tsv'
      mirror verify shandong --repair-from /media/second/home
    """
    from mirror.verify.check import verify

    def progress(examined: Examined) -> None:
        click.echo(f"{examined.file.name}: {examined.records} 条记录 records", err=True)

    repaired: dict[str, Any] = {}
    if copy is not None:
        repaired = _repair(collection, copy, workers)
    with verify(collection, workers=workers, progress=progress) as found:
        sound = found.is_sound
        if as_json:
            _print_json(found, repaired)
        else:
            _print(found)
    if not sound:
        sys.exit(3)


def _repair(collection: Collection, copy: Path, workers: int | None) -> dict[str, Any]:
    from mirror.verify.repair import repair

    mended, hopeless = repair(collection, copy, workers)
    for one in mended:
        what = "整个文件 the whole file" if one.how == "file" else f"{one.records} 条记录 records"
        kept = f"; 原件留于 the damaged one is kept in {one.kept}" if one.kept else ""
        exact = "" if one.exact else "; 字节不同，记录相同 not the same bytes as before, but the same records"
        click.echo(f"已修复 mended: {one.file}: {what}{exact}{kept}", err=True)
    for reason in hopeless:
        click.echo(f"未能修复 not mended: {reason}", err=True)
    if not mended and not hopeless:
        click.echo("文件无损，无需修复 no file needed mending", err=True)
    return {"repaired": [asdict(one) for one in mended], "not_repaired": hopeless}


def _print_json(found: Verified, repaired: dict[str, Any]) -> None:
    """One object; findings one a line, however many there are."""
    head = {
        **repaired,
        "sound": found.is_sound,
        "files": len(found.survey.files),
        "records": found.records,
        "bytes": found.size_bytes,
        "skipped": found.skipped,
        "counts": [{"rule": rule, "severity": severity, "count": n} for rule, severity, n in found.counts()],
    }
    click.echo(json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}") + ',\n "findings": [', nl=False)
    comma = ""
    for one in found.survey.findings():
        click.echo(f"{comma}\n  {json.dumps(one.as_dict(), ensure_ascii=False)}", nl=False)
        comma = ","
    click.echo("\n ]\n}")


def _print(found: Verified) -> None:
    from warc.verify.rules import RULES

    console = Console(highlight=False, soft_wrap=True)
    for rule, severity, count in found.counts():
        console.print(
            f"[{_COLOURS[severity]}]{_WORDS[severity]}[/] {rule} × {count}  ({RULES[rule].clause})", markup=True
        )
        for one in found.examples(rule, severity, SHOWN):
            console.print(f"    {one.place}: {one.message}", markup=False)
        if count > SHOWN:
            console.print(f"    … {count - SHOWN} 其余 more: --json", markup=False)
        if severity != "note":
            console.print(f"    → {RULES[rule].remedy}", markup=False)
    console.print(
        f"{len(found.survey.files)} 个文件 files, {found.records} 条记录 records, "
        f"{found.size_bytes / 1e6:.1f} MB" + (f"; 未查 not checked: {len(found.skipped)}" if found.skipped else "")
    )
    if found.is_sound:
        console.print("[green]完好 sound[/]: nothing is damaged")
    else:
        console.print("[red]有损坏 damaged[/]: see above")
