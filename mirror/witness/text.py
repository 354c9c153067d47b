"""One file of a text dump: its characters, the head that says what it is, and the text behind that."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABEL = re.compile(
    r"[\s\ufeff【\[]*(标题|题名|题目|来源|来源网址|网址|链接|原文链接|URL|时间|采集时间|抓取时间|保存时间|下载时间|"
    r"发布时间|发布日期|更新时间|日期)[】\]]?\s*[：:]\s*(.*?)\s*\Z",
    re.I,
)
_RULE = re.compile(r"[\s\-=*_#~—―─━═＝－·.]{3,}\Z")
_TITLES = frozenset(("标题", "题名", "题目"))
_SOURCES = frozenset(("来源", "来源网址", "网址", "链接", "原文链接", "url"))
_URL = re.compile(r"https?://[^\s<>\"'，。；）)]+")
#: A head of more lines than this is none.
_LONGEST_HEAD = 16


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says."""

    title: str | None  #: as its head says; None without one
    url: str | None
    said: str | None  #: the time its head names, as it stands
    raw_text: str  #: everything behind the head, as it stands, line ends LF
    charset: str
    undecodable: int  #: characters that had to be replaced

    @property
    def has_head(self) -> bool:
        return self.title is not None or self.url is not None


def read(data: bytes) -> Read:
    """Read a file of a dump: UTF-8, UTF-16 with its mark, or GB18030. Never raises."""
    text, charset = _decode(data)
    undecodable = text.count("\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    said: dict[str, str] = {}
    waiting: str | None = None  # a label whose value stands on the next line
    at = 0
    for number, line in enumerate(lines[:_LONGEST_HEAD]):
        label = _LABEL.match(line)
        bare = line.strip("\ufeff \t\u3000")
        if label:
            waiting = None if label[2] else label[1].lower()
            said.setdefault(label[1].lower(), label[2])
            at = number + 1
        elif waiting and bare and not _RULE.match(bare):
            said[waiting] = bare
            waiting, at = None, number + 1
        elif bare and not _RULE.match(bare):
            break
        elif bare and said:
            at = number + 1  # the rule below the head
    title = next((value for name, value in said.items() if name in _TITLES and value), None)
    sources = [value for name, value in said.items() if name in _SOURCES and value]
    urls = [found[0] for value in sources if (found := _URL.search(value))]
    if title is None and not urls:
        return Read(None, None, None, text.removeprefix("\ufeff"), charset, undecodable)
    times = [value for name, value in said.items() if name not in _TITLES | _SOURCES and value]
    body = "\n".join(lines[at:])
    return Read(title, urls[0] if urls else None, times[0] if times else None, body, charset, undecodable)


def _decode(data: bytes) -> tuple[str, str]:
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(charset, "replace"), charset
    for charset in ("utf-8", "gb18030"):
        try:
            return data.decode(charset), charset
        except UnicodeDecodeError:
            continue
    # Neither is whole. Of UTF-8 the wrong reading shows in far more places.
    utf8, gb = data.decode("utf-8", "replace"), data.decode("gb18030", "replace")
    return (utf8, "utf-8") if utf8.count("\ufffd") <= gb.count("\ufffd") else (gb, "gb18030")
