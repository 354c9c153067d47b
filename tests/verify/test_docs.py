"""The pages about rules and about other writers say what the code does.

    python -m tests.verify.test_docs

writes the table of docs/verify.md anew.
"""

from __future__ import annotations

from pathlib import Path

from tests.verify.other_writers import page
from warc.verify.rules import RULES

DOCS = Path(__file__).parents[2] / "docs"
_TITLE = "| rule | clause | ours | others | what must be so |\n|---|---|---|---|---|\n"


def table() -> str:
    rows = (
        f"| `{rule.id}` | {rule.clause} | {rule.ours} | {rule.others or '-'} | {rule.demand} |\n"
        for rule in RULES.values()
    )
    return _TITLE + "".join(rows)


def test_the_table_of_rules_is_that_of_the_code() -> None:
    assert (DOCS / "verify.md").read_text("utf-8").endswith(table())


def test_the_page_on_other_writers_is_what_the_files_give(samples: Path) -> None:
    assert (DOCS / "other-writers.md").read_text("utf-8") == page(samples)


def test_every_rule_says_what_to_do() -> None:
    assert len(RULES) > 80
    assert all(rule.remedy and rule.demand.endswith(".") and rule.clause for rule in RULES.values())


if __name__ == "__main__":
    text = (DOCS / "verify.md").read_text("utf-8")
    (DOCS / "verify.md").write_text(text.partition(_TITLE)[0] + table(), "utf-8")
