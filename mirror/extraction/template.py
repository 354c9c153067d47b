"""What a page is built of, whatever it says: so that a change of template is not taken for a change of text."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

#: Links are left out here where they are sure to be, for each has an address of its own.
_TAG = re.compile(r"<(?![Aa]\s)([A-Za-z][A-Za-z0-9:-]{0,30})\b([^<>]{0,2000})>")
_LOOK = re.compile(r"(?i)\b(class|style|align|bgcolor|border|width|height)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")


def template_of(markup: str) -> int:
    """A number that stays as long as the page is built of the same elements, with the same looks (64 bits, signed).

    Each kind of element counts once, where it first stands; links do not count, for an entry at the end of a
    book has one less. Words, addresses, comments and how often an element is repeated do not matter.
    """
    return _number_of(tuple(dict.fromkeys(_TAG.findall(markup))))


@lru_cache(maxsize=256)
def _number_of(tags: tuple[tuple[str, str], ...]) -> int:
    """The number of a page with these names and attributes of elements; most pages of a source share them."""
    elements = dict.fromkeys((name.lower(), attributes) for name, attributes in tags if name not in ("a", "A"))
    looks = dict.fromkeys((name, *sorted(_LOOK.findall(attributes))) for name, attributes in elements)
    digest = blake2b(repr(list(looks)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
