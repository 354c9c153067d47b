"""Pages that do not say their charset are identified by their octets; pages that do are left to their word."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warc.identify import identified_type
from warc.payload import Payload

PROSE = "境内土壤以潮土、褐土为主，有机质含量低，经多年改良。"


def identified(body: bytes, *fields: str, type: str = "text/html") -> str | None:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {type}", *fields, "", ""]).encode()
    return identified_type(head, Payload(body))


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_what_declares_nothing_is_identified(charset: str) -> None:
    page = f"<html><title>{PROSE}</title>".encode(charset)
    assert identified(page) == f"text/html; charset={charset}"
    assert identified(page, type="TEXT/HTML ; version=4") == f"text/html; charset={charset}"
    assert identified(gzip.compress(page), "Content-Encoding: gzip") == f"text/html; charset={charset}"
    assert identified(b" " * 2000 + b"<meta charset=gb2312>" + page) == f"text/html; charset={charset}"  # too late
    assert identified(page * 2000) == f"text/html; charset={charset}"  # cut in the middle of a character


def test_what_declares_itself_is_left_to_its_word() -> None:
    page = PROSE.encode("gb18030")
    assert identified(page, type="text/html; charset=utf-8") is None
    assert identified(b'<META HTTP-EQUIV="Content-Type" content="text/html; charset=gb2312">' + page) is None
    assert identified(b"<meta charset=utf-8>" + page) is None


def test_what_is_no_page_or_cannot_be_read_is_left_alone() -> None:
    page = PROSE.encode("gb18030")
    assert identified(page, type="text/plain") is None
    assert identified(page, type="text/html5") is None
    assert identified(b"<html>ascii") is None
    assert identified(b"") is None
    assert identified(b"\xff\xff\xff" + page) is None
    assert identified(page, "Content-Encoding: br") is None
    assert identified(page, "Content-Encoding: gzip") is None
    assert identified_type(b"HTTP/1.1 200 OK\r\n\r\n", Payload(page)) is None
    assert identified(("\ufeff" + PROSE).encode()) is None


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_octets_are_taken(head: bytes, body: bytes) -> None:
    assert identified_type(head, Payload(body)) in (None, "text/html; charset=utf-8", "text/html; charset=gb18030")
    assert identified(body) in (None, "text/html; charset=utf-8", "text/html; charset=gb18030")
