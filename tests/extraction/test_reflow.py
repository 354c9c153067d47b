"""Hard-wrapped lines to paragraphs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.lines import columns, indent_of, is_table_line
from mirror.extraction.reflow import HANG, JOINED, Width, infer_width, reflow, settle_widths
from tests.extraction.prose import SENTENCES, cut_hanging, cut_hard

paragraphs = st.lists(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6).map("".join), min_size=1, max_size=12
)
rules = st.sampled_from([cut_hard, cut_hanging])


def wrapped(texts, rule, width, indent):
    return "\n".join(line for text in texts for line in rule(indent + text, width))


@given(
    texts=paragraphs,
    rule=rules,
    width=st.sampled_from([74, 80, 110]),
    indent=st.sampled_from(["    ", "　　", "  "]),
)
def test_indented_paragraphs_come_back(texts, rule, width, indent):
    raw = wrapped(texts, rule, width, indent)
    found = reflow(raw)
    if found.width is None:  # too short to tell: then nothing was touched
        assert found.text == raw
    else:
        assert found.text == "\n".join(indent + text for text in texts)


_BETWEEN = st.sampled_from(
    ["", "", "", "\n\n", "\n·12·\n", "\n────────\n", "\n【概况】", "\n1．", "\n    ", "\n┃甲│乙┃\n", "A"]
)


@given(
    parts=st.lists(st.tuples(paragraphs, _BETWEEN), min_size=1, max_size=4),
    rule=rules,
    width=st.sampled_from([74, 80, 81]),
    indent=st.sampled_from(["    ", "　　", ""]),
    book=st.lists(st.builds(Width, st.sampled_from([74, 80]), st.just(3), st.booleans()), max_size=2),
)
def test_seams_that_leave_no_doubt_are_as_if_weighed(parts, rule, width, indent, book):
    """Where a blank stands at the end of any line, every seam is weighed; it must make no difference."""
    raw = "".join(wrapped(texts, rule, width, indent) + between for texts, between in parts) + "\n略\n略\n略\n略"
    at_once, weighed = reflow(raw, book), reflow(raw + " ", book)
    assert weighed.text == at_once.text + " "
    assert (weighed.whys, weighed.flags, weighed.width) == (at_once.whys, at_once.flags, at_once.width)


@given(texts=paragraphs, rule=rules, width=st.integers(60, 130), indent=st.sampled_from(["    ", "　　"]))
def test_a_book_may_have_any_width(texts, rule, width, indent):
    raw = wrapped(texts, rule, width, indent)
    assert (
        reflow(raw, [Width(width, 3, False)]).text == "\n".join(indent + text for text in texts)
        or reflow(raw).width != width
    )


@given(texts=paragraphs, rule=rules, width=st.sampled_from([74, 80, 110]))
def test_without_indents_only_full_last_lines_are_doubtful(texts, rule, width):
    """A paragraph that ends exactly at the edge cannot be told from one that goes on."""
    raw = wrapped(texts, rule, width, "")
    found = reflow(raw)
    if found.width == width and all(columns(rule(text, width)[-1]) < width - 1 for text in texts):
        assert found.text == "\n".join(texts)


@given(
    st.text(alphabet="海塘志，。（）、【】“”…0123 　\xa0\n┃━┏年AZ-\t", max_size=400),
    st.lists(st.builds(Width, st.integers(1, 200), st.just(3), st.booleans()), max_size=3),
)
def test_no_character_is_lost_or_moved(raw, book):
    found = reflow(raw, book)
    kept = "".join(found.text.split())
    assert len(found.whys) == raw.count("\n") + 1
    assert kept == "".join(raw.split())


@pytest.mark.parametrize("rule", [cut_hard, cut_hanging])
@pytest.mark.parametrize("width", [74, 80, 110])
def test_the_width_is_found(rule, width):
    raw = wrapped(["".join(SENTENCES), "".join(SENTENCES[3:])], rule, width, "    ")
    found = infer_width(raw)
    assert found.columns == width
    assert found.hard_cut == (rule is cut_hard)


def test_paragraphs_that_were_never_cut_stay():
    raw = "\n".join("".join(SENTENCES[at : at + 3]) for at in range(6))
    assert reflow(raw).text == raw
    assert infer_width(raw) is None


def test_a_full_stop_at_the_edge_is_flagged_where_nothing_is_indented():
    full = "海塘" * 18 + "也。"
    rest = [line for at in range(4) for line in cut_hanging("".join(SENTENCES[at:]), 74)]
    assert "full-stop-at-edge" in reflow("\n".join([*rest, "塘成" + full[2:], "民" * 20])).flags
    indented = [line for at in range(4) for line in cut_hanging("    " + "".join(SENTENCES[at:]), 74)]
    assert "full-stop-at-edge" not in reflow("\n".join(indented)).flags


def test_a_page_number_is_left_and_flagged():
    lines = cut_hanging("    " + "".join(SENTENCES), 74)
    found = reflow("\n".join([*lines[:3], "·123·", *lines[3:]]))
    assert "\n·123·\n" in found.text
    assert "page-number" in found.flags
    assert "page-number" not in reflow("\n".join(lines)).flags


def test_a_verse_stays():
    raw = "\n".join(
        ["东山石矿采石歌", "一锤叮当一锤天，", "两锤叮当日又偏。", "三锤敲得星星落，", "装满船头好过年。"]
    )
    assert reflow(raw).text == raw


def test_short_entries_take_the_width_of_their_book():
    text = "    海塘长十二里，以条石砌成，岁有修葺，至今犹存；塘外沙"
    raw = "\n".join(cut_hanging(text, 50))
    assert reflow(raw).width is None
    found = reflow(raw, [Width(50, 3, False)])
    assert (found.text, found.width, found.flags) == (text, 50, ("width-of-book",))


def test_of_two_widths_of_a_book_the_one_that_the_lines_fill_is_taken():
    text = "    " + "".join(SENTENCES[:2])
    book = [Width(80, 90, True), Width(74, 40, False)]
    for width, rule in ((80, cut_hard), (74, cut_hanging)):
        found = reflow("\n".join(rule(text, width)), book)
        assert (found.text, found.width) == (text, width)


def test_a_narrowed_short_text_borrows_the_width_it_had():
    text = "    " + "".join(SENTENCES[1:3]).replace("，", ",")
    raw = "\n".join(line.replace("，", ",") for line in cut_hanging("    " + "".join(SENTENCES[1:3]), 110))
    found = reflow(raw, [Width(110, 90, False)])
    assert (found.text, found.flags) == (text, ("narrowed-punctuation", "width-of-book"))


@given(st.lists(st.tuples(st.sampled_from([73, 74, 75, 80, 110]), st.booleans()), max_size=40), st.randoms())
def test_the_widths_of_a_book_do_not_depend_on_the_order_of_its_entries(proven, random):
    count = {one: proven.count(one) for one in proven}
    settled = settle_widths(count)
    shuffled = list(count.items())
    random.shuffle(shuffled)
    assert settle_widths(dict(shuffled)) == settled
    assert bool(settled) == bool(proven)
    assert all(abs(one.columns - two.columns) > 1 for one in settled for two in settled if one is not two)


def test_a_page_break_in_mid_sentence_is_joined_and_flagged():
    paragraphs_ = ["    " + "".join(SENTENCES[at:]) for at in range(4)]
    lines = [line for text in paragraphs_ for line in cut_hanging(text, 74)]
    at = next(at for at, line in enumerate(lines) if 74 <= columns(line) <= 74 + HANG and line[-1] not in "。！，")
    broken = [*lines[: at + 1], "", *lines[at + 1 :]]
    found = reflow("\n".join(broken))
    assert found.text == "\n".join(paragraphs_)
    assert "joined-over-blank" in found.flags
    assert found.whys[at + 2] == "over-blank" and found.whys[at + 1] == "blank" and found.whys[at] in JOINED


def test_what_is_doubtful_is_left_and_flagged():
    lines = cut_hard("".join(SENTENCES), 80)[:4]
    found = reflow("\n".join([*lines, "    另起一段", "另起的话不满一行。"]))
    assert "\n    另起一段\n" in found.text
    assert "full-line-before-indent" in found.flags


def test_words_keep_their_blanks_and_numbers_their_digits():
    text = "塘工用 Portland cement 灌浆，计12345678.9吨，" * 6
    for rule in (cut_hard, cut_hanging):
        assert reflow("\n".join(rule("    " + text, 80))).text == "    " + text


def test_tables_are_not_joined():
    table = ["┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓",
             "┃海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘海塘┃",
             "┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛"]  # fmt: skip
    prose = cut_hard("".join(SENTENCES), 80)
    assert reflow("\n".join([*prose, *table])).text.split("\n")[-3:] == table
    assert not is_table_line("1912──1949年的塘工")


@pytest.mark.parametrize(
    ("line", "indent"),
    [("海", 0), ("    海", 4), ("　　海", 4), ("\xa0\xa0海", 2), (" 　海", 3), ("", 0), ("　", 2)],
)
def test_indents_count_in_columns(line, indent):
    assert indent_of(line) == indent
