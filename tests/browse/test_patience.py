"""A connection on which a request never ends is closed; others are not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from mirror.browse.patience import PatientProtocol


class Hasty(PatientProtocol):
    longest_request_s = 0.3


@pytest.fixture
def port() -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        PlainTextResponse("read\n"), http=Hasty, lifespan="off", log_level="error", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHo", WHOLE + b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nxx"],
)
def test_who_never_ends_a_request_is_let_go(port: int, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as asking:
        asking.sendall(begun)
        try:
            while asking.recv(4096):
                pass
        except ConnectionResetError:
            pass  # as good an end as any


def test_who_reads_on_is_not(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as asking:
        for _ in range(3):
            asking.sendall(WHOLE)
            said = b""
            while not said.endswith(b"read\n"):
                piece = asking.recv(4096)
                assert piece
                said += piece
            threading.Event().wait(0.5)  # longer than a request may take to come
