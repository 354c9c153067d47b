"""Captures for tests: made by hand, and any that hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from warc.capture import Capture, Framing
from warc.payload import Payload

BEGAN = datetime(2026, 3, 1, 2, 1, 14, 123456, tzinfo=UTC)
GBK_PAGE = "<html><title>海塘志</title><pre>\r\n    海塘之筑，始于唐。\r\n</pre></html>".encode("gb18030")


def capture(
    url: str = "http://lib.example.cn/bin/mse.exe?seachword=&K=ch9&A=3&rec=12&run=13",
    body: bytes = GBK_PAGE,
    *,
    head: bytes | None = None,
    framing: Framing | None = None,
    began: datetime = BEGAN,
    **more: object,
) -> Capture:
    if head is None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = b"GET " + url.partition("cn")[2].encode() + b" HTTP/1.1\r\nHost: lib.example.cn\r\n"
    request += b'If-None-Match: "1"\r\n\r\n' if b" 304 " in head else b"\r\n"
    return Capture(url, began, request, head, Payload(body), "127.0.0.1", framing=framing, **more)  # type: ignore[arg-type]


def wire(one: Capture) -> bytes:
    return b"".join(one.wire())


_TEXT = st.binary(max_size=30).map(lambda octets: octets.replace(b"\r", b"").replace(b"\n", b""))
_NAME = st.text("abcdefghijklmnopqrstuvwxyzABCDEF-_", min_size=1, max_size=12).map(str.encode)
_LINE_END = st.sampled_from([b"\r\n", b"\r\n", b"\n"])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    start = draw(st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.0 404 \xd5\xd2\xb2\xbb\xb5\xbd", b"http/1.1 200"]))
    lines = [start + draw(_LINE_END)]
    names = st.one_of(_NAME, st.sampled_from([b"Transfer-Encoding", b"TRANSFER-encoding ", b"content-Length"]))
    for name in draw(st.lists(names, max_size=5)):
        lines.append(name + draw(st.sampled_from([b": ", b":"])) + draw(_TEXT) + draw(_LINE_END))
        if draw(st.booleans()):
            lines.append(b" \tfolded " + draw(_TEXT) + b"\r\n")
    return b"".join(lines) + draw(_LINE_END)


@st.composite
def captures(draw: st.DrawFn) -> Capture:
    body = draw(st.binary(max_size=300))
    framing = None
    if draw(st.booleans()):
        cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
        sizes = tuple(b - a for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True))
        literals = tuple(draw(st.lists(_TEXT, min_size=len(sizes) + 1, max_size=len(sizes) + 1)))
        framing = Framing(literals, sizes)
    headless = draw(st.booleans()) and draw(st.booleans())
    return capture(
        body=body,
        head=b"" if headless else draw(heads()),
        framing=framing,
        began=BEGAN + timedelta(seconds=draw(st.integers(0, 10**6))),
        before=draw(st.sampled_from([b"", b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])),
        after=draw(st.sampled_from([b"", b"garbage \xff"])),
        truncated=draw(st.sampled_from([None, "disconnect", "length"])),
    )
