"""Digests of one record, and the HTTP message in its block (WARC 1.1, 5.8, 5.9, 6.3-6.7)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import brotli

from warc.revisit import NOT_MODIFIED
from warc.verify import digests, wire
from warc.verify.header import Header, Say
from warc.verify.scan import Found

Octets = bytes | memoryview

_LONGEST_HEAD = 4 << 20
_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"\s*[A-Za-z]+/?([0-9.]*)[ \t]+([0-9]{3})(?![0-9])")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/[0-9.]+\r?\n")
_FIELD = re.compile(
    rb"(?i)\n(content-length|transfer-encoding|content-encoding)[ \t]*:([^\r\n]*+(?:\r?\n[ \t]++[^\r\n]*+)*)"
)
_HOST = re.compile(rb"(?i)\nhost[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?\n")
_TARGET = re.compile(r"http://([a-z0-9.:-]+)(/[!$-~]*)")
_NUMBER = re.compile(rb"[ \t]*\+?([0-9]{1,18})[ \t]*")
#: What our downloader takes for the beginning of an answer: servers of 1999 leave out more than they should.
_ANSWER = re.compile(rb"(?i:http)[/ ] ?[0-9]")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
#: Bodies longer than this are not decoded only to say more exactly what is wrong with them.
_DECODED = 64 << 20


@dataclass(slots=True)
class Message:
    """What the other rules need to know of a stored HTTP message."""

    status: int  #: 0 if there is none
    head: bytes
    body: Octets
    wire_size: int | None = None  #: octets of the payload by the framing note


def judge(header: Header, found: Found, say: Say, *, ours: bool) -> Message:
    """The block of one whole record against its digests, its head and its note."""
    block, kind = found.block, header.type
    _judge_block_digest(header, block, say)
    is_http = kind in ("response", "request", "revisit") and (
        (header.get("content-type") or "").lower().startswith("application/http")
        or (header.target.lower().startswith(("http:", "https:")) and bytes(block[:5]) == b"HTTP/")
    )
    if not is_http:
        message = Message(0, b"", block)
        if kind == "response" and header.target.startswith("http") and not is_http and block:
            say("http-head", f"the block begins {bytes(block[:30])!r}, which is no HTTP answer")
        pieces = None
    else:
        message, pieces = _judge_message(header, block, say, ours)
    _judge_payload_digest(header, message, pieces, say)
    if kind in ("response", "revisit"):
        message.wire_size = wire.judge(header, message.head, message.body, say, ours=ours)
    return message


def _judge_block_digest(header: Header, block: Octets, say: Say) -> None:
    stated = header.get("warc-block-digest")
    if stated is None:
        say("block-digest-missing", "there is no WARC-Block-Digest")
    elif labelled := digests.read("WARC-Block-Digest", stated, say):
        found = digests.compute(labelled[0], block)
        if found != labelled[1]:
            say(
                "block-digest", f"the block's digest is {digests.spell(labelled[0], found)}, the header says {stated}"
            )


def _judge_message(header: Header, block: Octets, say: Say, ours: bool) -> tuple[Message, Sequence[Octets] | None]:
    """The message, and its entity in pieces if the body is chunked."""
    kind = header.type
    if not block and kind == "revisit":  # 6.7.2, 6.7.3: a revisit may have no block
        return Message(0, b"", block), None
    start = block if isinstance(block, bytes) else bytes(block[:_LONGEST_HEAD])
    end = _HEAD_END.search(start)
    if end is None:
        is_head = start.startswith(b"HTTP/") and len(start) < _LONGEST_HEAD
        head, body = (start, b"") if is_head else (b"", block)
        say("http-head", f"the message that begins {bytes(block[:30])!r} has no blank line after its head")
    else:
        head, body = start[: end.end()], block[end.end() :]
    message = Message(0, head, body)
    if kind == "request":
        _judge_request(header, head, say)
        return message, None
    if head:
        status = _STATUS.match(head)
        if status is None and not (ours and _ANSWER.match(head)):
            say("http-head", f"the answer begins {head[:40]!r}, which is no status line")
        elif status is not None:
            message.status = int(status[2])
            if status[1][:1] not in (b"0", b"1", b""):
                say("http-version", f"the status line is {head[:40]!r}")
    if "warc-segment-number" in header.first:
        return message, None  # the rest of the message is in other records
    return message, _judge_framing(header, message, say, ours)


def _judge_request(header: Header, head: bytes, say: Say) -> None:
    if not head:
        return
    line = _REQUEST.match(head)
    if line is None:
        say("http-head", f"the request begins {head[:60]!r}, which is no request line")
        return
    target = header.target
    expected = _expected(target)
    if expected and head.startswith(expected):
        return
    scheme, _, rest = target.partition("://")
    place = re.search(r"[/?#]", rest)
    host, path = (rest[: place.start()], rest[place.start() :]) if place else (rest, "")
    path = path.partition("#")[0]
    if path[:1] != "/":
        path = "/" + path
    asked = line[2].decode("latin-1")
    if asked not in (path, target):
        say("request-line", f"the request asks for {asked[:200]!r}, WARC-Target-URI is {target[:200]!r}")
    named = _HOST.search(head)
    if scheme in ("http", "https") and (named is None or not _is_host(named[1], host, scheme)):
        say("request-line", f"the request's Host is {named[1] if named else None!r}, the URI's {host!r}")


def _expected(target: str) -> bytes:
    """How a request for a plain URI begins as our client sends it; nothing if the URI is not plain."""
    plain = _TARGET.fullmatch(target)
    return f"GET {plain[2]} HTTP/1.1\r\nHost: {plain[1]}\r\n".encode("ascii") if plain else b""


def _is_host(named: bytes, host: str, scheme: str) -> bool:
    port = ":443" if scheme == "https" else ":80"
    name = named.decode("latin-1").lower()
    host = host.rpartition("@")[2].lower()
    return name == host or name.removesuffix(port) == host.removesuffix(port)


def _judge_framing(header: Header, message: Message, say: Say, ours: bool) -> Sequence[Octets] | None:
    lengths: list[int | None] = []
    chunked = False
    coding = b""
    for field in _FIELD.finditer(message.head):
        name = field[1].lower()
        if name == b"content-length":
            number = _NUMBER.fullmatch(field[2])
            lengths.append(int(number[1]) if number else None)
        elif name == b"transfer-encoding":
            chunked = chunked or b"chunked" in field[2].lower()
        else:
            coding = field[2].strip().lower()
    body = message.body
    bare = header.type == "revisit" or message.status in (204, 304) or 100 <= message.status < 200
    if bare and not body:
        return None
    truncated = "warc-truncated" in header.first
    pieces = None
    if chunked:
        pieces = _dechunk(body)
        if pieces is None and not truncated:
            say("http-chunks", "the head says chunked, and the body is not chunked, or not to its end")
        elif ours and pieces is not None:
            say("http-chunks", "the body is stored chunked; the coding should be off and the field renamed")
    elif len(set(lengths)) == 1 and lengths[0] not in (None, len(body)) and not truncated:
        # Of lengths that are no number, or contradict each other, the source alone knows what they mean.
        say("http-length", f"the head says Content-Length {lengths[0]}, the body has {len(body)} octets")
    if coding in (b"gzip", b"x-gzip") and pieces is None and body and bytes(body[:2]) != b"\x1f\x8b":
        say("http-coding", "the head says Content-Encoding gzip, and the body is not gzip")
    return pieces


def _dechunk(body: Octets) -> list[Octets] | None:
    """The data of a chunked body in pieces; None if it is not chunked to its end (RFC 9112, 7.1)."""
    view, at = memoryview(body), 0
    pieces: list[Octets] = []
    while True:
        size = _CHUNK.match(view, at)
        if size is None:
            return None
        count, at = int(size[1], 16), size.end()
        if count == 0:
            return pieces
        if at + count > len(view):
            return None
        pieces.append(view[at : at + count])
        at += count
        if bytes(view[at : at + 2]) == b"\r\n":
            at += 2
        elif bytes(view[at : at + 1]) == b"\n":
            at += 1
        else:
            return None


def _judge_payload_digest(header: Header, message: Message, pieces: Sequence[Octets] | None, say: Say) -> None:
    stated, kind = header.get("warc-payload-digest"), header.type
    if stated is None:
        if kind in ("response", "revisit"):
            say("payload-digest-missing", "there is no WARC-Payload-Digest")
        return
    labelled = digests.read("WARC-Payload-Digest", stated, say)
    if labelled is None or kind in ("revisit", "continuation") or "warc-segment-number" in header.first:
        return  # a revisit's payload is elsewhere, a segment's in several records
    algorithm, wanted = labelled
    body = message.body
    found = digests.compute(algorithm, *(pieces if pieces is not None else (body,)))
    if found == wanted:
        return
    if pieces is not None and digests.compute(algorithm, body) == wanted:
        say("payload-digest-framed", f"the header says {stated}, which is the digest of the chunks, framing and all")
        return
    said = f"the payload's digest is {digests.spell(algorithm, found)}, the header says {stated}"
    say("payload-digest", said + _explain(algorithm, wanted, message, pieces))


def _explain(algorithm: str, wanted: bytes, message: Message, pieces: Sequence[Octets] | None) -> str:
    """What the digest is of, if that can be found out."""
    if wanted == digests.compute(algorithm, b""):
        return ", the digest of nothing"
    if wanted == digests.compute(algorithm, message.head + bytes(message.body[:_DECODED])):
        return ", the digest of head and body together"
    entity = b"".join(pieces)[:_DECODED] if pieces is not None else bytes(message.body[:_DECODED])
    for decoded in _decodings(entity):
        if digests.compute(algorithm, decoded) == wanted:
            return ", the digest of the decoded body; the content coding must stay on"
    return ""


def _decodings(entity: bytes) -> list[bytes]:
    found = []
    for bits in (47, -15):
        try:
            found.append(zlib.decompressobj(bits).decompress(entity, _DECODED))
        except zlib.error:
            continue
    with suppress(brotli.error):
        found.append(brotli.decompress(entity))
    return found


def judge_revisit(header: Header, message: Message, say: Say, *, ours: bool) -> None:
    """What one revisit record shows by itself (6.7)."""
    profile = header.get("warc-profile")
    if not profile:
        say("revisit-profile", "there is no WARC-Profile")
        return
    name = profile.rpartition("/revisit/")[2]
    if ours and profile not in (
        NOT_MODIFIED,
        NOT_MODIFIED.replace("server-not-modified", "identical-payload-digest"),
    ):
        say("revisit-profile", f"WARC-Profile is {profile[:120]!r}")
    lacking = [
        field
        for field in ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date")
        if not header.get(field)
    ]
    if lacking:
        say("revisit-refers", f"there is no {', '.join(lacking)}")
    if message.body:
        say("revisit-body", f"{len(message.body)} octets of body are stored")
    if name == "server-not-modified":
        if message.status not in (0, 304):
            say("revisit-status", f"the profile is server-not-modified, the status {message.status}")
    elif name == "identical-payload-digest":
        if header.get("warc-truncated") != "length" and not message.body:
            say("revisit-truncated", "there is no `WARC-Truncated: length`")
        labelled = digests.read("WARC-Payload-Digest", header.get("warc-payload-digest") or "", lambda *_: None)
        if message.status not in (0, 200):
            say("revisit-needless", f"the status is {message.status}")
        elif labelled and labelled[1] == digests.compute(labelled[0], b""):
            say("revisit-needless", "the payload is empty")
