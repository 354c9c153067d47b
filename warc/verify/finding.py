"""What a check found: where, which rule, what is so instead, how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from warc.verify.rules import RULES, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule.

    Attributes:
        rule: Its id in `rules.RULES`.
        severity: As grave as the rule says for the writer of the file.
        file: Base name of the file (or its path within the collection, if it is no WARC).
        offset: First byte of the record's gzip member, of its line, or of the octets meant; None for a whole file.
        record_id: As the record says, if it could be read.
        message: What is so, in words.
    """

    rule: str
    severity: Severity
    file: str
    offset: int | None
    record_id: str | None
    message: str

    @property
    def clause(self) -> str:
        return RULES[self.rule].clause

    @property
    def remedy(self) -> str:
        return RULES[self.rule].remedy

    def as_dict(self) -> dict[str, Any]:
        """For `--json`: the fields, with clause and remedy."""
        return {**asdict(self), "clause": self.clause, "remedy": self.remedy}

    @property
    def place(self) -> str:
        """File and byte, in words."""
        return self.file if self.offset is None else f"{self.file}, byte {self.offset}"

    def __str__(self) -> str:
        return f"{self.place}: {self.message} [{self.rule}]"


def finding(
    rule: str, file: str, offset: int | None, message: str, *, record_id: str | None = None, ours: bool = True
) -> Finding | None:
    """A finding as grave as the rule says; None if the rule does not bind this writer."""
    severity = RULES[rule].ours if ours else RULES[rule].others
    return None if severity is None else Finding(rule, severity, file, offset, record_id, message)
