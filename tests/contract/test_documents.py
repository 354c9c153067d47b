"""What README and docs tell people to type exists, with the options they name; what they link to is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from mirror.cli import cli
from tests.home import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: A command as it is typed: `mirror NAME …` to the end of the line, of the code span, or of a pipe.
_TYPED = re.compile(r"(?:^|[`( ])mirror ([a-z]+)((?: [^`|\n#]*)?)", re.M)
_CODE = re.compile(r"```sh\n(.*?)```|(`mirror [^`\n]+`)", re.S)
_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@cache
def options_of(name: str) -> frozenset[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return frozenset(one for parameter in command.params for one in parameter.opts) | {"--help", "--home"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_typed_exists(document: Path) -> None:
    known = set(cli.list_commands(click.Context(cli)))
    code = "\n".join(block or span for block, span in _CODE.findall(document.read_text("utf-8")))
    for name, rest in _TYPED.findall(code):
        assert name in known, f"mirror {name}{rest}"
        given = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest))
        assert given <= options_of(name), f"mirror {name}{rest}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_linked_is_there(document: Path) -> None:
    for target in _LINK.findall(document.read_text("utf-8")):
        assert (document.parent / target).exists(), target
