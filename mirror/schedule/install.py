"""Putting a job where the system finds it, showing it, and taking it away. No root needed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mirror.collection import Collection
from mirror.errors import MirrorError
from mirror.reports.page import write
from mirror.schedule import jobs
from mirror.schedule.jobs import Job
from mirror.schedule.rhythm import Rhythm

System = Literal["systemd", "cron", "windows"]


@dataclass(frozen=True, slots=True)
class Installed:
    """What was written, and what a person has still to do."""

    files: dict[str, str]  #: path (or "crontab") and text
    advice: list[str]


def job_of(collection: Collection, rhythm: Rhythm) -> Job:
    """The job of a collection, with the command that is running now."""
    found = shutil.which("mirror", path=str(Path(sys.executable).parent)) or shutil.which("mirror")
    command = (found,) if found else (sys.executable, "-c", "from mirror.cli import main; main()")
    return Job(collection.name, collection.home.resolve(), command, rhythm)


def default_system() -> System:
    """systemd where it runs, else cron."""
    return "systemd" if Path("/run/systemd/system").is_dir() or not shutil.which("crontab") else "cron"


def install(collection: Collection, job: Job, system: System) -> Installed:
    """Write the job and, where the system's own tool is at hand, switch it on."""
    match system:
        case "systemd":
            return _install_systemd(job)
        case "cron":
            return _install_cron(job)
        case "windows":
            return _install_windows(collection, job)


def remove(collection: Collection, job: Job) -> list[str]:
    """Take the job away, wherever it is. Returns what was removed."""
    removed = []
    units = _units(job)
    if any(path.exists() for path in units):
        _systemctl("disable", "--now", f"{job.name}.timer")
        for path in units:
            if path.exists():
                path.unlink()
                removed.append(str(path))
        _systemctl("daemon-reload")
    lines = _crontab()
    kept = [line for line in lines if not line.endswith(f"# {job.name}")]
    if kept != lines:
        _write_crontab(kept)
        removed.append("crontab")
    task = _task_path(collection, job)
    if task.exists():
        task.unlink()
        removed.append(str(task))
    return removed


def installed(collection: Collection, job: Job) -> dict[str, str]:
    """What is in place, by path."""
    found = {str(path): path.read_text("utf-8") for path in _units(job) if path.exists()}
    lines = [line for line in _crontab() if line.endswith(f"# {job.name}")]
    if lines:
        found["crontab"] = "\n".join(lines)
    task = _task_path(collection, job)
    if task.exists():
        found[str(task)] = task.read_text("utf-16")
    return found


def set_in_file(path: Path, values: Mapping[str, str]) -> None:
    """Set keys of `[schedule]` in mirror.toml and leave every other line as the user wrote it."""
    lines = path.read_text("utf-8-sig").splitlines()
    header = next((place for place, line in enumerate(lines) if re.match(r"\s*\[\s*schedule\s*\]", line)), None)
    if header is None:
        lines += ["", "# 定时 / schedule", "[schedule]"]
        header = len(lines) - 1
    end = next((place for place in range(header + 1, len(lines)) if re.match(r"\s*\[", lines[place])), len(lines))
    for key, value in values.items():
        line = f'{key} = "{value}"'
        place = next((at for at in range(header + 1, end) if re.match(rf"\s*{key}\s*=", lines[at])), None)
        if place is None:
            lines.insert(header + 1, line)
            end += 1
        else:
            lines[place] = line
    write(path, "\n".join(lines) + "\n")


# -- systemd ---------------------------------------------------------------------------------------------


def _units(job: Job) -> tuple[Path, Path]:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    return folder / f"{job.name}.service", folder / f"{job.name}.timer"


def _install_systemd(job: Job) -> Installed:
    service, timer = _units(job)
    service.parent.mkdir(parents=True, exist_ok=True)
    texts = {service: jobs.systemd_service(job), timer: jobs.systemd_timer(job)}
    for path, text in texts.items():
        write(path, text)
    advice = _verify_units(timer)
    switch_on = f"systemctl --user daemon-reload && systemctl --user enable --now {timer.name}"
    if not (_systemctl("daemon-reload") and _systemctl("enable", "--now", timer.name)):
        advice.append(f"systemd 未应答，请自行启用 systemd did not answer here; switch it on with: {switch_on}")
    advice.append(
        "未登录时也要运行 to run while you are not logged in: loginctl enable-linger "
        f"(看下次时间 next time: systemctl --user list-timers {timer.name})"
    )
    return Installed({str(path): text for path, text in texts.items()}, advice)


def _verify_units(timer: Path) -> list[str]:
    """What systemd's own checker has to say, if it is at hand."""
    if not shutil.which("systemd-analyze"):
        return []
    checked = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(timer)], capture_output=True, text=True, timeout=60
    )
    ours = [line for line in checked.stderr.splitlines() if timer.stem in line]
    return [f"systemd-analyze verify: {line}" for line in ours] if checked.returncode else []


def _systemctl(*arguments: str) -> bool:
    if not shutil.which("systemctl"):
        return False
    try:
        return subprocess.run(["systemctl", "--user", *arguments], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# -- cron ------------------------------------------------------------------------------------------------


def _crontab() -> list[str]:
    if not shutil.which("crontab"):
        return []
    listed = subprocess.run(["crontab", "-l"], capture_output=True, text=True, timeout=60)
    return listed.stdout.splitlines() if listed.returncode == 0 else []


def _write_crontab(lines: list[str]) -> None:
    written = subprocess.run(
        ["crontab", "-"], input="".join(f"{line}\n" for line in lines), capture_output=True, text=True, timeout=60
    )
    if written.returncode:
        raise MirrorError(f"crontab does not take the line: {written.stderr.strip()}. Add it with `crontab -e`")


def _install_cron(job: Job) -> Installed:
    line = jobs.cron_line(job)
    if not shutil.which("crontab"):
        return Installed(
            {"crontab": line}, ["此机没有 crontab there is no crontab here; add this line where cron runs"]
        )
    _write_crontab([*(old for old in _crontab() if not old.endswith(f"# {job.name}")), line])
    return Installed({"crontab": line}, ["看 see: crontab -l"])


# -- Windows ---------------------------------------------------------------------------------------------


def _task_path(collection: Collection, job: Job) -> Path:
    return collection.path / f"{job.name}.xml"


def _install_windows(collection: Collection, job: Job) -> Installed:
    path, text = _task_path(collection, job), jobs.windows_task(job)
    write(path, text.encode("utf-16"))
    advice = f'在 Windows 中运行 in Windows, run: schtasks /create /tn {job.name} /xml "{path}"'
    return Installed({str(path): text}, [advice])
