"""What a state takes for evidence that an entry is there, or is not."""

from __future__ import annotations

from mirror.imitation import Corpus, Faults, ImitationServer
from tests.diff.truth import diff
from tests.home import Home
from tests.recrawl.sources import OneBareHeading, TwoBareHeadings

SIZE = 60


def test_what_was_not_asked_is_not_removed(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        home.crawl("--limit", "5", code=None)
    found = diff(home, "--exit-code")
    assert found["changes"] == []
    assert found["summary"]["unseen"] == SIZE - 5
    assert found["summary"]["unchanged"] == 5


def test_block_pages_errors_and_silence_remove_nothing(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        home.crawl()
        server.faults = Faults(block=0.2, unavailable=0.2, reset=0.1, times=99)
        home.crawl("--set", "retry.attempts=2", "--set", "politeness.most_failures_in_a_row=500", code=None)
    found = diff(home)
    assert found["changes"] == []
    assert found["summary"]["unseen"] > 10


def test_a_404_of_what_the_contents_list_is_a_fault_and_no_removal(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        server.faults = Faults(gone=0.15)
        home.crawl("--set", "politeness.most_failures_in_a_row=500", code=None)
    assert diff(home)["changes"] == []


def test_a_source_that_says_of_everything_that_it_is_gone_removes_nothing(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        server.faults = Faults(gone=1.0)
        home.crawl(code=None)
    assert diff(home)["summary"]["removed"] == 0


def test_what_failed_before_is_captured_and_not_added(home: Home) -> None:
    """It was listed all along; that it is held now is no change of the source."""
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl("--limit", "20", code=None)
        held = len(home.entries())
        home.crawl("--scope", "ch9", code=None)
    summary = diff(home)["summary"]
    assert summary["added"] == 0
    assert summary["captured"] == SIZE - held


def test_changes_follow_from_the_records_alone(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        for state in (0, 1, 2, 3):
            server.set_state(state)
            home.crawl(code=None)
    before = [diff(home, str(one), str(one + 1)) for one in (1, 2, 3)]
    home.mirror("rebuild", "t")
    assert [diff(home, str(one), str(one + 1)) for one in (1, 2, 3)] == before


def test_times_name_the_same_states_as_crawls(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        home.crawl()
        server.set_state(1)
        home.crawl(code=None)
    by_crawl = diff(home, "1", "2")
    by_time = diff(home, by_crawl["from_time"], by_crawl["to_time"])
    assert by_time["from"] == by_crawl["from_time"]
    assert by_time["changes"] == by_crawl["changes"]
    back = diff(home, "2", "1")["summary"]
    forth = by_crawl["summary"]
    assert back["edited"] == forth["edited"]
    assert back["removed"] == forth["added"]
    assert back.get("returned", 0) + back["added"] + back.get("captured", 0) == forth["removed"]
    # Before the first capture there was nothing, and that proves nothing of the source.
    assert diff(home, "2020-01-01")["summary"]["added"] == 0


def test_two_crawls_are_needed_and_mistakes_are_named(home: Home) -> None:
    with ImitationServer(Corpus(40), "mse") as server:
        home.init(server)
        home.crawl("--limit", "2", code=3)
    assert "has 1 crawl" in home.mirror("diff", "t", code=2).stderr
    assert "there is no crawl 7" in home.mirror("diff", "t", "7", code=2).stderr
    assert "is no time" in home.mirror("diff", "t", "soon", code=2).stderr
    assert "not an entry" in home.mirror("diff", "t", "--entry", "ch9", code=2).stderr
    assert "was not captured" in home.mirror("diff", "t", "--entry", "ch9/1/99", code=1).stderr
    assert "no collection" in home.mirror("diff", "t", "--against", "other", code=2).stderr


def test_a_heading_without_a_text_is_there_again_though_its_number_had_another(home: Home) -> None:
    """Its number gave the same text all along, namely none: only the contents tell that it was gone."""
    with ImitationServer(TwoBareHeadings(SIZE), "mse") as server:
        home.init(server)
        home.crawl()
        server.corpus = OneBareHeading(SIZE)
        home.crawl(code=None)
        server.corpus = TwoBareHeadings(SIZE)
        home.crawl(code=None)
    assert [(one["kind"], one["old_id"]) for one in diff(home, "1", "2")["changes"]].count(
        ("removed", "ch9/1/4")
    ) == 1
    back = [(one["kind"], one["id"]) for one in diff(home, "2", "3")["changes"] if one["kind"] != "moved"]
    assert back == [("returned", "ch9/1/4")]
    assert [one["kind"] for one in diff(home, "1", "3")["changes"]] == []
