"""The config drive: an ISO 9660 image labelled ``config-2`` with a server's data."""

import os
import shutil
import subprocess
import tempfile

from novalite.exception import BuildAbort

LABEL = "config-2"
FILE_NAME = "disk.config"
TOOLS = ("genisoimage", "mkisofs", "xorrisofs")
"""All take mkisofs's options; the first that the host has is used."""
TIMEOUT_SECONDS = 60
MEMORY = "/dev/shm"


def make(path: str, files: dict[str, bytes], instance_uuid: str) -> None:
    """Write ``files`` (relative path -> content) to the image ``path``, which appears complete.

    Raises BuildAbort when the host has no tool for it or the tool fails.
    """
    tool = next((found for name in TOOLS if (found := shutil.which(name))), None)
    if tool is None:
        raise BuildAbort(
            instance_uuid=instance_uuid,
            reason=f"no config drive can be made: none of {', '.join(TOOLS)} is installed",
        )
    image = path + ".part"
    with tempfile.TemporaryDirectory(dir=_workshop(), prefix="novalite-config-") as work:
        tree = os.path.join(work, "tree")
        _write(tree, files)
        command = [
            tool, "-quiet", "-o", image, "-V", LABEL, "-J", "-r", "-ldots", "-allow-lowercase",
            "-allow-multidot", "-l", tree,
        ]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False, text=True
        )
    if done.returncode:
        raise BuildAbort(
            instance_uuid=instance_uuid,
            reason=f"config drive: {os.path.basename(tool)}: {done.stderr.strip()[-500:]}",
        )
    os.chmod(image, 0o600)
    os.replace(image, path)


def _workshop() -> str | None:
    """Where the forty small files are made: in memory, where the password among them belongs
    and where it costs a tenth of the time. None: the system's choice."""
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None


def _write(tree: str, files: dict[str, bytes]) -> None:
    os.mkdir(tree)
    root = os.path.realpath(tree)
    for name, content in files.items():
        target = os.path.normpath(os.path.join(root, name))
        if not target.startswith(root + os.sep):
            raise ValueError(f"{name} would lie outside of the config drive")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
