"""Tables set with blanks: left as they are, read where they are sure, flagged where they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.entry import assemble
from mirror.extraction.lines import columns
from mirror.extraction.reflow import Width
from mirror.store.structure import structure

PROSE = "临河境内土壤以潮土褐土为主有机质含量低经多年改良棉花大蒜等作物产量稳步" * 8


def row(*cells: str, width: int = 74) -> str:
    """Cells set under each other so that the line is as wide as the book's lines of prose."""
    each = width // len(cells)
    line = "".join(cell + " " * (each - columns(cell)) for cell in cells[:-1])
    return line + " " * (width - columns(line) - columns(cells[-1])) + cells[-1]


def as_entry(text: str) -> dict[str, object]:
    return {"text": text, "title": "水利", "path": [], "book": {"title": None}}


def test_rows_as_wide_as_the_book_are_not_joined_but_read():
    prose = [PROSE[at : at + 37] for at in range(0, 185, 37)]
    rows = [
        row("年份", "土方", "投工", "备注"),
        *(row(str(1980 + at), f"{at}31", f"{at}4.5", "海塘") for at in range(1, 5)),
    ]
    read = assemble("\n".join([*prose, "完。", "表3-1  海塘工程统计表    单位：万方", *rows, "以上据县志。"]))
    assert read.width == 74 and read.flags == ()
    assert read.text.split("\n")[2:-1] == rows
    (table,) = structure(as_entry(read.text))["tables"]
    assert [table[name] for name in ("caption", "number", "unit", "drawn")] == [
        "表3-1  海塘工程统计表",
        "3-1",
        "万方",
        False,
    ]
    assert table["rows"][0] == ["年份", "土方", "投工", "备注"] and len(table["rows"]) == 5


@pytest.mark.parametrize(
    "rows",
    [
        [row("王学刚", "李明", "张三丰", "赵四"), row("孙五", "周六", "吴七", "郑八")],
        [row("年份", "土方", "投工", "备注"), row("1981", "231", "", "海塘"), row("1982", "汛期", "2", "海塘")],
        ["名称  地点      建成年代", "海塘        东乡  1981", "水闸  西乡  1982"],
    ],
)
def test_what_may_be_a_table_is_left_and_flagged(rows):
    read = assemble("\n".join(["    " + PROSE[:35], PROSE[35:60] + "。", *rows]), (Width(74, 9, hard_cut=True),))
    assert read.text.split("\n")[-len(rows) :] == rows
    assert "columns-unread" in read.flags
    assert structure(as_entry(read.text))["tables"] == []


@pytest.mark.parametrize(
    "lines",
    [
        ["第　一　编", "区　域　环　境"],
        ["白日依山尽　　黄河入海流", "欲穷千里目　　更上一层楼"],
        ["　　" + PROSE[:35], PROSE[35:72], PROSE[72:90] + "。"],
        ["王学刚  李明  张三丰", "完。"],
    ],
)
def test_what_is_no_table_is_not_flagged(lines):
    assert "columns-unread" not in assemble("\n".join(lines)).flags


@given(
    st.lists(st.text(alphabet="海塘12 \u3000\t\xa0│。", max_size=40), max_size=12),
    st.sampled_from(((), (Width(30, 5, hard_cut=True),), (Width(32, 5, hard_cut=False),))),
)
def test_no_setting_of_blanks_loses_a_word(lines, book):
    raw = "\n".join(lines)
    assert "".join(assemble(raw, book).text.split()) == "".join(raw.split())
