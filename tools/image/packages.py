"""Debian packages as a source of files: fetched by apt, unpacked by dpkg, nothing installed."""

import os
import re
import subprocess
from collections.abc import Iterable

# The first that the distribution knows is taken: Debian's, then Ubuntu's.
KERNELS = ("linux-image-cloud-amd64", "linux-image-virtual", "linux-image-generic")
TOOLS = ("busybox-static", "syslinux", "syslinux-common", "mtools")


class BuildError(Exception):
    pass


def output(*command: str, cwd: str | None = None) -> str:
    """What a command printed. Raises BuildError with its complaint."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(command[:3])}...: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _depends(package: str) -> list[str]:
    text = output("apt-cache", "depends", "--no-recommends", "--no-suggests", package)
    return re.findall(r"^\s+\|?Depends: (\S+)$", text, re.MULTILINE)


def kernel_packages() -> list[str]:
    """The packages that hold the newest kernel for virtual machines and its modules."""
    for name in KERNELS:
        try:
            found = _depends(name)
        except BuildError:
            continue
        images = [p for p in found if re.match(r"linux-image-(unsigned-)?\d", p)]
        if images:
            modules = [
                p for p in found + _depends(images[0]) if re.match(r"linux-modules-(extra-)?\d", p)
            ]
            return [images[0], *dict.fromkeys(modules)]
    raise BuildError(f"none of these kernels is known to apt: {', '.join(KERNELS)}")


def with_libraries(package: str) -> list[str]:
    """The package and all that it needs to run."""
    text = output(
        "apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests",
        "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", package,
    )  # fmt: skip
    names = [line for line in text.splitlines() if re.match(r"[a-z0-9][a-z0-9.+-]*$", line)]
    return [n for n in names if not n.startswith(("debconf", "cdebconf", "perl", "libperl"))]


def fetch(packages: Iterable[str], folder: str) -> None:
    """Download into ``folder``; when apt's lists are missing or stale, refresh them once."""
    wanted = list(dict.fromkeys(packages))
    command = ("apt-get", "-q", "-o", "APT::Sandbox::User=", "download", *wanted)
    try:
        output(*command, cwd=folder)
    except BuildError as error:
        if os.geteuid() != 0:
            raise BuildError(f"{error}\nTry `sudo apt-get update`.") from None
        output("apt-get", "-q", "update")
        output(*command, cwd=folder)


def unpack(folder: str, into: str) -> None:
    for name in sorted(os.listdir(folder)):
        if name.endswith(".deb"):
            output("dpkg-deb", "-x", os.path.join(folder, name), into)
