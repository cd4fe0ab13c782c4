"""Where volumes are kept.

A location is a name inside a backend (a file, a logical volume). Every method that makes data
answers a new location that no other attempt uses; the caller writes it into the row, and removes
the old one after the commit. So a process may be killed at any line: the row names whole data,
and what no row names is removed when the service starts (``leftovers``).
"""

import dataclasses
from collections.abc import Collection
from typing import Protocol

from oslo_config import cfg

from novalite.volume.embedded.core import Row

GIB = 1 << 30


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Data that can be read: a file or device of this host, and its format."""

    path: str
    format: str


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One merge that a running server has to make (see server_events): arguments of
    ``delete_info``. The row changes that follow are in ``Removal``."""

    file_to_merge: str | None
    merge_target_file: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Removal:
    """How a snapshot goes. ``moved``: snapshot id -> its new location. ``unused``: locations that
    nobody needs afterwards. ``merge``: what the server that uses the volume must do first."""

    moved: dict[str, str] = dataclasses.field(default_factory=dict)
    unused: tuple[str, ...] = ()
    merge: Step | None = None


class Backend(Protocol):
    name: str
    storage_protocol: str
    live_snapshots: bool
    """A snapshot of a volume in use needs the server's help."""

    def prepare(self) -> None:
        """Make what has to be there. Raises BackendFailed."""

    def format_of(self, *, multiattach: bool) -> str: ...

    def create(self, volume_id: str, file_format: str, size: int) -> str:
        """An empty volume of ``size`` GiB."""

    def create_from(self, volume_id: str, file_format: str, size: int, source: Source) -> str:
        """A volume with the content of ``source``, and zeros behind it. Raises BackendFailed."""

    def clone(self, volume_id: str, file_format: str, size: int, location: str, form: str) -> str:
        """A volume with the content of another or of a snapshot of this backend, which is not
        being written to."""

    def source(self, location: str, file_format: str) -> Source: ...

    def size_of(self, location: str, file_format: str) -> int:
        """Bytes that a guest sees."""

    def extend(self, location: str, file_format: str, size: int) -> None:
        """To ``size`` GiB; again is harmless. The volume is not in use."""

    def snapshot(self, volume: Row, snapshot_id: str) -> tuple[str, str]:
        """(location of the frozen data, new location of the volume)."""

    def remove_snapshot(self, volume: Row, snapshot: Row, others: list[Row]) -> Removal:
        """Plan the removal of the snapshot; ``others`` of the volume, oldest first. While the
        volume is not in use the merge is done here, and repeatable."""

    def finish_merge(self, volume: Row, snapshot: Row, removal: Removal, others: list[Row]) -> None:
        """After the servers' part of ``removal.merge``; repeatable."""

    def revert(self, volume: Row, snapshot: Row) -> str:
        """The volume's new location, with the content of the snapshot."""

    def remove(self, location: str) -> None:
        """Removing what is gone is not an error."""

    def new_location(self, volume_id: str, file_format: str) -> str:
        """One that nothing has yet."""

    def released_name(self, volume_id: str, file_format: str) -> str:
        """A name for data that the service leaves alone."""

    def format_named(self, name: str) -> str:
        """The format of data with such a name."""

    def exists(self, location: str) -> bool: ...

    def rename(self, old: str, new: str) -> None:
        """Raises NotFound."""

    def adoptable(self, known: Collection[str]) -> list[tuple[str, int]]:
        """(name, bytes) of data that an administrator could put under management."""

    def leftovers(self, known: Collection[str]) -> list[str]:
        """Locations that this service made and that are not in ``known``."""

    def connection(self, location: str, file_format: str) -> tuple[str, Row]:
        """(driver_volume_type, data) for the compute host."""

    def capacity(self) -> tuple[float, float]:
        """(total, free) in GiB."""


def load(conf: cfg.ConfigOpts) -> dict[str, Backend]:
    """Name -> backend, the default one first."""
    found: dict[str, Backend] = {}
    for name in conf.embedded.volume_backends:
        if name == "lvm":
            from novalite.volume.embedded.backends.lvm import LvmBackend

            found[name] = LvmBackend(conf)
        else:
            from novalite.volume.embedded.backends.qcow2 import Qcow2Backend

            found[name] = Qcow2Backend(conf)
    return found
