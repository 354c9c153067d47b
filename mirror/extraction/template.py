"""What a page is built of, whatever it says: so that a change of template is not taken for a change of text."""

from __future__ import annotations

import re
from hashlib import blake2b

_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9:-]{0,30})\b([^<>]{0,2000})>")
_LOOK = re.compile(r"(?i)\b(class|style|align|bgcolor|border|width|height)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")


def template_of(markup: str) -> int:
    """A number that stays as long as the page is built of the same elements, with the same looks (64 bits, signed).

    Each kind of element counts once, where it first stands; links do not count, for an entry at the end of a
    book has one less. Words, addresses, comments and how often an element is repeated do not matter.
    """
    elements: dict[tuple[str, str], None] = {}
    for name, attributes in _TAG.findall(markup):
        if name not in ("a", "A"):
            elements[name.lower(), attributes] = None
    looks = dict.fromkeys((name, *sorted(_LOOK.findall(attributes))) for name, attributes in elements)
    digest = blake2b(repr(list(looks)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
