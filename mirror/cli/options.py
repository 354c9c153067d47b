"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mirror.collection import Collection

F = TypeVar("F", bound=Callable[..., Any])


def home_option(command: F) -> F:
    """`--home DIR` after the command as well as before it."""

    def choose(context: click.Context, _: click.Parameter, value: str | None) -> Path:
        chosen = value or context.find_root().obj or os.environ.get("MIRROR_HOME") or "."
        return Path(chosen)

    return click.option(
        "--home",
        metavar="DIR",
        callback=choose,
        expose_value=True,
        help="Folder of the collections (default: $MIRROR_HOME, else the current folder).",
    )(command)


def collection_argument(command: F) -> F:
    """`NAME` and `--home`, given to the command as the opened `collection`."""

    def wrapped(*args: Any, home: Path, name: str, **kwargs: Any) -> Any:
        return command(*args, collection=Collection.open(home, name), **kwargs)

    wrapped.__doc__ = command.__doc__
    wrapped.__name__ = command.__name__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    return click.argument("name", metavar="NAME")(home_option(wrapped))  # type: ignore[return-value]


json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for programs.")
