"""`mirror run` under fault: whatever befalls it, the next one puts all right by itself."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from mirror.collection import Collection
from mirror.imitation import Corpus, Faults, ImitationServer
from mirror.schedule import state as states
from mirror.schedule.run import PHASES, Run, run
from tests.home import ROOT, Home
from warc import reader

SIZE = 40
FAST = {
    "delay_s = 1.0": "delay_s = 0.0",
    "wait_scale = 1.0": "wait_scale = 0.001",
    'when = "trouble"': 'when = "never"',
}


@pytest.fixture
def server() -> Iterator[ImitationServer]:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        yield server


@pytest.fixture
def collection(home: Home, server: ImitationServer) -> Collection:
    home.init(server)
    change(home, FAST)
    return Collection.open(home.path, "t")


def change(home: Home, settings: dict[str, str]) -> None:
    path = home.path / "collections/t/mirror.toml"
    text = path.read_text("utf-8")
    for old, new in settings.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def scheduled(home: Home) -> None:
    change(home, {'every = ""': 'every = "7d"'})


def state(collection: Collection) -> states.RunState:
    found = states.load(collection)
    assert found is not None
    return found


def crawls(collection: Collection) -> list[tuple[int, str]]:
    database = collection.database()
    try:
        return database.connection.execute("SELECT number, outcome FROM crawl ORDER BY number").fetchall()
    finally:
        database.close()


def test_a_run_does_everything_and_is_not_due_again(home: Home, collection: Collection) -> None:
    scheduled(home)
    home.mirror("run")
    assert state(collection).phase == "done"
    assert (state(collection).complete, state(collection).exit_code) == (True, 0)
    assert crawls(collection) == [(1, "finished")]
    again = home.mirror("run", "t")
    assert "next" in again.stderr
    assert crawls(collection) == [(1, "finished")]
    home.mirror("run", "t", "--now")
    assert crawls(collection) == [(1, "finished"), (2, "finished")]


def of_another_version(collection: Collection) -> None:
    with closing(sqlite3.connect(collection.database_path)) as ledger:
        ledger.execute("PRAGMA user_version = 7")


def test_a_new_version_of_the_program_rebuilds_and_goes_on(home: Home, collection: Collection) -> None:
    scheduled(home)
    home.mirror("run")
    held = home.entries()
    of_another_version(collection)
    again = home.mirror("run")
    assert "rebuild" in again.stderr and "next" in again.stderr  # nothing was due
    assert home.entries() == held
    of_another_version(collection)
    home.mirror("run", "--now")
    assert (state(collection).crawl, state(collection).complete, state(collection).sound) == (2, True, True)


def test_nothing_is_rebuilt_by_itself_while_files_are_gone(home: Home, collection: Collection) -> None:
    home.mirror("run", "t")
    lost = next(collection.archive.glob("*.warc.gz"))
    aside = lost.rename(home.path / lost.name)
    of_another_version(collection)
    said = home.mirror("run", "t", code=1).stderr
    assert "rebuild" in said and lost.name in said
    aside.rename(lost)
    home.mirror("run", "t")
    assert state(collection).sound


def test_every_line_of_the_log_is_json(home: Home, collection: Collection) -> None:
    lines = [json.loads(line) for line in home.mirror("run", "t", "--log-json").stderr.splitlines()]
    assert all(datetime.fromisoformat(line["time"]) and line["collection"] == "t" for line in lines)
    assert [line["phase"] for line in lines if line["event"] == "phase"] == list(PHASES)
    assert lines[-1]["event"] == "ended"


KILLED = """
import os, signal, sys
from mirror.schedule import run
from mirror.cli import main
phase, when = sys.argv.pop(1), sys.argv.pop(1)
do = run.PHASES[phase]
def die(*arguments):
    if when == "after":
        do(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
run.PHASES[phase] = die
main()
"""


@pytest.mark.parametrize(("phase", "when"), [("crawl", "before"), *((phase, "after") for phase in PHASES)])
def test_killed_in_any_phase(home: Home, collection: Collection, phase: str, when: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, phase, when, "run", "t"],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL
    assert state(collection).phase == phase
    assert f"broke off in its phase '{phase}'" in home.mirror("run", "t").stderr
    assert (state(collection).phase, state(collection).exit_code, state(collection).resumed) == ("done", 0, 1)
    assert crawls(collection) == [(1, "finished")], "what was crawled is not crawled again"
    assert [path.name for path in collection.reports.glob("*.json")] == ["crawl-00001.json"]


def test_killed_in_the_middle_of_the_crawl(home: Home, collection: Collection, server: ImitationServer) -> None:
    server.faults = Faults(delay_s=0.2)
    process = subprocess.Popen(
        [sys.executable, "-c", "from mirror.cli import main; main()", "run", "t"],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stderr=subprocess.DEVNULL,
    )
    while len(server.log) < 6:
        time.sleep(0.01)
    second = home.mirror("run", "t", code=3)
    assert str(process.pid) in second.stderr, "two at once: the second leaves it to the first"
    process.kill()
    process.wait()
    server.faults = Faults()
    home.mirror("run", "t")
    assert crawls(collection) == [(1, "finished")], "the run went on with its own crawl"
    assert home.coverage()["complete"] is True
    for path in home.archive():
        list(reader.read(path, on_odd="fail"))


def test_a_crawl_by_hand_is_not_disturbed(home: Home, collection: Collection) -> None:
    with collection.locked():
        ran = home.mirror("run", "t", code=3)
    assert "being written" in ran.stderr
    assert states.load(collection) is None
    home.mirror("run", "t")


def test_a_limited_crawl_is_gone_on_with_first(home: Home, collection: Collection, server: ImitationServer) -> None:
    home.crawl("--limit", "5", "--scope", "ch9/1", code=3)
    asked = len(server.log)
    home.mirror("run", "t")
    entries = [one.path for one in server.log[asked:] if "/article/" in one.path]
    assert len(entries) == len(set(entries)) == SIZE - 5
    assert crawls(collection) == [(1, "finished"), (2, "finished")]


def test_the_source_is_dead_and_comes_back(home: Home, collection: Collection, server: ImitationServer) -> None:
    scheduled(home)
    home.mirror("run", "t")
    server.faults = Faults(silent_after=0)
    failed = home.mirror("run", "t", "--now", code=1)
    assert "does not answer" in failed.stderr
    assert state(collection).phase == "done"
    assert len(home.entries()) == SIZE
    server.faults = Faults()
    home.mirror("run", "t")  # not due by its rhythm; but the last crawl has not come to its end
    assert state(collection).exit_code == 0
    assert home.coverage()["complete"] is True


def test_the_budget_of_a_day_is_not_passed_and_the_next_day_goes_on(home: Home, collection: Collection) -> None:
    scheduled(home)
    change(home, {"daily_requests = 0": "daily_requests = 20"})
    ended = home.mirror("run", "t", code=3)
    assert "budget" in ended.stderr
    change(home, {"daily_requests = 20": "daily_requests = 0"})
    home.mirror("run", "t")
    assert home.coverage()["complete"] is True
    assert "not due" in home.mirror("run", "t").stderr


def _no_bytes() -> None:
    """No file may grow beyond so many bytes: what a full disk does, without one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


def test_the_disk_is_full_and_has_room_again(home: Home, collection: Collection) -> None:
    full = subprocess.run(
        [sys.executable, "-c", "from mirror.cli import main; main()", "run", "t"],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=_no_bytes,
    )
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    home.mirror("run", "t")
    assert state(collection).exit_code == 0
    assert home.coverage()["complete"] is True
    for path in home.archive():
        list(reader.read(path, on_odd="fail"))


class Watched:
    """A clock that is set by hand, and the crawls it lets begin."""

    def __init__(self, collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.count = 0
        self._collection = collection

        def crawl(run: Run) -> None:
            self.count += 1

        monkeypatch.setitem(PHASES, "crawl", crawl)

    def wake(self) -> bool:
        return run(self._collection, clock=lambda: self.now) is not None


def test_clocks(home: Home, collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rhythm by the real state on disk; the crawl itself is tested above, and left out here."""
    scheduled(home)
    watched = Watched(collection, monkeypatch)
    monkeypatch.setattr("mirror.schedule.run._is_unfinished", lambda collection: False)
    assert [watched.wake() for _ in range(3)] == [True, False, False]
    watched.now += timedelta(days=3)
    assert not watched.wake()
    watched.now += timedelta(days=40)  # asleep for weeks: five runs were missed, one is made up
    assert [watched.wake() for _ in range(3)] == [True, False, False]
    watched.now = datetime(2035, 1, 1, tzinfo=UTC)  # a clock gone wrong …
    assert watched.wake()
    watched.now = datetime(2026, 4, 20, tzinfo=UTC)  # … and put right again
    assert [watched.wake() for _ in range(3)] == [True, False, False]
    watched.now += timedelta(days=8)
    assert watched.wake()
    assert watched.count == 5


def test_why_a_run_begins_is_said(home: Home, collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduled(home)
    monkeypatch.setitem(PHASES, "crawl", lambda under_way: None)
    monkeypatch.setattr("mirror.schedule.run._is_unfinished", lambda collection: False)

    def why(now: datetime, *, force: bool = False) -> str:
        said: list[str] = []
        run(collection, force=force, on_begin=lambda name, text: said.append(text), clock=lambda: now)
        return " ".join(said)

    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert "first run" in why(first)
    assert why(first + timedelta(days=1)) == ""
    assert "as asked for" in why(first + timedelta(days=1), force=True)
    assert why(first + timedelta(days=9)) == "到期 due"
    assert "5 were missed" in why(first + timedelta(days=9 + 45))
    assert "the clock was changed" in why(first)


def test_after_the_clock_was_set_back_no_record_refers_to_a_later_one(
    home: Home, collection: Collection, server: ImitationServer
) -> None:
    """A clock that was years ahead and is right again: what is asked then is stored whole, and all is sound."""
    home.mirror("run", "t")
    database = collection.database()
    try:
        with database.transaction() as db:
            db.execute("UPDATE capture SET timestamp = '2096' || substr(timestamp, 5)")
    finally:
        database.close()
    asked = len(server.log)
    home.crawl(code=None)
    assert len(server.log) - asked >= SIZE
    types = [record.type for path in home.archive() for record in reader.read(path)]
    assert "revisit" not in types


def test_a_state_that_cannot_be_read_is_no_state(home: Home, collection: Collection) -> None:
    for nonsense in ("", "[]", '{"began": "x", "after": 0}', '{"began": "2026-01-01", "after": 0, "phase": "tea"}'):
        states.path_of(collection).write_text(nonsense)
        assert states.load(collection) is None
    home.mirror("run", "t")


# -- telling ---------------------------------------------------------------------------------------------


class Mailbox(threading.Thread):
    """A mail server that takes one message."""

    def __init__(self) -> None:
        import socket

        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.message = b""

    def run(self) -> None:
        connection, _ = self.socket.accept()
        with connection, connection.makefile("rwb") as stream:

            def say(line: bytes) -> None:
                stream.write(line + b"\r\n")
                stream.flush()

            say(b"220 here")
            while line := stream.readline():
                if line.upper().startswith(b"DATA"):
                    say(b"354 go on")
                    while (line := stream.readline()) != b".\r\n":
                        self.message += line
                if line.upper().startswith(b"QUIT"):
                    say(b"221 bye")
                    return
                say(b"250 good")


class Hook(BaseHTTPRequestHandler):
    bodies: list[dict[str, object]]

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_people_are_told(home: Home, collection: Collection, tmp_path: Path) -> None:
    from email import message_from_bytes, policy

    mailbox = Mailbox()
    mailbox.start()
    handler = type("OneHook", (Hook,), {"bodies": []})
    hooks = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=hooks.serve_forever, daemon=True).start()
    told = tmp_path / "told.json"
    metrics = tmp_path / "mirror.prom"
    change(
        home,
        {
            'when = "never"': 'when = "always"',
            "mail_to = []": 'mail_to = ["archive@library.example.cn"]',
            'smtp = "smtp://localhost:25"': f'smtp = "smtp://127.0.0.1:{mailbox.port}"',
            'webhook = ""': f'webhook = "http://127.0.0.1:{hooks.server_port}/x"',
            'command = ""': f"command = \"sh -c 'cat > {told}'\"",
            'metrics_file = ""': f'metrics_file = "{metrics}"',
        },
    )
    try:
        home.mirror("run", "t")
        mailbox.join(20)
    finally:
        hooks.shutdown()
        hooks.server_close()
        mailbox.socket.close()
    mail = message_from_bytes(mailbox.message, policy=policy.default)
    assert "正常 well" in str(mail["Subject"])
    assert mail["Date"] and mail["Message-ID"]
    assert f"{SIZE} / {SIZE}" in mail.get_body().get_content()  # type: ignore[union-attr]
    assert handler.bodies[0]["complete"] is True  # type: ignore[attr-defined]
    facts = json.loads(told.read_text("utf-8"))
    assert (facts["totals"]["captured"], facts["changes"]) == (SIZE, None)
    figures = metrics.read_text()
    assert f'mirror_entries{{collection="t",standing="captured"}} {SIZE}.0' in figures
    assert 'mirror_run_exit_code{collection="t"} 0.0' in figures


def test_people_are_told_of_a_run_that_could_not_begin(home: Home, collection: Collection, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    change(home, {'when = "never"': 'when = "trouble"', 'command = ""': f"command = \"sh -c 'cat > {told}'\""})
    collection.database_path.write_bytes(b"no database at all, and long enough to be read as one" * 40)
    home.mirror("run", "t", code=1)
    facts = json.loads(told.read_text("utf-8"))
    assert (facts["exit_code"], "mirror.db" in facts["text"]) == (1, True)
    home.mirror("rebuild", "t", code=None)
    told.unlink()
    home.mirror("run", "t")
    assert not told.exists()


def test_prometheus_is_answered_while_it_runs(home: Home, collection: Collection) -> None:
    command = [sys.executable, "-c", "from mirror.cli import main; main()", "run", "t", "--metrics", "0"]
    running = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "MIRROR_HOME": str(home.path)}, stderr=subprocess.PIPE, text=True
    )
    with running:
        assert running.stderr is not None
        url = running.stderr.readline().split()[-1]
        assert url.startswith("http://127.0.0.1:")
        with urlopen(url, timeout=30) as answer:
            figures = answer.read().decode()
        running.stderr.read()
    assert running.returncode == 0
    assert 'mirror_entries{collection="t",standing="captured"}' in figures
    with pytest.raises(OSError):
        urlopen(url, timeout=5).close()
    assert "127.0.0.1:9187" in home.mirror("run", "t", "--metrics", "nowhere", code=2).stderr
    assert "Choose another port" in home.mirror("run", "t", "--metrics", "192.0.2.1:9187", code=2).stderr


def test_whom_one_cannot_reach_is_named_without_secrets(home: Home, collection: Collection) -> None:
    change(
        home,
        {
            'when = "never"': 'when = "always"',
            'webhook = ""': 'webhook = "http://127.0.0.1:9/secret-token"',
            'command = ""': 'command = "/bin/false"',
        },
    )
    ended = home.mirror("run", "t", code=3)
    assert "webhook" in ended.stderr and "command" in ended.stderr
    assert "secret-token" not in ended.stderr + states.path_of(collection).read_text()


def test_old_reports_go_and_certificates_stay(home: Home, collection: Collection) -> None:
    change(home, {"keep_reports = 500": "keep_reports = 2"})
    home.mirror("status", "t", "--certificate", code=3)
    for _ in range(3):
        home.mirror("run", "t")
    assert sorted(path.name for path in collection.reports.glob("*.json")) == ["crawl-00002.json", "crawl-00003.json"]
    assert len(list(collection.reports.glob("certificate-*/certificate.json"))) == 1
