"""Session cookies, kept in memory: what a network device in front of a site asks to be shown again."""

from __future__ import annotations

import email.message
import urllib.request
from http.cookiejar import CookieJar
from typing import cast

from mirror.downloader.request import Field


class CookieMemory:
    """Cookies as a browser without a profile keeps them (RFC 6265): gone when the client is.

    Costs nothing until the first Set-Cookie is seen.
    """

    __slots__ = ("_jar",)

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    def field(self, uri: str) -> Field | None:
        """The Cookie field to send with a request for `uri`, None if there is nothing to send."""
        if self._jar is None:
            return None
        request = urllib.request.Request(uri)
        self._jar.add_cookie_header(request)
        value = request.get_header("Cookie")
        return (b"Cookie", value.encode("latin-1", "replace")) if value else None

    def learn(self, uri: str, set_cookies: list[bytes]) -> None:
        """Remember what an answer set; cookies that are not of its host are refused."""
        if self._jar is None:
            self._jar = CookieJar()
        message = email.message.Message()
        for value in set_cookies:
            message["Set-Cookie"] = value.decode("latin-1")
        self._jar.extract_cookies(cast("urllib.request._UrlopenRet", _Fields(message)), urllib.request.Request(uri))

    def __len__(self) -> int:
        return 0 if self._jar is None else len(self._jar)


class _Fields:
    """The part of a response that a cookie jar looks at."""

    __slots__ = ("_message",)

    def __init__(self, message: email.message.Message) -> None:
        self._message = message

    def info(self) -> email.message.Message:
        return self._message
