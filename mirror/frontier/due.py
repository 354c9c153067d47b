"""When an entry is due to be asked again. Pure: values in, a decision out; no clock, no database.

Changes of a text are taken to come at random, at a rate of its own (a Poisson process, as crawlers of the web
have done since Cho and Garcia-Molina, 2003). The rate is estimated from what was seen: changes over the time
watched, pulled towards one change in `usual_days` as long as little was seen. An entry is due when the chance
that it has changed since it was last seen is high enough, and in any case after `sweep_days`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one question that has been answered before. Seconds are of the wall clock."""

    age_s: float  #: since it was last answered; negative if the clock was set back since
    watched_s: float = 0.0  #: from its first answer to its last
    changes: int = 0  #: how often a new text came in that time
    important: bool = False  #: the settings name its library, book, or itself
    gone: bool = False  #: the last answer was that it does not exist
    absent_s: float | None = None  #: since when the contents have not listed it; None while they do
    outdated: bool = False  #: its number has got another heading since its text was last seen


@dataclass(frozen=True, slots=True)
class DuePolicy:
    """All numbers of asking again."""

    sweep_days: float = 90.0  #: everything is asked again at least so often
    due_chance: float = 0.2  #: chance of a change from which on an entry is due
    usual_days: float = 365.0  #: a text of which nothing is known changes about so often
    importance: float = 4.0  #: changes of what is important count so many times

    def chance(self, history: History) -> float:
        """The chance, 0 to 1, that the text has changed since it was last seen."""
        watched_days = max(0.0, history.watched_s) / _DAY_S
        rate = (history.changes + 1.0) / (watched_days + self.usual_days)
        weight = self.importance if history.important else 1.0
        return -math.expm1(-rate * weight * max(0.0, history.age_s) / _DAY_S)

    def urgency(self, history: History) -> float:
        """How urgently to ask again; 0 if it is not due. The larger, the sooner.

        Above 2: the sweep is overdue. 2: the contents no longer list it, or give its number to another heading, and
        it was not asked since, so that what the source says of it now is not yet known. Up to 1: the chance that it
        has changed.
        """
        if history.age_s < 0:
            return 2.0  # answered in the future: the clock was wrong, so its age is not known
        overdue = history.age_s / (self.sweep_days * _DAY_S)
        if overdue >= 1.0:
            return 2.0 + overdue
        if history.outdated or (history.absent_s is not None and history.age_s > history.absent_s):
            return 2.0
        if history.gone:
            return 0.0  # it is asked in the sweep, should it come back
        chance = self.chance(history)
        return chance if chance >= self.due_chance else 0.0
