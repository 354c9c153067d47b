"""What is asked, and its exact bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

Field = tuple[bytes, bytes]

# RFC 3986, 3.2 and 3.3, no stricter than servers are: whatever is printable ASCII goes out as it stands.
_URI = re.compile(
    r"(?P<scheme>(?i:https?))://(?:[^/?#]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]/?#:@]+)(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?"
)
_PRINTABLE = re.compile(r"[!-~]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where a request goes; connections are kept per origin."""

    scheme: str  #: "http" or "https"
    host: str  #: lower case, an IPv6 address without brackets
    port: int

    @property
    def authority(self) -> str:
        """Value of the Host field (RFC 9110, 7.2): no port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A URI taken apart, nothing in path and query re-quoted."""

    uri: str  #: as asked for, without fragment and userinfo
    origin: Origin
    path: str  #: path and query, exactly as in the URI; "/" where the path is empty


def parse_target(url: str) -> Target:
    """Take a URI apart.

    Raises:
        ValueError: It is no http(s) URI in printable ASCII; quote it first (`w3lib.url.safe_url_string`).
    """
    found = _URI.fullmatch(url)
    if found is None or _PRINTABLE.fullmatch(url) is None:
        raise ValueError(f"{url!r} is not an http or https URI in printable ASCII; quote it before asking for it")
    scheme, host, port, path, query = found.groups()
    scheme = scheme.lower()
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        raise ValueError(f"{url!r} names port {port}, and ports end at 65535")
    fragment = url.find("#")
    uri = url if fragment < 0 else url[:fragment]
    if "@" in uri:
        authority = uri.split("/", 3)[2].split("?", 1)[0]
        uri = uri.replace(authority, authority.rpartition("@")[2], 1)
    return Target(uri, Origin(scheme, host.strip("[]").lower(), number), (path or "/") + (query or ""))


def request_bytes(
    target: Target, method: str, headers: Sequence[Field], body: bytes = b"", *, absolute: bool = False
) -> bytes:
    """The request as it is sent: request line, Host, the given fields exactly, body.

    A Host field among `headers` stands in for ours, where it is. Content-Length is added when there is a
    body and none is given.

    Args:
        absolute: Name the whole URI, as a proxy wants it (RFC 9112, 3.2.2).

    Raises:
        ValueError: A field or the method would break the framing of the request.
    """
    authority = target.origin.authority
    path = f"{target.origin.scheme}://{authority}{target.path}" if absolute else target.path
    names = {name.lower() for name, _ in headers}
    lines = [f"{method} {path} HTTP/1.1".encode("ascii")]
    if b"host" not in names:
        lines.append(b"Host: " + authority.encode("ascii"))
    lines += [name + b": " + value for name, value in headers]
    if (body or method in ("POST", "PUT", "PATCH")) and not names & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1:
        raise ValueError("a method or header field holds a line end")
    return head + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy on the way: absolute-form for http, CONNECT for https."""

    host: str
    port: int
    authorization: bytes | None = None  #: value of Proxy-Authorization; never written into an archive

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """Read `http://[user:password@]host:port`.

        Raises:
            ValueError: It is anything else.
        """
        target = parse_target(url)
        if target.origin.scheme != "http":
            raise ValueError(f"{target.uri!r}: only proxies spoken to in plain http are supported")
        userinfo, at, _ = url.split("/", 3)[2].rpartition("@")
        authorization = b"Basic " + base64.b64encode(unquote_to_bytes(userinfo)) if at else None
        return cls(target.origin.host, target.origin.port, authorization)

    def connect_request(self, origin: Origin) -> bytes:
        """What asks the proxy for a tunnel (RFC 9110, 9.3.6)."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        authority = f"{host}:{origin.port}".encode("ascii")
        return b"CONNECT " + authority + b" HTTP/1.1\r\nHost: " + authority + b"\r\n" + self.field + b"\r\n"

    @property
    def field(self) -> bytes:
        """The Proxy-Authorization line, empty without credentials."""
        return b"Proxy-Authorization: " + self.authorization + b"\r\n" if self.authorization else b""
