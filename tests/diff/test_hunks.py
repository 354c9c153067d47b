"""Hunks of any two texts: exact, few, and never through a number."""

from __future__ import annotations

import re

import pytest
from click import unstyle
from hypothesis import given
from hypothesis import strategies as st

from mirror.diff.as_text import marked
from mirror.diff.hunks import apply, hunks
from mirror.diff.side_by_side import rows
from mirror.diff.tokens import tokens
from mirror.diff.words import in_place

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
    # A bracket that one hunk opens and the next closes.
    (
        "由质监局（以下称质监部门）负责",
        "由市场监管部门负责",
        [("replace", "质监局（以下称质监部门）", "市场监管部门", 1, 1)],
    ),
    # What stays between two changes of one sentence stays.
    (
        "须经过半数的业主同意。违反规定，未按照规定调价的，罚。",
        "须由业主共同决定。违反规定调价的，罚。",
        [("replace", "经过半数的业主同意", "由业主共同决定", 1, 1), ("delete", "，未按照规定", "", 15, 13)],
    ),
    # Every row has another year, and one row is gone: it is gone whole.
    (
        "2000 甲区 12\n2000 乙区 13\n2000 丙区 14\n",
        "2010 甲区 12\n2010 丙区 14\n",
        [
            ("replace", "2000", "2010", 0, 0),
            ("delete", "2000 乙区 13\n", "", 11, 11),
            ("replace", "2000", "2010", 22, 11),
        ],
    ),
    # A paragraph broken in two is one line end more, and no paragraph less.
    ("农业连年丰收，总产增加。林业好。\n", "农业连年丰收，总产增加。\n林业好。\n", [("insert", "", "\n", 12, 12)]),
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


def test_hunks_that_stand_close_together_are_shown_in_one_line() -> None:
    old = "建于1986年的旧县政府大楼，占地12亩，高5层。\n" + "另一段。" * 20 + "第1234号"
    new = old.replace("旧县", "县").replace("5层", "6层").replace("第1234号", "第1235号")
    shown = [unstyle("".join(map(marked, line))) for line in in_place(old, hunks(old, new))]
    assert shown == [
        "建于1986年的[-旧-]县政府大楼，占地12亩，高[-5-]{+6+}层。",
        "一段。另一段。另一段。另一段。第[-1234-]{+1235+}号",
    ]


def test_words_around_a_hunk_begin_and_end_with_whole_numbers() -> None:
    old = "1986年至1990年全县共有小学校甲所，学生10000人"
    (line,) = in_place(old, hunks(old, old.replace("甲", "乙")), around=13)
    assert [line[0].text, line[-1].text] == ["至1990年全县共有小学校", "所，学生10000人"]
    (line,) = in_place(old, hunks(old, old.replace("甲", "乙")), around=10)
    assert [line[0].text, line[-1].text] == ["年全县共有小学校", "所，学生10000人"]
    (line,) = in_place(old, hunks(old, old.replace("甲", "乙")), around=6)
    assert [line[0].text, line[-1].text] == ["县共有小学校", "所，学生"]


def test_a_paragraph_that_is_gone_has_a_row_of_its_own_beside_nothing() -> None:
    old, new = "2000年甲区\n2000年乙区\n2000年丙区\n丁\n", "2010年甲区\n2010年丙区\n丁\n"
    shown = [
        (["".join(piece.text for piece in side) for side in (row.old, row.new)], row.skipped)
        for row in rows(old, hunks(old, new))
    ]
    assert shown == [
        (["2000年甲区", "2010年甲区"], 0),
        (["2000年乙区", ""], 0),
        (["2000年丙区", "2010年丙区"], 0),
        (["", ""], 1),
    ]
