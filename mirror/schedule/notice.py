"""Telling people how a run went: by mail, by a web hook, by a command of theirs."""

from __future__ import annotations

import json
import shlex
import smtplib
import subprocess
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from mirror.config import NotifyConfig

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Notice:
    """One run in words, and in figures for programs."""

    subject: str
    text: str
    facts: dict[str, Any]


def send(settings: NotifyConfig, notice: Notice) -> list[str]:
    """Send a notice every way that is set. Returns what did not work, a sentence each; never raises for that."""
    ways = (
        ("邮件 mail", settings.mail_to, _mail),
        ("webhook", settings.webhook, _post),
        ("命令 command", settings.command, _run),
    )
    problems = []
    for name, target, way in ways:
        if target:
            try:
                way(settings, notice)
            except (OSError, ValueError, smtplib.SMTPException, subprocess.SubprocessError) as error:
                problems.append(f"{name}: {_without_secrets(settings, str(error) or repr(error))}")
    return problems


def _without_secrets(settings: NotifyConfig, text: str) -> str:
    """Errors end up in logs and reports: a password or a secret address must not."""
    for secret in (settings.smtp, settings.webhook, urlsplit(settings.smtp).password or ""):
        if secret:
            text = text.replace(secret, "…")
    return text[:500]


def _mail(settings: NotifyConfig, notice: Notice) -> None:
    message = EmailMessage()
    message["Subject"] = notice.subject
    message["From"] = settings.mail_from or settings.mail_to[0]
    message["To"] = ", ".join(settings.mail_to)
    message["Date"], message["Message-ID"] = formatdate(localtime=True), make_msgid()  # RFC 5322, 3.6
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: keeps holiday replies away
    message.set_content(notice.text)
    server = urlsplit(settings.smtp)
    host, port = server.hostname or "localhost", server.port
    kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with kind(host, port or (465 if server.scheme == "smtps" else 25), timeout=_TIMEOUT_S) as smtp:
        if server.scheme == "smtp+starttls":
            smtp.starttls()
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def _post(settings: NotifyConfig, notice: Notice) -> None:
    body = json.dumps({"subject": notice.subject, "text": notice.text, **notice.facts}, ensure_ascii=False)
    request = urllib.request.Request(
        settings.webhook,
        body.encode("utf-8"),
        {"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
        pass


def _run(settings: NotifyConfig, notice: Notice) -> None:
    subprocess.run(
        shlex.split(settings.command),
        input=json.dumps({"subject": notice.subject, "text": notice.text, **notice.facts}, ensure_ascii=False),
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
        capture_output=True,
    )
