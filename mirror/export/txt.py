"""Entries as plain text files in a tree 省/市/库/书/卷/文, as people have kept this database before."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from mirror.export import destination
from mirror.export.formats import Export
from mirror.extraction.structure.places import name_of, read_places
from mirror.extraction.structure.titles import plain
from mirror.store.exported import every_entry

_RULE = "=" * 40
#: Bytes of UTF-8 a name may have: file systems take 255, and tools add to them.
_MOST_BYTES = 120
_FORBIDDEN = str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\s]+")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)")
#: Both sources are of this province. Titles that name none of its cities and counties stand under no city.
_PROVINCE = "山东省"
_NO_CITY = "未分市"


def export(asked: Export) -> str:
    """Write a folder of UTF-8 text files, an entry each, named `rec 标题.txt`.

    Province and city are those of the first division that the library's title, or else the book's, names.

    Raises:
        UsageError: Something is in the output folder.
        MirrorError: It could not be written.
    """
    count = 0
    database = asked.collection.database()
    try:
        with destination.whole_folder(asked.output) as folder:
            made: set[Path] = set()
            for entry in every_entry(database.connection, asked.scopes):
                target = folder.joinpath(*place_of(entry))
                if target not in made:
                    target.mkdir(parents=True, exist_ok=True)
                    made = {target} if len(made) > 10_000 else made | {target}
                (target / f"{entry['rec']:04d} {safe(plain(entry['title'])) or '无题'}.txt").write_bytes(page(entry))
                count += 1
    finally:
        database.close()
    return f"{count} 条目 entries"


def page(entry: dict[str, Any]) -> bytes:
    """The file of one entry: a head of 标题, 来源, 时间, then the reading text."""
    title = " ".join(plain(entry["title"]).split())
    text: str = entry["text"]
    head = (
        f"{_RULE}\n标题：{title}\n来源：{entry['capture']['url']}\n时间：{entry['capture']['timestamp']}\n{_RULE}\n\n"
    )
    return (head + text + "\n").encode("utf-8", "replace")


def place_of(entry: dict[str, Any]) -> list[str]:
    """The folders of an entry, outermost first: 省, 市, 库, 书, 卷 …"""
    library, book = entry["library"], entry["book"]
    province, city = _province_and_city(library["title"] or "", book["title"] or "")
    names = [
        province,
        city,
        safe(library["title"] or "") or library["code"],
        safe(book["title"] or "") or f"第{book['number']}册",
        *(safe(plain(title)) or "无题" for title in entry["path"]),
    ]
    # Two libraries or books may bear one title; then their numbers tell them apart.
    if names[2] != library["code"]:
        names[2] += f"（{library['code']}）"
    names[3] = f"{book['number']:02d} {names[3]}"
    return names


def safe(title: str) -> str:
    """A title as a name that Linux, macOS and Windows take; "" if nothing is left of it."""
    name = _UNSEEN.sub(" ", title.translate(_FORBIDDEN)).strip(" .")
    while len(name.encode("utf-8", "replace")) > _MOST_BYTES:
        name = name[:-1].rstrip(" .")
    return f"_{name}" if _DEVICES.match(name) else name


@lru_cache(maxsize=4096)
def _province_and_city(*titles: str) -> tuple[str, str]:
    for title in titles:
        for place in read_places(title):
            code = place.codes[-1].code if place.codes else "370000"
            if not code.endswith("0000"):
                return name_of(code[:2] + "0000") or _PROVINCE, name_of(code[:4] + "00") or _NO_CITY
    return _PROVINCE, _NO_CITY
