"""Timers for systemd, cron and Windows: what is written is what starts us."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.collection import Collection
from mirror.config import load, new_config
from mirror.schedule.install import set_in_file
from mirror.schedule.jobs import Job, cron_line, systemd_service, systemd_timer, windows_task
from mirror.schedule.rhythm import Rhythm
from tests.home import Home

RHYTHM = Rhythm.parse("7d", "02:00", "Asia/Shanghai")
paths = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


def systemd_words(line: str) -> list[str]:
    """The words of an ExecStart as systemd.service(5) reads them, where each is in double quotes."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    return [re.sub(r"\\(.)", r"\1", word.replace("%%", "%").replace("$$", "$")) for word in words]


@given(folder=paths)
def test_any_home_comes_through(folder: str) -> None:
    job = Job("shandong", Path("/") / folder.replace("/", "_"), ("/usr/bin/mirror",), RHYTHM)
    line = next(line for line in systemd_service(job).split("\n") if line.startswith("ExecStart="))
    assert systemd_words(line.removeprefix("ExecStart=")) == job.arguments
    command = cron_line(job).split(" ", 5)[5].rsplit(" >/dev/null", 1)[0]
    assert shlex.split(command.replace(r"\%", "%")) == job.arguments
    task = ElementTree.fromstring(windows_task(job).replace('encoding="UTF-16"', ""))
    arguments = task.findtext(".//{*}Arguments") or ""
    assert shlex.split(arguments) == ["-e", *job.arguments]


@pytest.mark.parametrize("every", ["7d", "6h", "5h"])
def test_systemd_itself_finds_no_fault(tmp_path: Path, every: str) -> None:
    job = Job("t", tmp_path / 'a "home" of 100 % $USER', (sys.executable,), Rhythm.parse(every, "02:00", "UTC"))
    timer, service = systemd_timer(job), systemd_service(job)
    assert "Persistent=true" in timer and "Type=oneshot" in service
    (tmp_path / f"{job.name}.timer").write_text(timer)
    (tmp_path / f"{job.name}.service").write_text(service)
    if shutil.which("systemd-analyze"):  # a bare Debian has none; its rules are tested above
        ran = subprocess.run(
            ["systemd-analyze", "--user", "--man=no", "verify", str(tmp_path / f"{job.name}.timer")],
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        )
        assert job.name not in ran.stderr, ran.stderr
        for line in timer.splitlines():
            if line.startswith("OnCalendar="):
                subprocess.run(["systemd-analyze", "calendar", line.split("=")[1]], check=True, capture_output=True)


def test_set_show_and_remove(home: Home) -> None:
    home.mirror("init", "t", "--source", "mse", "--base-url", "http://127.0.0.1:9/")
    config = home.path / "collections/t/mirror.toml"
    before = config.read_text("utf-8")
    system = {"XDG_CONFIG_HOME": str(home.path / "config"), "HOME": str(home.path)}
    done = home.mirror("schedule", "t", "--every", "2d", "--at", "03:15", "--as", "systemd", **system)
    assert "OnCalendar=*-*-* 03:15:00 Asia/Shanghai" in done.stdout
    assert "enable-linger" in done.stderr
    units = sorted(path.name for path in (home.path / "config/systemd/user").iterdir())
    assert [re.sub(r"-[0-9a-f]{8}", "", name) for name in units] == ["mirror-t.service", "mirror-t.timer"]
    assert load(config).schedule.every == "2d"
    assert home.mirror("schedule", "t", "--show", **system).stdout == done.stdout
    home.mirror("schedule", "t", "--every", "1d", "--as", "systemd", **system)
    assert len(list((home.path / "config/systemd/user").iterdir())) == 2
    home.mirror("schedule", "t", "--remove", **system)
    assert list((home.path / "config/systemd/user").iterdir()) == []
    home.mirror("schedule", "t", "--show", code=3, **system)
    assert config.read_text("utf-8") == before.replace('at = "02:00"', 'at = "03:15"')


def test_a_windows_task_lies_in_the_collection(home: Home) -> None:
    home.mirror("init", "t", "--source", "mse", "--base-url", "http://127.0.0.1:9/")
    done = home.mirror("schedule", "t", "--every", "1d", "--as", "windows", XDG_CONFIG_HOME=str(home.path))
    assert "schtasks" in done.stderr
    (path,) = (home.path / "collections/t").glob("*.xml")
    assert ElementTree.fromstring(path.read_bytes()).findtext(".//{*}StartWhenAvailable") == "true"


@pytest.mark.parametrize(
    "arguments", [[], ["--every", "1"], ["--every", "1d", "--show"], ["--every", "1d", "--at", "x"]]
)
def test_misuse(home: Home, arguments: list[str]) -> None:
    home.mirror("init", "t", "--source", "mse", "--base-url", "http://127.0.0.1:9/")
    home.mirror("schedule", "t", *arguments, code=2)


def test_mirror_toml_keeps_every_other_line(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, "t", new_config("mse"))
    path = collection.config_path
    lines = path.read_text("utf-8").splitlines()
    set_in_file(path, {"every": "3d", "at": "04:00"})
    assert [new for old, new in zip(lines, path.read_text("utf-8").splitlines(), strict=True) if old != new] == [
        'every = "3d"',
        'at = "04:00"',
    ]
    path.write_text('source = "mse"\n[politeness]\ndelay_s = 3.0 # mine\n')
    set_in_file(path, {"every": "3d", "at": "04:00"})
    found = load(path)
    assert (found.schedule.every, found.schedule.at, found.politeness.delay_s) == ("3d", "04:00", 3.0)
    assert "# mine" in path.read_text()
