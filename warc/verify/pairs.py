"""Requests and the answers they belong to, within one file (WARC 1.1, 5.7; CONFORMANCE W14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warc.verify import wire
from warc.verify.header import Header

#: How far apart, in exchanges, a request may stand from its response. Our writer puts them side by side.
WINDOW = 256


@dataclass(slots=True)
class _Waiting:
    offset: int
    record_id: str
    date: str
    target: str
    head: bytes  #: of the stored HTTP message, if its note is beside it
    size: int | None
    note: str | None  #: id of the record with its note


class Pairs:
    """Follows the records of one of our files in order.

    Args:
        say: Told of a breach: rule, offset, record id, message.
    """

    def __init__(self, say: Callable[[str, int, str, str], None]) -> None:
        self._say = say
        self._answers: dict[str, _Waiting] = {}  # without a request as yet
        self._early: dict[str, tuple[int, str]] = {}  # named before they came: by what
        self._notes: dict[str, _Waiting] = {}  # without their note as yet
        self._last = -1
        self.unresolved: list[tuple[int, str, str]] = []  #: offset, id, and the id it names: not in this file so far

    def answer(self, offset: int, header: Header, head: bytes, size: int | None) -> None:
        """A response or revisit comes."""
        self._last = offset
        record_id = header.get("warc-record-id") or ""
        note = wire.beside(header.get("warc-wire-framing") or "")
        waiting = _Waiting(
            offset, record_id, header.get("warc-date") or "", header.target, head if note else b"", size, note
        )
        if note:
            self._notes[note] = waiting
        early = self._early.pop(record_id, None)
        if early is not None:
            self._say("request-order", *early, f"the request stands before the record it names, {record_id}")
            return
        self._answers[record_id] = waiting
        if len(self._answers) > WINDOW:
            self._lost(self._answers.pop(next(iter(self._answers))))

    def other(self, offset: int, header: Header, fields: dict[str, str]) -> None:
        """A request or metadata record comes; `fields` of its block, if it is of `application/warc-fields`."""
        if header.type == "request":
            self._last = offset
        record_id = header.get("warc-record-id") or ""
        waiting = self._notes.pop(record_id, None)
        if waiting is not None:
            wire.judge_note(
                fields.get("warc-wire-framing", ""),
                waiting.head,
                waiting.size,
                lambda rule, text: self._say(rule, offset, record_id, text),
            )
        named = header.all("warc-concurrent-to")
        if header.type == "request" and not named:
            self._say("request-order", offset, record_id, "the request names no response (WARC-Concurrent-To)")
        for name in named:
            if header.type == "request":
                answered = self._answers.pop(name, None)
                if answered is None:
                    self._early[name] = (offset, record_id)
                    if len(self._early) > WINDOW:
                        first = next(iter(self._early))
                        self.unresolved.append((*self._early.pop(first), first))
                elif (answered.date, answered.target) != (header.get("warc-date"), header.target):
                    self._say(
                        "concurrent-differs",
                        offset,
                        record_id,
                        f"the request is of {header.target} at {header.get('warc-date')}, its response of "
                        f"{answered.target} at {answered.date}",
                    )

    def close(self) -> None:
        """The file ends."""
        for waiting in self._answers.values():
            self._lost(waiting)
        for name, (offset, record_id) in self._early.items():
            self.unresolved.append((offset, record_id, name))
        for name, waiting in self._notes.items():
            self._say(
                "wire-note", waiting.offset, waiting.record_id, f"the record with its note, {name}, is not here"
            )

    def _lost(self, waiting: _Waiting) -> None:
        rule = "request-cut-off" if waiting.offset == self._last else "request-missing"
        self._say(rule, waiting.offset, waiting.record_id, "no request names this record")
