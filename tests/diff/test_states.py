"""States of the imitation, crawled and compared: every change is found, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from mirror.diff.hunks import Hunk, apply
from mirror.imitation import Corpus, ImitationServer
from tests.diff.truth import diff, told, true_changes
from tests.home import Home


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_every_change_between_states_is_told_and_no_other(home: Home, dialect: str) -> None:
    corpus = Corpus(120)
    with ImitationServer(corpus, dialect) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
        for state in (1, 2):
            server.set_state(state)
            home.crawl(code=None)
    first = diff(home, "1", "2")
    assert told(first) == true_changes(corpus, 0, 1)
    kinds = Counter(kind for kind, _, _ in true_changes(corpus, 0, 1).elements())
    assert {kind: first["summary"][kind] for kind in kinds} == kinds
    second = diff(home)
    assert told(second) == true_changes(corpus, 1, 2)
    assert second["summary"]["template_only"] == 100
    assert (second["from"], second["to"]) == (2, 3)


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


def test_what_failed_or_was_not_asked_is_not_removed(home: Home) -> None:
    with ImitationServer(Corpus(60), "chorography") as server:
        home.init(server)
        home.crawl()
        home.crawl("--limit", "5", code=None)
    found = diff(home, "--exit-code")
    assert found["changes"] == []
    assert found["summary"]["unseen"] == 55
    assert found["summary"]["unchanged"] == 5


def test_two_crawls_are_needed(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        home.crawl("--limit", "2", code=3)
    assert "has 1 crawl" in home.mirror("diff", "t", code=2).stderr
    assert "there is no crawl 7" in home.mirror("diff", "t", "7", code=2).stderr
    assert "is no time" in home.mirror("diff", "t", "soon", code=2).stderr
