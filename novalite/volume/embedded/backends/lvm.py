"""Volumes as thin logical volumes of one LVM volume group, with thin snapshots.

All of them are raw. A snapshot is a logical volume that shares its blocks with the volume's and
stands by itself: nothing has to be merged when one goes, and servers need not help.
"""

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Collection

from oslo_config import cfg

from novalite.exception import NotFound
from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.backends import GIB, Removal, Source
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.errors import BackendFailed

OURS = re.compile(r"^volume-[0-9a-f-]{36}\.[0-9a-f]{12}$")
RELEASED = re.compile(r"^volume-[0-9a-f-]{36}$")
TIMEOUT = 120
Run = Callable[[list[str]], str]
"""Runs a command and answers what it prints. Raises BackendFailed."""


def run_command(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
            env={**os.environ, "LC_ALL": "C", "LVM_SUPPRESS_FD_WARNINGS": "1"},
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise BackendFailed(what=command[0], reason=str(error)) from error
    if done.returncode:
        reason = done.stderr.strip()[-500:] or f"exit status {done.returncode}"
        raise BackendFailed(what=command[0], reason=reason)
    return done.stdout


class LvmBackend:
    name = "lvm"
    storage_protocol = "local"
    live_snapshots = False

    def __init__(self, conf: cfg.ConfigOpts, run: Run = run_command) -> None:
        self.group = conf.embedded.volume_group
        self.pool = conf.embedded.volume_thin_pool
        self._run = run

    def prepare(self) -> None:
        """The volume group has to be there; its thin pool is made, of all that is free but a
        twentieth (metadata may have to grow)."""
        names = self._run(["vgs", "--noheadings", "-o", "vg_name", self.group]).split()
        if self.group not in names:
            raise BackendFailed(what="vgs", reason=f"no volume group {self.group}")
        if self.pool not in self._names():
            self._run(["lvcreate", "-y", "-l", "95%FREE", "-T", f"{self.group}/{self.pool}"])

    def format_of(self, *, multiattach: bool) -> str:
        return "raw"

    def path(self, location: str) -> str:
        return f"/dev/{self.group}/{location}"

    def _full(self, location: str) -> str:
        return f"{self.group}/{location}"

    # ---- volumes ----

    def create(self, volume_id: str, file_format: str, size: int) -> str:
        location = self.new_location(volume_id, "raw")
        self._run(
            ["lvcreate", "-y", "-Wy", "-V", f"{size}G", "-n", location,
             "-T", f"{self.group}/{self.pool}"]
        )  # fmt: skip
        return location

    def create_from(self, volume_id: str, file_format: str, size: int, source: Source) -> str:
        """A new thin volume reads as zeros, so only what is not zero is written."""
        location = self.create(volume_id, file_format, size)
        try:
            qemu_img.copy(
                source.path, source.format, self.path(location), "raw", "-n", "--target-is-zero"
            )
        except BaseException:
            self.remove(location)
            raise
        return location

    def clone(self, volume_id: str, file_format: str, size: int, location: str, form: str) -> str:
        copy = self._thin_snapshot(volume_id, location)
        self.extend(copy, "raw", size)
        return copy

    def _thin_snapshot(self, volume_id: str, location: str) -> str:
        copy = self.new_location(volume_id, "raw")
        self._run(["lvcreate", "-y", "-s", "-n", copy, self._full(location)])
        # thin snapshots are made with "skip activation" set
        self._run(["lvchange", "-y", "-kn", "-ay", self._full(copy)])
        return copy

    def source(self, location: str, file_format: str) -> Source:
        return Source(self.path(location), "raw")

    def size_of(self, location: str, file_format: str) -> int:
        text = self._run(
            ["lvs", "--noheadings", "--nosuffix", "--units", "b", "-o", "lv_size",
             self._full(location)]
        )  # fmt: skip
        return int(text.strip())

    def extend(self, location: str, file_format: str, size: int) -> None:
        if self.size_of(location, file_format) < size * GIB:
            self._run(["lvextend", "-L", f"{size}G", self._full(location)])

    # ---- snapshots ----

    def snapshot(self, volume: Row, snapshot_id: str) -> tuple[str, str]:
        return self._thin_snapshot(volume["id"], volume["location"]), volume["location"]

    def remove_snapshot(self, volume: Row, snapshot: Row, others: list[Row]) -> Removal:
        return Removal(unused=(snapshot["location"],))

    def finish_merge(self, volume: Row, snapshot: Row, removal: Removal, others: list[Row]) -> None:
        """There is never anything to merge."""

    def revert(self, volume: Row, snapshot: Row) -> str:
        copy = self._thin_snapshot(volume["id"], snapshot["location"])
        self.extend(copy, "raw", volume["size"])
        return copy

    # ---- names ----

    def _names(self) -> list[str]:
        return self._run(["lvs", "--noheadings", "-o", "lv_name", self.group]).split()

    def remove(self, location: str) -> None:
        if location in self._names():
            self._run(["lvremove", "-f", self._full(location)])

    def new_location(self, volume_id: str, file_format: str) -> str:
        return f"volume-{volume_id}.{uuid.uuid4().hex[:12]}"

    def released_name(self, volume_id: str, file_format: str) -> str:
        return f"volume-{volume_id}"

    def format_named(self, name: str) -> str:
        return "raw"

    def exists(self, location: str) -> bool:
        return location in self._names()

    def rename(self, old: str, new: str) -> None:
        if not self.exists(old):
            raise NotFound(f"There is no logical volume {old}.")
        self._run(["lvrename", self.group, old, new])

    def adoptable(self, known: Collection[str]) -> list[tuple[str, int]]:
        names = sorted(name for name in self._names() if RELEASED.match(name))
        return [(name, self.size_of(name, "raw")) for name in names if name not in known]

    def leftovers(self, known: Collection[str]) -> list[str]:
        return [name for name in self._names() if OURS.match(name) and name not in known]

    # ---- use ----

    def connection(self, location: str, file_format: str) -> tuple[str, Row]:
        return "local", {"device_path": self.path(location), "format": "raw"}

    def capacity(self) -> tuple[float, float]:
        text = self._run(
            ["lvs", "--noheadings", "--nosuffix", "--units", "b", "-o", "lv_size,data_percent",
             f"{self.group}/{self.pool}"]
        )  # fmt: skip
        size, used = text.split()
        total = float(size) / GIB
        return round(total, 2), round(total * (1 - float(used) / 100), 2)
