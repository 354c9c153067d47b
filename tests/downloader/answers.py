"""Answers that servers send, sound ones and odd ones, and what is to be made of them."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    wire: bytes
    payload: bytes  #: what a browser would show
    oddity: str | None = None  #: one of those to be noted
    truncated: str | None = None
    closes: bool = False  #: the server closes the connection behind it


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

ANSWERS: dict[str, Known] = {
    "sized": Known(OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "until close": Known(OK + b"\r\nhello", b"hello", closes=True),
    "empty": Known(OK + b"Content-Length: 0\r\n\r\n", b""),
    "short": Known(OK + b"Content-Length: 9\r\n\r\nhello", b"hello", truncated="disconnect", closes=True),
    "surplus": Known(
        OK + b"Content-Length: 3\r\n\r\nhello", b"hel", oddity="surplus bytes after the message", closes=True
    ),
    "interim": Known(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + b"\r\nx",
        b"x",
        closes=True,
    ),
    "switching": Known(
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\x81\x02hi",
        b"",
        oddity="surplus bytes after the message",
        closes=True,
    ),
    "no content": Known(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
    "not modified": Known(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b""),
    "bare LF": Known(b"HTTP/1.0 200 OK\nA: b\n\nhello", b"hello", oddity="bare LF in the head", closes=True),
    "mixed line ends": Known(
        b"HTTP/1.0 200 OK\r\nA: b\n\r\nhello", b"hello", oddity="bare LF in the head", closes=True
    ),
    "leading line ends": Known(
        b"\r\n\n" + OK + b"Content-Length: 1\r\n\r\nx", b"x", oddity="bytes before the status line"
    ),
    "slop": Known(b"abc" + OK + b"Content-Length: 1\r\n\r\nx", b"x", oddity="bytes before the status line"),
    "lower case": Known(b"http/1.1 200 ok\r\ncontent-length: 1\r\n\r\nx", b"x", oddity="odd status line"),
    "no reason": Known(b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", b"x", oddity="odd status line"),
    "no version": Known(b"HTTP 200 OK\r\n\r\nx", b"x", oddity="odd status line", closes=True),
    "no status": Known(b"HTTP/1.1 OK\r\n\r\nx", b"x", oddity="odd status line", closes=True),
    "headless": Known(
        b"<html>\r\n\r\n<body>", b"<html>\r\n\r\n<body>", oddity="no status line (HTTP/0.9)", closes=True
    ),
    "headless and tiny": Known(b"hi", b"hi", oddity="no status line (HTTP/0.9)", closes=True),
    "folded": Known(OK + b"X: a\r\n\tb\r\nContent-Length:\r\n 2\r\n\r\nxy", b"xy", oddity="folded field line"),
    "no colon": Known(OK + b"oops\r\nContent-Length: 1\r\n\r\nx", b"x", oddity="field line without a colon"),
    "blank before colon": Known(OK + b"Content-Length : 1\r\n\r\nx", b"x", oddity="blank before a colon"),
    "gbk": Known("HTTP/1.1 200 正常\r\nX: 东明县志\r\nContent-Length: 1\r\n\r\nx".encode("gbk"), b"x"),
    "nul": Known(OK + b"X: a\0b\r\nContent-Length: 1\r\n\r\nx", b"x", oddity="control character in a field"),
    "plus": Known(OK + b"Content-Length: +2\r\n\r\nxy", b"xy", oddity="Content-Length with a sign"),
    "repeated length": Known(
        OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nxy", b"xy", oddity="Content-Length repeated"
    ),
    "listed length": Known(OK + b"Content-Length: 2, 2\r\n\r\nxy", b"xy", oddity="Content-Length repeated"),
    "contradiction": Known(
        OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nwxyz",
        b"wxyz",
        oddity="Content-Length fields that contradict each other",
        closes=True,
    ),
    "contradiction, short": Known(
        OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nx",
        b"x",
        oddity="Content-Length fields that contradict each other",
        truncated="disconnect",
        closes=True,
    ),
    "contradiction, between": Known(
        OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nxyz",
        b"xyz",
        oddity="Content-Length fields that contradict each other",
        truncated="disconnect",
        closes=True,
    ),
    "length with a word": Known(
        OK + b"Content-Length: 2 bytes\r\n\r\nxyz", b"xyz", oddity="Content-Length is no number", closes=True
    ),
    "negative length": Known(
        OK + b"Content-Length: -2\r\n\r\nxyz", b"xyz", oddity="Content-Length is no number", closes=True
    ),
    "absurd length": Known(
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nxyz",
        b"xyz",
        oddity="Content-Length is no number",
        closes=True,
    ),
    "identity": Known(
        OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nxy",
        b"xy",
        oddity="Transfer-Encoding: identity, not chunked",
    ),
    "unknown coding": Known(
        OK + b"Transfer-Encoding: zhi\r\n\r\nxy",
        b"xy",
        oddity="Transfer-Encoding: zhi, not chunked",
        closes=True,
    ),
    "gzip, chunked": Known(
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n",
        b"xy",
        oddity="transfer codings beside chunked, left on",
    ),
    "chunked": Known(CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
    "chunked, odd case": Known(OK + b"tRANSFER-eNCODING:  Chunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc"),
    "no chunk": Known(CHUNKED + b"0\r\n\r\n", b""),
    "extensions and trailer": Known(
        CHUNKED + b'0003;a="b"\r\nabc\r\nA ; q\r\n0123456789\r\n000;end\r\nX: y\r\nZ: w\r\n\r\n',
        b"abc0123456789",
    ),
    "blanks after a size": Known(CHUNKED + b"3  \r\nabc\r\n0\r\n\r\n", b"abc", oddity="blanks around a chunk size"),
    "chunks with LF": Known(CHUNKED + b"3\nabc\n1\r\nd\n0\n\n", b"abcd", oddity="bare LF in chunk framing"),
    "bad hex": Known(
        CHUNKED + b"3\r\nabc\r\nxyz\r\nrest",
        b"abcxyz\r\nrest",
        oddity="chunk framing that makes no sense",
        truncated="unspecified",
        closes=True,
    ),
    "bad hex, cut": Known(
        CHUNKED + b"3\r\nabc\r\nxy",
        b"abcxy",
        oddity="chunk framing that makes no sense",
        truncated="unspecified",
        closes=True,
    ),
    "not chunked at all": Known(
        CHUNKED + b"<html>\n<body>",
        b"<html>\n<body>",
        oddity="chunk framing that makes no sense",
        closes=True,
    ),
    "chunk too long": Known(
        CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
        b"abcdef\r\n0\r\n\r\n",
        oddity="chunk framing that makes no sense",
        truncated="unspecified",
        closes=True,
    ),
    "blank line between chunks": Known(
        CHUNKED + b"3\r\nabc\r\n\r\n0\r\n\r\n",
        b"abc\r\n0\r\n\r\n",
        oddity="chunk framing that makes no sense",
        truncated="unspecified",
        closes=True,
    ),
    "absurd chunk size": Known(
        CHUNKED + b"f" * 40 + b"\r\nabc",
        b"f" * 40 + b"\r\nabc",
        oddity="chunk framing that makes no sense",
        closes=True,
    ),
    "endless chunk line": Known(
        CHUNKED + b"3;" + b"x" * 20000 + b"\r\nabc",
        b"3;" + b"x" * 20000 + b"\r\nabc",
        oddity="chunk framing that makes no sense",
        closes=True,
    ),
    "no last chunk": Known(CHUNKED + b"3\r\nabc\r\n", b"abc", truncated="disconnect", closes=True),
    "cut in a chunk": Known(CHUNKED + b"3\r\nab", b"ab", truncated="disconnect", closes=True),
    "cut in a chunk line": Known(CHUNKED + b"3\r\nabc\r\n1;q", b"abc", truncated="disconnect", closes=True),
    "cut before the first chunk": Known(CHUNKED, b"", truncated="disconnect", closes=True),
    "cut in the trailer": Known(
        CHUNKED + b"3\r\nabc\r\n0\r\nX: y", b"abc", oddity="no blank line after the last chunk", closes=True
    ),
    "chunked and sized": Known(
        OK + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"x",
        oddity="both Transfer-Encoding and Content-Length",
    ),
    "chunked in 1.0": Known(
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"x",
        oddity="Transfer-Encoding in an answer of HTTP/1.0",
        closes=True,
    ),
    "garbage after chunks": Known(
        CHUNKED + b"1\r\nx\r\n0\r\n\r\ngarbage", b"x", oddity="surplus bytes after the message"
    ),
    "long field": Known(OK + b"X: " + b"y" * 70000 + b"\r\nContent-Length: 1\r\n\r\nx", b"x"),
    "many fields": Known(
        OK + b"".join(b"X-%d: y\r\n" % i for i in range(3000)) + b"Content-Length: 1\r\n\r\nx", b"x"
    ),
}
