"""The two directions of a client's connection, with a limit to how long a slow client may take.

Both HTTP servers read and write through these. Nothing here takes more memory than its caller
asks for, whatever the client announces.
"""

import contextlib
import os
import re
import socket
import time
from typing import Any, Literal

PIECE = 64 * 1024
"""Most bytes taken from a socket at once."""
MAX_HEAD = 64 * 1024
"""Most bytes of a request line and its headers."""
MAX_WAITING = 128 * 1024
"""A body up to this size is waited for before a thread is occupied with its request."""
PATIENCE = 30.0
RATE = 2000
LINGER = 1.0

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect[ \t]*:", re.IGNORECASE)


class Pace:
    """How long a peer may still keep us waiting: ``patience`` seconds at first and never more,
    and a second for each ``rate`` bytes that it moved."""

    def __init__(self, patience: float = PATIENCE, rate: int = RATE) -> None:
        self._patience = self._credit = patience
        self._rate = rate

    def allowance(self) -> float:
        """Seconds. Raises TimeoutError when they are used up."""
        if self._credit <= 0 < self._patience:
            raise TimeoutError("timed out")
        return self._credit

    def waited(self, seconds: float) -> None:
        self._credit -= seconds

    def moved(self, size: int) -> None:
        self._credit = min(self._patience, self._credit + size / self._rate)


def _allow(sock: Any, seconds: float) -> None:
    """Set the socket's timeout, which is a system call, if it is not about that already."""
    current = sock.gettimeout()
    if current is None or not 0.9 * seconds <= current <= seconds:
        sock.settimeout(seconds)


class Incoming:
    """What the client sends. Not for two threads at once. Methods that wait raise TimeoutError
    when the client is too slow, and OSError when it is gone."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._buffer = bytearray()
        self._stalled = False
        self._head_end = -1
        self._scanned = 0
        self.closed = False
        self.bytes_read = 0
        self.pace = Pace()

    # ---- without waiting ----

    def gather(self) -> Literal["ready", "waiting", "gone"]:
        """Take what has arrived; the socket must have a timeout. ``ready``: a request that a
        thread may work on without having to wait for the client, or one that is too large to be
        kept until it is whole."""
        while not self._whole():
            try:
                # A socket with a timeout is non-blocking below Python.
                data = os.read(self._sock.fileno(), PIECE)
            except (BlockingIOError, InterruptedError):
                self._stalled = True
                return "waiting"
            except OSError:
                return "gone"
            if not data:
                return "gone"
            self._buffer += data
        self._stalled = False
        self._head_end, self._scanned = -1, 0
        self.pace = Pace()
        return "ready"

    def has_data(self) -> bool:
        """Whether ``gather`` should be asked before more arrives."""
        return bool(self._buffer) and not self._stalled

    @property
    def unfinished(self) -> int:
        """Bytes of a request that is not whole yet."""
        return len(self._buffer) if self._stalled else 0

    def _whole(self) -> bool:
        buffer = self._buffer
        if self._head_end < 0:
            found = buffer.find(b"\r\n\r\n", max(0, self._scanned - 3))
            self._scanned = len(buffer)
            if found < 0:
                return len(buffer) > MAX_HEAD
            self._head_end = self._scanned = found + 4
        head = bytes(buffer[: self._head_end])
        lengths, chunked = _LENGTH.findall(head), _CHUNKED.search(head)
        if _EXPECT.search(head) or len(lengths) + bool(chunked) > 1:
            return True  # it waits for our word, or will be refused
        if chunked:
            # The last chunk's size is 0. Data that look like it only end the waiting early.
            found = buffer.find(b"\r\n0", self._scanned - 3)
            self._scanned = len(buffer)
            return found >= 0 or len(buffer) - self._head_end > MAX_WAITING
        size = int(lengths[0]) if lengths else 0
        return size > MAX_WAITING or len(buffer) >= self._head_end + size

    # ---- waiting for the client ----

    def begin(self, idle: float) -> bool:
        """Wait up to ``idle`` seconds for a request's first byte. False: there is none."""
        self.pace = Pace()
        if not self._buffer:
            _allow(self._sock, idle)
            self._buffer += self._sock.recv(PIECE)
        return bool(self._buffer)

    def read_some(self, size: int) -> bytes:
        """At least one byte and at most ``size``, which is more than 0; none at the end."""
        if not self._buffer:
            return self._receive(min(size, PIECE))
        return self._take(size)

    def read(self, size: int) -> bytes:
        """``size`` bytes; fewer at the end."""
        data = self.read_some(size) if size > 0 else b""
        while len(data) < size:
            more = self.read_some(size - len(data))
            if not more:
                break
            data += more
        return data

    def readline(self, limit: int = MAX_HEAD) -> bytes:
        """Up to and with the next newline; without one at the end, or at ``limit`` bytes."""
        if limit < 0:
            limit = MAX_HEAD
        begin = 0
        while True:
            found = self._buffer.find(b"\n", begin, limit)
            if found >= 0:
                return self._take(found + 1)
            begin = len(self._buffer)
            if begin >= limit:
                return self._take(limit)
            data = self._receive(PIECE)
            if not data:
                return self._take(limit)
            self._buffer += data

    def _receive(self, size: int) -> bytes:
        _allow(self._sock, self.pace.allowance())
        begun = time.monotonic()
        try:
            data: bytes = self._sock.recv(size)
        finally:
            self.pace.waited(time.monotonic() - begun)
        self.pace.moved(len(data))
        return data

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.bytes_read += len(data)
        return data

    def close(self) -> None:
        self.closed = True


class Outgoing:
    """What the client gets: a file without a buffer, but that it can keep a head for its body."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._kept = b""
        self.keep = False
        """Set: the next ``write`` is sent together with the one after it, or at ``flush``."""
        self.closed = False
        self.bytes_written = 0
        self.pace = Pace()

    def write(self, data: bytes) -> int:
        """All of it. Raises TimeoutError when the client takes it too slowly."""
        if self.keep:
            self._kept, self.keep = data, False
            return len(data)
        if self._kept:
            data, self._kept = self._kept + data, b""
        left = memoryview(data)
        while left:
            _allow(self._sock, self.pace.allowance())
            begun = time.monotonic()
            try:
                sent = self._sock.send(left[:PIECE])
            finally:
                self.pace.waited(time.monotonic() - begun)
            self.pace.moved(sent)
            left = left[sent:]
        self.bytes_written += len(data)
        return len(data)

    def writelines(self, lines: list[bytes]) -> None:
        self.write(b"".join(lines))

    def flush(self) -> None:
        if self._kept:
            self.write(b"")

    def close(self) -> None:
        self.closed = True


def linger(sock: Any, seconds: float = LINGER) -> None:
    """Let the client read an answer that came before it had sent its whole request: closing at
    once would make its kernel throw the answer away."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(PIECE):
                return
