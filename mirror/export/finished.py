"""Which WARC files an export takes: the finished ones, and it says so if others are there."""

from __future__ import annotations

from pathlib import Path

from mirror.export.formats import Export


def warcs(asked: Export) -> list[Path]:
    """Finished files in order; those still being written are left out, with a notice."""
    if left_out := asked.collection.open_warcs():
        asked.notices.append(
            f"{len(left_out)} 个文件还没有写完，未导出 not finished yet and left out: "
            f"{', '.join(path.name for path in left_out)}. When the crawl has ended, export again; if it was killed, "
            f"the next `mirror crawl` or `mirror rebuild` finishes the file"
        )
    return asked.collection.warcs()
