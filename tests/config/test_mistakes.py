"""Every mistake in the settings is one line that says where, what was found, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.config import SECTIONS, load, new_config, with_overrides
from mirror.errors import UsageError

TOP = 'source = "mse"\nbase_url = "http://127.0.0.1:8080/"\n'

#: Text of the file, and the message behind its path.
IN_FILE = {
    "nothing in it": ("", ': source is not set. Write source = "mse" or source = "chorography" at the top'),
    "no quotes": (
        "source = mse\n",
        ": not valid TOML: Invalid value (at line 1, column 10). Mend that place; text stands in quotes",
    ),
    "no end of text": (
        TOP + 'contact = "me@example.cn\n',
        ": not valid TOML: Illegal character '\\n' (at line 3, column 25). Mend that place; text stands in quotes",
    ),
    "the same key twice": (
        TOP + TOP,
        ": not valid TOML: Cannot overwrite a value (at line 3, column 15). Mend that place; text stands in quotes",
    ),
    "another source": ('source = "msee"\n', ", line 1: source: 'msee' is no source; did you mean 'mse'?"),
    "an unheard-of source": (
        'source = "wikipedia"\n',
        ", line 1: source: 'wikipedia' is no source; known: mse, chorography",
    ),
    "a source that is no text": ("source = 5\n", ", line 1: source: 5 is not text in quotes"),
    "no URL": (
        'source = "mse"\nbase_url = "lib.sdsqw.cn"\n',
        ", line 2: base_url: base URL 'lib.sdsqw.cn' is not an http or https address, such as http://127.0.0.1:8080/",
    ),
    "a port out of range": (
        'source = "mse"\nbase_url = "http://a.example:99999/"\n',
        ", line 2: base_url: base URL 'http://a.example:99999/' cannot be read: Port out of range 0-65535",
    ),
    "a misspelt key": (
        TOP + "[politeness]\ndelay = 2\n",
        ", line 4: politeness.delay: there is no such setting here; did you mean 'delay_s'?",
    ),
    "a misspelt section": (
        TOP + "[politness]\ndelay_s = 2\n",
        ", line 3: politness: there is no such setting here; did you mean 'politeness'?",
    ),
    "an unheard-of key": (
        TOP + "[retry]\nqqq = 2\n",
        ", line 4: retry.qqq: there is no such setting here; known: attempts, wait_scale, longest_retry_after_s",
    ),
    "a setting without its section": (
        TOP + "delay_s = 2\n",
        ", line 3: delay_s: there is no such setting here; it belongs under [politeness], as politeness.delay_s",
    ),
    "a setting in another's section": (
        TOP + "[capture]\nquiet_hours = []\n",
        ", line 4: capture.quiet_hours: there is no such setting here; it belongs under [politeness], as "
        "politeness.quiet_hours",
    ),
    "a setting below a section it is not of": (
        TOP + '[capture]\ncontact = "me@example.cn"\n',
        ", line 4: capture.contact: there is no such setting here; it belongs at the top of the file, above all "
        "sections",
    ),
    "robots.txt not wanted": (
        TOP + "[politeness]\nobey_robots = false\n",
        ", line 4: politeness.obey_robots: robots.txt is always obeyed; there is no setting for it. Remove this line",
    ),
    "robots.txt not wanted, as Scrapy has it": (
        TOP + "ROBOTSTXT_OBEY = false\n",
        ", line 3: ROBOTSTXT_OBEY: robots.txt is always obeyed; there is no setting for it. Remove this line",
    ),
    "a section as a value": (
        'source = "mse"\npoliteness = 2\n',
        ", line 2: politeness = 2: this is a section; write [politeness] on a line of its own and its settings below",
    ),
    "a text for a number": (
        TOP + '[politeness]\n\n# how long\ndelay_s = "1 s"\n',
        ', line 6: politeness.delay_s: "1 s" is not a number, such as 1.5',
    ),
    "yes for a number": (
        TOP + "[politeness]\ndelay_s = true\n",
        ", line 4: politeness.delay_s: true is not a number, such as 1.5",
    ),
    "half a request": (
        TOP + "[politeness]\nconcurrency = 1.5\n",
        ", line 4: politeness.concurrency: 1.5 is not a whole number, such as 1000",
    ),
    "no requests": (
        TOP + "[politeness]\nconcurrency = 0\n",
        ", line 4: politeness.concurrency: 0 is out of range; 1 to 64 is allowed",
    ),
    "a negative delay": (
        TOP + "[politeness]\ndelay_s = -1\n",
        ", line 4: politeness.delay_s: -1 is out of range; 0 to 86400 is allowed",
    ),
    "not a number": (
        TOP + "[politeness]\ndelay_s = nan\n",
        ", line 4: politeness.delay_s: nan is out of range; 0 to 86400 is allowed",
    ),
    "no end": (
        TOP + "[capture]\nidle_timeout_s = inf\n",
        ", line 4: capture.idle_timeout_s: inf is out of range; 0.01 to 31622400 is allowed",
    ),
    "a number for yes or no": (
        TOP + "[capture]\naccept_invalid_tls = 1\n",
        ", line 4: capture.accept_invalid_tls: 1 is not true or false",
    ),
    "one text for a list": (
        TOP + '[politeness]\nquiet_hours = "08:00-12:00"\n',
        ', line 4: politeness.quiet_hours: "08:00-12:00" is not a list of texts, such as ["08:00-12:00"]',
    ),
    "times without quotes": (
        TOP + "[politeness]\nquiet_hours = [08:00:00]\n",
        ', line 4: politeness.quiet_hours: [datetime.time(8, 0)] is not a list of texts, such as ["08:00-12:00"]',
    ),
    "no span of time": (
        TOP + '[politeness]\nquiet_hours = ["8-12"]\n',
        ", line 4: politeness.quiet_hours: '8-12' is no span of time; write it as 08:00-12:00, in 24 hours",
    ),
    "an hour too many": (
        TOP + '[politeness]\nquiet_hours = ["08:00-25:00"]\n',
        ", line 4: politeness.quiet_hours: '08:00-25:00' is no span of time; write it as 08:00-12:00, in 24 hours",
    ),
    "quiet all day": (
        TOP + '[politeness]\nquiet_hours = ["08:00-20:00", "19:00-08:00"]\n',
        ", line 4: politeness.quiet_hours: '08:00-20:00' and '19:00-08:00' leave no time of the day to ask anything; "
        "shorten one",
    ),
    "no time zone": (
        TOP + '[politeness]\ntime_zone = "Asia/Peking"\n',
        ", line 4: politeness.time_zone: 'Asia/Peking' is no time zone; write one such as Asia/Shanghai",
    ),
    "a time zone outside its folder": (
        TOP + '[politeness]\ntime_zone = "../etc/passwd"\n',
        ", line 4: politeness.time_zone: '../etc/passwd' is no time zone; write one such as Asia/Shanghai",
    ),
    "a contact nobody can reach": (
        TOP + 'contact = "the library"\n',
        ", line 3: contact: 'the library' is neither an http(s) URL nor an e-mail address (ASCII, no blanks or "
        "parentheses)",
    ),
    "a contact in Chinese": (
        TOP + 'contact = "https://图书馆.example.cn/"\n',
        ", line 3: contact: 'https://图书馆.example.cn/' is neither an http(s) URL nor an e-mail address (ASCII, no "
        "blanks or parentheses)",
    ),
    "a contact that ends the comment": (
        TOP + 'contact = "https://a.example/)x("\n',
        ", line 3: contact: 'https://a.example/)x(' is neither an http(s) URL nor an e-mail address (ASCII, no "
        "blanks or parentheses)",
    ),
    "a header field smuggled in": (
        TOP + 'contact = "https://a.example/\\r\\nCookie: 1"\n',
        ", line 3: contact: 'https://a.example/\\r\\nCookie: 1': write one line of plain text",
    ),
    "two lines of operator": (
        TOP + 'operator = "a\\nb"\n',
        ", line 3: operator: 'a\\nb': write one line of plain text",
    ),
    "a proxy of another kind": (
        TOP + '[capture]\nproxy = "socks5://127.0.0.1:1080"\n',
        ", line 4: capture.proxy: 'socks5://127.0.0.1:1080' is no proxy; write http://[user:password@]host:port",
    ),
    "a proxy with its password": (
        TOP + '[capture]\nproxy = "https://me:secret@proxy.example:3128"\n',
        ", line 4: capture.proxy: 'https://…@proxy.example:3128' is no proxy; write http://[user:password@]host:port",
    ),
}


@pytest.mark.parametrize("case", IN_FILE)
def test_a_mistake_in_the_file(case: str, tmp_path: Path) -> None:
    text, message = IN_FILE[case]
    path = tmp_path / "mirror.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as mistake:
        load(path)
    assert str(mistake.value) == f"{path}{message}"
    assert mistake.value.exit_code == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mirror\.toml: there is no such file\. Copy it from a backup"):
        load(tmp_path / "mirror.toml")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_in_gbk(tmp_path: Path) -> None:
    path = tmp_path / "mirror.toml"
    path.write_bytes(TOP.encode() + 'operator = "省图书馆"\n'.encode("gbk"))
    with pytest.raises(UsageError, match=r"mirror\.toml, byte \d+: not UTF-8\. Save the file as UTF-8"):
        load(path)


#: What stands behind --set, and the message behind it.
OVERRIDDEN = {
    "politeness.delay_s": "write KEY=VALUE, for example --set politeness.delay_s=2",
    "politeness=2": "politeness is a section; name the setting too, such as politeness.delay_s",
    "delay_s=2": "there is no such setting here; it belongs under [politeness], as politeness.delay_s",
    "polite.delay_s=2": "there is no section 'polite'; did you mean 'politeness'?",
    "xyz.delay_s=2": f"there is no section 'xyz'; known: {', '.join(SECTIONS)}",
    "politeness.dealy_s=2": "there is no such setting here; did you mean 'delay_s'?",
    "politeness.delay_s=": "'' is not a number, such as 1.5",
    "politeness.delay_s=fast": "'fast' is not a number, such as 1.5",
    "politeness.delay_s='2'": '"2" is not a number, such as 1.5',
    "politeness.delay_s=1\nconcurrency=9": "'1\\nconcurrency=9' is not a number, such as 1.5",
    "politeness.delay_s=99999": "99999 is out of range; 0 to 86400 is allowed",
    "politeness.concurrency=1.0": "1.0 is not a whole number, such as 1000",
    "politeness.quiet_hours=[8]": '[8] is not a list of texts, such as ["08:00-12:00"]',
    "politeness.quiet_hours=08:00": "'08:00' is no span of time; write it as 08:00-12:00, in 24 hours",
    "politeness.quiet_hours=00:00-24:00": "'00:00-24:00' leaves no time of the day to ask anything; shorten it",
    "politeness.time_zone=Mars": "'Mars' is no time zone; write one such as Asia/Shanghai",
    "politeness.robots=off": "robots.txt is always obeyed; there is no setting for it. Remove this line",
    "capture.accept_invalid_tls=yes": "'yes' is not true or false",
    "capture.max_body_bytes=10": "10 is out of range; 1024 to 1152921504606846976 is allowed",
    "capture.max_body_bytes=5 GB": "'5 GB' is not a whole number, such as 1000",
    "retry.attempts=0": "0 is out of range; 1 to 100 is allowed",
    "source=chorography": "a collection keeps its source; make another with `mirror init`",
    "base_url=ftp://x/": "base URL 'ftp://x/' is not an http or https address, such as http://127.0.0.1:8080/",
    "contact=nobody": "'nobody' is neither an http(s) URL nor an e-mail address (ASCII, no blanks or parentheses)",
}


@pytest.mark.parametrize("override", OVERRIDDEN)
def test_a_mistake_on_the_command_line(override: str) -> None:
    with pytest.raises(UsageError) as mistake:
        with_overrides(new_config("mse", "http://127.0.0.1:8080/"), [override])
    assert str(mistake.value) == f"--set {override}: {OVERRIDDEN[override]}"


def test_a_new_collection_of_no_source() -> None:
    with pytest.raises(UsageError, match="there is no source 'x'"):
        new_config("x")
    with pytest.raises(UsageError, match="contact: 'nobody' is neither"):
        new_config("mse", contact="nobody")
