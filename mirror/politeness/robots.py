"""robots.txt, as RFC 9309 has it, read by protego."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

#: RFC 9309, 2.5: a parser must read at least 500 KiB.
MOST_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class RobotsPolicy:
    """What robots.txt lets us ask.

    Attributes:
        reason: Where the policy comes from, in words for a person.
        crawl_delay_s: Seconds the source wants between requests; not in the RFC, but a wish of the host.
        sitemaps: Addresses it names.
    """

    reason: str
    user_agent: str = "*"
    crawl_delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()
    _rules: Protego | None = None
    _everything: bool | None = None  # True: all allowed, False: nothing

    @classmethod
    def from_answer(cls, status: int, body: bytes, user_agent: str) -> RobotsPolicy:
        """From what the source answered: 2xx rules, 4xx no rules, 5xx ask nothing (RFC 9309, 2.3.1).

        Args:
            status: HTTP status of the last answer; a redirect that could not be followed counts as none.
            body: Decoded of its content coding.
            user_agent: Ours; its product token is matched.
        """
        if 200 <= status < 300:
            rules = Protego.parse(body[:MOST_BYTES].decode("utf-8-sig", "replace"))  # editors put a BOM first
            delay = rules.crawl_delay(user_agent)
            restricts = b"allow" in body[:MOST_BYTES].lower()
            return cls(
                "robots.txt",
                user_agent,
                float(delay) if delay is not None else None,
                tuple(rules.sitemaps),
                rules if restricts else None,
                None if restricts else True,
            )
        if 400 <= status < 500 and status != 429:
            return cls(f"there is no robots.txt (status {status}): everything may be asked", _everything=True)
        return cls(
            f"robots.txt cannot be had (status {status}): nothing may be asked (RFC 9309, 2.3.1.4)", _everything=False
        )

    @classmethod
    def unreachable(cls, why: str) -> RobotsPolicy:
        """The source did not answer at all: ask nothing (RFC 9309, 2.3.1.4)."""
        return cls(f"robots.txt cannot be had ({why}): nothing may be asked (RFC 9309, 2.3.1.4)", _everything=False)

    @property
    def forbids_everything(self) -> bool:
        """Nothing is known of the rules, so nothing may be asked."""
        return self._everything is False

    def allowed(self, url: str) -> bool:
        if self._everything is not None:
            return self._everything
        return self._rules is None or bool(self._rules.can_fetch(url, self.user_agent))
