"""SIGKILL at any moment: nothing finished is lost, and the same command goes on."""

from pathlib import Path

import pytest

from mirror.imitation import Corpus
from tests.crawl.kill import torment

CONCURRENCY = 4


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_a_crawl_survives_being_killed_again_and_again(tmp_path: Path, dialect: str) -> None:
    corpus = Corpus(400)
    ordeal = torment(tmp_path, corpus, dialect, kills=6, concurrency=CONCURRENCY)
    assert ordeal.kills >= 4, "the crawl was over before it could be killed"
    assert ordeal.lost == []
    assert ordeal.twice <= ordeal.kills * CONCURRENCY
    assert ordeal.exit_code == 0
    assert ordeal.complete
    assert ordeal.entries == sum(1 for _ in corpus.entries())
    assert ordeal.rebuilt_alike
    assert ordeal.index_alike
