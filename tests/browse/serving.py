"""`mirror serve` as a user starts it, in a process of its own, and plain requests to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A running server."""

    root: str
    home: Path
    pid: int

    @property
    def port(self) -> int:
        return int(self.root.rpartition(":")[2])

    def get(self, path: str, *, method: str = "GET", port: int | None = None, **headers: str) -> Answer:
        """Ask for exactly this path; no redirect is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.putrequest(method, path, skip_host="Host" in named, skip_accept_encoding=True)
            for name, value in named.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def page(self, path: str, **headers: str) -> str:
        """A page that must be there."""
        answer = self.get(path, **headers)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text[:500]}"
        return answer.text

    def facts(self, path: str) -> Any:
        """The JSON of a page that must be there."""
        return json.loads(self.page(path + ".json"))

    def facts_of(self, path: str, **query: object) -> Any:
        """The same with a query."""
        return json.loads(self.page(f"{path}.json?{urlencode(query)}"))

    @property
    def view(self) -> str:
        """Origin of the archived pages, as our own policy names it."""
        policy = self.get("/").headers["Content-Security-Policy"]
        found = re.search(r"frame-src (\S+)", policy)
        assert found is not None, policy
        return found[1]


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[Served]:
    """Start `mirror serve` on a free port; it must end in order when told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from mirror.cli import main; main()", "serve", "--port", "0", *arguments],
        cwd=ROOT,
        env={"MIRROR_HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://\S+?:\d+(?=/)", line)
        assert found is not None, line + process.stderr.read()
        yield Served(found[0], home, process.pid)
        assert process.poll() is None, process.stderr.read()
    finally:
        process.terminate()
        said = process.stderr.read()
        process.wait(15)
        process.stderr.close()
    assert "Traceback" not in said, said
