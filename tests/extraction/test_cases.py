"""Pages as folders: the bytes of an answer in, what is read from it out.

`tests/cases/NAME/` holds `url` (source and URL asked for), `page.html` (a body answered with 200) or
`answer.http` (status line, header fields, body), and `expected.json`: the page, empty values left out, links
as `kind key` or, where the spelling matters, `kind key url`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mirror.extraction.page import Link
from mirror.sites import Answer, open_site

CASES = Path(__file__).parents[1] / "cases"


def load(folder: Path) -> tuple[str, Answer]:
    """The source and the answer of a case."""
    name, url = (folder / "url").read_text("utf-8").split()
    if (folder / "page.html").exists():
        return name, Answer(url, 200, (), (folder / "page.html").read_bytes())
    head, _, body = (folder / "answer.http").read_bytes().partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    fields = [(field, value.strip()) for field, _, value in pairs]
    return name, Answer(url, int(first.split()[1]), fields, body)


def plain(value: Any) -> Any:
    """A page as JSON, empty values left out; and the number of its template, which nobody can check by eye."""
    if isinstance(value, Link):
        return f"{value.kind} {value.key}" + ("" if value.kind == "asset" else f" {value.url}")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name != "template"]
        return {name: plain(found) for name in names if (found := getattr(value, name)) not in (None, "", (), 0)}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in CASES.glob("*/url")), ids=lambda folder: folder.name
)
def test_case(folder: Path) -> None:
    name, answer = load(folder)
    page = plain(open_site(name).read(answer))
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert page == expected


def test_there_are_cases_of_every_verdict() -> None:
    verdicts = {json.loads(path.read_text("utf-8"))["verdict"] for path in CASES.glob("*/expected.json")}
    assert verdicts == {"ok", "redirect", "gone", "blocked", "refused", "error", "odd"}
