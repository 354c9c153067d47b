"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect

from tests.chromium import running
from tests.home import Home

# A slow machine is no fault of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Where a change is judged, by the same examples each time; at a desk, by new ones.
settings.register_profile("fixed", settings.get_profile("patient"), derandomize=True)
settings.load_profile("fixed" if os.environ.get("CI") else "patient")

# Started in the background by a script, this and all it starts would ignore Ctrl-C (POSIX shell, 2.11).
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real data made by others; tests that need it are skipped elsewhere."""
    folder = Path(os.environ.get("MIRROR_SAMPLES", Path(__file__).parents[2] / "shared" / "samples"))
    if not folder.is_dir():
        pytest.skip(f"no real samples at {folder}: set MIRROR_SAMPLES to the folder that holds them")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, until the module ends: Playwright keeps an event loop running, which other tests cannot have."""
    expect.set_options(timeout=60_000)
    with running() as started:
        yield started
