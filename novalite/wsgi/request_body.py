"""A request's body as ``wsgi.input``: read in pieces, whatever the sizes that the client names."""

import re
from collections.abc import Iterator, Sequence

from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.peer import PIECE, Incoming, Pace

MAX_SIZE_LINE = 1024
MAX_TRAILERS = 16 * 1024
MAX_DISCARD = 256 * 1024

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_DIGITS = re.compile(r"[0-9]{1,18}")


class BrokenBody(HTTPFault, OSError):
    """The client sends no proper body, or not in time. An OSError for those who read streams."""


def framing_fault(lengths: Sequence[str], encodings: Sequence[str]) -> tuple[int, str] | None:
    """(status, message) for headers that do not say clearly where the body ends, which two
    servers behind each other could understand differently."""
    if encodings and lengths:
        return 400, "Content-Length and Transfer-Encoding exclude each other"
    if len(lengths) > 1 or not all(_DIGITS.fullmatch(length) for length in lengths):
        return 400, "Malformed Content-Length"
    if len(encodings) > 1 or any(name.lower() != "chunked" for name in encodings):
        return 501, "The only transfer encoding is chunked"
    return None


class Body:
    """A body that is read once, from begin to end."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._kept = b""
        self._broken: BrokenBody | None = None
        self.finished = False

    def _some(self, size: int) -> bytes:
        """At least one byte, at most ``size``; none at the end, with ``finished`` set."""
        raise NotImplementedError

    def _piece(self, size: int) -> bytes:
        if self._broken is not None:
            raise self._broken
        try:
            return b"" if self.finished else self._some(min(size, PIECE))
        except BrokenBody as fault:
            self._broken = fault
        except TimeoutError:
            self._broken = BrokenBody(408, "The request's body came too slowly.")
        except OSError:
            self._broken = BrokenBody(400, "The request's body ended early.")
        raise self._broken

    def read(self, size: int | None = -1) -> bytes:
        """``size`` bytes, or all without one; fewer at the end. Raises BrokenBody."""
        wanted = -1 if size is None or size < 0 else size
        parts = []
        while wanted:
            piece = self._kept or self._piece(PIECE if wanted < 0 else wanted)
            self._kept = b""
            if not piece:
                break
            if 0 < wanted < len(piece):
                piece, self._kept = piece[:wanted], piece[wanted:]
            if wanted > 0:
                wanted -= len(piece)
            parts.append(piece)
        return b"".join(parts)

    def readline(self, size: int | None = -1) -> bytes:
        limit = -1 if size is None or size < 0 else size
        line = b""
        while limit < 0 or len(line) < limit:
            piece = self._kept or self._piece(PIECE)
            end = piece.find(b"\n") + 1 or len(piece)
            if limit >= 0:
                end = min(end, limit - len(line))
            line, self._kept = line + piece[:end], piece[end:]
            if not piece or line.endswith(b"\n"):
                break
        return line

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        lines, total = [], 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def close(self) -> None:
        """The connection closes by itself."""

    def discard(self, patience: float) -> bool:
        """Throw away what is left, if it is little and comes within ``patience`` seconds. True:
        it is all gone, and the next request follows."""
        self._incoming.pace = Pace(patience)
        self._kept, left = b"", MAX_DISCARD
        try:
            while not self.finished and left > 0:
                left -= len(self._piece(PIECE))
        except BrokenBody:
            return False
        return self.finished


class SizedBody(Body):
    """``length`` bytes."""

    def __init__(self, incoming: Incoming, length: int) -> None:
        super().__init__(incoming)
        self._left = length
        self.finished = length <= 0

    def _some(self, size: int) -> bytes:
        data = self._incoming.read_some(min(size, self._left))
        if not data:
            raise BrokenBody(400, "The request's body ended early.")
        self._left -= len(data)
        self.finished = not self._left
        return data


class ChunkedBody(Body):
    """Chunks, each read in pieces, up to the empty one and its trailers."""

    def __init__(self, incoming: Incoming) -> None:
        super().__init__(incoming)
        self._left = 0
        self._first = True

    def _some(self, size: int) -> bytes:
        if not self._left:
            self._begin_chunk()
            if not self._left:
                self._skip_trailers()
                self.finished = True
                return b""
        data = self._incoming.read_some(min(size, self._left))
        if not data:
            raise BrokenBody(400, "The request's body ended early.")
        self._left -= len(data)
        return data

    def _begin_chunk(self) -> None:
        if not self._first and self._incoming.readline(2) != b"\r\n":
            raise BrokenBody(400, "A chunk of the request's body is longer than its size.")
        found = _CHUNK_SIZE.fullmatch(self._incoming.readline(MAX_SIZE_LINE))
        if not found:
            raise BrokenBody(400, "A chunk of the request's body has no proper size.")
        self._first = False
        self._left = int(found[1], 16)

    def _skip_trailers(self) -> None:
        left = MAX_TRAILERS
        while left > 0:
            line = self._incoming.readline(left)
            left -= len(line)
            if line == b"\r\n":
                return
            if not line:
                break
        raise BrokenBody(400, "The request's trailers are too long or not whole.")
