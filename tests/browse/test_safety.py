"""The door holds: names, methods, sizes, paths; archived pages can do nothing; no question makes it fail."""

from __future__ import annotations

import http.client
import os
import random
from pathlib import Path
from urllib.parse import quote, quote_from_bytes

import pytest

from tests.browse.serving import Served, serving
from tests.home import Home


def test_every_answer_carries_the_fields(served: Served) -> None:
    for path in ("/", "/c/zhi/", "/no", "/c/zhi/ch9/1/1.txt", "/healthz", "/static/x", "/c/zhi.json"):
        headers = served.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers and "Server" not in headers


def test_other_names_are_not_answered(served: Served) -> None:
    for name in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"):
        assert served.get("/", Host=name).status == 421
        port = int(served.view.rpartition(":")[2])
        assert served.get("/", Host=name, port=port).status == 421
    for name in ("localhost", f"127.0.0.1:{served.port}", "LOCALHOST:1", "[::1]:80"):
        assert served.get("/", Host=name).status == 200


def test_only_reading(served: Served) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        answer = served.get("/", method=method)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
    assert served.get("/", method="HEAD").body == b""
    assert served.get("/", Content_Length="5").status == 413
    assert served.get("/about?" + "x" * 3000).status == 414
    assert served.get("/c/" + "x" * 3000).status == 414


def test_others_are_let_in_only_when_told(held: Home) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "archive.example"):
        ran = held.mirror("serve", "--host", host, code=2)
        assert "--public" in ran.stderr
    ran = held.mirror("serve", "--home", str(held.path / "nowhere"), code=2)
    assert "no collections" in ran.stderr
    with serving(held.path, "--host", "0.0.0.0", "--public", "--name", "zhi.example", "--rate", "2") as public:
        assert public.get("/", Host="zhi.example").status == 200
        assert public.get("/", Host="other.example").status == 421
        answers = [public.get("/healthz", Host="zhi.example") for _ in range(60)]
        assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) >= 1


def test_a_port_that_is_taken(held: Home, served: Served) -> None:
    ran = held.mirror("serve", "--port", str(served.port), code=1)
    assert "--port" in ran.stderr and len(ran.stderr.splitlines()) == 1


TRICKS = [
    "/../../../../etc/passwd",
    "/static/../../../../etc/passwd",
    "/static/..%2f..%2f..%2fetc/passwd",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static//etc/passwd",
    "/c/../collections/zhi/mirror.toml",
    "/c/..%2fcollections/",
    "/c/%2e%2e/",
    "/c/zhi/../../mirror.toml",
    "/raw/zhi/..%2f..%2fmirror.toml/0/payload",
    "/raw/zhi/mirror.toml/0/payload",
    "/raw/zhi/..%2fmirror.db/0/record.warc.gz",
    "/raw/zhi/%2fetc%2fpasswd/0/record.warc.gz",
    "/record/zhi/..%5c..%5cmirror.toml/0",
    "/record/zhi/%00/0",
    "/c/zhi%00/",
    "/c/zhi/ch9/1/1.txt%00.css",
    "/c/zhi/ch9/1/../../../../../etc/passwd",
    "//etc/passwd",
    "/file:///etc/passwd",
    "/c/zhi/ch9/99999999999999999999/1",
    "/c/zhi/ch9/1/-1",
    "/c/zhi/ch9/1/0",
    "/timegate/zhi/file:///etc/passwd",
    "/timegate/zhi/http://evil.example/",
    "/sitemap/zhi/999999999.xml",
]


def secrets(home: Path) -> list[bytes]:
    return [b"root:x:0", (home / "collections/zhi/mirror.toml").read_bytes()[:40], b"SQLite format 3"]


@pytest.mark.parametrize("path", TRICKS)
def test_no_path_gets_at_a_file(served: Served, path: str) -> None:
    for port in (served.port, int(served.view.rpartition(":")[2])):
        answer = served.get(path, port=port)
        assert answer.status in (200, 303, 307, 400, 404), answer.text
        assert not any(secret in answer.body for secret in secrets(served.home))
        location = answer.headers.get("Location", "")
        assert "//" not in location.partition("://")[2] and "evil" not in location


PIECES = str.split(r"""
c zhi old ch9 1 history compare record coverage search changes timegate timemap raw sitemap en .json
witness resourcesync .txt
.csv .xml @ @2026 @00000000 -1 0 %00 %ff%fe %ED%A0%80 .. %2e%2e ' " <script> 志 𠀀 + % %zz \ ; ?q= &q=
?old=1&new=2 # / // NEAR( AND * ^ {{7*7}} ${7} http://x/ mse.exe?K=CH9&A=3 999999999999999999999999999999
.well-known capabilitylist.xml
""")
PAGES = [
    "/search/zhi", "/search/old", "/search", "/changes/zhi", "/history/zhi/ch9/1/1", "/c/zhi/ch9/1/1",
    "/coverage/zhi",
]  # fmt: skip
ODD = str.split(r"""
( ) " ' ) ( NEAR( NEAR/ NEAR/9999999999 AND OR NOT ^ * : - {a} a* "a b 渠 灌溉渠 𠀀 \x00 -1 0 99999999999999999999
1986
1986- -1986
--- 1e5 ½ １９８６ 沂水县 37 371323 ' OR 1=1-- %s %n ${7} {{7*7}} <script> ../../etc/passwd y1986 p37* │ ‮ \ud800
""")
FIELDS = ["Accept", "Accept-Datetime", "If-None-Match", "Accept-Language", "Range", "Referer"]
VALUES = ["*/*", "application/json", "\xff", "W/", "bytes=0-1", "x" * 500]
#: By hand MIRROR_ODD_QUESTIONS=10000 and more.
HOW_MANY = int(os.environ.get("MIRROR_ODD_QUESTIONS", "1500"))


def odd_address(chance: random.Random) -> str:
    """An address of pieces that trip programs up, or one of a page with a query of such."""
    if chance.random() < 0.5:
        names = chance.choices(["q", "scope", "years", "place", "page", "old", "new", "kind", "collection"], k=2)
        query = "&".join(f"{name}={quote(' '.join(chance.choices(ODD, k=chance.randint(1, 4))))}" for name in names)
        return f"{chance.choice(['', '/en'])}{chance.choice(PAGES)}{chance.choice(['', '.json'])}?{query}"
    path = "/" + "/".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
    if chance.random() < 0.2:
        path += quote_from_bytes(chance.randbytes(6))
    return quote(path, safe="/?&=%@.:#;+'(){}$*^~!,-_")


def test_no_odd_question_makes_it_fail(served: Served) -> None:
    """Over one connection, headers odd as well."""
    chance = random.Random(7)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    statuses = set()
    for _ in range(HOW_MANY):
        path = odd_address(chance)
        connection.putrequest("GET", path, skip_accept_encoding=True)
        if chance.random() < 0.3:
            connection.putheader(chance.choice(FIELDS), chance.choice(VALUES))
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        statuses.add(answer.status)
        assert answer.status < 500, f"{path}: {answer.status} {body[:300]!r}"
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert b"<script>" not in body.replace(b"<script src=", b""), path
        assert b"Traceback" not in body and body != b"49"
    connection.close()
    assert {200, 404} <= statuses
