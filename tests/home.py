"""The real command, in a process of its own, on a home of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirror.imitation import ImitationServer

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Home:
    """A home, and the `mirror` command on it."""

    path: Path

    def mirror(self, *arguments: str, code: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command; fail the test if it does not end with `code` (None: any)."""
        ran = subprocess.run(
            [sys.executable, "-c", "from mirror.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"MIRROR_HOME": str(self.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
            timeout=120,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        assert code is None or ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def init(self, server: ImitationServer, name: str = "t") -> None:
        self.mirror("init", name, "--source", server.dialect, "--base-url", server.url)

    def crawl(
        self, *arguments: str, name: str = "t", code: int | None = 0, concurrency: int = 4, delay: float = 0
    ) -> subprocess.CompletedProcess[str]:
        pace = ["--delay", str(delay), "--concurrency", str(concurrency), "--set", "retry.wait_scale=0.001"]
        return self.mirror("crawl", name, *pace, *arguments, code=code)

    def entries(self, name: str = "t") -> dict[str, dict[str, Any]]:
        """The jsonl export, by id."""
        lines = self.mirror("export", name, "--format", "jsonl", "-o", "-").stdout.splitlines()
        return {entry["id"]: entry for entry in map(json.loads, lines)}

    def coverage(self, name: str = "t") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.mirror("status", name, "--json", code=None).stdout)
        return found

    def archive(self, name: str = "t") -> list[Path]:
        return sorted((self.path / "collections" / name / "archive").iterdir())
