"""The contract between the compute service and a hypervisor.

Every method is idempotent: what is there already is not an error, nor is what is gone. The
driver knows guests by the instance's uuid. It keeps no state that it could not read back from
the hypervisor, and it never touches a database or the message bus.
"""

import abc
import dataclasses
import enum
from collections.abc import Callable, Sequence
from typing import Any

from novalite.context import RequestContext
from novalite.exception import NotSupported
from novalite.objects import VIF, BlockDevice, ComputeNode, ImageMeta, Instance


@dataclasses.dataclass(frozen=True, slots=True)
class GuestInfo:
    """``power_state``: see ``novalite.states``. ``internal_id``: the hypervisor's own number."""

    power_state: int
    internal_id: int | None = None


class Transition(enum.Enum):
    STARTED = "started"
    STOPPED = "stopped"
    PAUSED = "paused"
    RESUMED = "resumed"
    SUSPENDED = "suspended"
    CRASHED = "crashed"


@dataclasses.dataclass(frozen=True, slots=True)
class LifecycleEvent:
    """A guest changed its state, on our order or on its own."""

    instance_uuid: str
    transition: Transition


@dataclasses.dataclass(slots=True)
class SpawnRequest:
    """All that ``spawn`` needs. ``network_info`` are VIFs bound to this host;
    ``block_devices`` are complete (sizes known, device names set)."""

    instance: Instance
    image: ImageMeta
    network_info: list[VIF]
    block_devices: list[BlockDevice]
    injected_files: list[tuple[str, bytes]] = dataclasses.field(default_factory=list)
    admin_password: str | None = None


class ComputeDriver(abc.ABC):
    """``instance`` arguments are records; drivers do not change them."""

    host: str = ""
    """The name under which this host is registered; set before ``init_host``, which gets it too."""

    @abc.abstractmethod
    def init_host(self, host: str) -> None:
        """Connect, choose the virt type, start the event loop.

        Raises HypervisorUnavailable; the service then retries and reports itself down.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Stop threads and connections. Guests go on running."""

    @abc.abstractmethod
    def nodes(self) -> list[ComputeNode]:
        """What this host offers: totals, versions, cpu, traits; the uuids are stable over
        restarts. ``*_used`` members are left at 0, they are not the driver's business."""

    @abc.abstractmethod
    def list_instance_uuids(self) -> list[str]:
        """The uuids of all guests of ours on this host, running or not."""

    @abc.abstractmethod
    def get_info(self, instance: Instance) -> GuestInfo:
        """Raises InstanceNotOnHost when there is no such guest."""

    @abc.abstractmethod
    def spawn(self, request: SpawnRequest) -> None:
        """Make disks and config drive, define and start the guest; return when it runs.

        Called again after a crash it completes what is half-made. On an error it leaves
        nothing behind. Raises RescheduledException's causes as they are (the caller decides).
        """

    @abc.abstractmethod
    def destroy(
        self, instance: Instance, network_info: Sequence[VIF], *, destroy_disks: bool = True
    ) -> None:
        """Stop and undefine the guest, remove its tap devices and, if asked, its disks."""

    @abc.abstractmethod
    def power_off(self, instance: Instance, *, timeout: float = 0) -> None:
        """Ask the guest to shut down and wait up to ``timeout`` seconds; then pull the plug."""

    @abc.abstractmethod
    def power_on(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
    ) -> None:
        """Start a guest that was stopped."""

    @abc.abstractmethod
    def reboot(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
        *,
        hard: bool,
    ) -> None:
        """Soft: ask the guest, and fall back to hard when it does not follow in time."""

    @abc.abstractmethod
    def get_console_output(self, instance: Instance) -> bytes:
        """The end of what the guest wrote to its first serial port, at most 100 KiB."""

    # ---- volumes ----
    # A device has a device name, a bus and a connection_info, whose "serial" (the volume's id)
    # is how the hypervisor finds it again.

    @abc.abstractmethod
    def volume_connector(self) -> dict[str, Any]:
        """What a volume service must know of this host to export a volume to it: ``{"host",
        "ip", "platform", "os_type", "multipath"}`` and the host's initiators."""

    @abc.abstractmethod
    def attach_volume(self, instance: Instance, device: BlockDevice) -> None:
        """Give the guest the disk: at once when it runs, and for all its later starts. Raises
        InstanceNotOnHost, and NotSupported for a kind of connection that is not known here."""

    @abc.abstractmethod
    def detach_volume(self, instance: Instance, device: BlockDevice) -> None:
        """Take it away again, first from the definition, then from the running guest, which is
        asked several times. A guest that is not there has no disk either. Raises
        DeviceDetachFailed when the guest keeps it; then it keeps it for its later starts, too.
        """

    @abc.abstractmethod
    def extend_volume(self, instance: Instance, device: BlockDevice, size: int) -> None:
        """The disk shall have ``size`` bytes, also in the running guest; never less than it has."""

    @abc.abstractmethod
    def volume_snapshot_create(
        self, instance: Instance, device: BlockDevice, create_info: dict[str, Any]
    ) -> dict[str, Any]:
        """Let the guest write to ``create_info["new_file"]``, a prepared overlay of the file that
        it writes to. The device's ``connection_info`` from now on."""

    @abc.abstractmethod
    def volume_snapshot_delete(
        self,
        instance: Instance,
        device: BlockDevice,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> dict[str, Any]:
        """Merge ``delete_info["file_to_merge"]`` into ``merge_target_file``; without a target let
        the active file stand on ``file_to_merge``, or on nothing. The device's
        ``connection_info`` from now on."""

    # ---- what a driver may leave out ----

    def cache_image(self, context: RequestContext, image: ImageMeta) -> None:
        """Have the image here for servers to come. Raises NotSupported, and what says that the
        image cannot be had or used."""
        raise NotSupported()

    def control_host(self, action: str) -> str:
        """``action`` and what is answered when it is done: ``enable`` (enabled), ``disable``
        (disabled), ``on_maintenance``, ``off_maintenance``, ``startup``, ``shutdown``, ``reboot``
        (the same word). Raises NotSupported."""
        raise NotSupported("The requested functionality is not supported.")

    def on_lifecycle_event(self, listener: Callable[[LifecycleEvent], None]) -> None:
        """Call ``listener``, from a thread of the driver's, for each event from now on."""
        self._listener = listener

    def emit(self, event: LifecycleEvent) -> None:
        listener = getattr(self, "_listener", None)
        if listener is not None:
            listener(event)
