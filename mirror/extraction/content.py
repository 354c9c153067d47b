"""Content codings undone: gzip, deflate, br, and what a cut or mislabelled body still gives."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, cast

import brotli
from isal import isal_zlib

#: A page of text is never larger; what decodes beyond it is a bomb, and is cut.
MAX_DECODED_BYTES = 64 << 20
_STEP = 4096
_DAMAGED = (cast("type[Exception]", isal_zlib.error), zlib.error)
_DAMAGE, _CUT, _TOO_MUCH = (
    "the compressed body is damaged",
    "the compressed body breaks off",
    "the body decodes to too much",
)
_LOSSES: Final = frozenset((_DAMAGE, _CUT, _TOO_MUCH))
_GZIP_MAGIC = b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True)
class Content:
    """A body with its content codings off, as far as they could be taken off."""

    data: bytes
    oddities: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Nothing was lost when the codings were taken off, and what checksums they have are right."""
        return _LOSSES.isdisjoint(self.oddities)


def decode_content(body: bytes, encodings: str | None) -> Content:
    """Undo the codings a `Content-Encoding` field names, last applied first (RFC 9110, 8.4).

    Never raises. A cut or damaged body gives what came before the damage, a body that is not coded as
    labelled stays as it is, and a gzip nobody declared is undone; each with a word in `oddities`.
    """
    names = [name.strip().lower() for name in encodings.split(",")] if encodings else []
    oddities: list[str] = []
    for name in reversed(names):
        if name in ("", "identity", "none", "utf-8"):
            continue
        body = _undo(name, body, oddities)
    if body.startswith(_GZIP_MAGIC):
        if names:
            oddities.append("the body is gzip once more than its label says")
        body = _undo("gzip", body, oddities)
    return Content(body, tuple(oddities))


def _undo(name: str, body: bytes, oddities: list[str]) -> bytes:
    if not body:
        return body
    if name in ("gzip", "x-gzip"):
        if not body.startswith(_GZIP_MAGIC[:2]):
            oddities.append("labelled gzip, but it is not")
            return body
        return _inflate(body, 31, oddities)
    if name == "deflate":
        # RFC 9110 means zlib; much software sends the bare stream (RFC 1951) all the same.
        wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
        damage: list[str] = []
        out = _inflate(body, 15 if wrapped else -15, damage)
        if not out and damage:
            oddities.append("labelled deflate, but it is not")
            return body
        oddities += damage
        return out
    if name == "br":
        damage = []
        out = _unbrotli(body, damage)
        if not out and damage:
            oddities.append("labelled br, but it is not")
            return body
        oddities += damage
        return out
    oddities.append(f"content coding {name[:40]!r} is not known here")
    return body


def _inflate(body: bytes, wbits: int, oddities: list[str]) -> bytes:
    """All members of a stream, as far as they are whole."""
    out: list[bytes] = []
    room = MAX_DECODED_BYTES
    rest = body
    while rest and room > 0:
        decoder = isal_zlib.decompressobj(wbits=wbits)
        try:
            piece = decoder.decompress(rest, room)
        except _DAMAGED:
            oddities.append(_DAMAGE)
            out.append(_until_damage(rest, wbits, room))
            break
        out.append(piece)
        room -= len(piece)
        if not decoder.eof:
            oddities.append(_CUT if room > 0 else _TOO_MUCH)
            break
        rest = decoder.unused_data
        if wbits != 31 or not rest.startswith(_GZIP_MAGIC[:2]):
            break
    return b"".join(out)


def _until_damage(body: bytes, wbits: int, room: int) -> bytes:
    """What a damaged stream gives before the damage: fed step by step, since an error returns nothing."""
    decoder = zlib.decompressobj(wbits=wbits)
    out: list[bytes] = []
    try:
        for at in range(0, len(body), _STEP):
            piece = decoder.decompress(body[at : at + _STEP], room)
            out.append(piece)
            room -= len(piece)
            if room <= 0 or decoder.eof:
                break
    except zlib.error:
        pass
    return b"".join(out)


def _unbrotli(body: bytes, oddities: list[str]) -> bytes:
    decoder = brotli.Decompressor()
    out: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(body), _STEP):
            data = body[at : at + _STEP]
            while True:
                piece = decoder.process(data, output_buffer_limit=1 << 20)
                out.append(piece)
                size += len(piece)
                data = b""
                if size > MAX_DECODED_BYTES:
                    oddities.append(_TOO_MUCH)
                    return b"".join(out)
                if decoder.can_accept_more_data() or not piece:
                    break
            if decoder.is_finished():
                return b"".join(out)
    except brotli.error:
        oddities.append(_DAMAGE)
    else:
        oddities.append(_CUT)
    return b"".join(out)
