"""qemu-img, with its formats told and its resources limited.

What a volume holds is a guest's to write, and an image is a user's: qemu-img is never asked to
find a format out, and it may not eat the host. A process that is killed leaves its qemu-img
running, so every output has a name that no later attempt uses.
"""

import json
import os
import subprocess
from typing import Any

from novalite.disk_images import QEMU_IMG_ENVIRONMENT
from novalite.volume.embedded.errors import BackendBusy, BackendFailed

ADDRESS_SPACE_BYTES = 2 << 30
CPU_SECONDS = 60
COPY_CPU_SECONDS = 3600
LOCKED = "Is another process using the image"
SPARSE_BYTES = "64k"
"""Runs of zeros of this length become holes."""


def create(path: str, file_format: str, size: int) -> None:
    """An empty disk of ``size`` bytes."""
    run("create", "-q", "-f", file_format, path, str(size))


def create_overlay(path: str, base: str, base_format: str, size: int) -> None:
    """A qcow2 file of ``size`` bytes whose content is, at first, that of ``base`` (a name in the
    same directory) and then zeros."""
    run("create", "-q", "-u", "-f", "qcow2", "-F", base_format, "-b", base, path, str(size))


def copy(source: str, source_format: str, path: str, file_format: str, *flags: str) -> None:
    """A sparse copy, without the source's backing file."""
    run(
        "convert", "-q", "-S", SPARSE_BYTES, *flags,
        "-f", source_format, "-O", file_format, source, path,
        cpu_seconds=COPY_CPU_SECONDS,
    )  # fmt: skip


def rebase(path: str, base: str | None, base_format: str) -> None:
    """Let ``path`` stand on ``base`` instead of on the file that it stands on: what differs is
    copied first, so that its content stays the same. None: it stands by itself."""
    backing = ("-b", base, "-F", base_format) if base else ("-b", "")
    run("rebase", "-q", "-f", "qcow2", *backing, path, cpu_seconds=COPY_CPU_SECONDS)


def rename_base(path: str, base: str, base_format: str) -> None:
    """Only the name changes: ``base`` holds what the file stood on."""
    run("rebase", "-q", "-u", "-f", "qcow2", "-b", base, "-F", base_format, path)


def commit(path: str, base: str) -> None:
    """Write what ``path`` has on top of ``base`` into ``base``."""
    run("commit", "-q", "-d", "-f", "qcow2", "-b", base, path, cpu_seconds=COPY_CPU_SECONDS)


def resize(path: str, file_format: str, size: int) -> None:
    run("resize", "-q", "-f", file_format, path, str(size))


def info(path: str, file_format: str) -> dict[str, Any]:
    """``virtual-size`` in bytes, ``backing-filename`` as it is written in the file..."""
    text = run("info", "--output=json", "-U", "-f", file_format, path)
    found: dict[str, Any] = json.loads(text)
    return found


def run(verb: str, *arguments: str, cpu_seconds: int = CPU_SECONDS) -> str:
    """What it prints. Raises BackendBusy when another process has the file open, BackendFailed."""
    command = [
        "prlimit", f"--as={ADDRESS_SPACE_BYTES}", f"--cpu={cpu_seconds}",
        "qemu-img", verb, *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **QEMU_IMG_ENVIRONMENT},
    )
    if done.returncode:
        reason = done.stderr.strip()[-500:] or f"exit status {done.returncode}"
        if LOCKED in reason:
            raise BackendBusy(reason=reason)
        raise BackendFailed(what=f"qemu-img {verb}", reason=reason)
    return done.stdout


def is_written_to(path: str, file_format: str) -> bool:
    """Whether another process has the file open for writing: QEMU locks what it uses."""
    try:
        run("info", "-f", file_format, path)
    except BackendBusy:
        return True
    return False
