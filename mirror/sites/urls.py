"""URLs of one source: what lies inside it, and how a reference on a page becomes a URL to ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from mirror.errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_BLANKS = str.maketrans("", "", "\t\r\n")
#: Everything RFC 3986 lets stand, and `%`: an escape that is there is never escaped again.
_PATH_SAFE = "%/:@!$&'()*+,;=~[]"
_QUERY_SAFE = _PATH_SAFE + "?|\\"
_SANE_ASCII = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*\Z")

#: Possessive throughout: a reference that is not plain must cost no more than one look.
_PLAIN = re.compile(
    r"(?:(https?://[a-z0-9][a-z0-9.\-]*+(?::[0-9]++)?+/)|/|(?=[A-Za-z0-9_]))"
    r"(?:[A-Za-z0-9_\-~%]++(?:\.[A-Za-z0-9_\-~%]++)*+/?+)*+(?:\?[A-Za-z0-9_\-~%=&.]*+)?+\Z"
)

#: Query arguments that say who asks, not what is asked; index keys drop the 32-digit ones too.
SESSION_ARGUMENTS = re.compile(
    r"(?i)(?:(?:php|j|asp|cf)?_?sess(?:ion)?_?(?:id)?|aspsessionid\w*|sid|cfid|cftoken|collcc"
    r"|utm_\w+|_t|timestamp)\Z"
)
_SESSION_PATH = re.compile(r"(?i);jsessionid=[^/?]*|/\(S\([0-9a-z]+\)\)(?=/)")

MAX_QUERY_CHARS = 512
MAX_PATH_DEPTH = 12
MAX_SEGMENT_REPEATS = 2

_ASSET = re.compile(
    r"(?i)\.(?:gif|jpe?g|png|bmp|ico|svg|webp|avif|css|m?js|woff2?|ttf|otf|eot|map|mp[34]|swf|tiff?)\Z"
)


@dataclass(frozen=True, slots=True)
class Root:
    """The root of a source: scheme, host, port and the path everything hangs under."""

    base_url: str  #: with trailing slash, no query, no fragment
    origin: str  #: scheme, host and port as in `base_url`, no trailing slash
    scheme: str
    host: str
    port: int
    path: str  #: begins and ends with a slash

    @classmethod
    def of(cls, base_url: str) -> Root:
        """Read a base URL as a person types it.

        Raises:
            UsageError: It is no http or https URL.
        """
        text = base_url.strip()
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"base URL {base_url!r} cannot be read: {error}") from error
        scheme = parts.scheme.lower()
        host = (parts.hostname or "").lower()
        if scheme not in _DEFAULT_PORTS or not host:
            raise UsageError(f"base URL {base_url!r} is not an http or https address, such as http://127.0.0.1:8080/")
        if parts.query or parts.fragment or parts.username is not None:
            raise UsageError(f"base URL {base_url!r} must not carry a user, a query or a fragment")
        path = quote(parts.path, safe=_PATH_SAFE)
        if not path.endswith("/"):
            path += "/"
        netloc = f"[{host}]" if ":" in host else host
        try:
            netloc.encode("ascii")
        except UnicodeEncodeError:
            try:
                netloc = netloc.encode("idna").decode("ascii")
            except UnicodeError as error:
                raise UsageError(f"base URL {base_url!r} has a host name that cannot be read: {error}") from error
            host = netloc
        if port is not None and port != _DEFAULT_PORTS[scheme]:
            netloc += f":{port}"
        origin = f"{scheme}://{netloc}"
        return cls(origin + path, origin, scheme, host, port or _DEFAULT_PORTS[scheme], path)

    def locate(self, url: str) -> tuple[str, str] | None:
        """Path and query of a URL of this source: the path relative to the root, or absolute beside it.

        The fragment is dropped. The default ports of http and https count as one place. None for every
        other host or port, and for what is no http URL.
        """
        if url.startswith(self.base_url):
            rest = url[len(self.base_url) :]
            cut = rest.find("#")
            if cut >= 0:
                rest = rest[:cut]
            path, _, query = rest.partition("?")
            return path, query
        parts = _split(url)
        if parts is None:
            return None
        scheme = parts.scheme.lower()
        if scheme not in _DEFAULT_PORTS or (parts.hostname or "").lower() != self.host:
            return None
        try:
            port = parts.port or _DEFAULT_PORTS[scheme]
        except ValueError:
            return None
        ours = self.port == _DEFAULT_PORTS[self.scheme]
        if port != self.port and not (ours and port == _DEFAULT_PORTS[scheme]):
            return None
        path = parts.path or "/"
        if path + "/" == self.path:
            return "", parts.query
        if path.startswith(self.path):
            return path[len(self.path) :], parts.query
        return path, parts.query


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def resolve(page_url: str, reference: str, charset: str = "utf-8") -> str | None:
    """The URL a browser would ask for a reference on a page; None if it is none of http.

    Paths are sent in UTF-8, queries in the encoding of the page (WHATWG URL, 'percent-encode after
    encoding'); escapes that are there, `%uXXXX` too, are left alone. The fragment is dropped.
    """
    plain = _plain(reference)
    if plain:
        # Nearly every reference: nothing to escape, no dots to resolve. `urljoin` takes ten times as long.
        start = page_url.find("://") + 3
        if start > 2:
            if plain == "absolute":
                return reference
            slash = page_url.find("/", start)
            if reference[0] == "/":
                return (page_url[:slash] if slash > 0 else page_url.partition("?")[0]) + reference
            path = page_url.partition("?")[0].partition("#")[0]
            if slash > 0 and slash < len(path):
                return path[: path.rindex("/") + 1] + reference
    text = reference.strip(" \t\r\n\f\0").translate(_BLANKS)
    try:
        url = urljoin(page_url, text)
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return None
    cut = url.find("#")
    if cut >= 0:
        url = url[:cut]
    if _SANE_ASCII.match(url):
        return url
    try:
        netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
        query = quote(parts.query.encode(charset, "xmlcharrefreplace"), safe=_QUERY_SAFE)
    except (UnicodeError, LookupError):
        return None
    path = quote(parts.path.encode("utf-8", "surrogatepass"), safe=_PATH_SAFE)
    return f"{parts.scheme}://{netloc}{path}" + (f"?{query}" if query else "")


@lru_cache(maxsize=8192)
def _plain(reference: str) -> Literal["", "absolute", "relative"]:
    """Whether a reference may be put behind the page's own address as it is; a few stand on every page."""
    found = _PLAIN.match(reference)
    return "" if not found else "absolute" if found[1] else "relative"


def askable(url: str) -> str | None:
    """A URL as it can be sent: fragment off, what is not ASCII escaped; None if it is none of http."""
    cut = url.find("#")
    if cut >= 0:
        url = url[:cut]
    return url if _SANE_ASCII.match(url) else resolve("", url)


def arguments(query: str) -> list[tuple[str, str]]:
    """The arguments of a query in order, as spelled; empty ones (`?&`, `&&`, a trailing `&`) are nothing."""
    found = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((name, value))
    return found


def canonical(path: str, query: str) -> str:
    """One spelling for a page outside every grammar: who-asks arguments off, the rest in order."""
    path = _SESSION_PATH.sub("", path)
    kept = [
        f"{name}={value}" if value else name for name, value in arguments(query) if not SESSION_ARGUMENTS.match(name)
    ]
    return path + ("?" + "&".join(sorted(kept)) if kept else "")


def is_asset(path: str) -> bool:
    """Whether a path names a picture, style sheet, script or font."""
    return _ASSET.search(path) is not None


def doubt(path: str, query: str) -> str | None:
    """Why a page outside the grammar looks like a trap; None if it does not."""
    if len(query) >= MAX_QUERY_CHARS:
        return f"query of {len(query)} characters"
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) >= MAX_PATH_DEPTH:
        return f"path {len(segments)} levels deep"
    if len(segments) > MAX_SEGMENT_REPEATS and any(
        segments.count(segment) > MAX_SEGMENT_REPEATS for segment in segments
    ):
        return "path that repeats itself"
    return None
