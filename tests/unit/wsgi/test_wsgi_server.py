"""Both HTTP servers over a real socket: keep-alive, large bodies, many clients, stopping."""

import concurrent.futures
import http.client
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.wsgi import server

ROOT = pathlib.Path(__file__).parents[3]


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/broken":
        raise ZeroDivisionError
    length = int(environ.get("CONTENT_LENGTH") or 0)
    chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "")
    body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(length)
    data = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)}".encode()
    start_response("200 OK", [("Content-Length", str(len(data)))])
    return [data]


@pytest.fixture
def running() -> Iterator[server.Server]:
    made = server.serve(echo, "127.0.0.1", 0, threads=4)
    made.start()
    yield made
    made.stop()


def exchange(conn: http.client.HTTPConnection, method: str, path: str, **more: Any) -> bytes:
    conn.request(method, path, **more)
    return conn.getresponse().read()


def check(port: int) -> None:
    """What both servers must do."""
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    assert exchange(conn, "GET", "/a") == b"GET /a 0"
    first = conn.sock
    assert exchange(conn, "POST", "/b", body=b"x" * 1_000_000) == b"POST /b 1000000"
    assert conn.sock is first, "the connection was not kept"
    chunks = iter([b"abc", b"defg"])
    assert exchange(conn, "POST", "/c", body=chunks, encode_chunked=True) == b"POST /c 7"
    conn.request("GET", "/broken")
    reply = conn.getresponse()
    assert reply.status == 500
    assert b"ZeroDivisionError" not in reply.read()
    conn.close()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:

        def many(number: int) -> None:
            mine = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            for step in range(20):
                path = f"/{number}/{step}"
                assert exchange(mine, "GET", path) == f"GET {path} 0".encode()
            mine.close()

        list(pool.map(many, range(16)))


def test_thread_server(running: server.Server) -> None:
    check(running.port)


def test_address_that_is_taken(running: server.Server) -> None:
    with pytest.raises(OSError):
        server.serve(echo, "127.0.0.1", running.port)


def test_stop_lets_a_running_request_end() -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        entered.set()
        assert leave.wait(20)
        return echo(environ, start_response)

    made = server.serve(slow, "127.0.0.1", 0, threads=2)
    made.start()
    conn = http.client.HTTPConnection("127.0.0.1", made.port, timeout=20)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answer = pool.submit(exchange, conn, "GET", "/slow")
        assert entered.wait(20)
        stopping = pool.submit(made.stop)
        leave.set()
        assert answer.result(20) == b"GET /slow 0"
        stopping.result(20)
    conn.close()
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.1", made.port, timeout=2).request("GET", "/")


EVENTLET = """
import eventlet
eventlet.monkey_patch()
import sys
sys.path[:0] = [{root!r}, {here!r}]
import test_wsgi_server as tests
from novalite.wsgi import server
made = server.serve(tests.echo, "127.0.0.1", 0, threads=4, backend="eventlet")
made.start()
tests.check(made.port)
made.stop()
print("fine")
"""


def test_eventlet_server() -> None:
    code = EVENTLET.format(root=str(ROOT), here=str(pathlib.Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == "fine\n", done.stderr
