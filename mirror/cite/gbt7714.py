"""GB/T 7714-2015: 电子资源（8.8 节）中析出的文献（8.2 节 “//”）."""

from __future__ import annotations

from mirror.cite.source import Source


def write(source: Source) -> str:
    """One line. Without a known author the title comes first, as 8.1.1 allows; more than three names end in 等.

    The date in brackets is that of the capture (引用日期): what the text was on that day is what is kept.
    """
    authors = ", ".join(source.authors[:3]) + (", 等" if len(source.authors) > 3 else "")
    return (
        f"{authors + '. ' if authors else ''}{source.title}[DB/OL]//{source.book}. {source.library}. "
        f"[{source.captured:%Y-%m-%d}]. {source.link}.\n"
    )
