"""Volumes of real guests: what the guest sees, what the file has."""

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from novalite.exception import DeviceDetachFailed
from novalite.objects import ImageMeta
from tests.support import guest_disks
from tests.support.guest_disks import WRITTEN, WRITTEN_AT, seen, written_to
from tests.support.libvirt import READY, Hypervisor, folder
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration

GIB = 1 << 30


@pytest.fixture
def store() -> Iterator[pathlib.Path]:
    path = folder("store-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def xml(request, *options: str) -> str:
    command = ["virsh", "-c", "qemu:///system", "dumpxml", *options, request.instance.uuid]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def server(hypervisor: Hypervisor, guest_image: pathlib.Path):
    """A guest whose console says of its disks."""
    image = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    return hypervisor.request(
        image, [], config_drive="True", user_data=guest_disks.USER_DATA, memory_mb=128
    )


def gone_from_guest(hypervisor: Hypervisor, request, volume) -> None:
    """The last that the guest said of its disks is that none is this volume."""

    def said() -> bool:
        log = hypervisor.driver.get_console_output(request.instance)
        lines = [line for line in log.splitlines() if b"disks:" in line]
        return bool(lines) and volume.volume_id[:20].encode() not in lines[-1]

    wait_until(said, 30, "the guest to lose its disk")


def test_a_volume_comes_and_grows_and_goes_while_the_guest_runs(
    hypervisor: Hypervisor, guest_image, store
) -> None:
    driver = hypervisor.driver
    request = server(hypervisor, guest_image)
    instance = request.instance
    path = guest_disks.make(store, "one.qcow2")
    volume = guest_disks.device(path)
    driver.spawn(request)
    hypervisor.wait_console(request, READY)

    driver.attach_volume(instance, volume)
    driver.attach_volume(instance, volume)
    hypervisor.wait_console(request, seen(1, volume.volume_id))
    hypervisor.wait_console(request, written_to(volume.volume_id))
    assert xml(request, "--inactive").count(volume.volume_id) == 1
    assert xml(request).count(f"<serial>{volume.volume_id}") == 1
    written = guest_disks.content(path, "qcow2", WRITTEN_AT, len(WRITTEN))
    assert written == WRITTEN

    driver.extend_volume(instance, volume, 2 * GIB)
    driver.extend_volume(instance, volume, 2 * GIB)
    hypervisor.wait_console(request, seen(2, volume.volume_id))
    assert guest_disks.info(path)["virtual-size"] == 2 * GIB

    driver.detach_volume(instance, volume)
    gone_from_guest(hypervisor, request, volume)
    assert volume.volume_id not in xml(request) + xml(request, "--inactive")
    driver.detach_volume(instance, volume)

    driver.attach_volume(instance, volume)
    hypervisor.wait_console(request, seen(2, volume.volume_id), count=2)
    driver.power_off(instance)
    moved = store / "moved.qcow2"
    path.rename(moved)
    fresh = guest_disks.device(moved, volume_id=volume.volume_id)
    fresh.connection_info["serial"] = volume.volume_id
    driver.power_on(instance, [], [*request.block_devices, fresh])
    hypervisor.wait_console(request, READY, count=2)
    assert str(moved) in xml(request)

    driver.destroy(instance, [])
    written = guest_disks.content(moved, "qcow2", WRITTEN_AT, len(WRITTEN))
    assert written == WRITTEN


def test_a_guest_that_keeps_a_disk_has_it_later_too(
    hypervisor: Hypervisor, guest_image, store
) -> None:
    """A firmware alone answers no request to let a device go."""
    driver = hypervisor.driver
    image = ImageMeta(disk_format="qcow2")
    boot = guest_disks.device(guest_disks.make(store, "empty.qcow2"), "vda", boot_index=0)
    volume = guest_disks.device(guest_disks.make(store, "kept.qcow2"))
    request = hypervisor.request(image, [], memory_mb=64)
    request.block_devices = [boot]
    driver.spawn(request)
    driver._attachments._live._attempts, driver._attachments._live._timeout = 2, 1
    driver.attach_volume(request.instance, volume)
    with pytest.raises(DeviceDetachFailed):
        driver.detach_volume(request.instance, volume)
    assert volume.volume_id in xml(request)
    assert volume.volume_id in xml(request, "--inactive")


def test_boot_from_a_volume_with_another_beside_it(
    hypervisor: Hypervisor, guest_image, store
) -> None:
    driver = hypervisor.driver
    root_file = store / "root.qcow2"
    shutil.copy(guest_image / "guest.qcow2", root_file)
    subprocess.run(["qemu-img", "resize", "-q", root_file, "1G"], check=True)
    root = guest_disks.device(root_file, "vda", boot_index=0)
    second = guest_disks.device(guest_disks.make(store, "raw", 1, "raw"), "vdb", "raw")
    request = server(hypervisor, guest_image)
    request.block_devices = [second, root]
    driver.spawn(request)
    driver.spawn(request)
    said = hypervisor.wait_console(request, seen(1, second.volume_id))
    assert seen(1, root.volume_id) in said
    assert "disk" not in [path.name for path in hypervisor.directory(request).iterdir()]
    driver.reboot(request.instance, [], request.block_devices, hard=True)
    assert xml(request).count("<boot order='1'/>") == 1
    driver.destroy(request.instance, [])
    assert root_file.exists()


@pytest.fixture
def block_device(store: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """A device of this host, as a logical volume is one, and the file behind it."""
    path = guest_disks.make(store, "behind", 1, "raw")
    made = subprocess.run(
        ["losetup", "-f", "--show", path], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no loop devices: {made.stderr}")
    device = made.stdout.strip()
    try:
        yield device, path
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


def test_a_block_device(hypervisor: Hypervisor, guest_image, block_device) -> None:
    driver = hypervisor.driver
    device, behind = block_device
    volume = guest_disks.device(pathlib.Path(device), file_format="raw")
    volume.connection_info["driver_volume_type"] = "local"
    request = server(hypervisor, guest_image)
    driver.spawn(request)
    hypervisor.wait_console(request, READY)
    driver.attach_volume(request.instance, volume)
    hypervisor.wait_console(request, seen(1, volume.volume_id))
    hypervisor.wait_console(request, written_to(volume.volume_id))
    assert f"<source dev='{device}'" in xml(request)
    # The volume service makes the device larger; then the guest has to hear of it.
    os.truncate(behind, 2 * GIB)
    subprocess.run(["losetup", "-c", device], check=True)
    driver.extend_volume(request.instance, volume, 2 * GIB)
    hypervisor.wait_console(request, seen(2, volume.volume_id))
    driver.detach_volume(request.instance, volume)
    gone_from_guest(hypervisor, request, volume)
    with open(device, "rb") as file:
        file.seek(WRITTEN_AT)
        assert file.read(len(WRITTEN)) == WRITTEN


def test_two_guests_share_a_volume(hypervisor: Hypervisor, guest_image, store) -> None:
    driver = hypervisor.driver
    path = guest_disks.make(store, "shared", 1, "raw")
    volume = guest_disks.device(path, file_format="raw", shared=True)
    requests = [server(hypervisor, guest_image) for _ in range(2)]
    for request in requests:
        request.block_devices.append(volume)
        driver.spawn(request)
    for request in requests:
        hypervisor.wait_console(request, seen(1, volume.volume_id))
        assert "<shareable/>" in xml(request)


def test_snapshots_of_a_volume_while_the_guest_writes(
    hypervisor: Hypervisor, guest_image, store
) -> None:
    """Three overlays; one is merged into the one below it, then all into the active file."""
    driver = hypervisor.driver
    request = server(hypervisor, guest_image)
    instance = request.instance
    base = guest_disks.make(store, "v.1.qcow2")
    volume = guest_disks.device(base)
    request.block_devices.append(volume)
    driver.spawn(request)
    hypervisor.wait_console(request, written_to(volume.volume_id))

    below = base
    files = [base]
    for number in (2, 3, 4):
        new = guest_disks.overlay(store / f"v.{number}.qcow2", below)
        create = {"snapshot_id": "s", "type": "qcow2", "new_file": str(new)}
        info = driver.volume_snapshot_create(instance, volume, create)
        again = driver.volume_snapshot_create(instance, volume, create)
        assert info == again and info["data"]["device_path"] == str(new)
        volume.connection_info = info
        files.append(new)
        below = new
    assert str(files[3]) in xml(request, "--inactive")

    delete = {"type": "qcow2", "file_to_merge": str(files[2]), "merge_target_file": str(files[1])}
    for _ in range(2):
        info = driver.volume_snapshot_delete(instance, volume, "s", delete)
    assert info["data"]["device_path"] == str(files[3])
    assert guest_disks.info(files[3])["backing-filename"] == "v.2.qcow2"

    delete = {"type": "qcow2", "file_to_merge": str(base), "merge_target_file": None}
    for _ in range(2):
        driver.volume_snapshot_delete(instance, volume, "s", delete)
    assert guest_disks.info(files[3])["backing-filename"] == "v.1.qcow2"
    delete = {"type": "qcow2", "file_to_merge": None, "merge_target_file": None}
    for _ in range(2):
        driver.volume_snapshot_delete(instance, volume, "s", delete)
    assert "backing-filename" not in guest_disks.info(files[3])
    for file in files[:3]:
        file.unlink()

    driver.detach_volume(instance, volume)
    gone_from_guest(hypervisor, request, volume)
    written = guest_disks.content(files[3], "qcow2", WRITTEN_AT, len(WRITTEN))
    assert written == WRITTEN


def test_snapshots_and_growth_of_a_volume_of_a_stopped_guest(
    hypervisor: Hypervisor, guest_image, store
) -> None:
    driver = hypervisor.driver
    request = server(hypervisor, guest_image)
    instance = request.instance
    base = guest_disks.make(store, "v.1.qcow2")
    volume = guest_disks.device(base)
    driver.spawn(request)
    driver.power_off(instance)
    driver.attach_volume(instance, volume)
    new = guest_disks.overlay(store / "v.2.qcow2", base)
    create = {"snapshot_id": "s", "type": "qcow2", "new_file": str(new)}
    volume.connection_info = driver.volume_snapshot_create(instance, volume, create)
    driver.extend_volume(instance, volume, 2 * GIB)
    assert guest_disks.info(new)["virtual-size"] == 2 * GIB
    driver.power_on(instance, [], [*request.block_devices, volume])
    hypervisor.wait_console(request, seen(2, volume.volume_id))
    driver.power_off(instance)
    delete = {"type": "qcow2", "file_to_merge": None, "merge_target_file": None}
    for _ in range(2):
        driver.volume_snapshot_delete(instance, volume, "s", delete)
    assert "backing-filename" not in guest_disks.info(new)
    driver.detach_volume(instance, volume)
    assert volume.volume_id not in xml(request)
