"""Files of volumes that no guest has open: what QEMU would do to them live, done by ``qemu-img``.

Formats are always told and never looked for: what is in a raw file is a guest's to write. Each
function may be repeated after it was cut off.
"""

import json
import os
import stat
import subprocess
from typing import Any

from novalite.disk_images import QEMU_IMG_ENVIRONMENT
from novalite.exception import InvalidInput, NovaliteError

ADDRESS_SPACE_BYTES = 1 << 30
CPU_SECONDS = 600


class VolumeFileFailed(NovaliteError):
    message = "qemu-img {verb} of a volume failed: {reason}"


def grow(path: str, file_format: str, size: int) -> None:
    """To ``size`` bytes; nothing that is as large already is changed, nor is a block device."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        return
    if file_format == "raw":
        if os.path.getsize(path) < size:
            os.truncate(path, size)
    elif _info(path, file_format)["virtual-size"] < size:
        _qemu_img("resize", "-q", "-f", file_format, path, str(size))


def chain(path: str) -> list[str]:
    """The qcow2 file, the one below it, and so on; full paths."""
    found = []
    current: str | None = path
    while current is not None:
        found.append(current)
        if not _is_qcow2(current):
            break
        below = _info(current, "qcow2").get("backing-filename")
        current = beside(found[-1], below) if below else None
        if current in found:
            raise VolumeFileFailed(verb="info", reason=f"{current} stands on itself")
    return found


def beside(path: str, name: str) -> str:
    """``name`` as the file at ``path`` means it."""
    return os.path.normpath(os.path.join(os.path.dirname(path), name))


def sibling(active: str, name: str) -> str:
    """The full path of a file that another service names: it has to lie where the volume lies, so
    that whoever may speak of a volume cannot speak of the host's other files. Raises
    InvalidInput."""
    path = beside(active, name)
    if os.path.dirname(path) != os.path.dirname(os.path.normpath(active)):
        raise InvalidInput(reason=f"{name} does not lie beside the volume")
    return path


def stand_on(active: str, below: str | None) -> None:
    """Take all that lies between into ``active``, which then stands on ``below`` or on nothing."""
    files = chain(active)
    wanted = sibling(active, below) if below else None
    if (files[1] if len(files) > 1 else None) == wanted:
        return
    options = ["-b", os.path.basename(wanted), "-F", "qcow2"] if wanted else ["-b", ""]
    _qemu_img("rebase", "-q", "-f", "qcow2", *options, active)


def commit(active: str, top: str, target: str) -> str:
    """Bring the data of ``top`` into ``target``, the file right below it; what stood on ``top``
    stands on ``target`` then. The active file afterwards."""
    files = chain(active)
    top, target = sibling(active, top), sibling(active, target)
    if top not in files:
        return active
    _qemu_img("commit", "-q", "-f", "qcow2", "-d", "-b", target, top)
    if top == active:
        return target
    above = files[files.index(top) - 1]
    name = os.path.basename(target)
    _qemu_img("rebase", "-q", "-u", "-f", "qcow2", "-b", name, "-F", "qcow2", above)
    return active


def _is_qcow2(path: str) -> bool:
    """Only asked of files that stand in a chain, which begins with one that is said to be one."""
    with open(path, "rb") as file:
        return file.read(4) == b"QFI\xfb"


def _info(path: str, file_format: str) -> dict[str, Any]:
    found = json.loads(_qemu_img("info", "-U", "--output=json", "-f", file_format, path))
    assert isinstance(found, dict)
    return found


def _qemu_img(verb: str, *arguments: str) -> str:
    command = [
        "prlimit", f"--as={ADDRESS_SPACE_BYTES}", f"--cpu={CPU_SECONDS}",
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
        raise VolumeFileFailed(verb=verb, reason=reason)
    return done.stdout
