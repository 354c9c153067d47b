"""The index: sorted bytewise, merged without loss, keys as the surt library makes them."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from warc import cdxj
from warc.surt import surt

LINES = st.lists(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFFF, exclude_categories=["Cs"]), min_size=1)
)


@given(LINES, LINES)
def test_merging_keeps_every_line_once_in_bytewise_order(tmp_path_factory, old: list[str], new: list[str]) -> None:  # type: ignore[no-untyped-def]
    index: Path = tmp_path_factory.mktemp("i") / "indexes" / "index.cdxj"
    for lines in (old, new):
        cdxj.merge_into(index, sorted(lines, key=str.encode))
    found = index.read_bytes().split(b"\n")[:-1]
    assert found == sorted({line.encode() for line in old + new})


def test_keys_are_those_of_the_old_database_in_pywb() -> None:
    assert surt("http://lib.sdsqw.cn/bin/mse.exe?K=CH9&A=3&rec=1&run=13") == (
        "cn,sdsqw,lib)/bin/mse.exe?a=3&k=ch9&rec=1&run=13"
    )
