"""What wget archived and we imported replays in pywb: taken as it is, and rewritten."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from mirror.imitation import Corpus
from tests.home import Home
from tests.imports.foreign import as_arc, wget
from tests.replay.conftest import StartPywb
from tests.replay.test_pywb import get

pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)


@pytest.mark.parametrize("form", ["as it is", "plain", "arc"])
def test_every_imported_page_replays_to_the_byte(home: Home, pywb: StartPywb, tmp_path: Path, form: str) -> None:
    made = wget(tmp_path / "wget", "mse", Corpus(40))
    given = made.path
    if form == "plain":
        given = tmp_path / "plain.warc"
        given.write_bytes(made.plain)
    elif form == "arc":
        given = tmp_path / "old.arc"
        given.write_bytes(gzip.decompress(as_arc(made.path)))
    home.mirror("init", "t", "--source", "mse", "--base-url", made.root)
    home.mirror("import", "t", str(given))
    root = pywb(home.path)
    shown = 0
    with made.path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response":
                continue
            body = record.content_stream().read()  # list pages are chunked on the wire, and in wget's file
            moment = datetime.fromisoformat(record.rec_headers["WARC-Date"])
            url = record.rec_headers["WARC-Target-URI"].strip("<>")
            answer, replayed = get(root, f"/t/{moment:%Y%m%d%H%M%S}id_/{url}")
            assert (answer.status, replayed) == (200, body), url
            shown += 1
    assert shown == made.entries + 2
