"""Pages that were written a moment ago, for as long as nothing in the collection has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """A page as it is sent."""

    body: bytes
    packed: bytes | None  #: the same, gzip
    media_type: str
    status: int
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed or b"")


class Cache:
    """Written pages by key, the longest unasked for thrown out first.

    Args:
        most_bytes: Of bodies, all together.
    """

    def __init__(self, most_bytes: int = 48 << 20) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._pages: OrderedDict[tuple[str, ...], Written] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> Written | None:
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def put(self, key: tuple[str, ...], page: Written) -> None:
        if page.size > self._most // 8:
            return
        with self._lock:
            old = self._pages.pop(key, None)
            self._bytes += page.size - (old.size if old else 0)
            self._pages[key] = page
            while self._bytes > self._most:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= gone.size
