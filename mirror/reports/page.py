"""Pages of HTML that need nothing but themselves: style inside, no script, no network."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mirror.octets import size


def render(template: str, **values: Any) -> str:
    """A template of this folder, filled; everything put in is escaped.

    Args:
        template: Its file name.
        values: What it shows. Filters: `number` groups digits, `size` gives bytes for a person, `minute` cuts an
            RFC 3339 time, `share` is a part as per cent, never rounded up to 100 %.
    """
    environment = Environment(
        loader=PackageLoader("mirror.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, size=size, minute=minute, share=share)
    return environment.get_template(template).render(**values)


def write(path: Path, text: str | bytes) -> None:
    """Put a file in place whole and durable, or leave what was there."""
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        file.write(text.encode("utf-8") if isinstance(text, str) else text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def minute(timestamp: str | None) -> str:
    return "–" if not timestamp else f"{datetime.fromisoformat(timestamp):%Y-%m-%d %H:%M} UTC"


def share(part: float, whole: float) -> str:
    if not whole:
        return "–"
    percent = 100 * part / whole
    # 99.97 % is not 100 %: a certificate must not say so.
    return "100 %" if part >= whole else f"{min(percent, 99.9):.1f} %"
