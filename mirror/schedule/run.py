"""One run of a collection: crawl, verify, report, tell, prune.

Each phase may be done twice without harm, and the state is saved after each (`schedule.state`): a run that was killed
anywhere goes on by the next one. A phase that fails does not keep the later ones from telling of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from mirror.collection import Collection
from mirror.config import CollectionConfig
from mirror.crawling import crawl_once
from mirror.errors import MirrorError
from mirror.events import Event
from mirror.frontier.crawls import Crawls
from mirror.frontier.plan import Plan
from mirror.frontier.scope import Scope
from mirror.reports.crawl_page import write_page
from mirror.reports.facts import crawl_report, write_report
from mirror.schedule import state as states
from mirror.schedule.metrics import write_textfile
from mirror.schedule.notice import Notice, send
from mirror.schedule.rhythm import Rhythm
from mirror.schedule.state import Busy, Phase, RunState
from mirror.store.coverage import coverage, failed_questions
from mirror.verify.check import verify
from warc.errors import WarcError

#: Told each phase as it begins, by collection and name.
OnPhase = Callable[[str, str], None]


class Run:
    """A run under way.

    Attributes:
        collection: Whose.
        config: Its settings.
        state: How it stands.
    """

    def __init__(
        self, collection: Collection, state: RunState, show: Callable[[Event], None], clock: Callable[[], datetime]
    ) -> None:
        self.collection = collection
        self.config: CollectionConfig = collection.config()
        self.state = state
        self._show = show
        self._clock = clock

    def go_on(self, on_phase: OnPhase) -> None:
        """Do the phases that are left."""
        while self.state.phase != "done":
            phase = self.state.phase
            on_phase(self.collection.name, phase)
            try:
                PHASES[phase](self)
            except (MirrorError, WarcError, OSError, sqlite3.Error) as error:
                self.state.failed = True
                self.problem(f"{phase}: {error}")
            following = states.PHASES[states.PHASES.index(phase) + 1]
            if following == "done":
                self.state.ended = self._clock().isoformat(timespec="seconds")
            self.state.phase = following
            states.save(self.collection, self.state)
        if self.config.schedule.metrics_file:
            write_textfile(self.collection.path / self.config.schedule.metrics_file, self.collection)

    def problem(self, text: str) -> None:
        if text not in self.state.problems:
            self.state.problems.append(text)

    # -- phases ------------------------------------------------------------------------------------------

    def crawl(self) -> None:
        """First what was interrupted, whatever its scope; then what is due, unless this run has done that already."""
        with closing(self.collection.database()) as database:
            unfinished = Crawls(database).unfinished()
        if unfinished is not None and not self._crawl(*unfinished):
            return
        if not self._has_crawled():
            self._crawl([], "due")

    def _crawl(self, scopes: list[Scope], plan: Plan) -> bool:
        """Crawl once. Whether it came to its end."""
        try:
            crawl = crawl_once(self.collection, self._show, scopes=scopes, plan=plan)
        finally:
            self._note_crawl()
        if crawl.outcome != "finished":
            self.problem(f"第 {crawl.number} 次抓取 crawl {crawl.number}: {crawl.outcome}")
        return crawl.outcome == "finished"

    def _note_crawl(self) -> None:
        with closing(self.collection.database()) as database:
            row = database.connection.execute(
                "SELECT number, outcome FROM crawl WHERE outcome IS NOT 'import' ORDER BY number DESC LIMIT 1"
            ).fetchone()
        if row is not None:
            self.state.crawl, self.state.outcome = row

    def _has_crawled(self) -> bool:
        with closing(self.collection.database()) as database:
            row = database.connection.execute(
                "SELECT EXISTS (SELECT 1 FROM crawl JOIN plan ON plan.crawl = number WHERE number > ? "
                "AND plan = 'due' AND scope = '[]' AND outcome = 'finished')",
                (self.state.after,),
            ).fetchone()
        return bool(row[0])

    def verify(self) -> None:
        """Everything in the archive, once the crawl has come to its end."""
        if self.state.outcome != "finished":
            return
        with verify(self.collection) as found:
            self.state.sound = found.is_sound
            if not found.is_sound:
                rules = [f"{rule} × {count}" for rule, severity, count in found.counts() if severity == "error"]
                self.problem(f"损坏 damaged: {', '.join(rules)}; see `mirror verify {self.collection.name}`")

    def report(self) -> None:
        """Reports of crawls that a kill left without one, the page of the newest, and how coverage stands."""
        with closing(self.collection.database()) as database:
            db = database.connection
            self.state.complete = coverage(db, self.collection.archive).complete
            if failed := failed_questions(db):
                self.problem(f"{failed} 问未得答复 questions got no answer when they were last asked")
            for (number,) in db.execute(
                "SELECT number FROM crawl WHERE number >= ? AND outcome IS NOT 'import'", (self.state.after,)
            ):
                if not (self.collection.reports / f"crawl-{number:05d}.json").exists():
                    write_report(self.collection.reports, crawl_report(db, self.collection.archive, number))
        if self.state.crawl is not None:
            write_page(self.collection, self.state.crawl)

    def notify(self) -> None:
        """Tell people, if the settings ask for it."""
        notify, code = self.config.notify, self.state.exit_code
        if notify.when == "never" or (notify.when == "trouble" and code == 0):
            return
        for problem in send(notify, self.notice()):
            self.problem(problem)

    def notice(self) -> Notice:
        """The run in words."""
        state, name = self.state, self.collection.name
        word = {0: "正常 well", 1: "失败 FAILED"}.get(state.exit_code, "请看一眼 needs a look")
        with closing(self.collection.database()) as database:
            totals = coverage(database.connection, self.collection.archive).totals()
        lines = [
            f"馆藏 collection: {name} ({self.config.base_url})",
            f"开始 began: {state.began}",
            f"抓取 crawl: {state.crawl} ({state.outcome})",
            f"条目 entries: {totals['captured']} / {totals['expected']}, 缺 missing {totals['missing']}, "
            f"失败 failed {totals['failed']}, 已撤 gone {totals['gone']}",
            f"完整 complete: {'是 yes' if state.complete else '否 no'}",
            f"核验 verified: {({None: '未做 not done', True: '完好 sound', False: '有损坏 DAMAGED'})[state.sound]}",
            *(f"! {problem}" for problem in state.problems),
            f"报告 report: collections/{name}/reports/",
        ]
        facts = {
            "collection": name,
            "exit_code": state.exit_code,
            "crawl": state.crawl,
            "outcome": state.outcome,
            "complete": state.complete,
            "sound": state.sound,
            "problems": state.problems,
            "totals": totals,
        }
        return Notice(f"[方志镜像 mirror] {name}: {word}", "\n".join(lines) + "\n", facts)

    def prune(self) -> None:
        """Remove all but the newest reports; certificates and anything else in the folder stay."""
        numbers = sorted({path.stem for path in self.collection.reports.glob("crawl-*.json")})
        for stem in numbers[: -self.config.schedule.keep_reports]:
            for suffix in (".html", ".json"):
                (self.collection.reports / stem).with_suffix(suffix).unlink(missing_ok=True)


PHASES: dict[Phase, Callable[[Run], None]] = {
    "crawl": Run.crawl,
    "verify": Run.verify,
    "report": Run.report,
    "notify": Run.notify,
    "prune": Run.prune,
}


def rhythm_of(config: CollectionConfig) -> Rhythm | None:
    """The rhythm the settings ask for; None if they ask for none."""
    schedule = config.schedule
    return Rhythm.parse(schedule.every, schedule.at, config.politeness.time_zone) if schedule.every else None


def run(
    collection: Collection,
    *,
    force: bool = False,
    show: Callable[[Event], None] = lambda event: None,
    on_phase: OnPhase = lambda collection, phase: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RunState | None:
    """Do what is due of a collection: go on with a run that was killed, or begin one if it is time.

    Args:
        collection: Whose lock is free.
        force: Begin a run even if none is due.
        show: Told what the crawl does.
        on_phase: Told each phase as it begins.
        clock: The time, in UTC.

    Returns:
        The run, ended; None if nothing is due.

    Raises:
        Busy: Another process runs it.
        MirrorError: The settings or the ledger cannot be read.
        OSError: Not even the state could be written; the next run goes on from the last one.
    """
    with states.only_run(collection):
        now = clock()
        last = states.load(collection)
        if last is None or last.phase == "done":
            rhythm = rhythm_of(collection.config())
            began = None if last is None else datetime.fromisoformat(last.began)
            due = force or rhythm is None or rhythm.is_due(began, now) or _is_unfinished(collection)
            if not due:
                return None
            last = RunState(now.isoformat(timespec="seconds"), _newest_crawl(collection))
            states.save(collection, last)
        under_way = Run(collection, last, show, clock)
        under_way.go_on(on_phase)
        return under_way.state


def _is_unfinished(collection: Collection) -> bool:
    """A crawl stopped before its end (budget, source down, limit) goes on when we are next woken."""
    with closing(collection.database()) as database:
        return Crawls(database).unfinished() is not None


def _newest_crawl(collection: Collection) -> int:
    with closing(collection.database()) as database:
        (number,) = database.connection.execute("SELECT coalesce(max(number), 0) FROM crawl").fetchone()
    return int(number)


__all__ = ["PHASES", "Busy", "Run", "rhythm_of", "run"]
