"""Real texts, set as the old database sets them and read back."""

from __future__ import annotations

import csv
import json
from html import escape
from pathlib import Path

import pytest

from mirror.extraction.page import Text
from mirror.sites import Answer, open_site
from tests.extraction.books import Book, wrap

MSE = open_site("mse")
URL = MSE.base_url + "bin/mse.exe?K=ch9&A=3&rec=12&run=13"


def read_page(text: str) -> Text:
    """A text sent as the old database sends it, and what is read of it."""
    page = f'<html><body><div class="txt"><pre>\n{escape(text, quote=False)}\n</pre></div></BODY>\n</HTML>\n'
    entry = MSE.read(Answer(URL, 200, (), page.encode("gb18030"))).entry
    assert entry is not None
    assert (entry.charset.used, entry.charset.undecodable) == ("gb18030", 0)
    return entry.content


def prose(samples: Path) -> list[str]:
    """Paragraphs of laws and reports."""
    texts = [path.read_text("utf-8") for path in sorted((samples / "text").glob("law-*.md"))]
    reports = (samples / "text" / "reports-a.jsonl").read_text("utf-8").splitlines()
    texts += [json.loads(line)["content"] for line in reports]
    lines = [line.strip(" \u3000\t#*->") for text in texts for line in text.split("\n")]
    return [line for line in lines if len(line) > 60 and "|" not in line]


def test_every_edition_comes_back_to_the_character(samples: Path) -> None:
    with (samples / "text" / "INDEX.tsv").open(encoding="utf-8") as index:
        files = [row["file"] for row in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)]
    editions = [name for name in files if name.startswith(("KR", "law-"))]
    assert len(editions) > 20
    for name in editions:
        text = (samples / "text" / name).read_text("utf-8").replace("\r\n", "\n").strip("\n")
        found = read_page(text)
        assert found.raw_text.strip("\n") == text, name
        assert "".join(found.text.split()) == "".join(text.split()), name


@pytest.mark.parametrize("width", [74, 80, 110])
@pytest.mark.parametrize("rule", ["hang", "cut"])
def test_real_prose_is_joined_again(samples: Path, width: int, rule: str) -> None:
    book = Book(width, rule, "　　", False, [])
    texts = ["　　" + text for text in prose(samples)][::3]
    right = 0
    for at in range(0, len(texts), 8):
        entry = texts[at : at + 8]
        found = read_page("\n".join(line for text in entry for line in wrap(text, book)))
        lines = found.text.split("\n")
        right += sum(text in lines for text in entry)
    assert len(texts) > 300
    assert right / len(texts) >= 0.995
