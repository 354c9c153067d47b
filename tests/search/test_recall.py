"""Nothing is missed: every search beside brute force, indexed, half indexed and not indexed at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.errors import UsageError
from mirror.search.fold import BOUNDARY, fold, stream
from mirror.search.match import document, is_match, pairs
from mirror.search.query import Node, parse
from tests.search.shelf import Shelved, shelf

#: Few enough characters that random queries are found, of all the kinds that can go wrong.
ALPHABET = "沂水县縣地质碑12aAＡ，。,“”\"'()（）*:-^{}│┃━\n 　\t𠀀𡊮々〇○é\u200bÿ\ue4c6~&|+"
texts = st.text(ALPHABET, max_size=30)
shelves = st.lists(
    st.builds(Shelved, texts, texts, st.lists(texts, max_size=2).map(tuple), texts), min_size=1, max_size=6
)
relaxed = settings(max_examples=60)


@st.composite
def cut_out(draw: st.DrawFn) -> tuple[list[Shelved], str]:
    """Entries, and a piece of one of them, cut anywhere."""
    entries = draw(shelves)
    whole = draw(st.sampled_from([part for one in entries for part in one.parts() if part] or ["碑"]))
    start = draw(st.integers(0, len(whole) - 1))
    return entries, whole[start : draw(st.integers(start + 1, len(whole)))]


def asked(query: str) -> Node | None:
    try:
        return parse(query)
    except UsageError:
        return None


@relaxed
@given(cut_out(), st.integers(0, 6))
def test_a_piece_of_an_entry_finds_it(drawn: tuple[list[Shelved], str], indexed: int) -> None:
    entries, piece = drawn
    with shelf() as books:
        for rec, one in enumerate(entries, 1):
            books.put(rec, one)
            if rec == indexed:
                books.index()
        if not stream(piece):
            return
        # As it stands, in the folding of the documentation, and nothing else: compared with every entry.
        expected = {
            f"ch9/1/{rec}"
            for rec, one in enumerate(entries, 1)
            if any(stream(piece) in stream(part) for part in one.parts())
        }
        bare = {f"ch9/1/{rec}" for rec, one in enumerate(entries, 1) if any(piece in part for part in one.parts())}
        assert bare <= expected
        quoted = '"' + piece.replace('"', "＂").replace("“", "＂").replace("”", "＂") + '"'
        assert books.ids(quoted) == expected
        # Unquoted, blanks and brackets have a meaning; what is meant still includes what is written.
        assert bare <= books.ids(piece)


@relaxed
@given(
    shelves,
    st.lists(st.sampled_from([*'沂水县碑1a)（("*', "AND", "OR", "NOT", "NEAR/2", "NEAR", " ", " "]), max_size=12),
)
def test_any_query_gives_the_same_with_and_without_an_index(entries: list[Shelved], words: list[str]) -> None:
    query = "".join(words)
    node = asked(query)
    if node is None:
        return
    with shelf() as books:
        for rec, one in enumerate(entries, 1):
            books.put(rec, one)
        unindexed = books.ids(query)
        books.index()
        assert books.ids(query) == unindexed
        expected = {
            f"ch9/1/{rec}"
            for rec, one in enumerate(entries, 1)
            if is_match(node, BOUNDARY.join(stream(part) for part in one.parts()))
        }
        # Where one part ends and the next begins is no text, so only distances may differ.
        assert unindexed == expected or "NEAR" in query


@given(st.text())
def test_no_query_is_an_accident(query: str) -> None:
    node = asked(query)
    if node is None:
        assert not stream(query)
        return
    with shelf() as books:
        books.put(1, Shelved("碑", query.encode("utf-8", "replace").decode()))
        books.index()
        books.find(query)


@given(st.text(), st.integers(), st.integers())
def test_folding_keeps_offsets_and_pieces(text: str, start: int, end: int) -> None:
    assert len(fold(text)) == len(text)
    assert stream(text[start:end]) in stream(text)
    assert stream(stream(text)) == stream(text)


@given(st.lists(st.text(), max_size=3))
def test_tokens_are_the_pairs(parts: list[str]) -> None:
    streams = [stream(part) for part in parts]
    assert document(streams).split(" ") == [*pairs("\u2029".join(["", *streams, ""])), ""]


def test_a_query_of_any_length() -> None:
    text = "".join(chr(0x4E00 + place * 7 % 9000) for place in range(6000))
    with shelf() as books:
        books.put(1, Shelved("长", text))
        books.put(2, Shelved("短", text[:3000]))
        books.index()
        for length in (1, 2, 3, 4, 17, 300, 3000):
            assert books.ids(text[:length]) == {"ch9/1/1", "ch9/1/2"}
        assert books.ids(text[:3001]) == books.ids(text) == {"ch9/1/1"}
        assert books.ids(" ".join(text[:2000])) == {"ch9/1/1", "ch9/1/2"}
