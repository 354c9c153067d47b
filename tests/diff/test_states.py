"""States of the imitation, crawled and compared: every change is found, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from mirror.diff.hunks import Hunk, apply
from mirror.imitation import Corpus, ImitationServer
from tests.diff.truth import diff, told, true_changes
from tests.home import Home


@pytest.mark.parametrize(
    ("dialect", "markup", "seed"), [("mse", "pre", 1), ("chorography", "pre", 4), ("chorography", "table", 7)]
)
def test_every_change_is_told_and_no_other(home: Home, dialect: str, markup: str, seed: int) -> None:
    """Five states, each with the one before, and the first with the last: precision and recall of 1."""
    corpus = Corpus(240, seed)
    with ImitationServer(corpus, dialect, markup=markup) as server:  # type: ignore[arg-type]
        home.init(server)
        for state in range(5):
            server.set_state(state)
            home.crawl(code=None)
    kinds: Counter[str] = Counter()
    for since, until in ((0, 1), (1, 2), (2, 3), (3, 4), (0, 3)):
        found = diff(home, str(since + 1), str(until + 1))
        truth = true_changes(corpus, since, until)
        assert told(found) == truth
        counted = Counter(kind for kind, _, _ in truth.elements())
        for kind in counted.keys() - {"cosmetic"}:
            assert found["summary"][kind] == counted[kind]
        assert found["summary"]["cosmetic"] == counted["cosmetic"] + found["summary"].get("template_only", 0)
        assert (found["from"], found["to"]) == (since + 1, until + 1)
        kinds += counted
    assert kinds.keys() == {
        *("added", "removed", "edited", "moved", "retitled"),
        *("cosmetic", "split", "merged", "returned"),
    }
    if markup != "table":  # the one markup that keeps its template
        template = diff(home, "2", "3")["summary"]
        assert template["template_only"] == template["cosmetic"] == sum(1 for _ in corpus.at(2).entries())


def test_hunks_lead_from_the_old_text_to_the_new_and_both_captures_are_named(home: Home) -> None:
    with ImitationServer(Corpus(60), "mse") as server:
        home.init(server)
        home.crawl()
        before = home.entries()
        server.set_state(1)
        home.crawl(code=None)
    after = home.entries()
    found = diff(home, "--exit-code", code=3)
    assert found["changes"]
    for change in found["changes"]:
        if change["kind"] in ("added", "removed"):
            assert change["hunks"] == []
            continue
        old, new = before[change["old_id"]], after[change["id"]]
        assert apply(old["text"], [Hunk(**hunk) for hunk in change["hunks"]]) == new["text"]
        assert change["old_capture"] == old["capture"]
        assert change["new_capture"] == new["capture"]
