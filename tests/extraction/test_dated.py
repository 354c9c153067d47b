"""How many of the years and places that a text names are found, and how many of those found are there."""

from __future__ import annotations

from collections import Counter
from random import Random

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


@given(st.text(alphabet="清光绪緒十元二三年至—、和（）1980前公元民国國间時", max_size=60))
def test_years_of_any_text_stand_where_they_say(text: str) -> None:
    found = read_years(text)
    for one in found:
        assert text.startswith(one.words, one.at)
        assert one.first <= one.last
