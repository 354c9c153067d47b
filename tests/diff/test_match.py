"""Matching, on values alone: which entry of one state is which of the other."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mirror.diff import near, patience
from mirror.diff.fold import fold
from mirror.diff.match import Matching, Side, match
from mirror.diff.state import Held
from mirror.imitation import prose

#: uid, title, text
Told = tuple[str, str, str]


def entries(count: int, seed: int = 1) -> list[Told]:
    random = Random(seed)
    return [(f"{seed}-{n}", f"第{n}节  {prose.subject(random)}", prose.paragraph(random, 8)) for n in range(count)]


def matched(
    old: list[Told], new: list[Told], old_book: int = 1, new_book: int = 1
) -> tuple[set[tuple[str, str]], int]:
    """Pairs by uid, and how many entries found none."""
    names: dict[Held, str] = {}
    texts: dict[Held, str] = {}

    def held(side: list[Told], book: int, capture: int) -> list[Held]:
        found = []
        for rec, (uid, title, text) in enumerate(side, 1):
            one = Held("ch9", book, rec, rec, capture, text, len(text), title, ())
            names[one], texts[one] = uid, text
            found.append(one)
        return found

    side = Side(
        lambda one: blake2b(fold(texts[one]).encode(), digest_size=16).digest(),
        lambda one: near.sketch(fold(texts[one])),
    )
    found: Matching = match(held(old, old_book, 1), held(new, new_book, 2), {}, side, side)
    return {(names[one], names[other]) for one, other in found.pairs}, len(found.old) + len(found.new)


def test_an_insertion_moves_all_behind_it_and_edits_none() -> None:
    old = entries(300)
    new = [*old[:100], ("more", "补遗", prose.paragraph(Random(99), 8)), *old[100:]]
    pairs, alone = matched(old, new)
    assert pairs == {(uid, uid) for uid, _, _ in old}
    assert alone == 1


def test_headings_without_a_text_are_told_by_title_and_place() -> None:
    """Chapters of one title follow each other with nothing under their own names."""
    old = [(f"h{n}", f"第{n % 3}章", "") for n in range(12)]
    new = [*old[:5], ("new", "第九章", ""), *old[5:]]
    pairs, alone = matched(old, new)
    assert {uid for uid, _ in pairs} == {uid for uid, _, _ in old}
    assert sum(one != other for one, other in pairs) == 0
    assert alone == 1


def test_edits_in_a_book_that_got_another_number_are_found() -> None:
    old = entries(60, 2)
    new = [
        (uid, title, text.replace("年", "年，") if n % 10 == 0 else text) for n, (uid, title, text) in enumerate(old)
    ]
    pairs, alone = matched(old, new, 3, 4)
    assert pairs == {(uid, uid) for uid, _, _ in old}
    assert alone == 0


def test_what_has_nothing_in_common_is_not_paired() -> None:
    pairs, alone = matched([("a", "序", "甲" * 30 + "乙丙丁")], [("b", "跋", "戊己庚辛" * 12)])
    assert pairs == set()
    assert alone == 2


@given(st.lists(st.sampled_from(range(12)), unique=True), st.lists(st.sampled_from(range(12)), unique=True))
def test_counts_are_the_same_both_ways(left: list[int], right: list[int]) -> None:
    pool = entries(12, 5)
    old, new = [pool[n] for n in left], [pool[n] for n in right]
    forth, back = matched(old, new), matched(new, old)
    assert forth[0] == {(other, one) for one, other in back[0]}
    assert forth[1] == back[1]
    assert {(uid, uid) for uid, _, _ in old} & {(uid, uid) for uid, _, _ in new} <= forth[0]


@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.integers(0, 5), max_size=30))
def test_outside_the_gaps_all_is_equal(old: list[int], new: list[int]) -> None:
    at = there = 0
    for a, b, c, d in [*patience.gaps(old, new), (len(old), len(old), len(new), len(new))]:
        assert old[at:a] == new[there:c]
        at, there = b, d
    assert [old[one] for one, _ in patience.pairs(old, new)] == [new[other] for _, other in patience.pairs(old, new)]


@given(st.text("甲乙丙丁戊", max_size=80), st.text("甲乙丙丁戊", max_size=80))
def test_likeness_is_exact_for_short_texts(one: str, other: str) -> None:
    left, right = near.shingles(one), near.shingles(other)
    exact = len(left & right) / len(left | right) if left and right else 0.0
    assert near.likeness(near.sketch(one), near.sketch(other)) == exact
