"""The contract of ``virt/driver.py``, fulfilled with libvirt: which step comes after which."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from novalite.context import RequestContext, admin_context
from novalite.exception import HypervisorUnavailable, InstanceNotOnHost
from novalite.guest_data import GuestData
from novalite.objects import VIF, BlockDevice, ComputeNode, ImageMeta, Instance
from novalite.virt.driver import ComputeDriver, GuestInfo, SpawnRequest
from novalite.virt.libvirt import config_drive, console, guest, guest_xml, host, kvm_probe
from novalite.virt.libvirt.attachments import Attachments
from novalite.virt.libvirt.connection import Connection
from novalite.virt.libvirt.disks import DiskBuilder, Notes, boot_files
from novalite.virt.libvirt.domains import Domains
from novalite.virt.libvirt.events import Events
from novalite.virt.libvirt.guest import Disk, Guest, Targets
from novalite.virt.libvirt.image_cache import ImageCache
from novalite.virt.libvirt.keyed_locks import KeyedLocks
from novalite.virt.libvirt.live_disks import LiveDisks
from novalite.virt.libvirt.paths import Paths

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI

LOG = logging.getLogger(__name__)

DEFAULT_URI = "qemu:///system"
PRUNE_SECONDS = 3600


class LibvirtDriver(ComputeDriver):
    def __init__(self, conf: cfg.ConfigOpts, image_api: "ImageAPI | None") -> None:
        self._conf = conf
        self._images = image_api
        self.host: str = conf.host
        self._paths = Paths(conf.instances_path)
        self._notes = Notes(self._paths)
        self._locks = KeyedLocks()
        self._events: Events | None = None
        self._connection: Connection | None = None
        self._connected: Domains | None = None
        self._pruned_at = time.monotonic()
        self._prune_lock = threading.Lock()

    # ---- the host ----

    def init_host(self, host_name: str) -> None:
        self.close()
        self.host = host_name
        libvirt_conf = self._conf.libvirt
        os.makedirs(self._conf.state_path, exist_ok=True)
        self._paths.prepare()
        self._events = Events(self.emit)
        self._connection = Connection(
            libvirt_conf.connection_uri or DEFAULT_URI, host_name, self._events.received
        )
        self._facts = host.learn(self._connection, libvirt_conf.qemu_user)
        self._choose_virt_type()
        self._cache = ImageCache(
            self._paths.base, self._images, may_link=not self._qemu_is_another_user()
        )
        self._warn_of_closed_directories()
        owner = host.compute_id(self._conf.state_path)
        self._owner = owner
        self._disks = DiskBuilder(
            self._paths, self._cache, self._notes, owner, libvirt_conf.images_type
        )
        self._paths.remove_leftovers()
        domains = Domains(self._connection, owner)
        self._attachments = Attachments(
            domains,
            LiveDisks(
                self._connection,
                libvirt_conf.device_detach_attempts,
                libvirt_conf.device_detach_timeout,
            ),
        )
        self._connected = domains

    def _choose_virt_type(self) -> None:
        wish = self._conf.libvirt.virt_type
        if wish != "auto":
            self.virt_type, self.virt_reason = wish, "it is configured"
        else:
            verdict = kvm_probe.check(
                self._facts.emulator, self._facts.qemu_user, self._conf.state_path
            )
            self.virt_type, self.virt_reason = verdict.virt_type, verdict.reason
        LOG.info("Guests of this host are of type %s: %s", self.virt_type, self.virt_reason)

    def _qemu_is_another_user(self) -> bool:
        return self._facts.qemu_user.uid not in (None, os.geteuid())

    def _warn_of_closed_directories(self) -> None:
        closed = self._paths.closed_to_others()
        if closed and self._qemu_is_another_user():
            LOG.warning(
                "QEMU runs as user %s, who cannot pass through %s: guests will not start",
                self._facts.qemu_user.uid,
                closed,
            )

    def close(self) -> None:
        self._connected = None
        # The connection first: after it nothing calls into the events any more.
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._events is not None:
            self._events.close()
            self._events = None

    @property
    def _domains(self) -> Domains:
        """Raises HypervisorUnavailable as long as ``init_host`` did not come to its end."""
        if self._connected is None:
            raise HypervisorUnavailable(host=self.host)
        return self._connected

    def nodes(self) -> list[ComputeNode]:
        return [host.node(self._conf, self.host, self._facts, self.virt_type, self._paths)]

    # ---- guests ----

    def list_instance_uuids(self) -> list[str]:
        """Also those of which there are only files yet, or still."""
        domains = self._domains.uuids()
        return sorted({*domains, *self._notes.owned_by(self._owner)})

    def get_info(self, instance: Instance) -> GuestInfo:
        info = self._domains.info(instance.uuid)
        if info is None:
            raise InstanceNotOnHost(instance_uuid=instance.uuid)
        return info

    def spawn(self, request: SpawnRequest) -> None:
        uuid = request.instance.uuid
        with self._locks.hold(uuid):
            domains = self._domains
            try:
                if domains.info(uuid) is None:
                    self._build(request)
                else:
                    # Built before, perhaps up to its last step.
                    domains.start(uuid)
            except BaseException:
                self._undo(request)
                raise

    def _undo(self, request: SpawnRequest) -> None:
        uuid = request.instance.uuid
        LOG.info("Instance %s could not be built; removing what was made", uuid)
        try:
            self._remove(uuid, request.network_info, disks=True)
        except Exception:
            # The first error is the one to tell. What is left is found by its directory.
            LOG.exception("What was made of instance %s remains", uuid)

    def _build(self, request: SpawnRequest) -> None:
        instance, image = request.instance, request.image
        started = time.monotonic()
        context = admin_context()
        self._paths.make_guest(instance.uuid)
        self._notes.write(instance.uuid, self._owner, [])
        targets = Targets()
        disks = self._disks.build(context, instance, image, request.block_devices, targets)
        files = boot_files(context, self._images, self._cache, self._paths, instance)
        if guest.wants_config_drive(instance, image, self._conf.force_config_drive):
            disks.append(self._config_drive(request, targets))
        machine = self._describe(request, disks, files)
        self._domains.define(guest_xml.to_xml(machine))
        made = time.monotonic()
        self._domains.start(instance.uuid)
        LOG.info(
            "Guest %s of instance %s runs: disks and definition %.3f s, start %.3f s",
            machine.name,
            instance.uuid,
            made - started,
            time.monotonic() - made,
        )

    def _config_drive(self, request: SpawnRequest, targets: Targets) -> Disk:
        instance = request.instance
        path = self._paths.file(instance.uuid, config_drive.FILE_NAME)
        data = GuestData(
            instance,
            request.network_info,
            self._conf,
            admin_password=request.admin_password,
            files=request.injected_files,
        )
        config_drive.make(path, data.files(), instance.uuid)
        bus, device = guest.config_drive_bus(request.image.properties)
        return Disk(
            path=path,
            format="raw",
            target=targets.take_last(bus),
            bus=bus,
            device=device,
            readonly=True,
        )

    def _describe(
        self, request: SpawnRequest, disks: Sequence[Disk], files: dict[str, str]
    ) -> Guest:
        instance, properties = request.instance, request.image.properties
        specs = instance.flavor.extra_specs if instance.flavor else {}
        conf = self._conf.libvirt
        root = disks[0].target
        return Guest(
            instance=instance,
            name=self._name(instance),
            owner=self._owner,
            virt_type=self.virt_type,
            machine=properties.get("hw_machine_type") or "pc",
            cpu=guest.cpu(
                conf.cpu_mode, conf.cpu_models, self.virt_type, instance.vcpus, specs, properties
            ),
            disks=disks,
            network_info=request.network_info,
            console_log=self._paths.console(instance.uuid),
            vif_model=properties.get("hw_vif_model") or "virtio",
            video_model=properties.get("hw_video_model") or "vga",
            scsi_model=properties.get("hw_scsi_model") or "virtio-scsi",
            firmware=guest.firmware(properties),
            kernel=files.get("kernel"),
            ramdisk=files.get("ramdisk"),
            command_line=guest.command_line(properties, root),
            vnc=self._conf.vnc.enabled,
            usb_tablet=properties.get("hw_pointer_model") == "usbtablet",
            guest_agent=guest.is_true(properties.get("hw_qemu_guest_agent", "")),
            queues=guest.queues(instance.vcpus, specs, properties),
            local_time=(instance.os_type or properties.get("os_type")) == "windows",
            cpu_tune=guest.cpu_tune(specs),
        )

    def _name(self, instance: Instance) -> str:
        """The templated name; with the uuid where another deployment's guest has it already."""
        name = instance.name(self._conf.instance_name_template) or instance.uuid
        if self._domains.name_is_taken(name, instance.uuid):
            return f"{name}-{instance.uuid}"
        return name

    def destroy(
        self, instance: Instance, network_info: Sequence[VIF], *, destroy_disks: bool = True
    ) -> None:
        with self._locks.hold(instance.uuid):
            self._remove(instance.uuid, network_info, disks=destroy_disks)
        self._prune()

    def _remove(self, uuid: str, network_info: Sequence[VIF], *, disks: bool) -> None:
        self._domains.stop(uuid)
        self._domains.undefine(uuid)
        for vif in network_info:
            if vif.devname:
                remove_tap(vif.devname)
        if disks:
            self._paths.remove_guest(uuid)

    def _prune(self) -> None:
        """Now and then look for base images that nobody needs."""
        if not self._prune_lock.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._pruned_at >= PRUNE_SECONDS:
                self._pruned_at = time.monotonic()
                self.prune_images()
        except OSError:
            LOG.exception("The image cache could not be looked through")
        finally:
            self._prune_lock.release()

    def cache_image(self, context: RequestContext, image: ImageMeta) -> None:
        if self._connected is None:
            raise HypervisorUnavailable(host=self.host)
        if image.disk_format in ("aki", "ari"):
            self._cache.kernel(context, image)
        else:
            self._cache.disk(context, image)

    def prune_images(self) -> list[str]:
        """Remove what no guest uses and nobody asked for lately; the keys of what was."""
        age = self._conf.libvirt.image_cache_minimum_age
        return self._cache.prune(self._notes.bases_in_use, age)

    # ---- power ----

    def power_off(self, instance: Instance, *, timeout: float = 0) -> None:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            if timeout <= 0 or not self._domains.shut_down(instance.uuid, timeout):
                self._domains.stop(instance.uuid)

    def power_on(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
    ) -> None:
        with self._locks.hold(instance.uuid):
            self._start_again(instance, network_info, block_devices)

    def reboot(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
        *,
        hard: bool,
    ) -> None:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            if hard or not self._domains.shut_down(instance.uuid, self._conf.shutdown_timeout):
                self._domains.stop(instance.uuid)
            self._start_again(instance, network_info, block_devices)

    def _start_again(
        self,
        instance: Instance,
        network_info: Sequence[VIF],
        block_devices: Sequence[BlockDevice],
    ) -> None:
        """With the ports and volumes that the server has now."""
        xml = self._domains.xml(instance.uuid)
        if xml is None:
            raise InstanceNotOnHost(instance_uuid=instance.uuid)
        # No ports at all is more likely a cache that got lost than a server without network.
        if not self._domains.is_active(instance.uuid):
            if network_info:
                self._domains.define(guest_xml.with_interfaces(xml, network_info))
            if any(device.is_volume for device in block_devices):
                self._attachments.redefine(instance.uuid, block_devices)
        self._domains.start(instance.uuid)

    # ---- volumes ----

    def volume_connector(self) -> dict[str, Any]:
        return host.connector(self.host, self._conf.my_ip)

    def attach_volume(self, instance: Instance, device: BlockDevice) -> None:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            self._attachments.attach(instance.uuid, device)

    def detach_volume(self, instance: Instance, device: BlockDevice) -> None:
        with self._locks.hold(instance.uuid):
            if self._domains.info(instance.uuid) is not None:
                self._attachments.detach(instance.uuid, device)

    def extend_volume(self, instance: Instance, device: BlockDevice, size: int) -> None:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            self._attachments.extend(instance.uuid, device, size)

    def volume_snapshot_create(
        self, instance: Instance, device: BlockDevice, create_info: dict[str, Any]
    ) -> dict[str, Any]:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            return self._attachments.overlay(instance.uuid, device, create_info["new_file"])

    def volume_snapshot_delete(
        self,
        instance: Instance,
        device: BlockDevice,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> dict[str, Any]:
        with self._locks.hold(instance.uuid):
            self.get_info(instance)
            return self._attachments.merge(instance.uuid, device, delete_info)

    def get_console_output(self, instance: Instance) -> bytes:
        self.get_info(instance)
        return console.tail(self._paths.console(instance.uuid))


def remove_tap(name: str) -> None:
    """libvirt removes a guest's tap devices, unless it died in between."""
    if os.path.exists(f"/sys/class/net/{name}/tun_flags"):
        subprocess.run(["ip", "link", "delete", "dev", name], capture_output=True, check=False)
