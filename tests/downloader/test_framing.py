"""Framing: every byte kept, however the bytes are split, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mirror.downloader import chunks, framing
from mirror.downloader.framing import Answer
from mirror.downloader.head import parse_status
from tests.downloader.answers import ANSWERS, CHUNKED, OK
from warc.capture import Capture

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def read(*pieces: bytes, method: str = "GET", cap: int | None = None, eof: bool = True) -> Answer:
    answer = Answer(method, max_payload_bytes=cap)
    for piece in pieces:
        if piece:
            answer.feed(piece)
    if eof:
        answer.eof()
    return answer


def capture_of(answer: Answer) -> Capture:
    return answer.capture("http://example.org/", BEGAN, b"GET / HTTP/1.1\r\n\r\n")


def wire(answer: Answer) -> bytes:
    return b"".join(capture_of(answer).wire()) if answer.has_head else answer.received


def summary(answer: Answer) -> tuple[object, ...]:
    capture = capture_of(answer)
    return (
        answer.phase,
        answer.failure,
        answer.received,
        answer.leaves_connection_clean,
        answer.status,
        answer.version,
        capture.before,
        capture.head,
        capture.payload.read(),
        capture.framing,
        capture.after,
        capture.truncated,
        capture.oddities,
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_reads_as_a_browser_and_keeps_every_byte(name):
    known = ANSWERS[name]
    answer = read(known.wire)
    capture = capture_of(answer)
    assert wire(answer) == known.wire
    assert capture.payload.read() == known.payload
    assert capture.truncated == known.truncated
    assert known.oddity in capture.oddities if known.oddity else not capture.oddities
    assert answer.phase == "done"


@pytest.mark.parametrize("name", ANSWERS)
def test_one_byte_at_a_time_gives_the_same(name):
    data = ANSWERS[name].wire
    assert summary(read(*(data[i : i + 1] for i in range(len(data))))) == summary(read(data))


@pytest.mark.parametrize("name", [name for name, case in ANSWERS.items() if len(case.wire) < 400])
def test_split_anywhere_in_two_gives_the_same(name):
    data = ANSWERS[name].wire
    whole = summary(read(data))
    for at in range(1, len(data)):
        assert summary(read(data[:at], data[at:])) == whole, at


# Pieces of answers in any order: most of it nonsense, all of it near to sense.
tokens = st.sampled_from(
    [
        OK,
        CHUNKED,
        b"HTTP/1.0 302 \r\n",
        b"http/1.1 204\n",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: +4\r\n",
        b"content-length:2\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: x\r\n",
        b"Connection: close\r\n",
        b" fold\r\n",
        b"3\r\nabc\r\n",
        b"3\nabc\n",
        b"0\r\n\r\n",
        b"0\r\n",
        b"a;x=y\r\n0123456789\r\n",
        b"X: y\r\n",
        b"HTTP",
        b"HTTP/",
        b"1",
        b"zz",
        b"\0\xff",
        b"abc",
    ]
)
streams = st.one_of(
    st.lists(tokens, max_size=12).map(b"".join),
    st.lists(st.one_of(tokens, st.binary(max_size=6)), max_size=10).map(b"".join),
    st.lists(st.one_of(tokens, st.binary(max_size=6)), max_size=10).map(lambda parts: CHUNKED + b"".join(parts)),
    st.binary(max_size=200),
)
methods = st.sampled_from(["GET", "HEAD"])


@st.composite
def split(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    data = draw(streams)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=8)))
    edges = [0, *(cut for cut in cuts if cut < len(data)), len(data)]
    return data, [data[a:b] for a, b in pairwise(edges)]


@settings(max_examples=400)
@given(split(), methods, st.sampled_from([None, 0, 1, 3, 10]))
def test_any_split_of_any_bytes_gives_the_same(case, method, cap):
    data, pieces = case
    assert summary(read(*pieces, method=method, cap=cap)) == summary(read(data, method=method, cap=cap))


@settings(max_examples=400)
@given(split(), methods, st.sampled_from(["eof", "time", "disconnect", None]))
@example((b"", []), "GET", "eof")
def test_whatever_comes_is_kept(case, method, end):
    data, pieces = case
    answer = read(*pieces, method=method, eof=end == "eof")
    if end in ("time", "disconnect"):
        answer.cut(end)
    if end is not None:
        assert answer.phase in ("done", "failed")
        assert wire(answer) == data


def test_a_cap_cuts_the_payload_there_and_says_so():
    for body in (
        OK + b"Content-Length: 9\r\n\r\n123456789",
        OK + b"\r\n123456789",
        CHUNKED + b"9\r\n123456789\r\n0\r\n\r\n",
    ):
        answer = read(body, cap=4)
        assert answer.payload.read() == b"1234"
        assert answer.truncated == "length"
        assert body.startswith(wire(answer))
        assert not answer.leaves_connection_clean
        assert read(body, cap=9).truncated is None


def test_a_connection_is_clean_only_after_a_sound_answer():
    clean = [
        "sized",
        "empty",
        "no content",
        "not modified",
        "chunked",
        "no chunk",
        "extensions and trailer",
        "folded",
        "gbk",
        "no colon",
        "lower case",
        "plus",
        "repeated length",
    ]
    for name in clean:
        assert read(ANSWERS[name].wire, eof=False).leaves_connection_clean, name
    for name in (
        "surplus",
        "switching",
        "until close",
        "chunked and sized",
        "chunked in 1.0",
        "garbage after chunks",
        "bad hex",
    ):
        assert not read(ANSWERS[name].wire).leaves_connection_clean, name
    assert not read(OK + b"Connection: close\r\nContent-Length: 1\r\n\r\nx").leaves_connection_clean
    assert not read(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx").leaves_connection_clean
    kept = b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx"
    assert read(kept, eof=False).leaves_connection_clean


def test_a_head_that_never_ends_is_no_answer_but_is_kept():
    answer = read(OK + b"Server: x\r\n")
    assert (answer.phase, answer.failure) == ("failed", "the head never ended")
    assert answer.received == OK + b"Server: x\r\n"
    assert read(b"").failure == "no answer"


def test_a_head_has_an_end():
    answer = Answer()
    answer.feed(OK + b"X: ")
    for _ in range(40):
        answer.feed(b"y" * 50_000)
    assert answer.phase == "failed"
    assert "longer than" in answer.failure


def test_bytes_without_a_head_on_a_used_connection_are_doubtful():
    answer = Answer(reused=True)
    answer.feed(b"the rest of something else")
    answer.eof()
    assert framing.LATE_BYTES in answer.oddities
    assert wire(answer) == b"the rest of something else"


def test_the_answer_to_head_has_no_body():
    answer = read(OK + b"Content-Length: 500\r\n\r\n", method="HEAD", eof=False)
    assert answer.leaves_connection_clean
    assert answer.payload.size == 0


def test_equal_chunk_lines_are_held_once():
    answer = Answer()
    answer.feed(CHUNKED + b"1\r\nx")
    for _ in range(1000):
        answer.feed(b"\r\n4\r\nabcd\r\n4\r\nabcd")
    answer.feed(b"\r\n0\r\n\r\n")
    layout = capture_of(answer).framing
    assert layout is not None
    assert len(layout.sizes) == 2001
    assert len({id(literal) for literal in layout.literals}) == 3


def test_chunks_beyond_measure_are_cut(monkeypatch):
    monkeypatch.setattr(chunks, "MAX_CHUNKS", 10)
    data = CHUNKED + b"1\r\nx\r\n" * 20 + b"0\r\n\r\n"
    answer = read(data)
    assert answer.truncated == "length"
    assert data.startswith(wire(answer))
    assert answer.payload.size == 10


def test_status_lines():
    assert parse_status(b"HTTP/1.0 404 Not Found\r\n") == ((1, 0), 404)
    assert parse_status(b"http/1.1 200\n") == ((1, 1), 200)
    assert parse_status(b"HTTP 302\n") == ((1, 0), 302)
    assert parse_status(b"HTTP/1.1 fine\r\n") == ((1, 0), 0)
    assert parse_status(b"") == ((1, 0), 0)
