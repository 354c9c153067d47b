"""Outline, years, places, quantities, tables and signatures of a text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.aligned import read_aligned
from mirror.extraction.entry import assemble
from mirror.extraction.signatures import read_signatures
from mirror.extraction.structure.numerals import number
from mirror.extraction.structure.outline import read_outline
from mirror.extraction.structure.places import codes_of, read_places
from mirror.extraction.structure.quantities import read_quantities
from mirror.extraction.structure.titles import own_title_end, plain
from mirror.extraction.structure.years import _table, read_years, title_years
from mirror.store.structure import structure

NUMERALS = "一二三四五六七八九十"


def chinese(value: int) -> str:
    """1 to 99, as the books write them."""
    if value <= 10:
        return NUMERALS[value - 1]
    tens, ones = divmod(value, 10)
    return (NUMERALS[tens - 1] if tens > 1 else "") + "十" + (NUMERALS[ones - 1] if ones else "")


@pytest.mark.parametrize(
    ("title", "closed"),
    [
        ("概　述", "概述"),
        ("地  质", "地质"),
        ("农 业 机 械", "农业机械"),
        ("第一编  区域  环境", "第一编 区域 环境"),
        ("第二章  人  口", "第二章 人口"),
        ("—、邮政机构", "—、邮政机构"),
        ("1986年", "1986年"),
        ("", ""),
    ],
)
def test_letter_spacing_is_closed_up(title, closed):
    assert plain(title) == closed


def test_a_text_that_repeats_its_title():
    assert own_title_end("      第一章  地 理\n\n    本县地处", "第一章　地理") == 15
    assert own_title_end("第一编\n  区域环境\n本县", "第一编  区域  环境") == 11
    assert own_title_end("地理志略\n本县", "地理") == 0
    assert own_title_end("", "") == 0


@pytest.mark.parametrize(
    ("words", "first", "last", "calendar"),
    [
        ("1986年", 1986, 1986, "common"),
        ("１９８６年", 1986, 1986, "common"),
        ("1986—1990年", 1986, 1990, "common"),
        ("1985～90年", 1985, 1990, "common"),
        ("1912──1949年", 1912, 1949, "common"),
        ("一九八五年", 1985, 1985, "common"),
        ("公元前209年", -209, -209, "common"),
        ("公元25年", 25, 25, "common"),
        ("民国元年", 1912, 1912, "republic"),
        ("民国22年", 1933, 1933, "republic"),
        ("民国二十六年", 1937, 1937, "republic"),
        ("民国19—21年", 1930, 1932, "republic"),
        ("宋庆历四年", 1044, 1044, "reign"),
        ("唐元和三年", 808, 808, "reign"),
        ("明万历四十八年", 1620, 1620, "reign"),
        ("清光绪二十四年", 1898, 1898, "reign"),
        ("康熙七年", 1668, 1668, "reign"),
        ("清乾隆年间", 1736, 1795, "reign"),
        ("至元二十年", 1283, 1283, "reign"),
        ("宣统三年", 1911, 1911, "reign"),
        ("清光緒二十四年", 1898, 1898, "reign"),
        ("萬曆元年", 1573, 1573, "reign"),
        ("民國三年", 1914, 1914, "republic"),
        ("清乾隆间", 1736, 1795, "reign"),
        ("明嘉靖时", 1522, 1566, "reign"),
        ("清·康熙七年", 1668, 1668, "reign"),
        ("光绪十年至光绪十二年", 1884, 1886, "reign"),
        ("民国十年至民国十二年", 1921, 1923, "republic"),
        ("一九五一年至一九六〇年", 1951, 1960, "common"),
        ("前209年", -209, -209, "common"),
        ("公元前475年—前221年", -475, -221, "common"),
        ("公元前206—25年", -206, -25, "common"),
    ],
)
def test_years_are_converted_with_their_words(words, first, last, calendar):
    (found,) = read_years(f"{words}，大水")
    assert (found.first, found.last, found.words, found.calendar) == (first, last, words, calendar)
    assert found.stated is None


@pytest.mark.parametrize(
    "text",
    [
        "元和三年",
        "至元三年",
        "乾隆六十一年",
        "民国三十九年",
        "近1000年来",
        "80年代",
        "第1990号",
        "5年",
        "三年",
        "12.1986年龄",
        "距今2000年",
        "已有1500年",
        "前300年",
        "之前209年",
        "康熙间",
        "长安时",
        "86年",
        "光绪十、八年",
    ],
)
def test_what_may_be_another_year_is_left(text):
    assert read_years(text) == []


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1986、1988、1990年", [1986, 1988, 1990]),
        ("1986和1990年", [1986, 1990]),
        ("清光绪十、十二年", [1884, 1886]),
        ("光绪十年、十二年和十五年", [1884, 1886, 1889]),
        ("民国9年、11年大水", [1920, 1922]),
        ("民国9年、3年丰", [1920]),
        ("光绪十年、十二年来", [1884]),
        ("光绪十年、五十年", [1884]),
        ("1986、1200亩", []),
    ],
)
def test_years_in_a_list(text, years):
    found = read_years(text)
    assert [one.first for one in found] == years
    assert all(text.startswith(one.words, one.at) for one in found)


def test_the_year_in_brackets_is_compared():
    assert [one.stated for one in read_years("宋庆历四年（1044），光绪二十四年(1899)，光绪二十四年（1900年）")] == [
        None,
        None,
        1900,
        None,
    ]


@given(st.data())
def test_every_year_of_every_reign_comes_back(data):
    _, _, reigns = _table()
    era = data.draw(st.sampled_from(sorted(reigns)))
    reign = data.draw(st.sampled_from(reigns[era]))
    year = data.draw(st.integers(reign.first, reign.last))
    words = "元" if year == reign.first else chinese(year - reign.first + 1)
    found = read_years(f"是地{reign.dynasty}{era}{words}年大水")
    same = [one for one in reigns[era] if one.dynasty == reign.dynasty]
    if len([one for one in same if year - reign.first <= one.last - one.first]) == 1:
        assert [(one.first, one.last) for one in found] == [(year, year)]
    else:
        assert found == []


@pytest.mark.parametrize("value", range(1, 100))
def test_numerals(value):
    assert number(chinese(value)) == number(str(value)) == value


def test_years_of_titles():
    assert [(one.first, one.last) for one in [title_years("东明县志（1986--2005）")] if one] == [(1986, 2005)]
    assert [one.first for one in [title_years("平阴年鉴2013")] if one] == [2013]
    assert title_years("概述") is None
    assert title_years("2001年与2003年") is None


def test_places_have_the_code_of_their_year():
    assert [code.code for code in read_places("沂水县志办", 1990, 1990)[0].codes] == ["372827"]
    assert [code.code for code in read_places("沂水县志办", 2010, 2012)[0].codes] == ["371323"]
    assert [code.code for code in read_places("沂水县志办", 1986, 2005)[0].codes] == ["372827", "371323"]
    assert read_places("苍山县", 2015, 2015)[0].codes == ()


def test_a_name_of_two_divisions_counts_only_behind_its_city():
    assert read_places("市中区政府", 1990, 2000) == []
    found = read_places("枣庄市市中区与济南市市中区", 1990, 2000)
    assert [(one.name, [code.code for code in one.codes]) for one in found] == [
        ("枣庄市", ["370400"]),
        ("市中区", ["370402"]),
        ("济南市", ["370100"]),
        ("市中区", ["370103"]),
    ]


@pytest.mark.parametrize("text", ["教育经费县财政拨付", "简单县情", "黄河东区", "在城市北区"])
def test_words_that_only_look_like_places(text):
    assert read_places(text) == []


def test_the_table_of_divisions_agrees_with_the_samples(samples):
    import csv

    with (samples / "divisions.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "功能区" not in row["kind"]]
    for row in rows:
        codes = {code.code: code for code in codes_of(row["name"])}
        assert row["code"] in codes
        assert (codes[row["code"]].last == 0) == (row["current_2023"] == "1")


def test_an_outline_is_what_runs_on():
    lines = (
        "一、地理",
        "（一）位置",
        "县居鲁西。",
        "（二）气候。四季分明",
        "二、人口",
        "1．总数",
        "2．分布",
        "五、其他",
    )
    text = "\n    ".join(lines)
    assert [(node.level, node.number, node.title) for node in read_outline(text)] == [
        (0, 1, "地理"),
        (1, 1, "位置"),
        (1, 2, "气候"),
        (0, 2, "人口"),
        (2, 1, "总数"),
        (2, 2, "分布"),
    ]
    assert read_outline("1.5万人\n2.3万人") == []
    assert [node.number for node in read_outline("―、历史\n二、今日")] == [1, 2]


def test_quantities():
    found = read_quantities("全县播种小麦12,345亩，总投资120余万元，增长12.5％，第3个，1990年。")
    assert [(float(one.value), one.unit, one.about, one.what) for one in found] == [
        (12345, "亩", False, "全县播种小麦"),
        (1_200_000, "元", True, "总投资"),
        (12.5, "%", False, "增长"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "unit", "what"),
    [
        ("，实际增长１９．６％，", 19.6, "%", "实际增长"),
        ("签证金额2.7亿美元", 270_000_000, "美元", "签证金额"),
        ("3750份,签证金额2.7亿美元", 270_000_000, "美元", "签证金额"),
        ("。过30亿元项目2个", 2, "个", None),
        ("增加1.5项。智造工业4.0项目", 1.5, "项", "增加"),
        ("，分别下降15.7%和17.5%", 17.5, "%", None),
    ],
)
def test_quantities_as_reports_write_them(text, value, unit, what):
    last = read_quantities(text)[-1]
    assert (float(last.value), last.unit, last.what) == (value, unit, what)


def test_offices_and_dates_of_signatures():
    lines = ["    从略。", " " * 40 + "县长  张  塘", " " * 30 + "主编：王学刚", " " * 44 + "1990年8月"]
    found = read_signatures(lines)
    assert [(one.name, one.office) for one in found.signed] == [("张塘", "县长"), ("王学刚", "主编")]
    assert found.date == "1990年8月"


def test_tables_set_with_blanks():
    lines = [
        "    各年产量如下：",
        "年份    面积    产量",
        "1986      12     3.4",
        "1987     125    13.4",
        "    从略。",
    ]
    (table,) = read_aligned(lines)
    assert (table.first, table.end) == (1, 4)
    assert table.rows[1:] == (("1986", "12", "3.4"), ("1987", "125", "13.4"))
    assert read_aligned(["甲    乙    丙", "丁    戊    己", "庚    辛    壬"]) == []


ENTRY = {
    "title": "第一节  棉　花",
    "path": ["第二章  农  业"],
    "book": {"number": 1, "title": "临河县志（1986--1990）"},
    "text": "\n".join(
        [
            "      第一节  棉花",
            "    清光绪二十四年（1898）沂水县始植。",
            "表 2-1-1",
            "        棉花面积统计表",
            "                单位：亩",
            "┏━━━┯━━━┓",
            "┃年份  │面积  ┃",
            "┠───┼───┨",
            "┃1986  │1200  ┃",
            "┗━━━┷━━━┛",
            "续表 2-1-1",
            "┏━━━┯━━━┓",
            "┃年份  │面积  ┃",
            "┠───┼───┨",
            "┃1987  │1300  ┃",
            "┗━━━┷━━━┛",
            "    共收棉1200担，□□二字不清。",
            " " * 40 + "王学刚",
        ]
    ),
}


def test_the_structure_of_an_entry():
    found = json.loads(json.dumps(structure(ENTRY, quantities=True)))
    text = ENTRY["text"]
    assert found["title_plain"] == "第一节 棉花"
    assert found["path_plain"] == ["第二章 农业"]
    assert text[found["own_title_end"] :].startswith("    清光绪")
    assert [(one["number"], one["unit"], one["continues"]) for one in found["tables"]] == [
        ("2-1-1", "亩", None),
        ("2-1-1", None, 0),
    ]
    assert found["tables"][0]["caption"] == "表 2-1-1 棉花面积统计表"
    assert found["signed"] == [{"name": "王学刚", "office": None}]
    assert found["covers"]["book"] == {"from": 1986, "to": 1990, "words": "1986--1990", "by": "title"}
    assert found["covers"]["entry"]["by"] == "text"
    assert found["places"] == [
        {"name": "沂水县", "at": text.index("沂水县"), "codes": [{"code": "372827", "from": 1980, "to": 1993}]}
    ]
    assert found["marks"] == {"geta": 0, "missing": 2}
    assert [one["words"] for one in found["quantities"]] == ["1200担"]
    for one in (*found["years"], *found["quantities"]):
        assert text.startswith(one["words"], one["at"])


@given(
    st.text(alphabet="一二、（）()1９年月县市区沂水民国光绪乾隆元至—-. 　\n【】┃┏━│亩万", max_size=200),
    st.text(max_size=20),
)
def test_any_text_has_a_structure_whose_words_stand_where_it_says(text, title):
    entry = {"title": title, "path": [title], "book": {"number": 1, "title": None}, "text": assemble(text).text}
    found = structure(entry, quantities=True)
    for one in (*found["years"], *found["quantities"]):
        assert entry["text"].startswith(one["words"], one["at"])
    for one in found["places"]:
        assert entry["text"].startswith(one["name"], one["at"])
    json.dumps(found)
