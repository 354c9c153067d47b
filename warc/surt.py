"""SURT keys, by the `surt` library: the keys that pywb and cdxj-indexer use."""

from __future__ import annotations

import re
from functools import lru_cache

import surt as _surt

#: URLs of which nothing is to be unescaped, collapsed or left out: root, path, arguments.
_PLAIN = re.compile(
    r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)((?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+)/?(?:\?([A-Za-z0-9_.=&-]{2,}))?"
)
_SESSION = re.compile(r"(?i)sid|sess|cfid")


def surt(url: str) -> str:
    """The key of a URL: host reversed, all lower case, arguments sorted, session ids off.

    A URL the library cannot read is its own key, as in cdxj-indexer. Of plain URLs the library is asked for the root
    alone: it takes as long for one as reading a whole record does.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is None or (plain[3] and _SESSION.search(plain[3])):
        return _by_library(url)
    key = _root(plain[1]) + plain[2][1:].lower()
    if plain[3] is None:
        return key
    arguments = sorted(tuple(argument.split("=", 1)) for argument in plain[3].lower().split("&"))
    return f"{key}?{'&'.join(map('='.join, arguments))}"


@lru_cache(10_000)
def _root(root: str) -> str:
    return _by_library(f"{root}/")


def _by_library(url: str) -> str:
    try:
        key: str = _surt.surt(url)
    except Exception:  # the library raises whatever it meets
        return url
    return key
