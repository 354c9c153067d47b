"""The index: sorted bytewise, merged without loss, keys as the surt library makes them."""

from pathlib import Path

import surt as library
from hypothesis import given, settings
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


_PART = st.text("abAB019_.-", min_size=1, max_size=5)
_URLS = st.builds(
    lambda scheme, host, port, parts, end, arguments: f"{scheme}://{host}{port}/{'/'.join(parts)}{end}{arguments}",
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    st.sampled_from(
        ["lib.example.cn", "www.example.cn", "www2.a-b.cn", "127.0.0.1", "LIB.cn", "cn", "a..cn", "www.", "-"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080", ":", ":x"]),
    st.lists(
        st.one_of(_PART, st.sampled_from(["", ".", "..", "%41", "a b", "bin", "mse.exe", "x.aspx"])), max_size=4
    ),
    st.sampled_from(["", "/", "//"]),
    st.one_of(
        st.just(""),
        st.lists(
            st.one_of(
                st.builds("{}={}".format, _PART, _PART),
                _PART,
                st.sampled_from(
                    ["", "=", "K=CH9", "sid=" + "a1" * 16, "%D6%D0=1", "jsessionid=" + "0" * 32, "a=b=c"]
                ),
            ),
            max_size=5,
        ).map(lambda arguments: "?" + "&".join(arguments)),
    ),
)


@settings(max_examples=1000)
@given(_URLS)
def test_every_key_is_the_one_of_the_surt_library(url: str) -> None:
    try:
        key = library.surt(url)
    except Exception:
        key = url
    assert surt(url) == key


def test_keys_are_those_of_the_old_database_in_pywb() -> None:
    assert surt("http://lib.sdsqw.cn/bin/mse.exe?K=CH9&A=3&rec=1&run=13") == (
        "cn,sdsqw,lib)/bin/mse.exe?a=3&k=ch9&rec=1&run=13"
    )
