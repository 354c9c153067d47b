"""An entry as one row of plain cells, for CSV and for data packages."""

from __future__ import annotations

import json
from typing import Any

#: Columns in order, each with its Table Schema type and what it holds.
COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("string", "K/A/REC"),
    "library": ("string", "库代码 library code"),
    "library_title": ("string", "库名"),
    "book": ("integer", "书在库中的序号 number of the book in its library"),
    "book_title": ("string", "书名"),
    "rec": ("integer", "条目在书中的序号 number of the entry in its book"),
    "code": ("string", "源站代码 code, where the source shows it"),
    "path": ("array", "上级标题，由外到内 titles of the headings above, outermost first"),
    "title": ("string", "条目标题 title, blanks as the source has them"),
    "text": ("string", "正文，一行一段 reading text, one paragraph a line"),
    "items": ("array", "【】条目 items: heading and text"),
    "tables": ("array", "表格 tables: caption and rows"),
    "signatures": ("array", "文末署名 names signed at the end"),
    "undecodable": ("integer", "无法解码的字节数 bytes that could not be decoded"),
    "text_digest": ("string", "sha256 of text in UTF-8"),
    "first_seen": ("datetime", "首次见到此文的时间 first capture with this text, UTC"),
    "last_seen": ("datetime", "最近见到此文的时间 last capture with this text, UTC"),
    "versions": ("integer", "不同文本的数目 different texts the entry has had"),
    "url": ("string", "来源网址 URL of the capture"),
    "timestamp": ("datetime", "存档时间 time of the capture, UTC"),
    "status": ("integer", "HTTP 状态码 status"),
    "record_id": ("string", "WARC-Record-ID"),
    "payload_digest": ("string", "WARC-Payload-Digest"),
    "warc": ("string", "WARC 文件 file"),
    "offset": ("integer", "记录在文件中的位置 byte of the record in it"),
    "length": ("integer", "记录的字节数 bytes of the record"),
}


def flat(entry: dict[str, Any]) -> dict[str, Any]:
    """An exported entry as a row; lists are JSON, what is not known is None."""
    capture = entry["capture"]
    return {
        "id": entry["id"],
        "library": entry["library"]["code"],
        "library_title": entry["library"]["title"],
        "book": entry["book"]["number"],
        "book_title": entry["book"]["title"],
        **{name: entry[name] for name in ("rec", "code", "title", "text", "text_digest", "first_seen", "last_seen")},
        **{name: _json(entry[name]) for name in ("path", "items", "tables", "signatures")},
        "undecodable": entry["charset"]["undecodable"],
        "versions": entry["versions"],
        **{name: capture[name] for name in ("url", "timestamp", "status", "record_id", "payload_digest")},
        **{name: capture[name] for name in ("warc", "offset", "length")},
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
