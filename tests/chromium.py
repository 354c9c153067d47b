"""A real Chromium, headless, that reports whatever goes wrong on a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROGRAM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "readers" / "node_modules" / "axe-core" / "axe.min.js"

DESK = {"width": 1280, "height": 850}
PHONE = {"width": 390, "height": 844}


@contextmanager
def running() -> Iterator[Browser]:
    """Chromium, until the block ends."""
    if not PROGRAM.exists():
        pytest.skip(f"no {PROGRAM}: `make {PROGRAM}` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=PROGRAM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """A page, and what it said, asked for and tried."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """Serious and critical findings of axe-core (WCAG 2.2 A and AA), one a line."""
        if not AXE.exists():
            pytest.skip(f"no axe-core at {AXE}: `make test` puts it there")
        self.page.evaluate(AXE.read_text("utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found: Any = self.page.evaluate("tags => axe.run(document, {runOnly: tags, iframes: false})", tags)
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


@contextmanager
def tab(browser: Browser, **options: Any) -> Iterator[Tab]:
    """A page in a context of its own."""
    context: BrowserContext = browser.new_context(**{"viewport": DESK, **options})
    try:
        opened = Tab(context.new_page())
        opened.page.on("console", lambda message: opened.console.append(message.text))
        opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))

        def dismiss(dialog: Any) -> None:
            opened.dialogs.append(dialog.message)
            dialog.dismiss()

        opened.page.on("dialog", dismiss)
        yield opened
    finally:
        context.close()
