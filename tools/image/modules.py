"""Kernel modules in the order in which they can be loaded, as plain .ko files."""

import os
import re
import subprocess

from tools.image.packages import BuildError

# What the network waits for comes first: DHCP answers while the rest is loaded.
FIRST = ("virtio_pci", "virtio_net", "virtio_rng", "af_packet")
SECOND = (
    "virtio_blk", "virtio_scsi", "sd_mod", "sr_mod", "button", "evdev", "isofs", "fat", "vfat",
    "nls_cp437", "nls_ascii",
)  # fmt: skip
_SUFFIX = re.compile(r"\.ko(\.xz|\.zst|\.gz)?$")
_UNPACK = {".xz": "xz", ".zst": "zstd", ".gz": "gzip"}


def _name(path: str) -> str:
    return _SUFFIX.sub("", os.path.basename(path)).replace("-", "_")


class Modules:
    """The modules of one kernel under ``root``/lib/modules."""

    def __init__(self, root: str) -> None:
        self.paths: dict[str, str] = {}
        self.builtin: set[str] = set()
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if _SUFFIX.search(name):
                    self.paths[_name(name)] = path
                elif name == "modules.builtin":
                    with open(path) as file:
                        self.builtin |= {_name(line.strip()) for line in file}
        self.contents: dict[str, bytes] = {}

    def content(self, name: str) -> bytes:
        if name not in self.contents:
            path = self.paths[name]
            tool = _UNPACK.get(os.path.splitext(path)[1])
            if tool is None:
                with open(path, "rb") as file:
                    self.contents[name] = file.read()
            else:
                done = subprocess.run([tool, "-dc", path], stdout=subprocess.PIPE, check=True)
                self.contents[name] = done.stdout
        return self.contents[name]

    def depends(self, name: str) -> list[str]:
        found = re.search(rb"\0depends=([^\0]*)\0", b"\0" + self.content(name))
        text = found.group(1).decode() if found else ""
        return [part.replace("-", "_") for part in text.split(",") if part]

    def ordered(self, names: tuple[str, ...]) -> list[str]:
        """``names`` and what they need, each after what it needs. What the kernel has built in
        is left out, and so is what this kernel does not offer at all."""
        order: list[str] = []

        def add(name: str, needed_by: str | None) -> None:
            if name in order or name in self.builtin:
                return
            if name not in self.paths:
                if needed_by:
                    raise BuildError(f"module {needed_by} needs {name}, which is not there")
                return
            for other in self.depends(name):
                add(other, name)
            order.append(name)

        for name in names:
            add(name, None)
        return order
