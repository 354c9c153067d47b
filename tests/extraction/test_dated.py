"""How many of the years and places that a text names are found, and how many of those found are there."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.structure.places import read_places
from mirror.extraction.structure.years import read_years
from tests.extraction.dated import YEAR_FORMS, dated, placed, weigh_years

#: Read only where nothing else can be meant: so `前209年` is left behind a word, and `（627年）` without 公元.
LEFT = {"公元前209年，前209年": 0.5, "清光绪二十四年（1898）": 0.9}


def test_every_form_of_a_year_is_found_and_nothing_else() -> None:
    texts = []
    for seed in range(100):
        made = dated(Random(seed), 12)
        texts.append((made, [(one.first, one.last) for one in read_years(made.text)]))
    tallies, read, right = weigh_years(texts)
    assert set(tallies) == {form for form in YEAR_FORMS if form not in ("86年", "80年代", "3年，1000年来")}
    for form, tally in tallies.items():
        assert tally.found / tally.whole >= LEFT.get(form, 1.0), (form, tally)
    assert read == right > 1000


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("80年代", 1980, 1989),
        ("六十年代初", 1960, 1969),
        ("六七十年代", 1960, 1979),
        ("90年代", 1990, 1999),
        ("86年5月", 1986, 1986),
        ("九八年冬", 1998, 1998),
        ("2000年代表", 2000, 2000),
    ],
)
def test_the_years_of_a_book_make_its_short_years_sure(words, first, last):
    about = (1986, 2005, "东明县志（1986--2005）")
    (found,) = read_years(f"，{words}扩建", about)
    assert (found.first, found.last) == (first, last)
    assert found.by in (None, about[2])


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("80年代", None),
        ("80年代", (1840, 1985)),  # 1880 as well
        ("20年代", (1986, 2022)),  # 1920 or 2020
        ("10年代", (1986, 2005)),
        ("上世纪80年代", (1986, 2005)),
        ("世纪80年代", (1986, 2005)),
        ("80年代表", (1986, 2005)),
        ("50年代、80年代", (1986, 2005)),
        ("85年5月", (1986, 2005)),  # outside the book
        ("历时88年", (1986, 2005)),
        ("88年后", (1986, 2005)),
        ("88年春秋", (1986, 2005)),
        ("86年5月", None),
        ("05年5月", (1904, 2006)),
    ],
)
def test_what_may_be_another_year_is_none(words, about):
    assert read_years(f"，{words}", about and (*about, "县志")) == []


def test_a_year_counted_from_another_says_from_which():
    found = read_years("１９５２年3月成立；同年8月迁，次年裁。")
    assert [(one.first, one.words, one.by) for one in found] == [
        (1952, "１９５２年", None),
        (1952, "同年", "１９５２年"),
        (1953, "次年", "１９５２年…同年"),
    ]


def test_places_are_found_with_the_codes_of_their_years_and_nothing_else() -> None:
    whole = found = read = 0
    for seed in range(100):
        random = Random(seed)
        first = random.choice((1982, 1986, 1990, 1998, 2006))
        last = first + random.randint(0, 8)
        made = placed(random, 12, first, last)
        wanted = Counter((name, codes) for _, name, codes in made.places)
        got = Counter(
            (one.name, frozenset(code.code for code in one.codes)) for one in read_places(made.text, first, last)
        )
        whole += wanted.total()
        read += got.total()
        found += (wanted & got).total()
    assert found == read
    assert found / whole >= 0.98


@given(
    st.text(alphabet="清光绪緒十元二三年至—、和（）1980前公元民国國间時同是次翌代世纪。，\n月春", max_size=60),
    st.sampled_from((None, (1986, 2005, "县志"), (1840, 1985, "县志"))),
)
def test_years_of_any_text_stand_where_they_say(text: str, about: tuple[int, int, str] | None) -> None:
    found = read_years(text, about)
    for one in found:
        assert text.startswith(one.words, one.at)
        assert one.first <= one.last
