"""RIS, as EndNote, NoteExpress and Zotero read it."""

from __future__ import annotations

from mirror.cite.source import Source, note


def write(source: Source) -> str:
    """One record of type CHAP; lines end in CR LF, as the format wants."""
    lines = [("TY", "CHAP"), ("TI", source.title)]
    lines += [("AU", name) for name in source.authors]
    lines += [
        ("T2", source.book),
        ("T3", source.library),
        ("LA", "zh"),
        ("UR", source.link),
        ("Y2", f"{source.captured:%Y/%m/%d}"),
        ("AN", source.id),
        ("N1", note(source)),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)
