"""Hunks of any two texts: exact, few, and never through a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.diff.hunks import apply, hunks
from mirror.diff.tokens import tokens

TABLE = "┃1986  │棉花  ┃\n┠──────┼──────┨\n┃1987  │小麦  ┃"
GOLDEN = [
    ("全县播种小麦1234亩。", "全县播种小麦1235亩。", [("replace", "1234", "1235", 6, 6)]),
    ("建于1986年。", "建于1986年。同年竣工。", [("insert", "", "同年竣工。", 8, 8)]),
    ("甲镇\n乙镇\n丙镇", "甲镇\n丙镇", [("delete", "乙镇\n", "", 3, 3)]),
    ("增长12.5%", "增长12.75%", [("replace", "12.5", "12.75", 2, 2)]),
    ("共1,234,567人", "共1,234,568人", [("replace", "1,234,567", "1,234,568", 1, 1)]),
    ("一九八六年修", "一九八七年修", [("replace", "一九八六", "一九八七", 0, 0)]),
    ("第一章 总 则", "第一章 总则", [("delete", " ", "", 5, 5)]),
    ("第一章 总 则", "第一章  总则", [("insert", "", " ", 4, 4), ("delete", " ", "", 5, 6)]),
    ("第一章  总则", "第一章 总 则", [("delete", " ", "", 4, 4), ("insert", "", " ", 6, 5)]),
    (TABLE, TABLE.replace("小麦", "大麦"), [("replace", "小麦", "大麦", 38, 38)]),
    (TABLE, TABLE.replace("1987 ", "19871"), [("replace", "1987 ", "19871", 31, 31)]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), GOLDEN)
def test_golden(old: str, new: str, expected: list[tuple[str, str, str, int, int]]) -> None:
    assert [(one.op, one.old, one.new, one.old_at, one.new_at) for one in hunks(old, new)] == expected


texts = st.text(st.sampled_from("甲乙丙12.,一百 \n。│┃─a\ue000\U00020bb7𠮷\ufe00") | st.characters(), max_size=60)


@given(texts, texts)
def test_hunks_make_the_new_text_of_the_old(old: str, new: str) -> None:
    found = hunks(old, new)
    assert apply(old, found) == new
    assert (found == []) == (old == new)
    for one in found:
        assert one.old == old[one.old_at : one.old_at + len(one.old)]
        assert one.new == new[one.new_at : one.new_at + len(one.new)]
        assert one.old != one.new
    # and back again
    assert apply(new, hunks(new, old)) == old


@given(texts, texts)
def test_no_hunk_begins_or_ends_inside_a_number(old: str, new: str) -> None:
    for one in hunks(old, new):
        for text, start, part in ((old, one.old_at, one.old), (new, one.new_at, one.new)):
            for edge in (start, start + len(part)):
                assert not re.match(r"\d\d", text[max(0, edge - 1) : edge + 1] if edge else "")


@given(texts)
def test_tokens_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@given(
    st.lists(st.sampled_from(["甲", "乙丙", "123", "。"]), max_size=12),
    st.integers(0, 11),
    st.sampled_from(["丁", "9"]),
)
def test_one_insertion_is_one_hunk(parts: list[str], at: int, more: str) -> None:
    old, new = "".join(parts), "".join([*parts[:at], more, *parts[at:]])
    assert len(hunks(old, new)) == 1
