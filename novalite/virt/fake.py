"""A hypervisor that only pretends: guests are records, in memory and, if asked, in files.

With ``[fake] persist`` a guest is one small file below ``state_path``; so guests outlive the
compute service (also a kill -9) as real ones do. One instance of the driver is one host; any
number of them, with different host names, live in one process.
"""

import dataclasses
import json
import logging
import os
import platform
import random
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oslo_config import cfg

from novalite import states
from novalite.context import RequestContext
from novalite.exception import InstanceNotOnHost, RescheduledException
from novalite.objects import VIF, BlockDevice, ComputeNode, ImageMeta, Instance
from novalite.virt import fake_volumes
from novalite.virt.driver import ComputeDriver, GuestInfo, LifecycleEvent, SpawnRequest, Transition

LOG = logging.getLogger(__name__)

_POWER_AFTER = {
    Transition.STARTED: states.RUNNING,
    Transition.RESUMED: states.RUNNING,
    Transition.STOPPED: states.SHUTDOWN,
    Transition.PAUSED: states.POWER_PAUSED,
    Transition.SUSPENDED: states.POWER_SUSPENDED,
    Transition.CRASHED: states.CRASHED,
}


@dataclasses.dataclass(slots=True)
class Guest:
    """What a real hypervisor would know. ``ports`` are VIF ids; ``boots`` counts its starts;
    ``volumes``: volume's id -> how the guest sees it and where it is."""

    uuid: str
    number: int
    name: str
    power_state: int
    ports: list[str]
    disks: list[str]
    boots: int = 1
    volumes: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class FakeDriver(ComputeDriver):
    def __init__(self, conf: cfg.ConfigOpts, image_api: Any = None, host: str = "") -> None:
        self._conf = conf
        self.host = host or conf.host
        self._lock = threading.Lock()
        self._guests: dict[str, Guest] = {}
        self._numbers = 0
        self._directory: Path | None = None
        self._node_uuid = ""
        self.images: set[str] = set()
        """Ids of the images that were cached ahead."""
        self.done: list[str] = []
        """What this host was told to do: ``disable``, ``reboot``..."""
        self.disks: set[str] = set()
        """Uuids of the instances whose disks exist (with or without a guest)."""

    # ---- the host ----

    def init_host(self, host: str) -> None:
        self.host = host
        self._node_uuid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{host}.fake"))
        if not self._conf.fake.persist:
            return
        self._directory = Path(self._conf.state_path) / "fake" / _file_name(host)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._node_uuid = self._stable_uuid(self._directory / "node_uuid")
        with self._lock:
            for path in self._directory.glob("*.json"):
                guest = Guest(**json.loads(path.read_text()))
                self._guests[guest.uuid] = guest
                self._numbers = max(self._numbers, guest.number)
            self.disks = set(self._guests)

    def close(self) -> None:
        pass  # there is no thread and no connection; the guests stay

    def nodes(self) -> list[ComputeNode]:
        fake = self._conf.fake
        arch = platform.machine() or "x86_64"
        return [
            ComputeNode(
                host=self.host,
                hypervisor_hostname=self.host,
                uuid=self._node_uuid,
                vcpus=fake.vcpus,
                memory_mb=fake.memory_mb,
                local_gb=fake.local_gb,
                hypervisor_type="fake",
                hypervisor_version=1000,
                host_ip=self._conf.my_ip,
                cpu_info={
                    "arch": arch,
                    "model": "fake",
                    "vendor": "novalite",
                    "features": [],
                    "topology": {"sockets": 1, "cores": fake.vcpus, "threads": 1},
                },
                supported_instances=[[arch, "fake", "hvm"]],
            )
        ]

    def cache_image(self, context: RequestContext, image: ImageMeta) -> None:
        assert image.id is not None
        self.images.add(image.id)

    def control_host(self, action: str) -> str:
        self.done.append(action)
        return {"enable": "enabled", "disable": "disabled"}.get(action, action)

    # ---- guests ----

    def list_instance_uuids(self) -> list[str]:
        with self._lock:
            return list(self._guests)

    def guest(self, instance_uuid: str) -> Guest | None:
        """A copy of what the hypervisor knows of a guest; for tests and benches."""
        with self._lock:
            guest = self._guests.get(instance_uuid)
            return dataclasses.replace(guest) if guest else None

    def get_info(self, instance: Instance) -> GuestInfo:
        with self._lock:
            guest = self._known(instance)
            return GuestInfo(guest.power_state, guest.number)

    def spawn(self, request: SpawnRequest) -> None:
        if self._conf.fake.spawn_delay:
            time.sleep(self._conf.fake.spawn_delay)
        instance = request.instance
        if random.random() * 100 < self._conf.fake.fail_spawn_percent:
            raise RescheduledException(
                instance_uuid=instance.uuid, reason=f"{self.host} pretends that it cannot"
            )
        with self._lock:
            found = self._guests.get(instance.uuid)
            if found is None:
                self._numbers += 1
                found = Guest(
                    uuid=instance.uuid,
                    number=self._numbers,
                    name=instance.name(self._conf.instance_name_template),
                    power_state=states.RUNNING,
                    ports=[],
                    disks=[],
                )
            started = instance.uuid not in self._guests or found.power_state != states.RUNNING
            found.power_state = states.RUNNING
            found.ports = [vif.id for vif in request.network_info]
            found.disks = [device.device_name or "" for device in request.block_devices]
            found.volumes = fake_volumes.of(request.block_devices)
            self._keep(found)
            self.disks.add(instance.uuid)
        if started:
            self.emit(LifecycleEvent(instance.uuid, Transition.STARTED))

    def destroy(
        self, instance: Instance, network_info: Sequence[VIF], *, destroy_disks: bool = True
    ) -> None:
        with self._lock:
            gone = self._guests.pop(instance.uuid, None)
            if destroy_disks:
                self.disks.discard(instance.uuid)
            if self._directory is not None:
                (self._directory / f"{instance.uuid}.json").unlink(missing_ok=True)
        if gone is not None and gone.power_state == states.RUNNING:
            self.emit(LifecycleEvent(instance.uuid, Transition.STOPPED))

    def power_off(self, instance: Instance, *, timeout: float = 0) -> None:
        self._change(instance.uuid, Transition.STOPPED)

    def power_on(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
    ) -> None:
        self._with_volumes(instance, block_devices)
        self._change(instance.uuid, Transition.STARTED)

    def reboot(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
        *,
        hard: bool,
    ) -> None:
        self._change(instance.uuid, Transition.STOPPED)
        self._with_volumes(instance, block_devices)
        self._change(instance.uuid, Transition.STARTED)

    def get_console_output(self, instance: Instance) -> bytes:
        with self._lock:
            guest = self._known(instance)
        lines = [f"{guest.name}: start {number} of this guest" for number in range(guest.boots)]
        lines += ["the fake hypervisor runs no code", f"{instance.hostname or guest.name} login:"]
        return "\n".join(lines).encode() + b"\n"

    def act_by_itself(self, instance_uuid: str, transition: Transition) -> None:
        """Have a guest stop, crash, pause... on its own, as real guests do."""
        self._change(instance_uuid, transition)

    # ---- volumes ----

    def volume_connector(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "ip": self._conf.my_ip,
            "platform": platform.machine() or "x86_64",
            "os_type": "linux",
            "multipath": False,
        }

    def attach_volume(self, instance: Instance, device: BlockDevice) -> None:
        with self._lock:
            guest = self._known(instance)
            volumes = {**guest.volumes, **fake_volumes.of([device])}
            self._keep(dataclasses.replace(guest, volumes=volumes))

    def detach_volume(self, instance: Instance, device: BlockDevice) -> None:
        with self._lock:
            guest = self._guests.get(instance.uuid)
            if guest is not None and device.volume_id in guest.volumes:
                volumes = {**guest.volumes}
                del volumes[device.volume_id]
                self._keep(dataclasses.replace(guest, volumes=volumes))

    def extend_volume(self, instance: Instance, device: BlockDevice, size: int) -> None:
        with self._lock:
            guest = self._known(instance)
            volumes = {**guest.volumes, **fake_volumes.of([device])}
            volumes[str(device.volume_id)]["size"] = size
            fake_volumes.extend(device, size)
            self._keep(dataclasses.replace(guest, volumes=volumes))

    def volume_snapshot_create(
        self, instance: Instance, device: BlockDevice, create_info: dict[str, Any]
    ) -> dict[str, Any]:
        path = fake_volumes.overlay(device, create_info)
        return self._moved(instance, device, path)

    def volume_snapshot_delete(
        self,
        instance: Instance,
        device: BlockDevice,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> dict[str, Any]:
        with self._lock:
            self._known(instance)
        return self._moved(instance, device, fake_volumes.merge(device, delete_info))

    def _moved(self, instance: Instance, device: BlockDevice, path: str) -> dict[str, Any]:
        """The guest writes to ``path`` from now on."""
        info = fake_volumes.moved(device, path)
        self.attach_volume(instance, dataclasses.replace(device, connection_info=info))
        return info

    def _with_volumes(self, instance: Instance, devices: Sequence[BlockDevice]) -> None:
        with self._lock:
            guest = self._known(instance)
            volumes = {**guest.volumes, **fake_volumes.of(devices)}
            if volumes != guest.volumes:
                self._keep(dataclasses.replace(guest, volumes=volumes))

    # ---- within ----

    def _known(self, instance: Instance) -> Guest:
        guest = self._guests.get(instance.uuid)
        if guest is None:
            raise InstanceNotOnHost(instance_uuid=instance.uuid)
        return guest

    def _change(self, instance_uuid: str, transition: Transition) -> None:
        with self._lock:
            guest = self._guests.get(instance_uuid)
            if guest is None:
                raise InstanceNotOnHost(instance_uuid=instance_uuid)
            after = _POWER_AFTER[transition]
            if guest.power_state == after:
                return
            if transition is Transition.STARTED:
                guest.boots += 1
            guest.power_state = after
            self._keep(guest)
        self.emit(LifecycleEvent(instance_uuid, transition))

    def _keep(self, guest: Guest) -> None:
        """Write first, then remember: a kill in between leaves what a reader would find."""
        if self._directory is not None:
            path = self._directory / f"{guest.uuid}.json"
            _write(path, json.dumps(dataclasses.asdict(guest)))
        self._guests[guest.uuid] = guest

    @staticmethod
    def _stable_uuid(path: Path) -> str:
        try:
            return str(uuid.UUID(path.read_text().strip()))
        except (FileNotFoundError, ValueError):
            made = str(uuid.uuid4())
            _write(path, made)
            return made


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    os.replace(fresh, path)


def _file_name(host: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in host).lstrip(".") or "_"
