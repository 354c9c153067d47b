"""What is asked: URIs taken apart without touching them, request bytes exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.downloader.cookies import CookieMemory
from mirror.downloader.request import Proxy, parse_target, request_bytes


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://example.org", "example.org", "/"),
        ("http://example.org?K=CH9", "example.org", "/?K=CH9"),
        ("http://example.org/bin/mse.exe?", "example.org", "/bin/mse.exe?"),
        ("http://example.org/a?COLLCC=4110192742&&K=CH9&A=3#0", "example.org", "/a?COLLCC=4110192742&&K=CH9&A=3"),
        ("HTTP://Example.ORG:80/%d6%BE", "example.org", "/%d6%BE"),
        ("https://example.org:80/", "example.org:80", "/"),
        ("https://example.org:443/a/../b//c", "example.org", "/a/../b//c"),
        ("http://zhi:geheim@example.org/?a@b", "example.org", "/?a@b"),
        ("http://[::1]:8080/x", "[::1]:8080", "/x"),
        ("http://a_b.example.org./x", "a_b.example.org.", "/x"),
        ("http://example.org/a:b@c?http://x/#y?z", "example.org", "/a:b@c?http://x/"),
    ],
)
def test_a_request_line_is_the_uri_untouched(url, host, path):
    target = parse_target(url)
    assert target.path == path
    assert request_bytes(target, "GET", []) == f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.org/", "//example.org/", "http:///x", "http://example.org/志", "http://example.org/a b",
     "http://例.org/", "http://example.org:99999/", "http://example.org/\r\nX: y", "http://example.org:0/",
     "javascript:sf(3,1,'CH91')", "http://[::1/"],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused(url):
    with pytest.raises(ValueError, match=r"URI|port"):
        parse_target(url)


def test_userinfo_and_fragment_stay_here():
    assert parse_target("http://a:b@c:d@example.org/x@y#z").uri == "http://example.org/x@y"
    assert parse_target("http://a@example.org").uri == "http://example.org"
    assert parse_target("http://example.org?a@b").uri == "http://example.org?a@b"


def test_fields_are_sent_exactly():
    target = parse_target("http://example.org/")
    fields = [(b"uSER-aGENT", b"Mirror"), (b"X", b""), (b"X", "志".encode("gbk"))]
    assert request_bytes(target, "GET", fields).endswith(b"\r\nuSER-aGENT: Mirror\r\nX: \r\nX: \xd6\xbe\r\n\r\n")
    assert request_bytes(target, "GET", [(b"A", b"b"), (b"host", b"else.org")]) == (
        b"GET / HTTP/1.1\r\nA: b\r\nhost: else.org\r\n\r\n"
    )


@pytest.mark.parametrize("field", [(b"A", b"b\r\nC: d"), (b"A\n", b"b"), (b"A", b"b\r")])
def test_a_line_end_in_a_field_is_refused(field):
    with pytest.raises(ValueError, match="line end"):
        request_bytes(parse_target("http://example.org/"), "GET", [field])


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#?"), max_size=40))
def test_any_printable_path_goes_out_as_it_stands(path):
    url = "http://example.org/" + path
    assert request_bytes(parse_target(url), "GET", []).startswith(f"GET /{path} HTTP/1.1\r\n".encode())


def test_proxies():
    assert Proxy.parse("http://10.0.0.1:3128") == Proxy("10.0.0.1", 3128)
    assert Proxy.parse("http://zhi:a%40b@proxy.example:3128/").authorization == b"Basic emhpOmFAYg=="
    with pytest.raises(ValueError, match="plain http"):
        Proxy.parse("https://10.0.0.1:3128")


def test_cookies_go_where_they_came_from():
    memory = CookieMemory()
    assert memory.field("http://example.org/") is None
    memory.learn(
        "http://example.org/a/b", [b"COLLCK=17", b"x=\xd6\xbe; path=/a", b"far=1; domain=else.org", b"", b";"]
    )
    assert memory.field("http://example.org/") is None  # the default path of both is /a
    assert memory.field("http://example.org/a/c") in (
        (b"Cookie", b"COLLCK=17; x=\xd6\xbe"),
        (b"Cookie", b"x=\xd6\xbe; COLLCK=17"),
    )
    assert memory.field("http://else.org/a/") is None
    memory.learn("http://example.org/a/b", [b"COLLCK=18; path=/", b"x=; path=/a; max-age=0"])
    assert memory.field("http://example.org/") == (b"Cookie", b"COLLCK=18")


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_no_cookie_makes_it_raise(values):
    memory = CookieMemory()
    memory.learn("http://example.org/", values)
    memory.field("http://example.org/")
