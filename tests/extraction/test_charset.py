"""Bytes to characters."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.charset import decode
from mirror.extraction.private_use import map_private_use

HANZI = "海塘始筑于唐开元年间，初为土塘"


def test_real_pages_decode_as_their_index_says(samples):
    with (samples / "html" / "INDEX.tsv").open(encoding="utf-8") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 20
    wrong = []
    for row in rows:
        found = decode((samples / "html" / row["file"]).read_bytes())
        if (found.charset.used, found.charset.undecodable) != (row["decodes_as"], 0):
            wrong.append((row["file"], row["decodes_as"], found.charset))
    # Written for HTTP labels: five ASCII letters say nothing of their charset.
    assert [name for name, *_ in wrong if not name.startswith("feedparser--")] == []


@pytest.mark.parametrize("label", ["gb2312", "GBK", "gb18030", "x-gbk", "GB_2312-80", "cp936"])
def test_gb_labels_mean_gb18030(label):
    data = f"<meta charset={label}>镕㑇".encode("gb18030")
    found = decode(data)
    assert found.text.endswith("镕㑇")
    assert (found.charset.declared, found.charset.used, found.oddities) == (label.lower(), "gb18030", ())


@pytest.mark.parametrize(
    ("data", "content_type", "declared", "used", "odd"),
    [
        (HANZI.encode("gb18030"), b"text/html; charset=utf-8", "utf-8", "gb18030", True),
        (HANZI.encode(), b"text/html; charset=GB2312", "gb2312", "utf-8", True),
        (HANZI.encode("gb18030"), None, None, "gb18030", False),
        (HANZI.encode(), None, None, "utf-8", False),
        (b"\xef\xbb\xbf" + HANZI.encode(), b"text/html; charset=gbk", "gbk", "utf-8", False),
        (b"\xff\xfe" + HANZI.encode("utf-16-le"), None, None, "utf-16-le", False),
        (HANZI.encode("gb18030"), b'text/html; Charset="gbk"; x=1', "gbk", "gb18030", False),
        (HANZI.encode("gb18030"), b"text/html; charset=iso-8859-1", "iso-8859-1", "gb18030", False),
        (HANZI.encode("gb18030"), b"text/html; charset=klingon", "klingon", "gb18030", True),
        (HANZI.encode("gb18030"), b"text/html; charset=rot13", "rot13", "gb18030", True),
        (b" " * 1500 + b"<meta charset=utf-8>" + HANZI.encode(), None, "utf-8", "utf-8", False),
        ("聯通海塘".encode("big5"), b"text/html; charset=big5", "big5", "big5hkscs", False),
        ("联通".encode("gb18030"), b"text/html; charset=gb2312", "gb2312", "gb18030", False),
    ],
)
def test_evidence_beats_labels(data, content_type, declared, used, odd):
    found = decode(data, content_type)
    assert (found.charset.declared, found.charset.used, bool(found.oddities)) == (declared, used, odd)
    assert found.charset.undecodable == 0


def test_what_cannot_be_read_is_counted_byte_by_byte():
    data = HANZI.encode("gb18030") + b"\xff\xff\x80" + HANZI.encode("gb18030")
    found = decode(data)
    assert found.charset.undecodable == found.text.count("\ufffd") == 3
    assert found.text.replace("\ufffd", "") == HANZI * 2
    cut = decode(HANZI.encode()[:-1], b"text/html; charset=utf-8")
    assert (cut.charset.used, cut.charset.undecodable) == ("utf-8", 2)


@given(st.binary(max_size=200), st.sampled_from([None, b"x; charset=utf-8", b"x; charset=hz", b"x; charset=gbk"]))
def test_any_bytes_decode(data, content_type):
    found = decode(data, content_type)
    assert not any("\ud800" <= char <= "\udfff" for char in found.text)


@given(st.text(alphabet=st.characters(codec="gb18030", exclude_characters="\x1b~"), max_size=100))
def test_gb18030_comes_back(text):
    data = b"<meta charset=gb2312>" + (HANZI + text).encode("gb18030")
    found = decode(data)
    assert found.text == "<meta charset=gb2312>" + HANZI + text
    assert found.charset.private_use == sum("\ue000" <= char <= "\uf8ff" or char >= "\U000f0000" for char in text)


def test_points_encoded_since_are_mapped_one_for_one():
    assert map_private_use("\ue816\ue81e\ue863") == ("\U00020087\u9fb4\ue863", 2)
