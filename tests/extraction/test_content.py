"""Content codings undone, whole and cut."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.content import decode_content

TEXT = ("海塘始筑于唐开元年间，" * 3000).encode()


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


CODERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@pytest.mark.parametrize("name", CODERS)
def test_each_coding(name):
    assert decode_content(CODERS[name](TEXT), name.upper()).data == TEXT
    assert decode_content(CODERS[name](TEXT), name).oddities == ()


def test_bare_deflate_two_codings_and_none():
    assert decode_content(raw_deflate(TEXT), "deflate").data == TEXT
    assert decode_content(brotli.compress(gzip.compress(TEXT)), "gzip, br").data == TEXT
    assert decode_content(TEXT, "identity").data == TEXT
    assert decode_content(gzip.compress(TEXT) + gzip.compress(b"x"), "gzip").data == TEXT + b"x"
    assert decode_content(gzip.compress(TEXT), None).data == TEXT


@pytest.mark.parametrize("name", CODERS)
def test_a_cut_body_gives_what_came(name):
    import random

    noise = random.Random(1).randbytes(50_000)
    whole = CODERS[name](noise)
    found = decode_content(whole[: len(whole) // 2], name)
    assert len(found.data) > len(noise) // 3
    assert noise.startswith(found.data)
    assert found.oddities == ("the compressed body breaks off",)


def test_a_damaged_body_gives_what_came_before():
    whole = bytearray(gzip.compress(bytes(range(256)) * 400, 0))
    whole[-4] ^= 1
    found = decode_content(bytes(whole), "gzip")
    assert found.oddities == ("the compressed body is damaged",)
    assert len(found.data) > 50_000


def test_labels_that_lie():
    for label in ("gzip", "deflate", "br", "zstd"):
        found = decode_content(TEXT, label)
        assert found.data == TEXT
        assert found.oddities


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "gzip, gzip", ",", "x"]))
def test_any_bytes(data, label):
    decode_content(data, label)
    decode_content(b"\x1f\x8b\x08" + data, label)
