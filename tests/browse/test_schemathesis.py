"""Schemathesis asks what the OpenAPI description allows, and what not: each answer is as described, none fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.browse.serving import ROOT, Served

PROGRAM = ROOT / ".venv-schemathesis" / "bin" / "schemathesis"
#: What is out of bounds counts as not asked (`?page=x` is the first page), so it need not be refused.
LENIENT = "negative_data_rejection"


def test_every_answer_is_as_described(served: Served, tmp_path: Path) -> None:
    if not PROGRAM.exists():
        pytest.skip(f"no {PROGRAM}: `make .venv-schemathesis/installed` puts it there")
    ran = subprocess.run(
        [PROGRAM, "run", f"{served.root}/openapi.json", "--generation-deterministic", "--max-examples", "2",
         "--workers", "2", "--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", LENIENT,
         "--continue-on-failure", "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "generated" in ran.stdout
