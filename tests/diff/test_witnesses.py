"""Witnesses beside captures: what somebody copied and the mirror holds otherwise, or not at all."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from mirror.imitation import Corpus, ImitationServer
from tests.diff.truth import diff
from tests.home import Home
from tests.witness.dumps import articles, text_file, zipped

CORPUS = Corpus(40)


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A collection, a dump of it with one number altered, and the id of the entry it is altered in."""
    home = Home(tmp_path_factory.mktemp("witnessed"))
    with ImitationServer(CORPUS, "chorography") as server:
        home.init(server)
        home.crawl()
        files = dict(articles(CORPUS, server.url))
        altered = next(name for name, text in files.items() if re.search(r"\d{4}年", text.rpartition("=" * 40)[2]))
        head, rule, body = files[altered].rpartition("=" * 40)
        files[altered] = head + rule + re.sub(r"\d{4}年", "1912年", body, count=1)
        lost = server.url + "database/ch9/section/1/article/900/"
        files["a.txt"] = text_file("佚文", lost, "    此条今已不存，惟抄本有之。")
        files["b.txt"] = "不知何处之文。"
        found = re.search(r"section/(\d+)/article/(\d+)/", head)
        assert found is not None
    dump = home.path / "dump.zip"
    dump.write_bytes(zipped((name, text.encode()) for name, text in files.items()))
    home.mirror("import", "t", str(dump))
    return home, f"ch9/{found[1]}/{found[2]}"


def test_only_what_says_otherwise_is_told(witnessed: tuple[Home, str]) -> None:
    home, altered = witnessed
    found = diff(home, "--witness")
    summary = found["summary"]
    assert {kind: count for kind, count in summary.items() if count} == {
        "edited": 1,
        "removed": 1,
        "unknown": 1,
        "unchanged": len(list(CORPUS.entries())) - 1,
    }
    edited, lost = sorted(found["changes"], key=lambda change: str(change["kind"]))
    assert edited["id"] == altered
    assert [hunk["old"] for hunk in edited["hunks"]] == ["1912"]
    assert (edited["old_capture"]["captured"], edited["old_capture"]["source"]) == (False, "dump.zip")
    assert edited["old_capture"]["file"].endswith(".txt")
    assert edited["new_capture"]["warc"].endswith(".warc.gz")
    assert (lost["id"], lost["old_capture"]["file"], lost["new_capture"]) == ("ch9/1/900", "a.txt", None)
    assert found["from_witnesses"] == ["dump.zip"]


def test_every_form_marks_it_as_a_witness(witnessed: tuple[Home, str]) -> None:
    home, altered = witnessed
    text = home.mirror("diff", "t", "--witness", "dump.zip", "--exit-code", code=3).stdout
    assert text.startswith("旁证 witness dump.zip → ") and "[-1912-]" in text
    page = home.mirror("diff", "t", "--format", "html", "--witness").stdout
    assert "旁证 witness dump.zip › a.txt" in page
    feed = etree.fromstring(home.mirror("diff", "t", "--format", "atom", "--witness").stdout.encode())
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 3
    one = diff(home, "--entry", altered, "--witness")
    assert [change["id"] for change in one["changes"]] == [altered]


def test_what_cannot_be_compared_is_said(witnessed: tuple[Home, str], home: Home) -> None:
    assert "dump.zip" in witnessed[0].mirror("diff", "t", "--witness", "other.zip", code=2).stderr
    with ImitationServer(CORPUS, "chorography") as server:
        home.init(server)
        home.crawl("--limit", "1", code=3)
    assert "mirror import" in home.mirror("diff", "t", "--witness", code=2).stderr
