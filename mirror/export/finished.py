"""Which WARC files an export takes: the finished ones, and it says so if others are there, or if one is damaged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mirror.export import destination
from mirror.export.formats import Export
from mirror.verify import fixity
from warc.writer import OPEN


def warcs(asked: Export) -> list[Path]:
    """Finished files in order; those still being written are left out, with a notice.

    What the fixity ledger knows otherwise is told too: a copy has digests of its own, which would call it sound.
    """
    if left_out := asked.collection.open_warcs():
        asked.notices.append(
            f"{len(left_out)} 个文件还没有写完，未导出 not finished yet and left out: "
            f"{', '.join(path.name for path in left_out)}. When the crawl has ended, export again; if it was killed, "
            f"the next `mirror crawl` or `mirror rebuild` finishes the file"
        )
    found = asked.collection.warcs()
    tell_damage(asked, found)
    return found


def tell_damage(asked: Export, paths: Iterable[Path]) -> None:
    """A notice for each file that is not what it was when it was finished, and for those that are gone."""
    known = fixity.read(asked.collection.path).digests
    present = {path.relative_to(asked.collection.path).as_posix(): path for path in paths}
    for name, digest in known.items():
        if name in present:
            problem = "已损坏 damaged" if destination.sha256_of(present[name]) != digest else None
        else:
            path = asked.collection.path / name
            problem = None if path.exists() or path.with_name(path.name + OPEN).exists() else "已失 lost"
        if problem is not None:
            asked.notices.append(
                f"{problem}: {name}; see `mirror verify {asked.collection.name}`, and mend it with --repair-from COPY"
            )
