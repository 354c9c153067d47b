"""Headers as our writer makes them, told by one pattern: of what it fits, no rule of `header` is broken.

Nearly every record of a sound archive is so, and judging field by field costs several times as much. The pattern is
narrower than the rules, never wider: what does not fit is judged in full.
"""

from __future__ import annotations

import json
import re
from functools import partial

from warc.verify.header import Header, is_address, is_day

_ID = r"<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}>"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z"
_TARGET = r"https?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]+"
_TEXT = r"[!-~][ -~]*(?<! )"
_SHA1 = r"sha1:[A-Z2-7]{32}"
_TYPED = r"(?!text/)[!-~][ -~]*(?<! )|text/[!-~]+; charset=[!-~]+"

#: Fields of an exchange in the order of our writer, with their values; `?`: may be lacking, `*`: or repeated.
_COMMON = (
    ("WARC-Record-ID", _ID, ""),
    ("WARC-Date", _DAY + _TIME, ""),
    ("WARC-Target-URI", _TARGET, ""),
    ("WARC-IP-Address", r"[0-9a-f.:]+", ""),
    ("WARC-Protocol", _TEXT, "*"),
    ("WARC-Cipher-Suite", _TEXT, "?"),
    ("WARC-Warcinfo-ID", _TEXT, ""),
)
_ENDS = (("WARC-Block-Digest", _SHA1, ""), ("Content-Length", r"[0-9]+", ""))
_NOTE = ("WARC-Wire-Framing", _TEXT, "?")
_ANSWERED = (("Content-Type", "application/http; msgtype=response", ""), ("WARC-Payload-Digest", _SHA1, ""), *_ENDS)
_FORMS = {
    "response": (
        *_COMMON,
        _NOTE,
        ("WARC-Truncated", "length|time|disconnect|unspecified", "?"),
        ("WARC-Identified-Payload-Type", _TYPED, "?"),
        *_ANSWERED,
    ),
    "request": (
        *_COMMON,
        ("WARC-Concurrent-To", _TEXT, ""),
        ("Content-Type", "application/http; msgtype=request", ""),
        *_ENDS,
    ),
    "revisit": (
        *_COMMON,
        _NOTE,
        ("WARC-Profile", _TEXT, ""),
        ("WARC-Refers-To", _TEXT, ""),
        ("WARC-Refers-To-Target-URI", _TEXT, ""),
        ("WARC-Refers-To-Date", _TEXT, ""),
        ("WARC-Truncated", "length", ""),
        *_ANSWERED,
    ),
}


def _pattern(kind: str) -> re.Pattern[str]:
    lines = (
        rf"(?:\r\n{name}: ({value})){'' if number == '*' else number}"
        + (rf"(?:\r\n{name}: (?:{value}))*" if number == "*" else "")
        for name, value, number in _FORMS[kind]
    )
    return re.compile(rf"WARC/1\.1\r\nWARC-Type: ({kind})" + "".join(lines))


_PATTERNS = {kind: _pattern(kind) for kind in _FORMS}
_NAMES = {kind: ("warc-type", *(name.lower() for name, _, _ in form)) for kind, form in _FORMS.items()}
#: The letter that tells the types apart: the third, in `WARC-Type: re…`.
_LETTERS = {"s": "response", "q": "request", "v": "revisit"}
_LETTER_AT = len("WARC/1.1\r\nWARC-Type: re")
_FIELD = re.compile(r"\r\n([A-Za-z-]+): ([^\r]+)")


def parse(octets: bytes) -> Header | None:
    """The header of a response, request or revisit that breaks no rule of its own; None if it must be judged.

    Args:
        octets: From the version to before the blank line.
    """
    if not octets.isascii():
        return None
    text = octets.decode("ascii")
    kind = _LETTERS.get(text[_LETTER_AT : _LETTER_AT + 1])
    usual = _PATTERNS[kind].fullmatch(text) if kind else None
    if kind is None or usual is None:
        return None
    first = {name: value for name, value in zip(_NAMES[kind], usual.groups(), strict=True) if value is not None}
    if not is_day(first["warc-date"][:10]) or not is_address(first["warc-ip-address"]):
        return None
    if "warc-wire-framing" in first:
        try:
            json.loads(first["warc-wire-framing"])
        except ValueError:
            return None
    return Header("WARC/1.1", partial(_all_fields, text), first)


def _all_fields(text: str) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in _FIELD.findall(text)]
