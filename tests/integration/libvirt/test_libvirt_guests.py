"""Real guests on a real libvirt."""

import base64
import os
import subprocess
import threading

import pytest

from novalite import states
from novalite.exception import FlavorDiskTooSmall, ImageUnacceptable, InstanceNotOnHost
from novalite.objects import BlockDevice, ImageMeta
from novalite.virt.driver import Transition
from tests.support.libvirt import READY, Hypervisor, Lan
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration


def transitions(hypervisor: Hypervisor, uuid: str) -> list[Transition]:
    return [event.transition for event in hypervisor.events if event.instance_uuid == uuid]


def domains() -> list[str]:
    listed = subprocess.run(
        ["virsh", "-c", "qemu:///system", "list", "--all", "--uuid"],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def assert_nothing_left(hypervisor: Hypervisor, request) -> None:
    uuid = request.instance.uuid
    assert uuid not in domains()
    assert uuid not in hypervisor.driver.list_instance_uuids()
    assert not hypervisor.directory(request).exists()
    left = [n for n in os.listdir(hypervisor.conf.instances_path) if uuid in n]
    assert left == []
    for vif in request.network_info:
        assert not os.path.exists(f"/sys/class/net/{vif.devname}")
    with pytest.raises(InstanceNotOnHost):
        hypervisor.driver.get_info(request.instance)


def test_a_guest_from_a_disk_image_lives_and_dies(
    hypervisor: Hypervisor, guest_image, lan: Lan
) -> None:
    driver = hypervisor.driver
    image = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    vif = lan.vif()
    script = b"#!/bin/sh\necho user-data of $(hostname)\n"
    request = hypervisor.request(
        image,
        [vif],
        config_drive="True",
        hostname="web-1",
        user_data=base64.b64encode(script).decode(),
        key_name="k",
        key_data="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@here",
    )
    request.block_devices += [
        BlockDevice("blank", "local", boot_index=-1, volume_size=1, device_name="/dev/vdb"),
        BlockDevice("blank", "local", boot_index=-1, volume_size=64, guest_format="swap"),
    ]
    uuid = request.instance.uuid

    driver.spawn(request)
    info = driver.get_info(request.instance)
    assert info.power_state == states.RUNNING and info.internal_id
    assert uuid in domains() and uuid in driver.list_instance_uuids()
    assert os.path.exists(f"/sys/class/net/{vif.devname}/brport")
    said = hypervisor.wait_console(request, READY)
    assert b"hostname: web-1" in said
    assert f"config drive: {uuid}".encode() in said
    assert b"user-data: user-data of web-1" in said
    assert b"keys: 1" in said
    address = lan.address_of(vif)
    assert address is not None and address.encode() in said
    assert subprocess.run(["ping", "-c1", "-W5", address], check=False).returncode == 0
    files = set(os.listdir(hypervisor.directory(request)))
    assert files == {"console.log", "disk", "disk.config", "disk.eph0", "disk.swap", "guest.json"}
    assert os.stat(hypervisor.directory(request) / "disk").st_mode & 0o077 == 0

    number = info.internal_id
    driver.spawn(request)  # again: the same guest, untouched
    assert driver.get_info(request.instance).internal_id == number

    driver.power_off(request.instance, timeout=30)
    assert driver.get_info(request.instance).power_state == states.SHUTDOWN
    assert b"powering off" in driver.get_console_output(request.instance)  # it was asked, kindly
    driver.power_off(request.instance, timeout=30)

    driver.power_on(request.instance, [vif], request.block_devices)
    assert driver.get_info(request.instance).power_state == states.RUNNING
    said = hypervisor.wait_console(request, READY, count=2)
    assert b"user-data: was run at the first boot" in said

    driver.reboot(request.instance, [vif], request.block_devices, hard=False)
    hypervisor.wait_console(request, READY, count=3)
    before = driver.get_info(request.instance).internal_id
    driver.reboot(request.instance, [vif], request.block_devices, hard=True)
    assert driver.get_info(request.instance).internal_id != before

    driver.destroy(request.instance, [vif])
    assert_nothing_left(hypervisor, request)
    driver.destroy(request.instance, [vif])
    wait_until(
        lambda: transitions(hypervisor, uuid).count(Transition.STOPPED) == 4, 10, "the last event"
    )
    started, stopped = Transition.STARTED, Transition.STOPPED
    seen = [t for t in transitions(hypervisor, uuid) if t in (started, stopped)]
    assert seen == [started, stopped] * 4


def test_a_guest_from_kernel_and_ramdisk(hypervisor: Hypervisor, guest_image, tmp_path) -> None:
    kernel = hypervisor.images.add(guest_image / "vmlinuz", "aki")
    ramdisk = hypervisor.images.add(guest_image / "initrd.img", "ari")
    root = tmp_path / "root.img"
    root.write_bytes(b"\0" * (1 << 20))
    image = hypervisor.images.add(
        root, "ami", os_command_line="console=tty0 console=ttyS0 quiet", hw_machine_type="q35"
    )
    request = hypervisor.request(
        image, [], kernel_id=kernel.id, ramdisk_id=ramdisk.id, config_drive="True"
    )
    hypervisor.driver.spawn(request)
    said = hypervisor.wait_console(request, READY)
    assert f"config drive: {request.instance.uuid}".encode() in said
    hypervisor.driver.destroy(request.instance, [])
    assert_nothing_left(hypervisor, request)
    assert os.path.exists(guest_image / "vmlinuz")


def test_a_guest_on_raw_disks(hypervisor: Hypervisor, guest_image) -> None:
    hypervisor.conf.set_override("images_type", "raw", group="libvirt")
    hypervisor.driver.init_host("testhost")
    image = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    request = hypervisor.request(image, [], config_drive="True", root_gb=0)
    hypervisor.driver.spawn(request)
    hypervisor.wait_console(request, READY)
    disk = hypervisor.directory(request) / "disk"
    assert disk.stat().st_size == 40 << 20  # the image's own size
    assert disk.read_bytes()[510:512] == b"\x55\xaa"
    hypervisor.driver.destroy(request.instance, [])
    assert_nothing_left(hypervisor, request)


def test_a_failed_spawn_leaves_nothing(hypervisor: Hypervisor, guest_image, lan: Lan) -> None:
    image = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    vif = lan.vif()
    vif.bridge = "nosuchbridge"
    request = hypervisor.request(image, [vif], config_drive="True")
    with pytest.raises(Exception, match="nosuchbridge"):
        hypervisor.driver.spawn(request)
    assert_nothing_left(hypervisor, request)

    request = hypervisor.request(image, [], root_gb=0, memory_mb=1 << 40)
    with pytest.raises(Exception):  # noqa: B017 - whatever QEMU says of so much memory
        hypervisor.driver.spawn(request)
    assert_nothing_left(hypervisor, request)


def test_images_that_are_refused(hypervisor: Hypervisor, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 65536)
    evil = tmp_path / "evil.qcow2"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, evil], check=True
    )
    big = tmp_path / "big.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", big, "2G"], check=True)
    cases: list[tuple[ImageMeta, type[Exception], str]] = [
        (hypervisor.images.add(evil, "qcow2"), ImageUnacceptable, "backing file"),
        (hypervisor.images.add(evil, "raw"), ImageUnacceptable, "its content is qcow2"),
        (hypervisor.images.add(secret, "vmdk"), ImageUnacceptable, "its content is raw"),
        (hypervisor.images.add(big, "qcow2"), FlavorDiskTooSmall, "2147483648"),
    ]
    for image, error, text in cases:
        request = hypervisor.request(image, [])
        with pytest.raises(error, match=text):
            hypervisor.driver.spawn(request)
        assert_nothing_left(hypervisor, request)


def test_many_at_once_and_a_restart_of_the_service(hypervisor: Hypervisor, guest_image) -> None:
    driver = hypervisor.driver
    image = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    requests = [hypervisor.request(image, []) for _ in range(4)]
    threads = [threading.Thread(target=driver.spawn, args=(r,)) for r in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    uuids = {request.instance.uuid for request in requests}
    assert set(driver.list_instance_uuids()) == uuids
    node = driver.nodes()[0]

    driver.close()
    assert uuids <= set(domains())
    driver.init_host("testhost")
    assert set(driver.list_instance_uuids()) == uuids
    assert driver.nodes()[0].uuid == node.uuid
    for request in requests:
        driver.destroy(request.instance, [])
        assert_nothing_left(hypervisor, request)


def test_nodes(hypervisor: Hypervisor) -> None:
    (node,) = hypervisor.driver.nodes()
    assert node.host == "testhost"
    assert node.vcpus == os.cpu_count()
    assert node.memory_mb > 256 and node.local_gb > 0
    assert node.hypervisor_type == "QEMU" and node.hypervisor_version > 1_000_000
    assert node.cpu_info["arch"] == os.uname().machine
    assert [os.uname().machine, "qemu", "hvm"] in node.supported_instances
    assert not any(kind == "kvm" for _, kind, _ in node.supported_instances)
    assert "COMPUTE_IMAGE_TYPE_QCOW2" in node.traits
