"""Running the system's tools, and files of the kernel."""

import contextlib
import logging
import os
import subprocess
from collections.abc import Sequence

from novalite.exception import DependencyUnavailable

LOG = logging.getLogger(__name__)

TIMEOUT = 30.0
SEARCH_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
"""A user's PATH on Debian has no sbin."""


def run(argv: Sequence[str], text: str | None = None, *, check: bool = True) -> str:
    """The command's output; ``text`` is its input. Raises DependencyUnavailable."""
    environment = {"PATH": f"{os.environ.get('PATH', '')}:{SEARCH_PATH}", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            list(argv),
            input=text,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DependencyUnavailable(reason=f"{argv[0]}: {error}") from error
    if check and done.returncode:
        problem = (done.stderr or done.stdout).strip()
        LOG.error("%s failed (%d): %s", " ".join(argv), done.returncode, problem)
        raise DependencyUnavailable(reason=f"{argv[0]}: {problem[:500]}")
    return done.stdout


def batch(lines: Sequence[str], netns: str | None = None, *, force: bool = False) -> None:
    """Several commands of ip(8) in one process. ``force``: go on after a failed one, and do not
    tell. Raises DependencyUnavailable."""
    if not lines:
        return
    where = ["-n", netns] if netns else []
    options = ["-force"] if force else []
    run(["ip", *where, *options, "-batch", "-"], "\n".join(lines) + "\n", check=not force)


def read(path: str) -> str | None:
    """A file's text without surrounding blanks; None when there is no such file."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None


def set_sysctl(name: str, value: str) -> None:
    """``name`` with slashes. Raises DependencyUnavailable."""
    path = f"/proc/sys/{name}"
    if read(path) == value:
        return
    try:
        with open(path, "w") as file:
            file.write(value)
    except OSError as error:
        raise DependencyUnavailable(reason=f"{path}: {error}") from error


def write_atomically(path: str, text: str, mode: int = 0o644) -> None:
    temporary = f"{path}.new"
    with open(temporary, "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    os.replace(temporary, path)


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
