"""The text of an entry: items, signatures, and the one real text of the mirror."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.entry import assemble
from mirror.extraction.markup import layout_text
from mirror.extraction.names import is_name
from tests.extraction.prose import SENTENCES, cut_hard

BODY = "    " + "".join(SENTENCES)


@pytest.fixture(scope="module", params=["as saved", "widened again"])
def yishui(request, samples):
    """The real entry: as it was saved (NFKC), and with its punctuation made full-width again."""
    saved = (samples / "mirror-entry-yishui-2020.txt").read_text("utf-8")
    saved = saved[saved.index("【概况】") :]
    if request.param == "as saved":
        return assemble(saved)
    return assemble(saved.translate(str.maketrans(",();:", "，（）；：")).replace("\n  ", "\n　　"))


def test_the_real_entry_is_joined(yishui):
    assert yishui.width == 80
    lines = yishui.text.split("\n")
    assert len(lines) == 10
    assert all(line[-1] in "。)）" for line in lines)
    assert all(line.startswith(("【", "  ", "　　")) for line in lines)


def test_the_real_entry_has_five_items_and_a_signature(yishui):
    assert [item.heading for item in yishui.items] == ["概况", "招商引资", "项目服务", "考核奖惩", "贸促工作"]
    assert [item.text.count("\n") for item in yishui.items] == [0, 3, 1, 0, 0]
    assert yishui.items[-1].text.endswith("491份。")
    assert yishui.signatures == ("王学刚",)
    assert yishui.tables == ()


@pytest.mark.parametrize(
    ("ending", "names"),
    [
        ("\n    （王学刚）", ("王学刚",)),
        ("（李 明、欧阳春 赵海塘）", ("李明", "欧阳春", "赵海塘")),
        ("\n（撰稿：李明  审稿：王学刚）", ("李明", "王学刚")),
        ("\n" + " " * 50 + "王锡璞\n" + " " * 48 + "1990年8月", ("王锡璞",)),
        ("\n" + " " * 40 + "县长  张  塘\n" + " " * 44 + "一九九〇年八月", ("张塘",)),
        ("\n" + " " * 40 + "岱西县志编纂委员会\n" + " " * 44 + "1990年8月", ("岱西县志编纂委员会",)),
        ("\n    撰稿人：王学刚", ("王学刚",)),
        ("（见插图）", ()),
        ("（1990年）", ()),
        ("（东明县）", ()),
        ("（全文）", ()),
        ("\n" + " " * 50 + "1990年8月", ()),
        ("\n" + " " * 20 + "海塘图", ()),
    ],
)
def test_signatures(ending, names):
    assert assemble(BODY + ending).signatures == names


def test_a_quotation_is_no_item():
    text = assemble("    【塘工】碑文有【塘在田在】四字。\n    【岁修】从略。")
    assert [(item.heading, item.text) for item in text.items] == [
        ("塘工", "碑文有【塘在田在】四字。"),
        ("岁修", "从略。"),
    ]


@given(st.text(alphabet="海塘，。【】（）王明\n 　┃━1年月\ue816\u3000", max_size=300))
def test_every_character_stays_in_order(raw):
    text = assemble(raw)
    assert text.raw_text == raw
    assert "".join(text.text.split()) == "".join(raw.split()).replace("\ue816", "\U00020087")


def test_names():
    assert all(map(is_name, ("王刚", "王学刚", "欧阳春", "阿卜杜拉·买买提")))
    assert not any(map(is_name, ("王", "全国", "平阴县", "海塘", "Wang", "王学刚等人", "")))


def test_layout_is_kept_to_the_character():
    assert layout_text("<pre>\n    甲&lt;乙&nbsp;丙\r\n丁 </pre>") == "    甲<乙\xa0丙\n丁 "
    assert layout_text("甲<br>\r\n乙<BR/>丙<p>丁</p><p>戊") == "甲\n乙\n丙\n丁\n戊"
    assert layout_text("甲<!-- x -->乙<script>var a='<p>';</script><font color=red>丙</font>") == "甲乙丙"
    assert layout_text("3<5，a<b；&C08；<插图>") == "3<5，a<b；&C08；<插图>"


def test_an_entry_of_the_greatest_size_is_read_at_once():
    import time

    raw = "\n".join(line for _ in range(130) for line in cut_hard(BODY, 80))
    assert len(raw) > 40_000
    began = time.process_time()
    assert assemble(raw).text.count("\n") == 129
    assert time.process_time() - began < 1.0
