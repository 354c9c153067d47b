"""Timers for systemd, cron and Windows: what is written is what starts us."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

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


def needs(program: str) -> pytest.MarkDecorator:
    """`make test` installs systemd and cron; elsewhere a test of theirs is left out where they are not."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed here")


@needs("systemd-analyze")
@pytest.mark.parametrize("every", ["7d", "6h", "5h"])
def test_systemd_itself_finds_no_fault(tmp_path: Path, every: str) -> None:
    job = Job("t", tmp_path / 'a "home" of 100 % $USER', (sys.executable,), Rhythm.parse(every, "02:00", "UTC"))
    timer, service = systemd_timer(job), systemd_service(job)
    assert "Persistent=true" in timer and "Type=oneshot" in service
    (tmp_path / f"{job.name}.timer").write_text(timer)
    (tmp_path / f"{job.name}.service").write_text(service)
    ran = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(tmp_path / f"{job.name}.timer")],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert job.name not in ran.stderr, ran.stderr


@needs("systemd-analyze")
@pytest.mark.parametrize("every", ["7d", "6h", "5h"])
def test_systemd_itself_wakes_when_a_run_is_due(tmp_path: Path, every: str) -> None:
    """The times at which systemd says that it would wake, beside those at which a run becomes due."""
    rhythm = Rhythm.parse(every, "02:00", "Asia/Shanghai")
    job = Job("t", tmp_path, ("/usr/bin/mirror",), rhythm)
    lines = [line.removeprefix("OnCalendar=") for line in systemd_timer(job).splitlines() if "OnCalendar=" in line]
    ran = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=60", "--base-time=2026-03-01 12:00:00 UTC", *lines],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    ).stdout
    found = re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", ran)
    woken = {datetime.fromisoformat(one).replace(tzinfo=UTC) for one in found}
    due = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for _ in range(5):
        due = rhythm.next_after(due)
        assert min(woken) <= due
        assert due in woken or every == "5h", "5 hours do not divide a day: it looks every hour"


@needs("crontab")
def test_cron_itself_takes_the_line(tmp_path: Path) -> None:
    """`crontab -n` of Debian's cron reads a table and installs nothing."""
    for every, folder in (("7d", "home"), ("6h", "a 'home' of 100 % $USER 志")):
        path = tmp_path / "table"
        path.write_text(
            cron_line(Job("t", tmp_path / folder, ("/usr/bin/mirror",), Rhythm.parse(every, "02:17", "UTC"))) + "\n"
        )
        ran = subprocess.run(["crontab", "-n", str(path)], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    path.write_text("61 * * * * /usr/bin/mirror\n")
    assert subprocess.run(["crontab", "-n", str(path)], capture_output=True).returncode != 0


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


#: What the Task Scheduler schema ([MS-TSCH], 2.5, by which Windows validates a task) allows of what a task of ours
#: uses: children of each element, in their order where it is a sequence, and the form of what they hold. Task,
#: RegistrationInfo, Settings, ScheduleByDay and Exec are `xs:all` (any order, each once at most); Triggers is a
#: choice of any number; a CalendarTrigger is the sequence of its base (Enabled, StartBoundary, EndBoundary,
#: Repetition, ExecutionTimeLimit), then RandomDelay, then one of the schedules.
SCHEMA = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"
    targetNamespace="http://schemas.microsoft.com/windows/2004/02/mit/task" elementFormDefault="qualified">
  <xs:element name="Task"><xs:complexType>
    <xs:all>
      <xs:element name="RegistrationInfo" minOccurs="0"><xs:complexType><xs:all>
        <xs:element name="Description" type="xs:string" minOccurs="0"/>
      </xs:all></xs:complexType></xs:element>
      <xs:element name="Triggers" minOccurs="0"><xs:complexType><xs:choice minOccurs="0" maxOccurs="48">
        <xs:element name="CalendarTrigger"><xs:complexType><xs:sequence>
          <xs:element name="Enabled" type="xs:boolean" minOccurs="0"/>
          <xs:element name="StartBoundary" type="xs:dateTime" minOccurs="0"/>
          <xs:element name="EndBoundary" type="xs:dateTime" minOccurs="0"/>
          <xs:element name="ExecutionTimeLimit" type="xs:duration" minOccurs="0"/>
          <xs:element name="RandomDelay" type="xs:duration" minOccurs="0"/>
          <xs:element name="ScheduleByDay"><xs:complexType><xs:all>
            <xs:element name="DaysInterval" minOccurs="0"><xs:simpleType><xs:restriction base="xs:unsignedInt">
              <xs:minInclusive value="1"/><xs:maxInclusive value="365"/>
            </xs:restriction></xs:simpleType></xs:element>
          </xs:all></xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
      </xs:choice></xs:complexType></xs:element>
      <xs:element name="Settings" minOccurs="0"><xs:complexType><xs:all>
        <xs:element name="StartWhenAvailable" type="xs:boolean" minOccurs="0"/>
        <xs:element name="MultipleInstancesPolicy" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
          <xs:enumeration value="Parallel"/><xs:enumeration value="Queue"/><xs:enumeration value="IgnoreNew"/>
          <xs:enumeration value="StopExisting"/>
        </xs:restriction></xs:simpleType></xs:element>
        <xs:element name="ExecutionTimeLimit" type="xs:duration" minOccurs="0"/>
        <xs:element name="DisallowStartIfOnBatteries" type="xs:boolean" minOccurs="0"/>
        <xs:element name="StopIfGoingOnBatteries" type="xs:boolean" minOccurs="0"/>
      </xs:all></xs:complexType></xs:element>
      <xs:element name="Actions"><xs:complexType><xs:sequence>
        <xs:element name="Exec" maxOccurs="32"><xs:complexType><xs:all>
          <xs:element name="Command"><xs:simpleType><xs:restriction base="xs:string">
            <xs:minLength value="1"/><xs:maxLength value="260"/>
          </xs:restriction></xs:simpleType></xs:element>
          <xs:element name="Arguments" type="xs:string" minOccurs="0"/>
          <xs:element name="WorkingDirectory" type="xs:string" minOccurs="0"/>
        </xs:all></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:all>
    <xs:attribute name="version" use="required"><xs:simpleType><xs:restriction base="xs:string">
      <xs:pattern value="\\d+(\\.\\d+){1,3}"/>
    </xs:restriction></xs:simpleType></xs:attribute>
  </xs:complexType></xs:element>
</xs:schema>
"""


@pytest.mark.parametrize("every", ["7d", "6h", "5h"])
def test_the_windows_task_keeps_the_schema(every: str) -> None:
    home = Path("/home/志 & <书>")
    text = windows_task(Job("t", home, ("/usr/bin/mirror",), Rhythm.parse(every, "02:15", "Asia/Shanghai")))
    task = etree.fromstring(text.encode("utf-16"))
    etree.XMLSchema(etree.fromstring(SCHEMA)).assertValid(task)
    starts = [one.text or "" for one in task.iter("{*}StartBoundary")]
    assert starts[0].startswith("2026-01-01T") and {start[19:] for start in starts} == {"+08:00"}
    assert len(starts) == {"7d": 1, "6h": 4, "5h": 24}[every]


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
