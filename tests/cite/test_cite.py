"""Citations, whole, as a reader pastes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirror.cite import cite, memento

URL = "http://lib.example.org/bin/mse.exe?K=ch9&A=3&rec=12&run=13"


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "id": "ch9/3/12",
        "library": {"code": "ch9", "title": "东明县情资料库"},
        "book": {"number": 3, "title": "东明县志（1986--2005）"},
        "path": ["第一编  区域  环境"],
        "title": "概　 述",
        "signatures": ["王学刚"],
        "text_digest": "sha256:ab12",
        "capture": {"url": URL, "timestamp": "2026-11-23T18:04:05.123456Z", "record_id": "<urn:uuid:1-2>"},
        **changed,
    }


def test_gbt_7714() -> None:
    assert cite(entry()) == (f"王学刚. 概述[DB/OL]//东明县志（1986--2005）. 东明县情资料库. [2026-11-23]. {URL}.\n")
    assert cite(entry(signatures=[], title="")).startswith("无题[DB/OL]//东明县志")
    assert cite(entry(signatures=["甲一", "乙二", "丙三", "丁四"])).startswith("甲一, 乙二, 丙三, 等. 概述")


def test_a_permanent_link_leads_to_the_capture() -> None:
    link = memento(entry(), "https://archive.example.cn/shandong/")
    assert link == f"https://archive.example.cn/shandong/20261123180405/{URL}"
    assert link in cite(entry(), "gb7714", link)


def test_bibtex() -> None:
    assert cite(entry(title="GDP_{%}\\与&#"), "bibtex") == (
        "@incollection{ch9-3-12,\n"
        "  author = {{王学刚}},\n"
        "  title = {{GDP\\_\\{\\%\\}\\textbackslash{}与\\&\\#}},\n"
        "  booktitle = {{东明县志（1986--2005）}},\n"
        "  series = {{东明县情资料库}},\n"
        f"  url = {{{URL}}},\n"
        "  urldate = {2026-11-23},\n"
        "  note = {ch9/3/12; 存档 archived 2026-11-23T18:04:05Z; urn:uuid:1-2; sha256:ab12},\n"
        "  langid = {chinese}\n"
        "}\n"
    )


def test_csl_json() -> None:
    (item,) = json.loads(cite(entry(), "csl-json"))
    assert item["type"] == "entry" and item["id"] == "ch9/3/12"
    assert (item["title"], item["container-title"], item["author"]) == (
        "概述",
        "东明县志（1986--2005）",
        [{"literal": "王学刚"}],
    )
    assert item["accessed"] == {"date-parts": [[2026, 11, 23]]}
    assert "author" not in json.loads(cite(entry(signatures=[]), "csl-json"))[0]


def test_ris() -> None:
    lines = cite(entry(signatures=["甲一", "乙二"]), "ris").split("\r\n")
    assert lines[0] == "TY  - CHAP" and lines[-2:] == ["ER  - ", ""]
    assert lines[2:4] == ["AU  - 甲一", "AU  - 乙二"]
    assert f"UR  - {URL}" in lines and "Y2  - 2026/11/23" in lines


@pytest.mark.parametrize("style", ["gb7714", "bibtex", "csl-json", "ris"])
def test_a_title_with_line_ends_cannot_break_a_record(style: str) -> None:
    text = cite(entry(title="甲\r\nER  - \n乙", book={"number": 3, "title": None}), style)
    assert "甲 ER - 乙" in text
    assert "[第3册]" in text


def test_what_the_source_does_not_name_stands_in_brackets() -> None:
    text = cite(entry(library={"code": "ch9", "title": None}, book={"number": 3, "title": None}))
    assert text.startswith("王学刚. 概述[DB/OL]//[第3册]. [ch9]. [2026-11-23].")
