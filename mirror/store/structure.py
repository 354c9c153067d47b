"""The structure of an entry, for exports, search and readers: made from the exported entry whenever it is asked for.

Nothing of it is stored: it follows from the reading text, the titles and the rules of `extraction.structure`, so
better rules reach every entry at once. It costs about as much time as reading the page did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from mirror.extraction.aligned import read_aligned
from mirror.extraction.lines import has_boxes
from mirror.extraction.signatures import read_signatures
from mirror.extraction.structure.outline import read_outline
from mirror.extraction.structure.places import read_places
from mirror.extraction.structure.quantities import read_quantities
from mirror.extraction.structure.tables import DrawnTable, number_of, read_drawn
from mirror.extraction.structure.titles import own_title_end, plain
from mirror.extraction.structure.year import About, Years
from mirror.extraction.structure.years import read_years, span, title_years
from mirror.extraction.tables import read_caption, read_unit


def structure(entry: Mapping[str, Any], *, quantities: bool = False) -> dict[str, Any]:
    """What an exported entry (CONTRACT: One entry, exported) says of its own parts.

    Every offset `at` counts characters of `entry["text"]`. Years before the common era are negative.

    Args:
        entry: As `store.exported.every_entry` and `entry_at` give it.
        quantities: Whether to read numbers with their units too, which costs most and errs most.

    Returns:
        `title_plain` the title, letter-spacing closed up; `path_plain` likewise;
        `own_title_end` where the text goes on after repeating its title, 0 if it does not;
        `outline` `[{"level", "number", "title", "at"}]`;
        `tables` `[{"number", "caption", "unit", "continues", "rows", "drawn", "at"}]`, drawn ones in the order of
        `entry["tables"]`, then those set with blanks alone; `continues` is the place in this list of the table that
        goes on after a page break;
        `signed` `[{"name", "office"}]` and `signed_date`;
        `years` `[{"from", "to", "words", "at", "calendar"}]`, with `stated` where the text itself, in brackets, says
        another year than the conversion gives, and `by` where its own words do not say all: those it was counted
        from, such as 1986年 for 同年, or the book's title for 80年代;
        `covers` `{"entry", "book"}`: each `{"from", "to", "words", "by"}` or None; `by` is title, path or text;
        `places` `[{"name", "at", "codes": [{"code", "from", "to"}]}]`: `to` None: still so in 2023;
        `marks` counts of what could not be set or read: `geta` 〓, `missing` □;
        `quantities` `[{"value", "unit", "about", "what", "words", "at"}]`, if asked for.
    """
    text: str = entry["text"]
    lines = text.split("\n")
    drawn = read_drawn(lines) if has_boxes(text) else []
    offsets = _offsets(lines)
    inside = {line for table in drawn for line in range(table.first, table.end)}
    prose = [line for at, line in enumerate(lines) if at not in inside]
    book, own = _covers_book(entry), _titled(entry)
    covered = own or book
    about: About | None = (covered["from"], covered["to"], covered["words"]) if covered else None
    years = read_years(text, about)
    whole = span(years) if own is None else None
    own = _covering(whole, "text") if whole else own
    first, last, _ = about or (None, None, "")
    signed = read_signatures(prose)
    found: dict[str, Any] = {
        "title_plain": plain(entry["title"]),
        "path_plain": [plain(title) for title in entry["path"]],
        "own_title_end": own_title_end(text, entry["title"]),
        "outline": [asdict(node) for node in read_outline(text)],
        "tables": [_drawn(table, offsets) for table in drawn] + _aligned(lines, inside, offsets),
        "signed": [asdict(one) for one in signed.signed],
        "signed_date": signed.date,
        "years": [_years(one) for one in years],
        "covers": {"entry": own, "book": book},
        "places": [
            {
                "name": place.name,
                "at": place.at,
                "codes": [{"code": one.code, "from": one.first, "to": one.last or None} for one in place.codes],
            }
            for place in read_places(text, first, last)
        ],
        "marks": {"geta": text.count("〓"), "missing": text.count("□")},
    }
    if quantities:
        counted = read_quantities("\n".join(_blanked(lines, inside)))
        found["quantities"] = [{**asdict(one), "value": _number(one.value)} for one in counted]
    return found


def _offsets(lines: list[str]) -> list[int]:
    offsets, at = [], 0
    for line in lines:
        offsets.append(at)
        at += len(line) + 1
    return offsets


def _blanked(lines: list[str], inside: set[int]) -> list[str]:
    """The lines with those of tables made blanks, so that places stay valid."""
    return [" " * len(line) if at in inside else line for at, line in enumerate(lines)]


def _drawn(table: DrawnTable, offsets: list[int]) -> dict[str, Any]:
    return {
        "number": table.number,
        "caption": table.caption,
        "unit": table.unit,
        "continues": table.continues,
        "rows": [list(row) for row in table.rows],
        "drawn": True,
        "at": offsets[table.first],
    }


def _aligned(lines: list[str], inside: set[int], offsets: list[int]) -> list[dict[str, Any]]:
    prose = _blanked(lines, inside)
    tables = read_aligned(prose)
    floors = [0, *(table.end for table in tables)]
    captions = [
        (read_caption(prose, floor, table.first), read_unit(prose, floor, table.first))
        for floor, table in zip(floors, tables, strict=False)
    ]
    return [
        {
            "number": number_of(caption),
            "caption": caption,
            "unit": unit,
            "continues": None,
            "rows": [list(row) for row in table.rows],
            "drawn": False,
            "at": offsets[table.first],
        }
        for table, (caption, unit) in zip(tables, captions, strict=True)
    ]


def _years(years: Years) -> dict[str, Any]:
    found: dict[str, Any] = {
        "from": years.first,
        "to": years.last,
        "words": years.words,
        "at": years.at,
        "calendar": years.calendar,
    }
    if years.stated is not None:
        found["stated"] = years.stated
    if years.by is not None:
        found["by"] = years.by
    return found


def _covers_book(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    years = title_years(entry["book"]["title"] or "")
    return _covering(years, "title") if years else None


def _titled(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the title of an entry, or the nearest heading above it, says of its years."""
    own = title_years(entry["title"])
    if own:
        return _covering(own, "title")
    for title in reversed(entry["path"]):
        above = title_years(title)
        if above:
            return _covering(above, "path")
    return None


def _covering(years: Years, by: str) -> dict[str, Any]:
    return {"from": years.first, "to": years.last, "words": years.words, "by": by}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
