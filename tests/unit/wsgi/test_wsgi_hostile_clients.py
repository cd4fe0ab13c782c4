"""Clients that send too much, too slowly or nonsense, against both servers in processes of
their own: memory stays small, threads stay free, everybody else is served."""

import contextlib
import pathlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).parents[3]
MEGABYTE = 1024 * 1024
BOTH = pytest.mark.parametrize("backend", ["threading", "eventlet"])


class Running:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self._port = port
        self._clients: list[socket.socket] = []

    def connect(self, data: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        self._clients.append(client)
        client.sendall(data)
        return client

    def peak(self) -> int:
        """The most memory that the process ever had, in bytes."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def close(self) -> None:
        for client in self._clients:
            client.close()
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)


@contextlib.contextmanager
def serving(backend: str, threads: int = 2, patience: float = 30) -> Iterator[Running]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.http_server"]
    process = subprocess.Popen(
        [*command, backend, str(threads), str(patience)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        running = Running(process, int(process.stdout.readline()))
        try:
            yield running
        finally:
            running.close()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def answers(client: socket.socket, count: int = 1) -> list[tuple[int, bytes]]:
    """(status, body) of the next answers; stops where the server closes the connection."""
    file = client.makefile("rb")
    found = []
    while len(found) < count:
        line = file.readline()
        if not line:
            break
        length = 0
        while (header := file.readline()) not in (b"\r\n", b""):
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        found.append((int(line.split()[1]), file.read(length)))
    return found


def status(client: socket.socket) -> int:
    return answers(client)[0][0]


def pour(client: socket.socket, size: int) -> None:
    """Send ``size`` bytes, or fewer when the server will have no more."""
    piece = b"x" * MEGABYTE
    with contextlib.suppress(OSError):
        for _ in range(size // MEGABYTE):
            client.sendall(piece)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def head(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: h", *headers, "", ""]).encode()


CHUNKED = "Transfer-Encoding: chunked"
PLAIN = head("GET /plain")


@BOTH
def test_a_huge_chunk_is_refused_without_being_kept(backend: str) -> None:
    with serving(backend) as running:
        assert status(running.connect(PLAIN)) == 200
        before = running.peak()
        client = running.connect(head("POST /small", CHUNKED) + b"%x\r\n" % (200 * MEGABYTE))
        pour(client, 200 * MEGABYTE)
        assert status(client) == 413
        client = running.connect(head("POST /ignore", CHUNKED) + b"%x\r\n" % (200 * MEGABYTE))
        pour(client, 200 * MEGABYTE)
        assert status(client) == 401
        assert running.peak() - before < 20 * MEGABYTE


@BOTH
def test_what_is_left_of_a_refused_body_is_not_kept(backend: str) -> None:
    with serving(backend) as running:
        assert status(running.connect(PLAIN)) == 200
        before = running.peak()
        client = running.connect(head("POST /ignore", f"Content-Length: {200 * MEGABYTE}"))
        pour(client, 200 * MEGABYTE)
        assert answers(client) == [(401, b"go away")]
        assert running.peak() - before < 20 * MEGABYTE


@BOTH
def test_large_uploads_stream(backend: str) -> None:
    size = 40 * MEGABYTE
    with serving(backend) as running:
        assert status(running.connect(PLAIN)) == 200
        before = running.peak()
        client = running.connect(head("PUT /stream", CHUNKED) + b"%x\r\n" % size)
        pour(client, size)
        client.sendall(b"\r\n3;name=value\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n")
        assert answers(client) == [(200, b"/stream %d" % (size + 3))]
        client.sendall(head("PUT /stream", f"Content-Length: {size}"))
        pour(client, size)
        assert answers(client) == [(200, b"/stream %d" % size)]
        assert running.peak() - before < 20 * MEGABYTE


@BOTH
def test_requests_behind_each_other_are_told_apart(backend: str) -> None:
    bodies = [
        (head("POST /a", "Content-Length: 3") + b"abc", (200, b"/a 3")),
        (head("POST /b", CHUNKED) + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", (200, b"/b 5")),
        (head("POST /ignore", CHUNKED) + b"3\r\n\r\n0\r\n0\r\n\r\n", (401, b"go away")),
        (head("POST /ignore", "Content-Length: 3") + b"abc", (401, b"go away")),
        (head("GET /c"), (200, b"/c 0")),
    ]
    with serving(backend) as running:
        together = running.connect(b"".join(data for data, _ in bodies))
        assert answers(together, 5) == [answer for _, answer in bodies]
        alone = running.connect()
        for data, answer in bodies:
            alone.sendall(data)
            assert answers(alone) == [answer]


@BOTH
def test_unclear_and_endless_requests_are_refused(backend: str) -> None:
    refused = {
        head("POST /a", CHUNKED, "Content-Length: 3"): {400},
        head("POST /a", "Content-Length: 3", "Content-Length: 4"): {400},
        head("POST /a", "Content-Length: -3"): {400},
        head("POST /a", "Content-Length: 3_0"): {400},
        head("POST /a", "Transfer-Encoding: gzip, chunked"): {400, 501},
        head("POST /a", CHUNKED) + b"-3\r\nabc\r\n0\r\n\r\n": {400},
        head("POST /a", CHUNKED) + b"3\r\nabcdef\r\n0\r\n\r\n": {400},
        head("POST /a", CHUNKED) + b"3;" + b"x" * 4096 + b"\r\nabc\r\n0\r\n\r\n": {400},
        head("POST /a", CHUNKED) + b"0\r\n" + b"T: x\r\n" * 50_000 + b"\r\n": {400},
        b"GET /" + b"x" * 200_000: {414},
        head("GET /a", "X: " + "x" * 200_000): {400, 413, 431},
        head("GET /a", *(f"X{n}: {'x' * 60}" for n in range(2000))): {400, 413, 431},
    }
    with serving(backend) as running:
        for data, codes in refused.items():
            client = running.connect()
            with contextlib.suppress(OSError):
                client.sendall(data)
            assert status(client) in codes, data[:80]
            assert answers(client) == [], data[:80]
        assert status(running.connect(PLAIN)) == 200


@BOTH
def test_slow_clients_occupy_no_threads(backend: str) -> None:
    with serving(backend, threads=2) as running:
        for _ in range(20):
            running.connect()
            running.connect(b"GET /slow HT")
            running.connect(head("POST /slow", "Content-Length: 100") + b"abc")
            running.connect(head("POST /slow", CHUNKED) + b"5\r\nabc")
        assert answers(running.connect(PLAIN)) == [(200, b"/plain 0")]
        late = running.connect(head("POST /late", "Content-Length: 6") + b"abc")
        assert answers(running.connect(PLAIN)) == [(200, b"/plain 0")]
        late.sendall(b"def")
        assert answers(late) == [(200, b"/late 6")]


def ended(client: socket.socket) -> bool:
    """Whether the server has given this client up; sends it one more byte."""
    client.settimeout(0)
    try:
        client.sendall(b"x")
        return client.recv(65536) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@BOTH
def test_trickling_clients_are_given_up(backend: str) -> None:
    with serving(backend, threads=2, patience=1) as running:
        begun = [
            b"GET /slow HT",
            head("POST /slow", "Content-Length: 100000"),
            head("POST /slow", "Content-Length: 1000000"),
            head("PUT /stream", "Content-Length: 1000000"),
            head("PUT /stream", CHUNKED) + b"fffff\r\n",
            head("PUT /stream", CHUNKED, "Expect: 100-continue"),
        ]
        clients = [running.connect(data) for data in begun]
        for client in clients:
            until(lambda client=client: ended(client))  # type: ignore[misc]
        assert answers(running.connect(PLAIN)) == [(200, b"/plain 0")]


@BOTH
def test_clients_that_do_not_take_their_answer_are_given_up(backend: str) -> None:
    with serving(backend, threads=2, patience=1) as running:
        for _ in range(4):
            running.connect(head("GET /large"))
        assert answers(running.connect(PLAIN)) == [(200, b"/plain 0")]


@BOTH
def test_a_client_that_goes_away_is_forgotten(backend: str) -> None:
    with serving(backend) as running:
        for data in (b"", b"GET /", head("PUT /stream", "Content-Length: 1000000") + b"abc"):
            running.connect(data).close()
        client = running.connect(head("PUT /stream", "Content-Length: 1000000") + b"abc")
        client.shutdown(socket.SHUT_WR)
        assert status(client) == 400
        assert answers(running.connect(PLAIN)) == [(200, b"/plain 0")]
