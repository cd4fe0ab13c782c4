"""A real libvirt, a real guest image, a real driver and a small network for its guests."""

import dataclasses
import fcntl
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.exception import ImageNotFound
from novalite.objects import VIF, BlockDevice, FixedIP, Flavor, ImageMeta, Instance, Subnet
from novalite.virt.driver import LifecycleEvent, SpawnRequest
from tests.support.host_claims import BASE, Claims, locked, open_lock, taken
from tools.host import libvirt as host
from tools.image import build
from tools.servers.processes import Process, program, wait_until

INSTALLED_IMAGE = pathlib.Path("/var/lib/novalite/guest")
READY = b"novalite-guest: ready"


def folder(prefix: str) -> pathlib.Path:
    BASE.mkdir(mode=0o755, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(dir=BASE, prefix=prefix))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def libvirt_host() -> Iterator[str]:
    """The URI of a libvirt: the one that runs, or one that the last who uses it stops."""
    if os.geteuid() != 0:
        pytest.skip("a hypervisor needs root")
    state = BASE / "libvirtd"
    with open_lock("libvirtd-users") as users:
        with locked("libvirtd"):
            state.mkdir(mode=0o755, exist_ok=True)
            host.start(str(state))
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield host.URI
        finally:
            with locked("libvirtd"):
                if taken(users):
                    host.stop(str(state))
                    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="session")
def guest_image() -> pathlib.Path:
    """A directory with vmlinuz, initrd.img and guest.qcow2, built once per machine."""
    if build.is_built(str(INSTALLED_IMAGE)):
        return INSTALLED_IMAGE
    path = BASE / "guest"
    with locked("guest"):
        if not build.is_built(str(path)):
            build.build(str(path))
    return path


class FileImages:
    """An image service whose store is this host's files. ``linked``: whether it says where."""

    def __init__(self, *, linked: bool = True) -> None:
        self.images: dict[str, tuple[ImageMeta, pathlib.Path]] = {}
        self.downloads: list[str] = []
        self._linked = linked

    def add(self, path: pathlib.Path, disk_format: str, **properties: Any) -> ImageMeta:
        meta = ImageMeta(
            id=str(uuid.uuid4()),
            name=path.name,
            size=path.stat().st_size,
            disk_format=disk_format,
            container_format="bare",
            properties=properties,
        )
        assert meta.id
        self.images[meta.id] = (meta, path)
        return meta

    def get(self, context: Any, image_id: str) -> ImageMeta:
        if image_id not in self.images:
            raise ImageNotFound(image_id=image_id)
        return self.images[image_id][0]

    def download(self, context: Any, image_id: str) -> Iterator[bytes]:
        self.downloads.append(image_id)
        with self.images[image_id][1].open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk

    def local_path(self, image_id: str) -> str | None:
        return str(self.images[image_id][1]) if self._linked else None

    def list(self, context: Any, **filters: Any) -> list[ImageMeta]:
        return [meta for meta, _ in self.images.values()]


class Lan:
    """A bridge of this host with an address, and DHCP on it."""

    def __init__(self, state: pathlib.Path) -> None:
        self._claims = Claims()
        self.bridge = f"nvt{os.getpid() % 100000}"
        self.network = self._claims.octets("10.213.{}")
        self._state = state
        self._dnsmasq: Process | None = None

    def start(self) -> None:
        _ip("link", "add", self.bridge, "type", "bridge", "forward_delay", "0")
        _ip("address", "add", f"{self.network}.1/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")
        self._dnsmasq = Process(
            [
                program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                "--bind-interfaces", f"--interface={self.bridge}", "--except-interface=lo",
                f"--dhcp-range={self.network}.10,{self.network}.200,255.255.255.0,10m",
                f"--dhcp-leasefile={self._state}/leases", "--user=root", "--dhcp-no-override",
                "--no-ping", "--dhcp-authoritative", "--log-facility=-",
            ],
            self._state / "dnsmasq.log",
        )  # fmt: skip
        self._dnsmasq.start()
        self._dnsmasq.wait_ready(lambda: "DHCP, IP range" in self._dnsmasq.tail())  # type: ignore[union-attr]

    def stop(self) -> None:
        if self._dnsmasq is not None:
            self._dnsmasq.stop()
        _ip("link", "delete", self.bridge, check=False)
        self._claims.release()

    def vif(self) -> VIF:
        port = str(uuid.uuid4())
        mac = "fa:16:3e:" + ":".join(f"{random.randrange(256):02x}" for _ in range(3))
        return VIF(
            id=port,
            address=mac,
            network_id=str(uuid.uuid4()),
            label="lan",
            subnets=[
                Subnet(
                    id=str(uuid.uuid4()),
                    cidr=f"{self.network}.0/24",
                    gateway=f"{self.network}.1",
                    ips=[FixedIP(f"{self.network}.10")],
                )
            ],
            type="bridge",
            bridge=self.bridge,
            devname=f"tap{port[:11]}",
            active=True,
        )

    def address_of(self, vif: VIF) -> str | None:
        """What DHCP gave."""
        try:
            lines = (self._state / "leases").read_text().splitlines()
        except FileNotFoundError:
            return None
        return next((line.split()[2] for line in lines if vif.address in line), None)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run([program("ip"), *words], check=check, capture_output=True)


@pytest.fixture
def lan() -> Iterator[Lan]:
    state = folder("lan-")
    made = Lan(state)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(state, ignore_errors=True)


@dataclasses.dataclass
class Hypervisor:
    """A driver with its own state, and what it reported."""

    driver: Any
    conf: Any
    images: FileImages
    events: list[LifecycleEvent]

    def request(self, image: ImageMeta, vifs: list[VIF], **changes: Any) -> SpawnRequest:
        """A server of 1 vCPU, 160 MiB and 1 GiB of disk; ``changes`` are the instance's."""
        flavor = Flavor(flavorid="1", name="test", memory_mb=160, vcpus=1, root_gb=1)
        values = {
            "uuid": str(uuid.uuid4()),
            "project_id": "p" * 32,
            "user_id": "u" * 32,
            "display_name": "test",
            "hostname": "test",
            "memory_mb": 160,
            "vcpus": 1,
            "root_gb": 1,
            "flavor": flavor,
            "image_ref": image.id or "",
            "id": random.randrange(1 << 24, 1 << 31),
            "metadata": {},
            "system_metadata": {},
            "network_info": vifs,
            **changes,
        }
        instance = Instance(**values)
        root = BlockDevice(
            "image", "local", boot_index=0, image_id=image.id, device_name="/dev/vda",
            disk_bus="virtio", device_type="disk", volume_size=instance.root_gb,
            instance_uuid=instance.uuid,
        )  # fmt: skip
        return SpawnRequest(instance, image, vifs, [root])

    def wait_console(self, request: SpawnRequest, text: bytes, count: int = 1) -> bytes:
        """The console log, once ``text`` is in it ``count`` times."""

        def there() -> bool:
            return bool(self.driver.get_console_output(request.instance).count(text) >= count)

        try:
            wait_until(there, 60, f"{text!r} on the console")
        except TimeoutError:
            said = self.driver.get_console_output(request.instance)
            raise AssertionError(f"{text!r} is not {count} times in {said!r}") from None
        found: bytes = self.driver.get_console_output(request.instance)
        return found

    def directory(self, request: SpawnRequest) -> pathlib.Path:
        return pathlib.Path(self.conf.instances_path) / request.instance.uuid


def make_driver(state: pathlib.Path, uri: str, *, linked: bool = True, **libvirt: Any) -> Any:
    """A Hypervisor, connected."""
    from novalite.virt.libvirt.driver import LibvirtDriver

    conf = configuration.configuration()
    conf.set_override("state_path", str(state))
    conf.set_override("connection_uri", uri, group="libvirt")
    for name, value in libvirt.items():
        conf.set_override(name, value, group="libvirt")
    images = FileImages(linked=linked)
    driver = LibvirtDriver(conf, images)
    events: list[LifecycleEvent] = []
    driver.on_lifecycle_event(events.append)
    driver.init_host("testhost")
    return Hypervisor(driver, conf, images, events)


@pytest.fixture
def hypervisor(libvirt_host: str) -> Iterator[Hypervisor]:
    """With guests of type qemu; whatever a test leaves is removed."""
    state = folder("host-")
    made = make_driver(state, libvirt_host, virt_type="qemu")
    try:
        yield made
    finally:
        for left in made.driver.list_instance_uuids():
            made.driver.destroy(Instance(uuid=left, project_id="", user_id=""), [])
        made.driver.close()
        shutil.rmtree(state, ignore_errors=True)
