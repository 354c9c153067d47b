"""Lines measured all at once, and characters looked for in bytes, give what the plain way gives."""

from __future__ import annotations

import re
import sys

from hypothesis import given
from hypothesis import strategies as st

from mirror.extraction.charset import count_private_use, decode
from mirror.extraction.lines import columns, columns_of_all, has_boxes
from mirror.extraction.private_use import map_private_use

_TEXTS = st.text(st.sampled_from("中，。a1 \u3000\xa0\u200b\ufeff\n│┃─\ue78d\U00020087\ud800é"))


@given(_TEXTS | st.text())
def test_all_lines_measured_at_once_are_as_wide_as_one_by_one(text: str) -> None:
    lines = text.split("\n")
    assert columns_of_all(text, lines) == [columns(line) for line in lines]


def test_every_character_is_told_by_its_bytes_as_by_itself() -> None:
    boxes, private = re.compile("[\u2500-\u257f]"), re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
    for start in range(0, sys.maxunicode + 1, 16):
        text = "".join(map(chr, range(start, start + 16)))
        assert has_boxes(text) == bool(boxes.search(text)), hex(start)
        assert count_private_use(text) == len(private.findall(text)), hex(start)
    assert map_private_use("甲\ue78d乙\ue864") == ("甲\ufe10乙\u9fbb", 2)


def test_what_is_gbk_is_read_as_gb18030_reads_it() -> None:
    for lead in range(0x80, 0x100):
        for trail in range(0x100):
            pair = bytes((lead, trail)) + b"."
            found = decode(pair, b"text/html; charset=gb2312")
            try:
                wanted = pair.decode("gb18030")
            except UnicodeDecodeError:
                assert found.charset.undecodable, pair
                continue
            if found.charset.used == "gb18030":
                assert found.text == wanted, pair
                assert found.charset.private_use == count_private_use(wanted)
