"""A collection's settings: `mirror.toml`, checked to the last key, and written with its own explanation."""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mirror import __version__
from mirror.downloader.client import Timeouts
from mirror.downloader.retry import Backoff, RetryPolicy
from mirror.errors import UsageError
from mirror.politeness.quiet import QuietHours
from mirror.sites import SOURCES, open_site

_CONTACT = re.compile(r"(https?://[!-~]+|[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+)")


def _about(default: Any, text: str, *, least: float | None = None, most: float | None = None) -> Any:
    """A setting with its explanation, Chinese first, and the range its value must be in."""
    return field(default=default, metadata={"about": text, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class PolitenessConfig:
    """礼貌 / how gently the source is asked"""

    delay_s: float = _about(1.0, "两次请求之间的秒数 / seconds between requests", least=0, most=86_400)
    jitter: float = _about(0.3, "间隔的随机增加部分 / part of the delay added at random", least=0, most=10)
    concurrency: int = _about(1, "同时请求数 / requests at once", least=1, most=64)
    slowest_factor: float = _about(16.0, "源站变慢时间隔最多放大几倍 / slow down at most so far", least=1, most=1000)
    daily_requests: int = _about(0, "每日最多请求数，0 为不限 / requests a day at most, 0: no limit", least=0)
    daily_bytes: int = _about(0, "每日最多字节数，0 为不限 / bytes a day at most, 0: no limit", least=0)
    quiet_hours: tuple[str, ...] = _about((), '静默时段 / when not to ask, such as ["08:00-12:00", "23:30-01:00"]')
    time_zone: str = _about("Asia/Shanghai", "上述日期与时段的时区 / time zone of days and quiet hours")
    longest_wait_s: float = _about(
        7200.0, "最长等待，更久则停止、下次再续 / wait at most so long, else stop and go on in a later run", least=0
    )
    most_failures_in_a_row: int = _about(
        20, "连续失败或被拦多少次即停 / stop after so many failures or block pages in a row", least=1
    )


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """存档 / what is kept"""

    max_body_bytes: int = _about(4 << 30, "单个响应的最大字节数 / bytes of one answer at most", least=1024)
    max_warc_bytes: int = _about(1_000_000_000, "单个 WARC 文件的大小 / bytes of one WARC file", least=10_000)
    connect_timeout_s: float = _about(30.0, "连接超时 / seconds to connect", least=0.01)
    idle_timeout_s: float = _about(60.0, "无数据超时 / seconds of silence", least=0.01)
    total_timeout_s: float = _about(3600.0, "单次请求总超时 / seconds for one exchange", least=0.01)
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
            # There is time to wait for surplus octets after an answer where we pause between requests anyway.
            settle_s=min(0.1, self.politeness.delay_s / 10),
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


_SECTIONS: dict[str, type[Any]] = {
    "politeness": PolitenessConfig,
    "capture": CaptureConfig,
    "retry": RetryConfig,
}
_TOP = ("source", "base_url", "contact", "operator")


def new_config(
    source: str, base_url: str | None = None, contact: str | None = None, operator: str | None = None
) -> CollectionConfig:
    """Settings of a new collection. Raises UsageError if the base URL or the contact is none."""
    site = open_site(source, base_url)
    return _checked(CollectionConfig(source, site.base_url, contact or "", operator or ""), "the command line")


def load(path: Path) -> CollectionConfig:
    """Read `mirror.toml`.

    Raises:
        UsageError: One line: file, key, what was found, what is allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such file. Copy it from a backup, or make a new collection with `mirror init`"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}, byte {error.start}: not UTF-8. Save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Mend that line") from None
    settings: dict[str, Any] = {}
    for key, value in given.items():
        if key in _SECTIONS:
            if not isinstance(value, dict):
                raise UsageError(f"{path}: {key} = {value!r}: this is a section; write [{key}] on a line of its own")
            known = {item.name: item for item in fields(_SECTIONS[key])}
            hints = get_type_hints(_SECTIONS[key])
            for name in value:
                _known(name, known, f"{path}: [{key}]")
            settings[key] = _SECTIONS[key](
                **{n: _typed(v, hints[n], known[n], f"{path}: {key}.{n}") for n, v in value.items()}
            )
        else:
            _known(key, (*_TOP, *_SECTIONS), str(path))
            if not isinstance(value, str):
                raise UsageError(f"{path}: {key} = {value!r}: put it in quotes")
            settings[key] = value
    if "source" not in settings:
        raise UsageError(f'{path}: source is not set. Write source = "mse" or source = "chorography"')
    if "base_url" not in settings:
        settings["base_url"] = open_site(settings["source"]).base_url if settings["source"] in SOURCES else ""
    return _checked(CollectionConfig(**settings), str(path))


def with_overrides(config: CollectionConfig, overrides: Sequence[str]) -> CollectionConfig:
    """Settings changed for one run by `--set KEY=VALUE`, such as `politeness.delay_s=2`. Raises UsageError."""
    for override in overrides:
        key, equals, text = override.partition("=")
        section, dot, name = key.strip().partition(".")
        where = f"--set {override}"
        if not equals:
            raise UsageError(f"{where}: write KEY=VALUE, for example --set politeness.delay_s=2")
        if not dot:
            _known(section, ("contact", "operator", "base_url"), where)
            top: dict[str, Any] = {section: text}
            config = dataclasses.replace(config, **top)
            continue
        _known(section, _SECTIONS, where)
        known = {item.name: item for item in fields(_SECTIONS[section])}
        _known(name, known, where)
        hint = get_type_hints(_SECTIONS[section])[name]
        value: Any = text.strip()
        if hint is not str:
            try:
                value = tomllib.loads(f"value = {text}")["value"]
            except tomllib.TOMLDecodeError:
                raise UsageError(f"{where}: {text!r} is no {_type_name(hint)}") from None
        changed = {name: _typed(value, hint, known[name], where)}
        config = dataclasses.replace(config, **{section: dataclasses.replace(getattr(config, section), **changed)})
    return _checked(config, "--set")


def require_contact(config: CollectionConfig) -> None:
    """The source must be able to reach whoever crawls it. Raises UsageError if it cannot."""
    host = urlsplit(config.base_url).hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost" or host.endswith(".localhost")
    if not loopback and not config.contact:
        raise UsageError(
            f"contact is not set, and {host} is not this machine. Write a web page or an e-mail address where the "
            f'source can reach you into mirror.toml: contact = "https://library.example.cn/crawler"'
        )


def _known(name: str, allowed: Any, where: str) -> None:
    if name in allowed:
        return
    near = difflib.get_close_matches(name, list(allowed), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(allowed)}"
    raise UsageError(f"{where}: there is no setting {name!r}; {hint}")


def _type_name(hint: Any) -> str:
    names = {int: "whole number", float: "number", bool: "true or false", str: "text in quotes"}
    return names.get(hint, 'list of texts, such as ["08:00-12:00"]')


def _typed(value: Any, hint: Any, item: dataclasses.Field[Any], where: str) -> Any:
    if get_args(hint):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise UsageError(f"{where}: {value!r} is no {_type_name(hint)}")
        return tuple(value)
    right = isinstance(value, (int, float) if hint is float else hint)
    if not right or (isinstance(value, bool) and hint is not bool):
        raise UsageError(f"{where}: {value!r} is no {_type_name(hint)}")
    least, most = item.metadata["least"], item.metadata["most"]
    if (least is not None and value < least) or (most is not None and value > most) or value != value:
        allowed = f"from {least} to {most}" if most is not None else f"{least} or more"
        raise UsageError(f"{where}: {value} is out of range; {allowed} is allowed")
    return float(value) if hint is float else value


def _checked(config: CollectionConfig, where: str) -> CollectionConfig:
    if config.source not in SOURCES:
        raise UsageError(f"{where}: source {config.source!r} is not known; there are: {', '.join(sorted(SOURCES))}")
    open_site(config.source, config.base_url)
    if config.contact and not _CONTACT.fullmatch(config.contact):
        raise UsageError(f"{where}: contact {config.contact!r} is neither an http(s) URL nor an e-mail address")
    for text, name in ((config.operator, "operator"), (config.contact, "contact")):
        if any(ord(character) < 32 for character in text):
            raise UsageError(f"{where}: {name} must be one line")
    try:
        ZoneInfo(config.politeness.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{where}: politeness.time_zone {config.politeness.time_zone!r} is no time zone; "
            f"write one such as Asia/Shanghai"
        ) from None
    try:
        QuietHours.parse(config.politeness.quiet_hours, config.politeness.time_zone)
    except ValueError as error:
        raise UsageError(f"{where}: politeness.quiet_hours: {error}") from None
    if config.capture.proxy and urlsplit(config.capture.proxy).scheme != "http":
        raise UsageError(f"{where}: capture.proxy {config.capture.proxy!r}: write http://[user:password@]host:port")
    return config


def dump(config: CollectionConfig) -> str:
    """The text of `mirror.toml`: every setting with its explanation; `load` gives the same settings back."""
    lines = [
        "# 本馆藏的设置 / Settings of this collection. Change a value, save, and crawl again.",
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
    for section, kind in _SECTIONS.items():
        lines += ["", f"[{section}]  # {(kind.__doc__ or '').strip()}"]
        for item in fields(kind):
            lines += [
                f"# {item.metadata['about']}",
                f"{item.name} = {_toml(getattr(getattr(config, section), item.name))}",
            ]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    # A JSON string, number or boolean is a TOML one too (TOML 1.0: basic strings), DEL apart.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
