"""What leads elsewhere is no part of a text; a line or a cell of the text that only looks so stays in it."""

from __future__ import annotations

import pytest

from mirror.extraction.blocks import find_text

PARAGRAPH = "　　全县播种小麦一千二百亩，平均亩产三百斤，比上年增长一成，采收之日争购一空。"


def text_with(middle: str) -> str:
    found = find_text(f"<body><h1>农业</h1><div><p>{PARAGRAPH}</p>{middle}<p>{PARAGRAPH}</p></div></body>")
    assert found is not None
    return found.raw_text.replace(PARAGRAPH, "¶")


@pytest.mark.parametrize("line", ["）", "，", "【】", "无", "目录", "（目录）", "·"])
def test_a_line_of_the_text_stays(line: str) -> None:
    """A line cut at the width of the page may hold nothing but the bracket that closes it."""
    assert text_with(f"<p>{line}</p>") == f"¶\n{line}\n¶"


def test_a_cell_stays() -> None:
    assert "无" in text_with("<table><tr><td>棉花</td><td>无</td></tr></table>")


@pytest.mark.parametrize(
    "markup",
    [
        '<p><a href="/1">上一篇</a> | <a href="/3">下一篇</a></p>',
        "<p>上一篇：没有了</p>",
        '<p>【<a href="/">目录</a>】</p>',
        '<div><a href="/">返回目录</a></div>',
        "<span>|</span>",
    ],
)
def test_what_leads_elsewhere_goes(markup: str) -> None:
    assert text_with(markup) == "¶\n¶"
