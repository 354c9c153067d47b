"""`mirror.toml`: what is written reads back the same, and `--set` changes one run."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror import __version__
from mirror.config import (
    SECTIONS,
    CaptureConfig,
    CollectionConfig,
    PolitenessConfig,
    RetryConfig,
    dump,
    load,
    new_config,
    require_contact,
    with_overrides,
)
from mirror.errors import UsageError

LOOPBACK = "http://127.0.0.1:8080/"

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
line = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
configs = st.builds(
    CollectionConfig,
    source=st.sampled_from(["mse", "chorography"]),
    base_url=st.sampled_from([LOOPBACK, "https://zhi.example.cn/mirror/", "http://[::1]:9/"]),
    contact=st.sampled_from(["", "https://library.example.cn/crawler?a=1", "crawler@library.example.cn"]),
    operator=line,
    politeness=st.builds(
        PolitenessConfig,
        delay_s=st.floats(0, 86_400),
        jitter=st.floats(0, 10),
        concurrency=st.integers(1, 64),
        daily_requests=st.integers(0, 10**9),
        quiet_hours=st.lists(st.builds("{}-{}".format, times, st.just("24:00")), max_size=3).map(
            lambda spans: tuple(span for span in spans if not span.startswith("00:00"))
        ),
        time_zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]),
    ),
    capture=st.builds(
        CaptureConfig,
        max_body_bytes=st.integers(1024, 1 << 60),
        idle_timeout_s=st.floats(0.01, 1e6),
        proxy=st.sampled_from(["", "http://127.0.0.1:3128", "http://me:secret@proxy.example:3128"]),
        accept_invalid_tls=st.booleans(),
    ),
    retry=st.builds(RetryConfig, attempts=st.integers(1, 100), wait_scale=st.floats(0, 100)),
)


@given(config=configs)
def test_what_is_written_reads_back_the_same(
    config: CollectionConfig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("home") / "mirror.toml"
    path.write_text(dump(config), encoding="utf-8")
    assert load(path) == config


def test_the_file_explains_every_setting_in_both_languages() -> None:
    lines = dump(new_config("mse")).splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    count = sum(len(dataclasses.fields(kind)) for kind in SECTIONS.values())
    assert len(settings) == 4 + count
    for number in settings:
        assert re.match(r"# .*[\u4e00-\u9fff].*[a-z]", lines[number - 1]), lines[number]


def test_a_source_and_nothing_else_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "mirror.toml"
    path.write_text('source = "mse"\n')
    config = load(path)
    assert config == new_config("mse")
    assert config.base_url == "http://lib.sdsqw.cn/"
    assert (config.politeness.delay_s, config.politeness.concurrency) == (1.0, 1)
    assert config.politeness.time_zone == "Asia/Shanghai"


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mirror.toml"
    path.write_bytes('\ufeffsource = "mse"\r\n# 注释\r\n[politeness]\r\ndelay_s = 2\r\n'.encode())
    assert load(path).politeness.delay_s == 2.0


def test_the_user_agent_names_whom_to_write_to() -> None:
    config = new_config("mse", contact="https://library.example.cn/crawler")
    assert config.user_agent == f"GazetteerMirror/{__version__} (+https://library.example.cn/crawler)"
    assert new_config("mse").user_agent == f"GazetteerMirror/{__version__}"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8080/",
        "http://127.9.9.9/",
        "http://[::1]/",
        "http://localhost:1/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_nobody_needs_to_be_reached_on_the_own_machine(base_url: str) -> None:
    require_contact(new_config("mse", base_url))


@pytest.mark.parametrize(
    "base_url",
    ["http://lib.sdsqw.cn/", "http://10.0.0.1/", "http://localhost.example.cn/", "http://127.0.0.1.example.cn/"],
)
def test_everyone_else_must_be_able_to_reach_us(base_url: str) -> None:
    with pytest.raises(UsageError, match=r'contact is not set, and .* is not this machine.*contact = "https://'):
        require_contact(new_config("mse", base_url))
    require_contact(new_config("mse", base_url, contact="crawler@library.example.cn"))


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("politeness.delay_s=2", {"delay_s": 2.0}),
        ("politeness.delay_s = 0.5", {"delay_s": 0.5}),
        ("politeness.daily_requests=20_000", {"daily_requests": 20_000}),
        ("politeness.time_zone=Europe/Berlin", {"time_zone": "Europe/Berlin"}),
        ('politeness.time_zone="Europe/Berlin"', {"time_zone": "Europe/Berlin"}),
        ('politeness.quiet_hours=["08:00-12:00"]', {"quiet_hours": ("08:00-12:00",)}),
        ("politeness.quiet_hours=08:00-12:00, 23:00-01:00", {"quiet_hours": ("08:00-12:00", "23:00-01:00")}),
        ('politeness.quiet_hours="08:00-12:00"', {"quiet_hours": ("08:00-12:00",)}),
        ("politeness.quiet_hours=", {"quiet_hours": ()}),
    ],
)
def test_a_setting_is_changed_for_one_run(override: str, changed: dict[str, object]) -> None:
    config = new_config("mse", LOOPBACK)
    expected = dataclasses.replace(config, politeness=dataclasses.replace(config.politeness, **changed))
    assert with_overrides(config, [override]) == expected


def test_later_overrides_win_and_the_top_can_be_set_too() -> None:
    config = with_overrides(
        new_config("mse", LOOPBACK),
        ["contact=me@example.cn", "politeness.delay_s=1", "politeness.delay_s=3", "base_url=http://localhost:81"],
    )
    assert (config.contact, config.politeness.delay_s, config.base_url) == (
        "me@example.cn",
        3.0,
        "http://localhost:81/",
    )


def test_all_waits_are_scaled_together() -> None:
    policy = with_overrides(new_config("mse", LOOPBACK), ["retry.wait_scale=0", "retry.attempts=2"]).retry_policy
    assert policy.attempts == 2
    assert {policy.backoff(cause).first_s for cause in ("dns", "timeout", "503")} == {0.0}


def test_the_file_is_toml_whatever_the_texts() -> None:
    operator = 'back\\slash "quote" \x7f 省图书馆　# no comment'
    config = dataclasses.replace(new_config("mse", LOOPBACK), operator=operator)
    assert tomllib.loads(dump(config))["operator"] == operator
