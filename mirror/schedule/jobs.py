"""What wakes us: units for systemd, a line for cron, a task for Windows. Pure: texts come out, nothing is written."""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from mirror.schedule.rhythm import Rhythm


@dataclass(frozen=True, slots=True)
class Job:
    """One collection's `mirror run`, to be started again and again."""

    collection: str
    home: Path  #: absolute
    command: tuple[str, ...]  #: the `mirror` command, absolute
    rhythm: Rhythm

    @property
    def name(self) -> str:
        """Name of the unit or task: two homes may have collections of one name."""
        return f"mirror-{self.collection}-{zlib.crc32(str(self.home).encode()):08x}"

    @property
    def arguments(self) -> list[str]:
        return [*self.command, "run", self.collection, "--home", str(self.home), "--log-json"]


def systemd_service(job: Job) -> str:
    """The .service: one run, gentle with the machine, ended in order when the machine is shut down."""
    line = " ".join(_quoted(part) for part in job.arguments)
    return f"""\
# 由 mirror schedule 写成 / written by `mirror schedule {job.collection}`
[Unit]
Description=方志镜像 {job.collection}: mirror run
Documentation=man:systemd.timer(5)

[Service]
Type=oneshot
ExecStart={line}
# 退出码 3：完成，但需要看一眼 / done, but something asks for a look
SuccessExitStatus=3
# 一次抓取可以很久；中断后自动续抓 / a crawl may take long; ended, it goes on the next time
TimeoutStartSec=infinity
KillSignal=SIGTERM
TimeoutStopSec=120
Nice=10
IOSchedulingClass=idle
"""


def systemd_timer(job: Job) -> str:
    """The .timer: wakes at the times of the day; `Persistent` makes up for a machine that was off."""
    zone = job.rhythm.zone.key
    calendar = "\n".join(f"OnCalendar=*-*-* {time:%H:%M}:00 {zone}" for time in job.rhythm.times_of_day)
    return f"""\
# 由 mirror schedule 写成 / written by `mirror schedule {job.collection}`
[Unit]
Description=方志镜像 {job.collection}: 定时 timer

[Timer]
{calendar}
Persistent=true
RandomizedDelaySec=300
AccuracySec=1min

[Install]
WantedBy=timers.target
"""


def _quoted(part: str) -> str:
    """A part of ExecStart (systemd.service(5), "Command lines"): specifiers, variables and quotes made harmless."""
    part = part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{part}"'


def cron_line(job: Job) -> str:
    """A crontab line that looks every hour whether a run is due: cron knows neither time zones nor missed runs."""
    # cron ends a command at an unescaped per cent sign (crontab(5)).
    command = shlex.join(job.arguments).replace("%", r"\%")
    minute = job.rhythm.at.minute
    return f"{minute} * * * * {command} >/dev/null 2>&1 # {job.name}"


#: Starts of a task are counted from this day.
_SINCE = date(2026, 1, 1)


def windows_task(job: Job, distribution_command: Sequence[str] = ("wsl.exe", "-e")) -> str:
    """A task for the Windows Task Scheduler that starts us in WSL; a missed start is made up (StartWhenAvailable).

    Elements as the Task Scheduler schema has them ([MS-TSCH], 2.5); a start with its offset holds in any time zone.
    """
    program, *before = distribution_command
    arguments = escape(" ".join([*before, *(shlex.quote(part) for part in job.arguments)]))
    triggers = "".join(
        f"""
    <CalendarTrigger>
      <StartBoundary>{datetime.combine(_SINCE, time, job.rhythm.zone).isoformat()}</StartBoundary>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>"""
        for time in job.rhythm.times_of_day
    )
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>方志镜像 {escape(job.collection)}: mirror run</Description></RegistrationInfo>
  <Triggers>{triggers}
  </Triggers>
  <Settings>
    <StartWhenAvailable>true</StartWhenAvailable>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
  </Settings>
  <Actions>
    <Exec><Command>{escape(program)}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""
