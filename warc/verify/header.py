"""The WARC header of one record, read and judged (WARC 1.1, 4 and 5)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

#: Told of a breach: rule and what is so.
Say = Callable[[str, str], None]

TYPES = ("warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation")
_ALL = frozenset(TYPES)

#: Types a field may stand in (5.7-5.22).
_PLACES: dict[str, frozenset[str]] = {
    "warc-concurrent-to": _ALL - {"warcinfo", "conversion", "continuation"},
    "warc-payload-digest": _ALL - {"warcinfo"},
    "warc-ip-address": _ALL - {"warcinfo", "conversion", "continuation"},
    "warc-refers-to": frozenset({"metadata", "conversion", "revisit"}),
    "warc-refers-to-target-uri": frozenset({"revisit"}),
    "warc-refers-to-date": frozenset({"revisit"}),
    "warc-target-uri": _ALL - {"warcinfo"},
    "warc-warcinfo-id": _ALL - {"warcinfo"},
    "warc-filename": frozenset({"warcinfo"}),
    "warc-profile": frozenset({"revisit"}),
    "warc-segment-origin-id": frozenset({"continuation"}),
    "warc-segment-total-length": frozenset({"continuation"}),
}
#: Fields that must not stand, by type.
_MISPLACED = {kind: frozenset(name for name, places in _PLACES.items() if kind not in places) for kind in TYPES}
_NOWHERE: frozenset[str] = frozenset()
_NEED_TARGET = frozenset({"response", "resource", "request", "revisit", "conversion", "continuation"})
_MANDATORY = ("warc-type", "warc-record-id", "warc-date", "content-length")
_MAY_REPEAT = frozenset({"warc-concurrent-to", "warc-protocol"})
_JSON = ("warc-json-metadata", "warc-wire-framing")

_NAME = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z|~]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?Z")
#: W3C-DTF's coarser forms, which WARC 1.1 allows and indexes cannot use.
_COARSE_DATE = re.compile(
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]Z)?)?)?"
)
_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[!-~]+>")
_OUR_ID = re.compile(r"<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}>")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_PLAIN_TARGET = re.compile(r"https?:(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_RFC3986 = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


class Header:
    """The named fields of one record; names in lower case, values as they stand, folds joined.

    Attributes:
        version: As it stands.
        first: The first value of each field.
        get: The first value of a field, or None.
        type: WARC-Type, in lower case.
        target: WARC-Target-URI, without the angle brackets of wget 1.x; "" if there is none.
    """

    __slots__ = ("_fields", "first", "get", "target", "type", "version")

    def __init__(
        self,
        version: str,
        fields: Sequence[tuple[str, str]] | Callable[[], Sequence[tuple[str, str]]],
        first: dict[str, str] | None = None,
    ) -> None:
        """`fields`: all in order, or a function that gives them if they are asked for, where `first` is known."""
        self.version = version
        self._fields = fields
        if first is None:
            first = dict(self.fields)
            if len(first) != len(self.fields):
                first = dict(reversed(self.fields))  # the first of several counts
        self.first = first
        self.get: Callable[[str], str | None] = first.get
        self.type = first.get("warc-type", "").lower()
        self.target = first.get("warc-target-uri", "").strip("<>")

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        if callable(self._fields):
            self._fields = self._fields()
        return self._fields

    def all(self, name: str) -> list[str]:
        if name not in self.first:
            return []
        if callable(self._fields) and name != "warc-protocol":
            return [self.first[name]]  # a usual header repeats nothing else
        return [value for known, value in self.fields if known == name]


def record_id(header: bytes) -> str | None:
    """The record's id, however broken the rest of its header is."""
    found = re.search(rb"(?i)\nwarc-record-id[ \t]*:[ \t]*([^\r\n]*)", header)
    return found[1].decode("utf-8", "replace").strip() if found else None


def parse(octets: bytes, say: Say) -> Header:
    """Read a header, from its version to before its blank line, and judge its lines (4)."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        text = octets.decode("utf-8", "replace")
        say("header-utf8", f"the header is not UTF-8: {octets[max(0, error.start - 20) : error.end + 20]!r}")
    lines = text.split("\r\n")
    if text.isascii() and "".join(lines).isprintable() and (plain := _plain_fields(lines)) is not None:
        return Header(lines[0], plain)
    if "\n" in text and text.count("\n") != len(lines) - 1:
        say("header-line-ends", "header lines end in LF alone")
        lines = text.replace("\r\n", "\n").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and fields:
            say("header-folded", f"the line {line[:60]!r} goes on from the one before")
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
            continue
        if not colon or not _NAME.fullmatch(name):
            say("header-field", f"{line[:60]!r} is no `name: value`")
        elif _CONTROL.search(value):
            say("header-field", f"{name} has a control character in its value: {value[:60]!r}")
        if colon:
            fields.append((name.strip().lower(), value.strip(" \t")))
    return Header(lines[0].strip(), fields)


def _plain_fields(lines: list[str]) -> list[tuple[str, str]] | None:
    """The fields of a header as nearly every writer makes it; None if anything may be said of its lines."""
    fields = []
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        lower = _known_name(name)
        if lower is None or not value or value[0] == " " or value[-1] == " ":
            return None
        fields.append((lower, value))
    return fields


@lru_cache(1000)
def _known_name(name: str) -> str | None:
    return name.lower() if _NAME.fullmatch(name) else None


def judge(header: Header, say: Say, *, ours: bool) -> None:
    """The rules that one header decides by itself (5)."""
    first, kind = header.first, header.type
    if header.version == "ARC":  # has no more than these (`scan`)
        _judge_date(first.get("warc-date"), say, ours)
        _judge_target(header, say, ours)
        _judge_address(header, say)
        return
    # Words of the grammar may be in any case (4: RFC 2616's notation).
    if header.version != "WARC/1.1" and (ours or header.version.upper() not in ("WARC/1.0", "WARC/1.1")):
        say("version", f"the record says {header.version[:40]!r}, not 'WARC/1.1'")
    if kind and (kind not in _ALL or (ours and first["warc-type"] != kind)):
        say("type", f"WARC-Type is {first['warc-type'][:40]!r}, which the standard does not know")
    if len(first) != len(header.fields):
        for name in {name for name, _ in header.fields} - _MAY_REPEAT:
            if len(values := header.all(name)) > 1:
                say("field-twice", f"{name} stands {len(values)} times: {', '.join(values)[:200]}")
    if not all(map(first.get, _MANDATORY)):
        for name in _MANDATORY:
            if not first.get(name):
                say("field-missing", f"there is no {name}")
    for name in _MISPLACED.get(kind, _NOWHERE).intersection(first):
        say("field-misplaced", f"{name} stands in a record of type {kind}")
    _judge_id(first.get("warc-record-id"), say, ours)
    _judge_date(first.get("warc-date"), say, ours)
    _judge_target(header, say, ours)
    _judge_rest(header, say, ours)


def _judge_id(value: str | None, say: Say, ours: bool) -> None:
    if value and not (_OUR_ID if ours else _ID).fullmatch(value):
        say("record-id", f"WARC-Record-ID is {value[:80]!r}")


def _judge_date(value: str | None, say: Say, ours: bool) -> None:
    if not value:
        return
    found = _DATE.fullmatch(value if ours else value.upper())
    if found is None:
        if ours or not _COARSE_DATE.fullmatch(value):
            say("date", f"WARC-Date is {value[:60]!r}, which is no instant in UTC with Z")
    elif not is_day(found[1]):
        say("date", f"WARC-Date is {value!r}, a day that never was")


@lru_cache(1000)
def is_day(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _judge_target(header: Header, say: Say, ours: bool) -> None:
    target = header.first.get("warc-target-uri")
    if target is None:
        if header.type in _NEED_TARGET:
            say("field-missing", f"there is no warc-target-uri in a record of type {header.type}")
        return
    if _PLAIN_TARGET.fullmatch(target):
        return
    if target[:1] == "<" and target[-1:] == ">":
        if header.version == "WARC/1.1" or ours:
            say("target-brackets", f"WARC-Target-URI is {target[:200]!r}")
        target = target[1:-1]
    if not _URI.fullmatch(target):
        say("target-uri", f"WARC-Target-URI is {target[:200]!r}")
    elif not _RFC3986.fullmatch(target):
        say("target-characters", f"WARC-Target-URI is {target[:200]!r}")
    elif "#" in target:
        say("target-fragment", f"WARC-Target-URI is {target[:200]!r}")


@lru_cache(1000)
def is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _judge_address(header: Header, say: Say) -> None:
    address = header.first.get("warc-ip-address")
    if address is not None and not is_address(address):
        say("ip-address", f"WARC-IP-Address is {address[:60]!r}")


def _judge_rest(header: Header, say: Say, ours: bool) -> None:
    first, kind = header.first, header.type
    _judge_address(header, say)
    if (
        "warc-ip-address" not in first
        and kind in ("response", "revisit", "request")
        and header.target.startswith("http")
    ):
        say("ip-address-missing", "there is no WARC-IP-Address")
    truncated = first.get("warc-truncated")
    if truncated is not None and truncated not in ("length", "time", "disconnect", "unspecified"):
        say("truncated", f"WARC-Truncated is {truncated[:60]!r}")
    _judge_content_type(header, say, ours)
    identified = first.get("warc-identified-payload-type", "")
    if identified.startswith("text/") and "charset" not in identified.lower():
        say("identified-type", f"WARC-Identified-Payload-Type is {identified[:60]!r}")
    for name in _JSON:
        if name in first:
            try:
                json.loads(first[name])
            except ValueError as error:
                say("json-field", f"{name} is no JSON ({error})")


def _judge_content_type(header: Header, say: Say, ours: bool) -> None:
    kind, value = header.type, header.first.get("content-type")
    if value is None:
        if header.first.get("content-length") not in (None, "0"):
            say("content-type-missing", "there is no Content-Type")
    elif not _is_right_type(kind, value, header.target.startswith("http"), ours):
        say("content-type", f"Content-Type of a {kind} is {value[:80]!r}")


@lru_cache(1000)
def _is_right_type(kind: str, value: str, is_http: bool, ours: bool) -> bool:
    media, _, parameters = value.lower().replace(" ", "").partition(";")
    if kind == "warcinfo":
        return media == "application/warc-fields"
    if kind not in ("response", "request", "revisit") or not is_http:
        return True
    wanted = f"msgtype={'request' if kind == 'request' else 'response'}"
    return media == "application/http" and (parameters.strip('"') == wanted or (not ours and not parameters))
