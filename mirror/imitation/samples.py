"""Real pages, where a folder of them is at hand: served as they are, to show that the readers read the real thing."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

#: Where the real list page lay, as its own script would ask for it.
LIST_PATH = "/bin/mse.exe?seachword=&K=ch9&A=3&run=12"
#: A place for the real entry text, whose own address is not known.
ARTICLE_PATH = "/database/b9/section/1/article/1/"


def find_samples() -> Path | None:
    """The folder named by MIRROR_SAMPLES, or `shared/samples` beside the current folder; None if neither is there."""
    named = os.environ.get("MIRROR_SAMPLES")
    folder = Path(named) if named else Path.cwd().parent / "shared" / "samples"
    return folder if (folder / "mse" / "ch9-A3-run12.html").is_file() else None


def real_list(samples: Path) -> dict[str, bytes]:
    """The real table of contents, bytes exact, at its path."""
    return {LIST_PATH: (samples / "mse" / "ch9-A3-run12.html").read_bytes()}


def real_article(samples: Path) -> dict[str, bytes]:
    """The real text of one entry of the mirror, in a page around it, and the lists that lead there."""
    text = (samples / "mirror-entry-yishui-2020.txt").read_text(encoding="utf-8")
    body = text.partition("档案浏览器")[2].strip("\n")
    pages = {
        "/database/b9/": '<ul><li><a href="/database/b9/section/1/">年鉴</a></li></ul>',
        "/database/b9/section/1/": f'<ul><li><a href="{ARTICLE_PATH}">招商投资促进</a></li></ul>',
        ARTICLE_PATH: f"<h2>招商投资促进</h2><pre>{escape(body, quote=False)}</pre>",
    }
    frame = (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>山东地情档案</title></head>'
        "<body><p>山东地方志资料归档</p><h1>山东地情档案</h1><p>停运省级地情数据库的公开镜像与长期存档。 关于本站</p>"
        "<h2>档案浏览器</h2>{}</body></html>"
    )
    return {path: frame.format(page).encode() for path, page in pages.items()}


def expected_headings(samples: Path) -> list[tuple[int, str, int, str]]:
    """Number, code, indent and title of every line of the real table of contents."""
    rows = (samples / "mse" / "ch9-A3-run12.expected.tsv").read_text(encoding="utf-8").splitlines()[1:]
    fields = [row.split("\t") for row in rows]
    return [(int(rec), code, int(indent), title) for _, rec, code, indent, title in fields]


def expected_books(samples: Path) -> list[tuple[str, int, str]]:
    """Library, number and title of every book of the real list."""
    rows = (samples / "mse" / "ch9-books.expected.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(code, int(number), title) for code, number, title in (row.split("\t") for row in rows)]
