"""qemu-img, with its formats told and its resources limited.

A disk's content is a guest's to write, and qemu-img has been led astray by such content: it is
never asked to find a format out, and it may not eat the host.
"""

import json
import os
import subprocess

from novalite.disk_images import QEMU_IMG_ENVIRONMENT
from novalite.exception import NovaliteError

ADDRESS_SPACE_BYTES = 1 << 30
CPU_SECONDS = 30
CONVERT_CPU_SECONDS = 600
FORMAT_BYTES = 64 << 20  # of a format's own tables, besides the content


class QemuImgFailed(NovaliteError):
    message = "qemu-img {verb} failed: {reason}"


def create_overlay(path: str, base: str, base_format: str, size: int) -> None:
    """A qcow2 file of ``size`` bytes whose content is, at first, that of ``base``."""
    _qemu_img("create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, path, str(size))


def create_empty(path: str, file_format: str, size: int) -> None:
    _qemu_img("create", "-q", "-f", file_format, path, str(size))


def convert(
    source: str, source_format: str, path: str, file_format: str, *, most: int | None = None
) -> None:
    """A sparse copy in another format. ``most``: bytes of content that may be written."""
    _qemu_img(
        "convert", "-q", "-f", source_format, "-O", file_format, source, path,
        cpu_seconds=CONVERT_CPU_SECONDS,
        file_bytes=None if most is None else most + most // 64 + FORMAT_BYTES,
    )  # fmt: skip


def self_contained_size(path: str, file_format: str) -> int | None:
    """The virtual size of a disk in a file, in bytes; None for one that refers to other files."""
    found = json.loads(_qemu_img("info", "-f", file_format, "--output=json", path))
    details = found.get("format-specific", {}).get("data", {})
    if found.get("backing-filename") or details.get("data-file"):
        return None
    extents = details.get("extents") or []
    if any(os.path.basename(str(one.get("filename"))) != os.path.basename(path) for one in extents):
        return None
    return int(found["virtual-size"])


def resize_raw(path: str, size: int) -> None:
    os.truncate(path, size)


def _qemu_img(
    verb: str, *arguments: str, cpu_seconds: int = CPU_SECONDS, file_bytes: int | None = None
) -> str:
    limits = [f"--as={ADDRESS_SPACE_BYTES}", f"--cpu={cpu_seconds}"]
    if file_bytes is not None:
        limits.append(f"--fsize={file_bytes}")
    command = ["prlimit", *limits, "qemu-img", verb, *arguments]
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
        raise QemuImgFailed(verb=verb, reason=reason)
    return done.stdout
