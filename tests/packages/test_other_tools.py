"""What we archive and what we export, read by the tools of others, each run as its users run it."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packages.conftest import Archived, run
from warc import reader

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def full(archived: Archived, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The self-contained copy."""
    output = tmp_path_factory.mktemp("full") / "warc"
    archived.export("warc", output, "--self-contained")
    return sorted(output.glob("*.warc.gz"))


def revisits(warcs: list[Path]) -> set[str]:
    return {record.record_id for path in warcs for record in reader.read(path) if record.type == "revisit"}


def test_there_is_something_to_read(archived: Archived) -> None:
    assert len(archived.warcs) == 2
    assert len(revisits(archived.warcs)) >= (2 if archived.dialect == "mse" else 15)


def test_warcio_finds_nothing_wrong(archived: Archived, full: list[Path]) -> None:
    run(BIN / "warcio", "check", "-v", *archived.warcs, *full)


def test_fastwarc_finds_nothing_wrong(archived: Archived, full: list[Path]) -> None:
    for path in archived.warcs:
        run(BIN / "fastwarc", "check", path)
    for path in full:  # with payloads: of a revisit, it takes the stored block for the payload
        run(BIN / "fastwarc", "check", "-p", path)


def test_warcat_finds_fault_with_the_payloads_of_revisits_alone(
    archived: Archived, full: list[Path], tool: Callable[[str], Path]
) -> None:
    warcat = tool("warcat")
    ran = run(warcat, "-W", "ignore", "-m", "warcat", "verify", *archived.warcs, code=None)
    failed = set(re.findall(r"Record (<urn:uuid:[^>]+>) failed", ran.stdout + ran.stderr))
    problems = set(re.findall(r"VerifyProblem: (\(.*\))", ran.stdout + ran.stderr))
    assert failed == revisits(archived.warcs)
    assert problems == {"('Bad payload digest.', '5.9', True)"}
    run(warcat, "-W", "ignore", "-m", "warcat", "verify", *full)


def test_cdxj_indexer_writes_the_same_index(archived: Archived) -> None:
    theirs = run(BIN / "cdxj-indexer", "-s", *archived.warcs).stdout
    assert theirs.splitlines() == (archived.collection / "indexes/index.cdxj").read_text("utf-8").splitlines()


def test_warcio_js_reads_the_same_records(archived: Archived, full: list[Path], readers: Path) -> None:
    for path in (*archived.warcs, *full):
        theirs = [json.loads(line) for line in run("node", readers / "parse.mjs", path).stdout.splitlines()]
        ours = list(reader.read(path))
        assert [(one["type"], one["url"], one["date"]) for one in theirs] == [
            (record.type, record.target_uri, record.date) for record in ours
        ]
        for one, record in zip(theirs, ours, strict=True):
            if record.type == "response":
                _, payload = record.http()
                assert one["payload"] == hashlib.sha1(payload.read()).hexdigest()
