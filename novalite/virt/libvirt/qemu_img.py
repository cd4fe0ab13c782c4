"""qemu-img, with its formats told and its resources limited.

A disk's content is a guest's to write, and qemu-img has been led astray by such content: it is
never asked to find a format out, and it may not eat the host.
"""

import os
import subprocess

from novalite.exception import NovaliteError

ADDRESS_SPACE_BYTES = 1 << 30
CPU_SECONDS = 30
CONVERT_CPU_SECONDS = 600


class QemuImgFailed(NovaliteError):
    message = "qemu-img {verb} failed: {reason}"


def create_overlay(path: str, base: str, base_format: str, size: int) -> None:
    """A qcow2 file of ``size`` bytes whose content is, at first, that of ``base``."""
    _qemu_img("create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, path, str(size))


def create_empty(path: str, file_format: str, size: int) -> None:
    _qemu_img("create", "-q", "-f", file_format, path, str(size))


def convert(source: str, source_format: str, path: str, file_format: str) -> None:
    """A sparse copy in another format."""
    _qemu_img(
        "convert", "-q", "-f", source_format, "-O", file_format, source, path,
        cpu_seconds=CONVERT_CPU_SECONDS,
    )  # fmt: skip


def resize_raw(path: str, size: int) -> None:
    os.truncate(path, size)


def _qemu_img(verb: str, *arguments: str, cpu_seconds: int = CPU_SECONDS) -> None:
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
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode:
        reason = done.stderr.strip()[-500:] or f"exit status {done.returncode}"
        raise QemuImgFailed(verb=verb, reason=reason)
