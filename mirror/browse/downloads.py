"""An entry as a file: its texts, its tables, all of its fields."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from mirror.cite import cite

#: Spreadsheets take a cell that begins with one of these for a formula; a quote before it makes it text again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def reading_text(entry: dict[str, Any]) -> bytes:
    """The reading text under a head of title, source and time, as people keep such texts already."""
    above = [entry["library"]["title"] or entry["library"]["code"], entry["book"]["title"] or "", *entry["path"]]
    head = (
        f"标题：{entry['title']}\n出处：{' / '.join(part for part in above if part)}\n"
        f"来源：{entry['capture']['url']}\n时间：{entry['capture']['timestamp']}\n编号：{entry['id']}\n"
        f"摘要：{entry['text_digest']}\n\n"
    )
    text: str = entry["text"]
    return f"{head}{text}\n".encode("utf-8", "surrogatepass")


def raw_text(entry: dict[str, Any]) -> bytes:
    """The text as the source laid it out, nothing added."""
    text: str = entry["raw_text"]
    return text.encode("utf-8", "surrogatepass")


def fields(entry: dict[str, Any]) -> bytes:
    """All fields, as `mirror export --format jsonl` has them."""
    return json.dumps(entry, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass") + b"\n"


#: Forms of a citation: the style, and the type of the file.
CITATIONS = {
    "bib": ("bibtex", "application/x-bibtex; charset=utf-8"),
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
    "csl.json": ("csl-json", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


def citation(entry: dict[str, Any], form: str, link: str | None) -> tuple[bytes, str]:
    """A citation in one of the CITATIONS, and its type.

    Args:
        entry: As `mirror export --format jsonl` gives it.
        form: The ending of the file.
        link: Permanent link of the text; the source's own address if None.
    """
    style, media_type = CITATIONS[form]
    return cite(entry, style, link).encode("utf-8", "surrogatepass"), media_type


def citations(entry: dict[str, Any], link: str | None) -> list[tuple[str, str]]:
    """Name and text of every style, the one of China's standard first."""
    names = {"gb7714": "GB/T 7714", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "ris": "RIS"}
    return [(name, cite(entry, style, link).rstrip("\n")) for style, name in names.items()]


def table(entry: dict[str, Any], number: int) -> bytes | None:
    """One table as CSV for spreadsheets (RFC 4180, UTF-8 with its mark); None if there is no such table."""
    tables = entry["tables"]
    if not 1 <= number <= len(tables):
        return None
    written = io.StringIO()
    writer = csv.writer(written)
    for row in tables[number - 1]["rows"]:
        writer.writerow([_cell(cell) for cell in row])
    return ("\ufeff" + written.getvalue()).encode("utf-8", "surrogatepass")


def _cell(text: str) -> str:
    if text.startswith(_FORMULA) and not _is_figure(text):
        return "'" + text
    return text


def _is_figure(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return not text.strip("-+—")  # a dash for "none"
    return True
