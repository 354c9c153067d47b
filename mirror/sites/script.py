"""JavaScript's `escape` and `unescape`, with which the old site builds its queries (ECMA-262, B.2.1)."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9@*_+\-./]*\Z")
_KEPT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./")
_ESCAPE = re.compile(r"%u([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})")


def escape(text: str) -> str:
    """Escape as a browser's `escape()` does: `%XX` up to U+00FF, `%uXXXX` for every UTF-16 unit above."""
    if _PLAIN.match(text):
        return text
    out = []
    for char in text:
        if char in _KEPT:
            out.append(char)
            continue
        units = char.encode("utf-16-be", "surrogatepass")
        for at in range(0, len(units), 2):
            unit = units[at] << 8 | units[at + 1]
            out.append(f"%{unit:02X}" if unit < 0x100 else f"%u{unit:04X}")
    return "".join(out)


def unescape(text: str) -> str:
    """Undo `escape`. What is no escape stays; a lone surrogate becomes U+FFFD."""
    if "%" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
