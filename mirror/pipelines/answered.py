"""What a spider yields: one question, every record it took to answer it, and what each says."""

from __future__ import annotations

from dataclasses import dataclass

from mirror.frontier.lease import Lease
from mirror.frontier.ledger import Reading


@dataclass(frozen=True, slots=True)
class Answered:
    """The item of our spiders. The last reading decides how the question stands."""

    lease: Lease
    readings: tuple[Reading, ...]

    @property
    def final(self) -> Reading:
        return self.readings[-1]
