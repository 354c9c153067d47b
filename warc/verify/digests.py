"""Labelled digests, in every spelling that is about (WARC 1.1, 5.8, 5.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from warc.verify.header import Say

_SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_OURS = re.compile(r"sha1:[A-Z2-7]{32}|sha256:[A-Z2-7]{52}(?:====)?")
_SHA1 = re.compile(r"sha1:[A-Z2-7]{32}")
#: From Base32's alphabet to the digits that `int` knows.
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
_LABEL = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(\S+)")


def read(name: str, value: str, say: Say) -> tuple[str, bytes] | None:
    """Algorithm and octets of a digest; None, and a breach told, if it is none that can be computed.

    Args:
        name: Of the field, for the message.
        value: As it stands: Base32 or hex in any case; the length tells which.
        say: Told of a breach.
    """
    if _SHA1.fullmatch(value):
        return "sha1", int(value[5:].translate(_BASE32), 32).to_bytes(20, "big")
    if not _OURS.fullmatch(value):
        say("digest-case", f"{name} is {value[:100]!r}, not sha1 or sha256 in upper-case Base32")
    labelled = _LABEL.fullmatch(value)
    if labelled is None:
        say("digest-form", f"{name} is {value[:100]!r}, not `algorithm:value`")
        return None
    algorithm, text = labelled[1].lower().replace("-", ""), labelled[2]
    size = _SIZES.get(algorithm)
    if size is None:
        say("digest-unknown", f"{name} is of {labelled[1][:40]!r}; it was not checked")
        return None
    octets = _decode(text, size)
    if octets is None and (octets := _base64(text, size)) is not None:
        say("digest-form", f"{name} is {value[:150]!r}, in Base64, which is no token")
    if octets is None:
        say("digest-form", f"{name} is {value[:150]!r}, which is neither Base32 nor hex of {size} octets")
        return None
    return algorithm, octets


def _decode(text: str, size: int) -> bytes | None:
    try:
        if len(text) == 2 * size:
            return bytes.fromhex(text)
        bare = text.rstrip("=").upper()
        octets = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (ValueError, binascii.Error):
        return None
    return octets if len(octets) == size else None


def _base64(text: str, size: int) -> bytes | None:
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return octets if len(octets) == size else None


def compute(algorithm: str, *parts: bytes | memoryview) -> bytes:
    """The digest of the parts, one after the other."""
    if algorithm == "sha1" and len(parts) == 1:
        return hashlib.sha1(parts[0], usedforsecurity=False).digest()
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.digest()


def spell(algorithm: str, octets: bytes) -> str:
    """As we write it: label and upper-case Base32."""
    return f"{algorithm}:{base64.b32encode(octets).decode('ascii')}"
