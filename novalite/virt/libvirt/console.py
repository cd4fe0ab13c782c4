"""The end of a guest's console log."""

import os

MAX_BYTES = 100 * 1024


def tail(path: str, limit: int = MAX_BYTES) -> bytes:
    """The last ``limit`` bytes of the log. virtlogd moves a full log aside as ``.0``: what is
    missing is taken from there. Empty when the guest never wrote anything."""
    found = b""
    for name in (path, f"{path}.0"):
        found = _end_of(name, limit - len(found)) + found
        if len(found) >= limit:
            break
    return found


def _end_of(path: str, limit: int) -> bytes:
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            return file.read(limit)
    except FileNotFoundError:
        return b""
