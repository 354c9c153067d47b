"""CSL-JSON (citationstyles.org), as Zotero and pandoc read it."""

from __future__ import annotations

import json
from typing import Any

from mirror.cite.source import Source, note


def write(source: Source) -> str:
    """An array of one item of type `entry`."""
    day = source.captured
    item: dict[str, Any] = {
        "id": source.id,
        "type": "entry",
        "title": source.title,
        "container-title": source.book,
        "collection-title": source.library,
        "language": "zh-CN",
        "URL": source.link,
        "accessed": {"date-parts": [[day.year, day.month, day.day]]},
        "note": note(source),
    }
    if source.authors:
        item["author"] = [{"literal": name} for name in source.authors]
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"
