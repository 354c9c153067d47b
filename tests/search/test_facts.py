"""Years and places of an entry, as they filter a search."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.extraction.structure.years import read_years
from mirror.search.facts import LONGEST_SPAN, _around_years, facts

said = st.sampled_from(
    [
        *("1986年", "1985、1986、", "1978、1979、1980和1981年", "公元前209年", "，前209年", "光绪", "十年、十二年"),
        *("民国三十一年", "民国2年至5年", "一九八六年", "一九八六—一九九〇年", "1986—1990年", "1000年来", "宋"),
        *("光緒十年（1884）", "康熙年间", "年", "、", "19", "沂水县", "１９８６年", "元年至三年", "距今2000年"),
        *("。\n", "。" * 30, "文" * 39, "文" * 41, "".join(f"{year}、" for year in range(1961, 1980))),
    ]
)


@settings(max_examples=300)
@given(st.lists(said, max_size=20).map("".join))
def test_no_year_is_lost_by_reading_only_around_them(text: str) -> None:
    def named(text: str) -> set[tuple[int, int]]:
        return {(one.first, one.last) for one in read_years(text) if one.last - one.first <= LONGEST_SPAN}

    assert named(_around_years(text)) == named(text)


def test_years_are_those_of_the_text_else_of_the_book() -> None:
    assert facts("灾异", (), "1942年旱", "县志（1986--2005）", None) == ["y1942"]
    assert facts("灾异", (), "大旱", "县志（1986--1988）", None) == ["y1986", "y1987", "y1988"]
    assert facts("灾异", ("1950年",), "大旱，前209年亦旱", None, None) == ["b209", "y1950"]
