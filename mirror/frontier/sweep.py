"""Whether the daily budget is enough to ask everything again within the days of a sweep."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

from mirror.config import CollectionConfig
from mirror.politeness.memory import page_bytes


@dataclass(frozen=True, slots=True)
class Sweep:
    """Everything there is to ask, and what of it a day allows.

    Nothing of a day is set aside for the contents, which every crawl asks: so the days are the fewest it can take.
    """

    questions: int  #: pages known
    page_bytes: float  #: what a request has cost so far, on the average; 0 if nothing was asked yet
    daily_requests: int  #: 0 for no limit
    daily_bytes: int  #: 0 for no limit
    sweep_days: float

    @property
    def a_day(self) -> float:
        """Pages that a day's budget allows; infinite without a budget."""
        by_requests = self.daily_requests or math.inf
        by_bytes = self.daily_bytes / self.page_bytes if self.daily_bytes and self.page_bytes else math.inf
        return min(by_requests, by_bytes)

    @property
    def days(self) -> int:
        """Days that asking everything takes at least."""
        return math.ceil(self.questions / self.a_day)

    def warning(self) -> str | None:
        """What to set, where the budget is too small; None where it is enough."""
        if self.days <= self.sweep_days:
            return None
        wanted = math.ceil(self.questions / self.sweep_days)
        needed = []
        if self.daily_requests and self.daily_requests < wanted:
            needed.append(f"politeness.daily_requests = {wanted}")
        if self.daily_bytes and self.daily_bytes < wanted * self.page_bytes:
            needed.append(f"politeness.daily_bytes = {math.ceil(wanted * self.page_bytes)}")
        return (
            f"每日限额太小：全部 {self.questions} 页至少要 {self.days} 天，多于 sweep_days {self.sweep_days:g}。"
            f"the daily budget is too small: {self.questions} pages take {self.days} days at least, and "
            f"recrawl.sweep_days is {self.sweep_days:g}. Set {' and '.join(needed)}, "
            f"or recrawl.sweep_days = {self.days}"
        )


def sweep_of(db: sqlite3.Connection, config: CollectionConfig) -> Sweep:
    """The sweep of a collection, as its ledger and settings have it."""
    (questions,) = db.execute("SELECT count(*) FROM url WHERE state <> 'refused'").fetchone()
    polite = config.politeness
    return Sweep(questions, page_bytes(db), polite.daily_requests, polite.daily_bytes, config.recrawl.sweep_days)
