"""The note beside a record gives the wire back, whatever the wire was."""

from hypothesis import given
from hypothesis import strategies as st

from tests.archive.captures import capture, captures
from warc import framing
from warc.capture import Capture, Framing


@given(captures())
def test_a_stored_head_and_its_note_give_the_capture_back(one: Capture) -> None:
    stored, edits = framing.store_head(one)
    again = framing.loads(framing.dumps(edits))
    assert again == edits
    assert framing.restore(stored, one.payload, again) == (one.before, one.head, one.framing, one.after)


@given(st.lists(st.integers(1, 10**6), max_size=50))
def test_canonical_chunks_are_noted_as_sizes_alone(sizes: list[int]) -> None:
    literals = [b"%x\r\n" % size for size in sizes]
    literals = (
        [literals[0], *(b"\r\n" + literal for literal in literals[1:]), b"\r\n0\r\n\r\n"] if sizes else [b"0\r\n\r\n"]
    )
    edits = framing.Edits(framing=Framing(tuple(literals), tuple(sizes)))
    note = framing.dumps(edits)
    assert '"framing"' not in note
    assert framing.loads(note) == edits


def test_a_large_body_in_equal_chunks_has_a_short_note() -> None:
    sizes = (0x1000,) * 500_000
    literals = (b"1000\r\n", *(b"\r\n1000\r\n",) * (len(sizes) - 1), b"\r\n0\r\n\r\n")
    assert framing.dumps(framing.Edits(framing=Framing(literals, sizes))) == '{"chunks":"1000*500000"}'


def test_transfer_encoding_is_renamed_in_place_and_length_comes_last() -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/6.0\r\nTransfer-Encoding: chunked\r\n"
        b"Set-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n"
    )
    one = capture(body=b"hello", head=head, framing=Framing((b"5\r\n", b"\r\n0\r\n\r\n"), (5,)))
    stored, _ = framing.store_head(one)
    assert stored == (
        b"HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/6.0\r\nX-Archive-Orig-Transfer-Encoding: chunked\r\n"
        b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 5\r\n\r\n"
    )


def test_a_length_beside_chunks_is_renamed_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nTransfer-Encoding: chunked\r\n\r\n"
    one = capture(body=b"hello", head=head, framing=Framing((b"5\r\n", b"\r\n0\r\n\r\n"), (5,)))
    stored, edits = framing.store_head(one)
    assert b"X-Archive-Orig-Content-Length: 999" in stored
    assert stored.endswith(b"Content-Length: 5\r\n\r\n")
    assert framing.original_head(stored, edits) == head
