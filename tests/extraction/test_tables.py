"""Box-drawn tables to rows."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.entry import assemble
from mirror.extraction.lines import columns
from mirror.extraction.tables import read_tables

word = st.text(alphabet="海塘石土方米工日0123456789.", min_size=1, max_size=8)
grids = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(word, min_size=width, max_size=width), min_size=2, max_size=8)
)


def draw(rows, ruled):
    """The table as the old books draw it: cells padded with blanks to even columns."""
    widths = [max(columns(row[at]) for row in rows) for at in range(len(rows[0]))]
    widths = [width + width % 2 + 2 for width in widths]

    def line(left, middle, right):
        return left + middle.join("━" * (width // 2) for width in widths) + right

    out = [line("┏", "┯", "┓")]
    for index, row in enumerate(rows):
        cells = [" " + cell + " " * (width - 1 - columns(cell)) for cell, width in zip(row, widths, strict=True)]
        out.append("┃" + "│".join(cells) + "┃")
        if index == 0 or (ruled and index < len(rows) - 1):
            out.append(line("┠", "┼", "┨").replace("━", "─"))
    return [*out, line("┗", "┷", "┛")]


@given(rows=grids, ruled=st.booleans())
def test_what_is_drawn_is_read(rows, ruled):
    (block,) = read_tables(draw(rows, ruled))
    assert [list(row) for row in block.table.rows] == rows


@given(st.lists(st.text(alphabet="┏━┯┓┃┠─┼┨┗┷┛│├┤┬┴ 海塘1", max_size=30), max_size=20))
def test_no_drawing_is_too_odd_and_no_word_is_made_up(lines):
    rows = [cell for block in read_tables(lines) for row in block.table.rows for cell in row]
    assert Counter("".join(rows)) <= Counter("".join(lines))


@given(rows=st.lists(st.tuples(word, word), min_size=2, max_size=8), indent=st.sampled_from(("", "  ", "    ")))
def test_two_columns_without_sides_are_read_where_ruled_lines_enclose_them(rows, indent):
    wide = max(columns(row[0]) for row in rows)
    wide += wide % 2

    def ruled(dash, tee):
        return indent + dash * (wide // 2) + tee + dash * 8

    drawn = [indent + one + " " * (wide - columns(one)) + "│" + " " + other for one, other in rows]
    lines = [ruled("━", "┯"), drawn[0], ruled("─", "┼"), *drawn[1:], ruled("━", "┷")]
    (block,) = read_tables(lines)
    assert (block.first, block.end, block.table.rows) == (0, len(lines), tuple(rows))
    text = assemble("\n".join(["    塘工如下：", *lines, "    从略。"]))
    assert text.tables[0].rows == tuple(rows)
    assert "table-unread" not in text.flags
    assert read_tables(drawn) == []
    assert "table-unread" in assemble("\n".join(["    塘工如下：", *drawn])).flags


def test_prose_between_ruled_lines_is_no_table():
    lines = ["━━━━┯━━━━", "    民国22年秋，飓风过境。", "甲      │ 乙", "━━━━┷━━━━"]
    assert [cell for block in read_tables(lines) for row in block.table.rows for cell in row] == []


def test_two_tables_and_their_captions():
    rows = [["年份", "长度"], ["1952", "120"]]
    text = assemble(
        "\n".join(
            [
                *("    塘工历年进度如下：", "表 3-1", " " * 20 + "海塘岁修进度", " " * 30 + "单位：米"),
                *draw(rows, False),
                *("", "续表 3-2"),
                *draw(rows, False),
                "    以后各年从略。",
            ]
        )
    )
    assert [table.caption for table in text.tables] == ["表 3-1 海塘岁修进度", "续表 3-2"]
    assert [len(table.rows) for table in text.tables] == [2, 2]


def test_cells_merged_over_rows():
    lines = ["┏━━━┯━━━┯━━━┓", "┃ 甲   │ 乙   │ 丙   ┃", "┠───┼───┼───┨", "┃      │ 一   │ 二   ┃",
             "┃ 海塘 ├───┼───┨", "┃      │ 三   │ 四   ┃", "┗━━━┷━━━┷━━━┛"]  # fmt: skip
    (block,) = read_tables(lines)
    assert block.table.rows == (("甲", "乙", "丙"), ("海塘", "一", "二"), ("", "三", "四"))


def test_stray_bars_in_joined_lines_draw_no_table():
    prose = "临河境内土壤以潮土褐土为主有机质含量低经多年改良作物产量稳步提高" * 6
    lines = [prose[at : at + 37] for at in range(0, 148, 37)]
    lines[1] = lines[1][:5] + "│" + lines[1][6:]
    lines[2] = lines[2][:9] + "│" + lines[2][10:]
    read = assemble("\n".join([*lines, "完。"]))
    assert read.text == "".join([*lines, "完。"])
    assert read.tables == ()
    assert "table-unread" in read.flags
