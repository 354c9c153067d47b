"""A collection's settings: `mirror.toml`, checked to the last key, and written with its own explanation."""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mirror import __version__
from mirror.downloader.client import Timeouts
from mirror.downloader.request import Proxy
from mirror.downloader.retry import Backoff, RetryPolicy
from mirror.errors import UsageError
from mirror.frontier.due import DuePolicy
from mirror.frontier.scope import Scope
from mirror.politeness.quiet import QuietHours
from mirror.schedule.rhythm import Rhythm
from mirror.sites import SOURCES, Site, open_site
from mirror.sites.selectors import Selectors, compile_selector

#: Printable ASCII, for a header field; parentheses and backslashes would end the comment it stands in.
_CONTACT = re.compile(
    r"(?=[!-~]+\Z)(?:https?://[^()\\@/?#]+(?:[/?#][^()\\]*)?|[^()\\@]+@[^()\\@.]+(?:\.[^()\\@.]+)+)\Z"
)
#: What people look for and shall not find.
_ROBOTS = re.compile(r"(?i)(?:obey_|respect_|ignore_)?robots(?:_?txt)?(?:_obey)?")
#: No setting needs more, and SQLite and the system's calls take no more.
_MOST_BYTES = 1 << 60
_YEAR_S = 366 * 86_400


def _about(default: Any, text: str, *, least: float = 0, most: float = _YEAR_S) -> Any:
    """A setting with its explanation, Chinese first, and the range its value must be in if it is a number."""
    return field(default=default, metadata={"about": text, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class PolitenessConfig:
    """礼貌 / how gently the source is asked"""

    delay_s: float = _about(1.0, "两次请求之间的秒数 / seconds between requests", least=0, most=86_400)
    jitter: float = _about(0.3, "间隔的随机增加部分 / part of the delay added at random", least=0, most=10)
    concurrency: int = _about(1, "同时请求数 / requests at once", least=1, most=64)
    slowest_factor: float = _about(16.0, "源站变慢时间隔最多放大几倍 / slow down at most so far", least=1, most=1000)
    daily_requests: int = _about(
        0, "每日最多请求数，0 为不限 / requests a day at most, 0: no limit", most=1_000_000_000
    )
    daily_bytes: int = _about(0, "每日最多字节数，0 为不限 / bytes a day at most, 0: no limit", most=_MOST_BYTES)
    quiet_hours: tuple[str, ...] = _about((), '静默时段 / when not to ask, such as ["08:00-12:00", "23:30-01:00"]')
    time_zone: str = _about("Asia/Shanghai", "上述日期与时段的时区 / time zone of days and quiet hours")
    longest_wait_s: float = _about(
        7200.0, "最长等待，更久则停止、下次再续 / wait at most so long, else stop and go on in a later run", least=0
    )
    most_failures_in_a_row: int = _about(
        20, "连续失败或被拦多少次即停 / stop after so many failures or block pages in a row", least=1, most=1_000_000
    )


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """存档 / what is kept"""

    max_body_bytes: int = _about(
        4 << 30, "单个响应的最大字节数 / bytes of one answer at most", least=1024, most=_MOST_BYTES
    )
    max_warc_bytes: int = _about(
        1_000_000_000, "单个 WARC 文件的大小 / bytes of one WARC file", least=10_000, most=_MOST_BYTES
    )
    connect_timeout_s: float = _about(30.0, "连接超时 / seconds to connect", least=0.01)
    idle_timeout_s: float = _about(60.0, "无数据超时 / seconds of silence", least=0.01)
    total_timeout_s: float = _about(3600.0, "单次请求总超时 / seconds for one exchange", least=0.01)
    settle_s: float = _about(
        0.05, "等待多余字节的秒数 / seconds to wait for octets beyond an answer's end", least=0, most=10
    )
    proxy: str = _about("", "代理 / proxy, http://[user:password@]host:port")
    accept_invalid_tls: bool = _about(False, "接受过期或自签证书（会记录） / accept bad certificates (noted)")


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """重试 / asking again"""

    attempts: int = _about(8, "一个网址最多尝试次数 / attempts at one URL at most", least=1, most=100)
    wait_scale: float = _about(1.0, "等待时间的倍数 / all waits times this", least=0, most=100)
    longest_retry_after_s: float = _about(
        1800.0, "Retry-After 更长则留待下次 / a longer Retry-After is left to a later run", least=0
    )


@dataclass(frozen=True, slots=True)
class RecrawlConfig:
    """重抓 / crawling again, with `mirror run` or `mirror crawl --due`"""

    sweep_days: float = _about(
        90.0, "最多多少天内全部重问一遍 / everything is asked again within so many days", least=0.00001, most=36_500
    )
    due_chance: float = _about(
        0.2, "变化的可能性达到多少即重问 / ask again once a change is so likely, 0 to 1", least=0.001, most=1
    )
    important: tuple[str, ...] = _about(
        (), '更受关注的库、书、条目 / places looked at more often, such as ["ch9", "a/70"]'
    )
    most_shrinkage: float = _about(
        0.2,
        "目录一次减少超过此比例则不采信、停下待查 / a list that lost more than this part at once is not believed",
        least=0,
        most=1,
    )

    @property
    def policy(self) -> DuePolicy:
        return DuePolicy(sweep_days=self.sweep_days, due_chance=self.due_chance)

    @property
    def important_places(self) -> list[Scope]:
        return [Scope.parse(text) for text in self.important]


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """检索 / the search index"""

    index: str = _about(
        "live",
        '何时编索引：抓取的间隙，或抓取结束之后 / when a crawl indexes: "live", in its pauses, or "after" its end',
    )


@dataclass(frozen=True, slots=True)
class SelectorsConfig(Selectors):
    """网页改版时的提示，CSS 或 XPath / hints for pages of unknown markup, CSS or XPath; then `mirror rebuild`"""

    entry_text: str = _about("", "正文所在 / the text of an entry, such as 'div.content pre'")
    entry_title: str = _about("", "条目标题 / its title")
    entry_path: str = _about("", "上级标题，每级一个 / the headings above it, one each")
    links: str = _about("", "库、书、条目的链接 / links to libraries, books, entries, such as '//li/@data-path'")


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """定时 / when `mirror run` crawls again; set by `mirror schedule`"""

    every: str = _about("", '多久一次，空为不定时 / how often, such as "7d", "12h"; empty: not on schedule')
    at: str = _about("02:00", "几点（politeness.time_zone 时区） / time of the day, in politeness.time_zone")
    keep_reports: int = _about(500, "保留最近多少份抓取报告 / newest reports that are kept", least=2, most=1_000_000)
    metrics_file: str = _about("", "Prometheus 文本文件的路径 / file for node_exporter's textfile collector")


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """通知 / whom `mirror run` tells how it went"""

    when: str = _about("trouble", '何时通知 / "always", "trouble" or "never"')
    mail_to: tuple[str, ...] = _about((), '收件人 / addresses, such as ["archive@library.example.cn"]')
    mail_from: str = _about("", "发件人，空则同收件人 / sender; empty: the first recipient")
    smtp: str = _about(
        "smtp://localhost:25", "邮件服务器 / smtp://, smtp+starttls:// or smtps://[user:password@]host:port"
    )
    webhook: str = _about("", "以 JSON 通知的网址 / http(s) URL that gets a POST of JSON")
    command: str = _about("", "运行的命令，标准输入为 JSON / command that gets JSON on its standard input")


@dataclass(frozen=True, slots=True)
class CollectionConfig:
    """Everything `mirror.toml` says.

    Attributes:
        source: Name of the source, one of `mirror.sites.SOURCES`.
        base_url: Root of the site, with trailing slash.
        contact: URL or e-mail that stands in the User-Agent; must be set for any host that is not loopback.
        operator: Who crawls, for the warcinfo.
    """

    source: str
    base_url: str
    contact: str = ""
    operator: str = ""
    politeness: PolitenessConfig = PolitenessConfig()
    capture: CaptureConfig = CaptureConfig()
    retry: RetryConfig = RetryConfig()
    recrawl: RecrawlConfig = RecrawlConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    notify: NotifyConfig = NotifyConfig()
    selectors: SelectorsConfig = SelectorsConfig()
    search: SearchConfig = SearchConfig()

    def site(self) -> Site:
        """The source, as these settings read it."""
        return open_site(self.source, self.base_url, self.selectors)

    @property
    def user_agent(self) -> str:
        """Who we are, and whom to write to (RFC 9110, 10.1.5)."""
        name = f"GazetteerMirror/{__version__}"
        return f"{name} (+{self.contact})" if self.contact else name

    @property
    def timeouts(self) -> Timeouts:
        return Timeouts(
            connect_s=self.capture.connect_timeout_s,
            idle_s=self.capture.idle_timeout_s,
            total_s=self.capture.total_timeout_s,
            # Where we pause between requests anyway, there is time to see whether more comes than was announced.
            settle_s=min(self.capture.settle_s, self.politeness.delay_s),
        )

    @property
    def retry_policy(self) -> RetryPolicy:
        """The policy with every wait scaled."""
        scale, usual = self.retry.wait_scale, RetryPolicy()
        scaled: dict[str, Any] = {
            item.name: Backoff(value.attempts, value.first_s * scale, value.longest_s * scale)
            for item in fields(RetryPolicy)
            if isinstance(value := getattr(usual, item.name), Backoff)
        }
        return dataclasses.replace(
            usual, **scaled, attempts=self.retry.attempts, longest_retry_after_s=self.retry.longest_retry_after_s
        )

    @property
    def quiet_hours(self) -> QuietHours:
        return QuietHours.parse(self.politeness.quiet_hours, self.politeness.time_zone)


SECTIONS: dict[str, type[Any]] = {
    "politeness": PolitenessConfig,
    "capture": CaptureConfig,
    "retry": RetryConfig,
    "recrawl": RecrawlConfig,
    "selectors": SelectorsConfig,
    "schedule": ScheduleConfig,
    "notify": NotifyConfig,
    "search": SearchConfig,
}
_TOP = ("source", "base_url", "contact", "operator")
_KINDS = {
    int: "a whole number, such as 1000",
    float: "a number, such as 1.5",
    bool: "true or false",
    str: "text in quotes",
    tuple[str, ...]: 'a list of texts, such as ["08:00-12:00"]',
}


def new_config(
    source: str, base_url: str | None = None, contact: str | None = None, operator: str | None = None
) -> CollectionConfig:
    """Settings of a new collection. Raises UsageError if the source, the base URL or the contact is none."""
    site = open_site(source, base_url)
    return _checked(CollectionConfig(source, site.base_url, contact or "", operator or ""), lambda key: key)


# -- reading -----------------------------------------------------------------------------------------------


def load(path: Path) -> CollectionConfig:
    """Read `mirror.toml`.

    Raises:
        UsageError: One line: file and line, key, what was found, what is allowed.
    """
    text = _read(path)
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Mend that place; text stands in quotes") from None

    def place(key: str) -> str:
        line = _line_of(text, key)
        return f"{path}, line {line}: {key}" if line else f"{path}: {key}"

    settings: dict[str, Any] = {}
    for key, value in given.items():
        if key in SECTIONS:
            if not isinstance(value, dict):
                raise UsageError(
                    f"{place(key)} = {_shown(value)}: this is a section; write [{key}] on a line of its own and "
                    f"its settings below"
                )
            settings[key] = _section(key, value, place)
        else:
            _require_known(key, None, place(key))
            settings[key] = _typed(value, str, None, place(key))
    if "source" not in settings:
        raise UsageError(f'{path}: source is not set. Write source = "mse" or source = "chorography" at the top')
    if "base_url" not in settings and settings["source"] in SOURCES:
        settings["base_url"] = open_site(settings["source"]).base_url
    return _checked(CollectionConfig(**{"base_url": "", **settings}), place)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such file. Copy it from a backup, or make a new collection with `mirror init`"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}, byte {error.start}: not UTF-8. Save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None


def _line_of(text: str, key: str) -> int | None:
    """The line on which a key is set, for a person to find it; None if it is written in an unusual way."""
    section, _, name = key.rpartition(".")
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            current = header[1]
            if not section and current == name:
                return number
        elif current == section and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
            return number
    return None


def _section(section: str, given: dict[str, Any], place: Callable[[str], str]) -> Any:
    kind = SECTIONS[section]
    items = {item.name: item for item in fields(kind)}
    hints = get_type_hints(kind)
    for name in given:
        _require_known(name, section, place(f"{section}.{name}"))
    return kind(**{n: _typed(v, hints[n], items[n], place(f"{section}.{n}")) for n, v in given.items()})


def with_overrides(config: CollectionConfig, overrides: Sequence[str]) -> CollectionConfig:
    """Settings changed for one run by `--set KEY=VALUE`, such as `politeness.delay_s=2`. Raises UsageError."""
    for override in overrides:
        key, equals, text = (part.strip() for part in override.partition("="))
        where = f"--set {override}"
        if not equals:
            raise UsageError(f"{where}: write KEY=VALUE, for example --set politeness.delay_s=2")
        section, dot, name = key.rpartition(".")
        if not dot:
            if name in SECTIONS:
                example = f"{name}.{fields(SECTIONS[name])[0].name}"
                raise UsageError(f"{where}: {name} is a section; name the setting too, such as {example}")
            _require_known(name, None, where)
            if name == "source":
                raise UsageError(f"{where}: a collection keeps its source; make another with `mirror init`")
            top: dict[str, Any] = {name: _value(text, str, where)}
            config = dataclasses.replace(config, **top)
        else:
            if section not in SECTIONS:
                raise UsageError(f"{where}: there is no section {section!r}; {_nearest(section, SECTIONS)}")
            _require_known(name, section, where)
            kind = SECTIONS[section]
            hint = get_type_hints(kind)[name]
            item = next(item for item in fields(kind) if item.name == name)
            changed = {name: _typed(_value(text, hint, where), hint, item, where)}
            config = dataclasses.replace(
                config, **{section: dataclasses.replace(getattr(config, section), **changed)}
            )
        config = _checked(config, lambda key, where=where: where)  # type: ignore[misc]
    return config


def _value(text: str, hint: Any, where: str) -> Any:
    """A value as typed on a command line, where quotes and brackets may have been left out."""
    bare = hint is str or (get_args(hint) and not text.startswith("["))
    if bare and not text.startswith(('"', "'")):
        return text if hint is str else [one.strip() for one in text.split(",") if one.strip()]
    try:
        if "\n" in text:
            raise ValueError("more than one line")
        value = tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        raise UsageError(f"{where}: {text!r} is not {_KINDS[hint]}") from None
    return [value] if get_args(hint) and isinstance(value, str) else value


# -- checking ----------------------------------------------------------------------------------------------


def require_contact(config: CollectionConfig) -> None:
    """The source must be able to reach whoever crawls it. Raises UsageError if it cannot."""
    host = urlsplit(config.base_url).hostname or ""
    if config.contact or _is_loopback(host):
        return
    raise UsageError(
        f"contact is not set, and {host} is not this machine. Write a web page or an e-mail address where the "
        f'source can reach you into mirror.toml: contact = "https://library.example.cn/crawler"'
    )


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761, 6.3
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _require_known(name: str, section: str | None, where: str) -> None:
    known = (*_TOP, *SECTIONS) if section is None else tuple(item.name for item in fields(SECTIONS[section]))
    if name in known:
        return
    if _ROBOTS.fullmatch(name):
        raise UsageError(f"{where}: robots.txt is always obeyed; there is no setting for it. Remove this line")
    home = next(
        (other for other, kind in SECTIONS.items() if other != section and name in (f.name for f in fields(kind))),
        None,
    )
    if home is not None:
        advice = f"it belongs under [{home}], as {home}.{name}"
    elif section is not None and name in _TOP:
        advice = "it belongs at the top of the file, above all sections"
    else:
        advice = _nearest(name, known)
    raise UsageError(f"{where}: there is no such setting here; {advice}")


def _nearest(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


def _shown(value: Any) -> str:
    """A value as it stands in the file, cut if long."""
    try:
        text = _toml(value)
    except TypeError:
        text = str(value)  # a date or a time, or a list of them
    return text if len(text) <= 60 else text[:57] + "..."


def _typed(value: Any, hint: Any, item: dataclasses.Field[Any] | None, where: str) -> Any:
    if get_args(hint):
        right = isinstance(value, list) and all(isinstance(one, str) for one in value)
    elif hint is float:
        right = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        right = type(value) is hint
    if not right:
        raise UsageError(f"{where}: {_shown(value)} is not {_KINDS[hint]}")
    if hint in (int, float) and item is not None:
        least, most = item.metadata["least"], item.metadata["most"]
        if not least <= value <= most:  # nor is nan
            raise UsageError(f"{where}: {value} is out of range; {least} to {most} is allowed")
        return hint(value)
    return tuple(value) if get_args(hint) else value


def _checked(config: CollectionConfig, place: Callable[[str], str]) -> CollectionConfig:
    """The settings, if their texts mean something. `place` says where a key was set."""
    if config.source not in SOURCES:
        raise UsageError(f"{place('source')}: {config.source!r} is no source; {_nearest(config.source, SOURCES)}")
    try:
        site = open_site(config.source, config.base_url)
    except UsageError as error:
        raise UsageError(f"{place('base_url')}: {error}") from None
    for name, text in (("contact", config.contact), ("operator", config.operator)):
        if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
            raise UsageError(f"{place(name)}: {text!r}: write one line of plain text")
    if config.contact and not _CONTACT.match(config.contact):
        raise UsageError(
            f"{place('contact')}: {config.contact!r} is neither an http(s) URL nor an e-mail address (ASCII, no "
            f"blanks or parentheses)"
        )
    polite, capture = config.politeness, config.capture
    try:
        ZoneInfo(polite.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        advice = "write one such as Asia/Shanghai"
        if not available_timezones():
            advice = "this machine knows none: install Debian's tzdata, or `pip install tzdata`"
        raise UsageError(f"{place('politeness.time_zone')}: {polite.time_zone!r} is no time zone; {advice}") from None
    try:
        QuietHours.parse(polite.quiet_hours, polite.time_zone)
    except ValueError as error:
        raise UsageError(f"{place('politeness.quiet_hours')}: {error}") from None
    for item in fields(SelectorsConfig):
        selector = getattr(config.selectors, item.name)
        if selector:
            try:
                compile_selector(selector)
            except UsageError as error:
                raise UsageError(f"{place(f'selectors.{item.name}')}: {error}") from None
    _check_schedule(config, place)
    if config.search.index not in ("live", "after"):
        raise UsageError(f'{place("search.index")}: {config.search.index!r}: write "live" or "after"')
    for text in config.recrawl.important:
        try:
            Scope.parse(text)
        except UsageError as error:
            raise UsageError(f"{place('recrawl.important')}: {error}") from None
    if capture.proxy:
        try:
            Proxy.parse(capture.proxy)
        except ValueError:
            # Without its user and password: errors end up in logs and mails.
            shown = re.sub(r"//.*@", "//…@", capture.proxy)
            raise UsageError(
                f"{place('capture.proxy')}: {shown!r} is no proxy; write http://[user:password@]host:port"
            ) from None
    return dataclasses.replace(config, base_url=site.base_url)


def _check_schedule(config: CollectionConfig, place: Callable[[str], str]) -> None:
    schedule, notify = config.schedule, config.notify
    for key, every, at in (("every", schedule.every or "1d", "02:00"), ("at", "1d", schedule.at)):
        try:
            Rhythm.parse(every, at, config.politeness.time_zone)
        except ValueError as error:
            raise UsageError(f"{place(f'schedule.{key}')}: {error}") from None
    if notify.when not in ("always", "trouble", "never"):
        raise UsageError(f'{place("notify.when")}: {notify.when!r}: write "always", "trouble" or "never"')
    for address in (*notify.mail_to, *filter(None, [notify.mail_from])):
        if not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", address):
            where = place("notify.mail_from" if address == notify.mail_from else "notify.mail_to")
            raise UsageError(f"{where}: {address!r} is no e-mail address")
    for key, url, schemes in (
        ("smtp", notify.smtp, ("smtp", "smtp+starttls", "smtps")),
        ("webhook", notify.webhook or "http://unset", ("http", "https")),
    ):
        try:
            parts = urlsplit(url)
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good = False
        if not good:  # without its value: it may hold a password
            raise UsageError(f"{place(f'notify.{key}')}: write {schemes[-1]}://host, with its port if need be")


# -- writing -----------------------------------------------------------------------------------------------


def dump(config: CollectionConfig) -> str:
    """The text of `mirror.toml`: every setting with its explanation; `load` gives the same settings back."""
    lines = [
        "# 本馆藏的设置 / Settings of this collection. Change a value, save, and crawl again.",
        "# robots.txt 始终遵守 / robots.txt is always obeyed; there is no setting for it.",
        "",
        "# 来源 / source: mse (old CGI) or chorography (public mirror)",
        f"source = {_toml(config.source)}",
        "# 网站根地址 / root of the site",
        f"base_url = {_toml(config.base_url)}",
        "# 联系方式，写入 User-Agent，源站据此找到您 / URL or e-mail where the source can reach you",
        f"contact = {_toml(config.contact)}",
        "# 操作者 / person or institution, for the WARC's own description",
        f"operator = {_toml(config.operator)}",
    ]
    for section, kind in SECTIONS.items():
        lines += ["", f"# {(kind.__doc__ or '').strip()}", f"[{section}]"]
        for item in fields(kind):
            value = getattr(getattr(config, section), item.name)
            lines += [f"# {item.metadata['about']}", f"{item.name} = {_toml(value)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    # A JSON string, number or boolean is a TOML one too (TOML 1.0: basic strings), DEL apart.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
