"""CDXJ: one line a record, as cdxj-indexer writes it, and a sorted index of them on disk."""

from __future__ import annotations

import heapq
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from warc.surt import surt

#: Heads that every parser reads alike; any other is read by warcio, so that our lines equal cdxj-indexer's.
_PLAIN = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [ -~]*)?\r\n(?:[!#-'*+.0-9A-Z^-z|~-]+: ?[ -~]*\r\n)*\r\n")
_TYPE = re.compile(rb"(?i)\r\ncontent-type: ?([ -~]*)\r\n")
_FIRST_WORD = re.compile(r"[;\s]")
_PARSER = StatusAndHeadersParser(["HTTP/1.0", "HTTP/1.1"], verify=False)


def status_and_mime(head: bytes) -> tuple[str | None, str | None]:
    """Status and media type of a stored HTTP head, as cdxj-indexer would give them."""
    plain = _PLAIN.fullmatch(head)
    if plain is not None:
        content_type = _TYPE.search(head)
        value = content_type[1].decode("ascii").strip(" ") if content_type is not None else None
        status: str | None = plain[1].decode("ascii")
    else:
        try:
            read = _PARSER.parse(io.BytesIO(head))
        except (EOFError, StatusAndHeadersParserException):
            return None, None
        value, status = read.get_header("content-type"), read.get_statuscode()
    return status, mime_of(value)


def mime_of(content_type: str | None) -> str | None:
    """The media type alone, without its parameters."""
    return _FIRST_WORD.split(content_type, maxsplit=1)[0].strip() if content_type else content_type


def line(
    *,
    url: str,
    timestamp: str,
    mime: str | None,
    status: str | None,
    digest: str | None,
    length: int,
    offset: int,
    filename: str,
) -> str:
    """One line, without its line end.

    Args:
        url: WARC-Target-URI, byte for byte.
        timestamp: WARC-Date; the key has its 14 digits.
        mime: Media type, `warc/revisit` for revisits.
        status: HTTP status as text.
        digest: WARC-Payload-Digest.
        length: Bytes of the record's gzip member.
        offset: Where it begins.
        filename: Base name of the WARC file.
    """
    named = f"{url}{mime}{status}{digest}{filename}"
    if mime and status and digest and named.isascii() and named.isprintable() and not _ESCAPED.search(named):
        return (
            f'{key(url, timestamp)} {{"url": "{url}", "mime": "{mime}", "status": "{status}", "digest": "{digest}", '
            f'"length": "{length}", "offset": "{offset}", "filename": "{filename}"}}'
        )
    fields = {
        "url": url,
        "mime": mime,
        "status": status,
        "digest": digest,
        "length": str(length),
        "offset": str(offset),
        "filename": filename,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return f"{key(url, timestamp)} {json.dumps(kept)}"


def moved(text: str, filename: str, offset: int, length: int) -> str:
    """The line of a record that was copied to another place."""
    start, _, fields = text.partition(" {")
    place = {"length": str(length), "offset": str(offset), "filename": filename}
    return f"{start} {json.dumps({**json.loads('{' + fields), **place})}"


def key(url: str, timestamp: str) -> str:
    """What a line begins with: SURT of the URL, and a WARC-Date in 14 digits."""
    return f"{surt(url)} {timestamp[:19].translate(_NO_MARKS)}"


#: Of printable ASCII, what JSON writes otherwise.
_ESCAPED = re.compile(r'["\\]')
_NO_MARKS = str.maketrans("", "", "-:T")


def merge_into(index: Path, lines: Iterable[str]) -> None:
    """Add sorted lines to a sorted index: bytewise order, no line twice, the old index whole until the new is.

    Memory stays flat however large the index is.
    """
    index.parent.mkdir(parents=True, exist_ok=True)
    partial = index.with_name(index.name + ".part")
    with ExitStack() as stack:
        added = (text.encode("utf-8") + b"\n" for text in lines)
        sources: list[Iterable[bytes]] = [added]
        if index.exists():
            sources.append(stack.enter_context(index.open("rb")))
        out = stack.enter_context(partial.open("wb"))
        last = b""
        for text in heapq.merge(*sources):
            if text != last:
                out.write(text)
            last = text
        out.flush()
        os.fsync(out.fileno())
    partial.replace(index)


def index_file(path: Path) -> Iterator[str]:
    """The index lines of one WARC file, in the order of its records."""
    from warc import reader  # the reader knows records; only this function needs it

    for record in reader.read(path, on_odd="ignore"):
        text = reader.cdxj_of(record)
        if text is not None:
            yield text
