"""SURT keys, by the `surt` library: the keys that pywb and cdxj-indexer use."""

from __future__ import annotations

import surt as _surt


def surt(url: str) -> str:
    """The key of a URL: host reversed, all lower case, arguments sorted, session ids off.

    A URL the library cannot read is its own key, as in cdxj-indexer.
    """
    try:
        key: str = _surt.surt(url)
    except Exception:  # the library raises whatever it meets
        return url
    return key
