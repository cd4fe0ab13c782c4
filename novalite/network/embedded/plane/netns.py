"""Doing something inside a network namespace."""

import contextlib
import ctypes
import os
from collections.abc import Iterator

from novalite.exception import DependencyUnavailable

DIRECTORY = "/run/netns"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def path_of(name: str) -> str:
    return f"{DIRECTORY}/{name}"


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """This thread is in the namespace ``name`` for the time of the block. A socket that is made
    there stays there.

    The block must not wait for anything: a green thread would take its neighbours along.
    Raises DependencyUnavailable.
    """
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            target = os.open(path_of(name), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise DependencyUnavailable(reason=f"namespace {name}: {error}") from error
        try:
            _enter(target)
        finally:
            os.close(target)
        try:
            yield
        finally:
            try:
                _enter(own)
            except OSError:
                os.abort()  # whatever this thread did next, it would do it in the wrong place
    finally:
        os.close(own)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
