"""Changes as an Atom feed (RFC 4287), for readers that follow a collection.

One entry tells the counts; each addition, removal, edit, new title, split, merger and return has one of its own. What
only moved, or only looks another way, is counted and no more: one insertion moves hundreds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from uuid import NAMESPACE_URL, uuid5

from mirror.diff.changes import Change, Comparison
from mirror.diff.side_by_side import Piece
from mirror.diff.words import KIND_WORDS, WITH_HUNKS, evidence, heading, in_place, moment, readable

_TOLD = frozenset(("added", "removed", *WITH_HUNKS))
#: Not allowed in XML 1.0, even escaped (2.2).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HUNKS = 40


def as_atom(comparison: Comparison) -> Iterator[str]:
    """The feed, in pieces. Ids come from record ids, so that the same change has the same id in every run."""
    name = comparison.new.name
    updated = comparison.new.moment.instant
    counts = [
        f"{KIND_WORDS[kind][0]} {KIND_WORDS[kind][1]} {count}"
        for kind, count in comparison.summary().items()
        if count and kind not in ("unchanged", "unseen")
    ]
    said = "；".join(counts) or "没有变更 nothing changed"
    span = f"{moment(comparison, comparison.old)} → {moment(comparison, comparison.new)}"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">\n'
        f"<id>{_urn('feed', comparison.old.name, name, comparison.entry or '', _first(comparison))}</id>\n"
        f"<title>{_text(f'{comparison.entry or name} 变更 changes')}</title>\n<updated>{updated}</updated>\n"
        f"<author><name>{_text(name)}</name></author>\n<generator>gazetteer-mirror</generator>\n"
        f"<entry><id>{_urn('summary', name, comparison.old.moment.instant, updated, _first(comparison))}</id>"
        f"<title>{_text(said)}</title><updated>{updated}</updated>"
        f'<content type="text">{_text(span)}</content></entry>\n'
    )
    for change in comparison.changes:
        if change.kind in _TOLD or comparison.entry is not None:
            yield _entry(comparison, change)
    yield "</feed>\n"


def _entry(comparison: Comparison, change: Change) -> str:
    old = comparison.old.capture(change.old[0].capture) if change.old else None
    new = comparison.new.capture(change.new[0].capture) if change.new else None
    records = [one.get("record_id") or evidence(one) for one in (old, new) if one]
    shown = new or old or {}
    # What is gone was seen to be gone by the end of the later crawl, not when it was last seen.
    updated = new["timestamp"] if new else comparison.new.moment.instant
    ids, titles = heading(change)
    body = [f"<p>{escape(' '.join(KIND_WORDS[change.kind]))} · {escape(ids)}</p>"]
    hunks = readable(comparison.hunks(change))
    if hunks:
        parts = in_place(comparison.texts(change)[0], hunks[:_HUNKS], around=30)
        body.append("<ul>" + "".join(f"<li>{''.join(map(_marked, part))}</li>" for part in parts) + "</ul>")
        if len(hunks) > _HUNKS:
            body.append(f"<p>… 另有 and {len(hunks) - _HUNKS} 处 more</p>")
    for words, one in (("旧 old", old), ("新 new", new)):
        if one:
            body.append(f"<p><small>{words} {escape(one['timestamp'])} {escape(evidence(one))}</small></p>")
    kind = KIND_WORDS[change.kind][0]
    link = f'<link rel="alternate" href="{_text(shown["url"])}"/>' if shown.get("url") else ""
    return (
        f"<entry><id>{_urn(change.kind, *records)}</id><title>{_text(f'{kind}：{titles or ids}')}</title>"
        f"<updated>{updated}</updated>{link}"
        f'<category term="{change.kind}"/><content type="html">{_text("".join(body))}</content></entry>\n'
    )


def _marked(piece: Piece) -> str:
    text = escape(piece.text)
    return f"<{piece.mark}>{text}</{piece.mark}>" if piece.mark else text


def _first(comparison: Comparison) -> str:
    """The oldest record of the collection: what tells it from others of its name."""
    row = comparison.new.db.execute("SELECT record_id FROM capture ORDER BY timestamp, record_id LIMIT 1").fetchone()
    return row[0] if row else ""


def _urn(*names: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(names))}"


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text))
