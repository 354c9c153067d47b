"""One run of a collection: crawl, verify, report, tell, prune.

Each phase may be done twice without harm, and the state is saved after each (`schedule.state`): a run that was killed
anywhere goes on by the next one. A phase that fails does not keep the later ones from telling of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from mirror.collection import Collection
from mirror.config import CollectionConfig
from mirror.crawling import crawl_once
from mirror.diff.changelog import changelog
from mirror.diff.words import KIND_WORDS
from mirror.errors import MirrorError
from mirror.events import Event
from mirror.frontier import reconcile
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
from mirror.store.coverage import Coverage, coverage, failed_questions
from mirror.store.database import OtherTablesError
from mirror.verify import fixity
from mirror.verify.check import verify
from warc.errors import WarcError
from warc.record import warc_date

log = logging.getLogger(__name__)

#: What a comparison counts and is no change.
_STILL = ("unchanged", "unseen")

#: Told each phase as it begins, by collection and name.
OnPhase = Callable[[str, str], None]
#: Told why a run begins, or goes on, by collection.
OnBegin = Callable[[str, str], None]


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
        self._counted: Coverage | None = None

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
            with closing(self.collection.database()) as database:
                found = self.coverage(database.connection)
            write_textfile(self.collection.path / self.config.schedule.metrics_file, self.collection, found)

    def coverage(self, db: sqlite3.Connection) -> Coverage:
        """How the collection stands once the crawl has ended: of a large one that takes a while to count."""
        if self._counted is None:
            self._counted = coverage(db, self.collection.archive)
        return self._counted

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
            later = database.connection.execute(
                "SELECT number, max(began) FROM crawl WHERE outcome IS NOT 'import' AND began > ?",
                (warc_date(self._clock()),),
            ).fetchone()
        if row is not None:
            self.state.crawl, self.state.outcome = row
        if later[1] is not None:
            self.problem(
                f"第 {later[0]} 次抓取记在将来 {later[1][:19]}Z：时钟曾经不准，此后所得在那之前都算旧 "
                f"crawl {later[0]} is dated in the future: what is found until then passes for older"
            )

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
            self.state.complete = self.coverage(db).complete
            if failed := failed_questions(db):
                self.problem(f"{failed} 问未得答复 questions got no answer when they were last asked")
            for (number,) in db.execute(
                "SELECT number FROM crawl WHERE number >= ? AND outcome IS NOT 'import'", (self.state.after,)
            ):
                if not (self.collection.reports / f"crawl-{number:05d}.json").exists():
                    write_report(self.collection.reports, crawl_report(db, number, self.coverage(db)))
            if self.state.crawl is not None and not _is_shown(self.collection.reports, self.state.crawl):
                write_page(self.collection, self.state.crawl, self.coverage(db))

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
            totals = self.coverage(database.connection).totals()
            changes = self._changes(database.connection)
        lines = [
            f"馆藏 collection: {name} ({self.config.base_url})",
            f"开始 began: {state.began}",
            *([f"中断后续做 taken up again after it was cut off: {state.resumed} ×"] if state.resumed else []),
            f"抓取 crawl: {state.crawl} ({state.outcome})",
            f"条目 entries: {totals['captured']} / {totals['expected']}, 缺 missing {totals['missing']}, "
            f"失败 failed {totals['failed']}, 已撤 gone {totals['gone']}",
            f"变更 changes: {_in_words(changes)}",
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
            "changes": changes,
        }
        return Notice(f"[方志镜像 mirror] {name}: {word}", "\n".join(lines) + "\n", facts)

    def _changes(self, db: sqlite3.Connection) -> dict[str, int] | None:
        """Counts of what the newest crawl changed, by kind; None if there is nothing to compare it with."""
        found = None if self.state.crawl is None else changelog(db, self.collection.name, self.state.crawl, most=0)
        return None if found is None else found["summary"]

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


def _in_words(changes: dict[str, int] | None) -> str:
    if changes is None:
        return "无从比较 nothing to compare with"
    said = [
        f"{' '.join(KIND_WORDS[kind])} {count}" for kind, count in changes.items() if count and kind not in _STILL
    ]
    return "，".join(said) or "无 none"


def _is_shown(folder: Path, number: int) -> bool:
    """Whether a crawl's page stands beside its report, and is no older."""
    report, page = folder / f"crawl-{number:05d}.json", folder / f"crawl-{number:05d}.html"
    return page.exists() and page.stat().st_mtime_ns >= report.stat().st_mtime_ns


def rhythm_of(config: CollectionConfig) -> Rhythm | None:
    """The rhythm the settings ask for; None if they ask for none."""
    schedule = config.schedule
    return Rhythm.parse(schedule.every, schedule.at, config.politeness.time_zone) if schedule.every else None


def run(
    collection: Collection,
    *,
    force: bool = False,
    show: Callable[[Event], None] = lambda event: None,
    on_begin: OnBegin = lambda collection, why: None,
    on_phase: OnPhase = lambda collection, phase: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RunState | None:
    """Do what is due of a collection: go on with a run that was killed, or begin one if it is time.

    Args:
        collection: Whose lock is free.
        force: Begin a run even if none is due.
        show: Told what the crawl does.
        on_begin: Told why a run begins, or goes on.
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
        try:
            _bring_up_to_date(collection, on_phase)
            begun = _begin(collection, clock(), force=force)
            if begun is None:
                return None
            state, why = begun
            on_begin(collection.name, why)
            states.save(collection, state)
            under_way = Run(collection, state, show, clock)
            under_way.go_on(on_phase)
        except (MirrorError, WarcError, OSError, sqlite3.Error) as error:
            _tell_of_failure(collection, error)
            raise
        return under_way.state


def _bring_up_to_date(collection: Collection, on_phase: OnPhase) -> None:
    """Rebuild a ledger that another version of this program wrote: nobody may be there to do it.

    Raises:
        MirrorError: It cannot be rebuilt, or should not be: the old ledger alone tells what lost files held.
    """
    try:
        collection.database().close()
    except OtherTablesError as error:
        gone = [name for name in fixity.read(collection.path).digests if not (collection.path / name).exists()]
        if gone:
            raise MirrorError(
                f"{error}; a run does not do that by itself while files of the manifest are gone: {', '.join(gone)}"
            ) from error
        on_phase(collection.name, "rebuild")
        with collection.locked():
            reconcile.rebuild(collection, collection.config().site())


def _begin(collection: Collection, now: datetime, *, force: bool) -> tuple[RunState, str] | None:
    """The run to go on with or to begin, and why; None if none is due."""
    last = states.load(collection)
    if last is not None and last.phase != "done":
        last.resumed += 1
        return last, (
            f"{last.began} 开始的运行断在 {last.phase}，从那里接着做 "
            f"the run that began then broke off in its phase {last.phase!r}, and goes on there"
        )
    why = _why(collection, last, now, force=force)
    return None if why is None else (RunState(now.isoformat(timespec="seconds"), _newest_crawl(collection)), why)


def _why(collection: Collection, last: RunState | None, now: datetime, *, force: bool) -> str | None:
    """Why a run is to begin now; None if it is not."""
    rhythm = rhythm_of(collection.config())
    if last is None:
        lost = states.path_of(collection).exists()
        return "run.json 读不出，重新开始 cannot be read: begun anew" if lost else "首次运行 the first run"
    if force or rhythm is None:
        return "按要求 as asked for"
    began = datetime.fromisoformat(last.began)
    if began > now:
        return f"上次始于 {last.began}，在将来：时钟改过 the last run began in the future: the clock was changed"
    if rhythm.is_due(began, now):
        missed = rhythm.missed(began, now)
        return (
            f"到期；错过 {missed} 次，只补这一次 due; {missed} were missed, and this one makes up for them"
            if missed
            else "到期 due"
        )
    if _is_unfinished(collection):
        return "上次抓取未完，接着抓 the last crawl did not come to its end, and goes on"
    return None


def _tell_of_failure(collection: Collection, error: Exception) -> None:
    """Tell people of a run that could not even begin or be noted, as after an upgrade or on a full disk."""
    with suppress(MirrorError):
        notify = collection.config().notify
        if notify.when != "never":
            name = collection.name
            text = f"馆藏 collection: {name}\n运行未能进行 the run could not be made:\n! {error}\n"
            facts = {"collection": name, "exit_code": 1, "problems": [str(error)]}
            for problem in send(notify, Notice(f"[方志镜像 mirror] {name}: 失败 FAILED", text, facts)):
                log.warning("%s", problem)


def _is_unfinished(collection: Collection) -> bool:
    """A crawl stopped before its end (budget, source down, limit) goes on when we are next woken."""
    with closing(collection.database()) as database:
        return Crawls(database).unfinished() is not None


def _newest_crawl(collection: Collection) -> int:
    with closing(collection.database()) as database:
        (number,) = database.connection.execute("SELECT coalesce(max(number), 0) FROM crawl").fetchone()
    return int(number)


__all__ = ["PHASES", "Busy", "Run", "rhythm_of", "run"]
