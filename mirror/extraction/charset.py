"""Bytes to characters: the label, the truth, and what could not be read."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from mirror.extraction.page import Charset

_GB = ("gb2312", "gbk", "gb18030", "xgbk", "cp936", "ms936", "windows936", "gb231280", "csgb2312", "chinese",
       "isoir58", "xeuccn", "euccn", "gb", "gb23121980", "csiso58gb231280")  # fmt: skip
_BIG5 = ("big5", "big5hkscs", "xxbig5", "cnbig5", "csbig5")
_NOTHING = (
    "iso88591",
    "latin1",
    "usascii",
    "ascii",
    "windows1252",
    "cp1252",
    "ansi",
    "none",
    "utf16",
    "binary",
)
#: WHATWG Encoding: what a page calls GB2312 or GBK is read by the larger table.
_CODECS = dict.fromkeys(_GB, "gb18030") | dict.fromkeys(_BIG5, "big5hkscs") | {"utf8": "utf-8", "unicode": "utf-8"}

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"""(?i)<meta\s[^<>]{0,300}?charset\s*=\s*["']?\s*([a-z0-9_:.\-]{1,40})""")
_XML = re.compile(rb"""\A\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.\-]{1,40})""")
_HTTP = re.compile(rb"""(?i)\bcharset\s*=\s*["']?\s*([a-z0-9_:.\-]{1,40})""")
_ESCAPED = re.compile("[\udc80-\udcff]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_PRIVATE_EF = re.compile(rb"\xef[\x80-\xa3]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")

#: So many characters that happen to be valid UTF-8 are no accident of GBK bytes (one in 2,500 for four).
_CERTAIN_CHARS = 4


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page as characters, and how it came to them."""

    text: str  #: U+FFFD stands for each byte that could not be read
    charset: Charset
    oddities: tuple[str, ...] = ()


def decode(data: bytes, content_type: bytes | None = None, default: str = "gb18030") -> Decoded:
    """Decode by BOM, HTTP charset, META in the first 1,024 bytes, then in 8,000, then the site's default.

    A label is believed as far as the bytes bear it out: strict decoding first, then the other likely
    encoding, and only if neither fits, the one that loses less.

    Args:
        data: The body, content coding off.
        content_type: Value of the HTTP field.
        default: Codec to use where nothing is declared.
    """
    declared = declared_charset(data, content_type)
    for bom, marked in _BOMS:
        if data.startswith(bom):
            return _as(marked, data[len(bom) :], declared, ())
    codec = _codec(declared)
    known = codec or default
    if data.isascii():
        if b"~{" in data and declared and declared.replace("-", "").startswith("hz"):
            return _as("hz", data, declared, ())
        return Decoded(data.decode("ascii"), Charset(declared, known, 0, 0))
    oddities: tuple[str, ...] = ()
    if declared and codec is None and _squeeze(declared) not in _NOTHING:
        oddities = (f"charset {declared!r} is not known",)
    as_utf8 = _strict(data, "utf-8") if known != "utf-8" else None
    if as_utf8 is not None and _is_certain(as_utf8):
        return _settle(as_utf8, declared, "utf-8", codec, oddities)
    if known == "gb18030" and (as_gbk := _strict(data, "gbk")) is not None:
        # What is GBK is the same in GB18030, and holds nothing of a private use area.
        return _settle(as_gbk, declared, known, codec, oddities, private_use=0)
    as_known = _strict(data, known)
    if known == "utf-8" and as_known is not None and not _may_be_private(data):
        return _settle(as_known, declared, known, codec, oddities, private_use=0)
    if as_known is not None:
        return _settle(as_known, declared, known, codec, oddities)
    other = "gb18030" if known == "utf-8" else "utf-8"
    as_other = as_utf8 if as_utf8 is not None else _strict(data, other)
    if as_other is not None:
        return _settle(as_other, declared, other, codec, oddities)
    first, second = _as(known, data, declared, oddities), _as(other, data, declared, oddities)
    if second.charset.undecodable * 4 < first.charset.undecodable:
        lie = (f"declared {declared}, but it is rather {other}",) if codec else ()
        return Decoded(second.text, second.charset, (*second.oddities, *lie))
    return first


def declared_charset(data: bytes, content_type: bytes | None = None) -> str | None:
    """The charset an answer declares, lower case: in HTTP, else in META or the XML declaration."""
    if content_type:
        found = _HTTP.search(content_type)
        if found:
            return found[1].decode("ascii").lower()
    head = data[:8000]
    found = _META.search(head, 0, 1024) or _META.search(head) or _XML.search(head)
    return found[1].decode("ascii").lower() if found else None


def count_private_use(text: str) -> int:
    """How many characters stand in a private use area."""
    if not _may_be_private(text.encode("utf-8", "surrogatepass")):
        return 0
    return len(_PRIVATE.findall(text))


def _may_be_private(data: bytes) -> bool:
    """Whether UTF-8 holds EE .. .., EF 80 .. to EF A3 .., F3 .. or F4 ..: bytes are looked through much faster."""
    return b"\xee" in data or b"\xf3" in data or b"\xf4" in data or _PRIVATE_EF.search(data) is not None


def _squeeze(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label)


@lru_cache(maxsize=256)
def _codec(label: str | None) -> str | None:
    """The Python codec for a label; None if it says nothing that helps."""
    if label is None:
        return None
    name = _squeeze(label)
    if name in _NOTHING:
        return None
    codec = _CODECS.get(name)
    if codec:
        return codec
    try:
        b"a".decode(label)  # a LookupError for rot13, base64 and other codecs that are none of text
        name = codecs.lookup(label).name
    except (LookupError, ValueError, UnicodeError):
        return None
    # Without a BOM these are never meant.
    return None if name.startswith(("utf-16", "utf-32", "utf-7", "punycode", "idna", "undefined")) else name


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_certain(text: str) -> bool:
    """Whether valid UTF-8 is proof of UTF-8."""
    found = _NON_ASCII.finditer(text)
    return sum(1 for _, _ in zip(found, range(_CERTAIN_CHARS), strict=False)) >= _CERTAIN_CHARS


def _settle(
    text: str,
    declared: str | None,
    used: str,
    codec: str | None,
    oddities: tuple[str, ...],
    private_use: int | None = None,
) -> Decoded:
    if codec and codec != used:
        oddities = (*oddities, f"declared {declared}, but it is {used}")
    count = count_private_use(text) if private_use is None else private_use
    return Decoded(text, Charset(declared, used, 0, count), oddities)


def _as(codec: str, data: bytes, declared: str | None, oddities: tuple[str, ...]) -> Decoded:
    """Decode come what may: each byte that does not fit becomes one U+FFFD and is counted."""
    try:
        text = data.decode(codec)
        lost = 0
    except UnicodeDecodeError:
        try:
            # Each bad byte becomes one lone surrogate, which no codec yields otherwise: exact to count.
            text = data.decode(codec, "surrogateescape")
            text, lost = _ESCAPED.subn("\ufffd", text)
        except UnicodeDecodeError:  # an ASCII byte that does not fit cannot be escaped
            text = data.decode(codec, "replace")
            lost = text.count("\ufffd")
    if lost:
        oddities = (*oddities, f"bytes that are not {codec}: {lost}")
    return Decoded(text, Charset(declared, codec, lost, count_private_use(text)), oddities)
