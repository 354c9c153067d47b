"""docs/preservation.md: every command in it works, in its order, on a collection of that name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.home import ROOT
from tests.packages.conftest import Archived

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def test_the_commands_of_the_page_work(archived: Archived, tool: Callable[[str], Path], tmp_path: Path) -> None:
    home, programs = tmp_path / "home", tmp_path / "bin"
    (home / "collections").mkdir(parents=True)
    shutil.copytree(archived.collection, home / "collections" / "shandong")
    programs.mkdir()
    for name, command in {
        "mirror": f"PYTHONPATH={ROOT} exec {sys.executable} -c 'from mirror.cli import main; main()' \"$@\"",
        "wacz": f'exec {tool("wacz")} -m wacz.main "$@"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{command}\n")
        (programs / name).chmod(0o755)
    blocks = BLOCK.findall((ROOT / "docs" / "preservation.md").read_text("utf-8"))
    assert len(blocks) == 3
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={
            "MIRROR_HOME": str(home),
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
        },
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "the passed WACZ is valid" in ran.stdout
    *_, digest, stated = (line for line in ran.stdout.splitlines() if re.search(r"[0-9a-f]{64}", line))
    assert len(set(re.findall(r"[0-9a-f]{64}", ran.stdout[ran.stdout.index("the passed WACZ") :]))) == 1
    assert digest and stated
