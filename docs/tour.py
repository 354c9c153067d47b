"""Takes the pictures of docs/tour.md: python -m docs.tour [FOLDER]

Runs `mirror demo` and `mirror serve` as a new user would, and walks through the pages in Chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browse.serving import ROOT, serving
from tests.chromium import PHONE, running

_WINDOW = {"width": 1120, "height": 700}


def main(folder: Path) -> None:
    """Take all pictures anew."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "demo-home"
        command = [sys.executable, "-c", "from mirror.cli import main; main()", "demo", "--home", str(home)]
        nothing_real = {**os.environ, "MIRROR_SAMPLES": temporary}
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=nothing_real)
        with serving(home) as served, running() as browser:
            page = browser.new_page(viewport=_WINDOW)
            _walk(page, served.root, folder)
            phone = browser.new_page(viewport=PHONE, color_scheme="dark")
            phone.goto(f"{served.root}/en/c/demo-chorography/xzcz/1/1")
            phone.screenshot(path=folder / "11-phone.png")


def _walk(page: Page, root: str, folder: Path) -> None:
    def take(name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")

    collection = f"{root}/c/demo-chorography"
    page.goto(root)
    take("01-home")
    page.goto(f"{collection}/")
    take("02-libraries")
    page.goto(f"{collection}/ch9/2/")
    take("03-book")
    page.goto(f"{collection}/xzcz/1/1")
    take("04-entry")
    page.get_by_text("对照", exact=True).click()
    page.evaluate("document.querySelector('.views').scrollIntoView()")
    page.wait_for_timeout(400)
    take("05-original")
    page.goto(f"{root}/search/demo-chorography?q=灌溉渠")
    take("06-search")
    page.goto(f"{root}/changes/demo-chorography")
    take("07-changes")
    page.get_by_role("link", name="并列比较").first.click()
    take("08-compare")
    page.goto(f"{collection}/xzcz/1/1")
    page.get_by_role("heading", name="引用与下载").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.tools').scrollIntoView()")
    page.wait_for_timeout(400)
    take("09-cite")
    page.get_by_role("link", name="当场核验").click()
    take("10-evidence")
    page.evaluate("document.querySelector('#as-it-was').scrollIntoView()")
    page.wait_for_timeout(600)
    take("10-as-it-was")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "tour")
