"""Volumes of servers in an all-in-one on real libvirt, by the ``openstack`` command and the SDK:
what the guest sees, and what is left when the whole cloud is killed in the midst of it."""

import pathlib
import subprocess
import time
from typing import Any

import openstack
import pytest

from tests.integration.cloud.conftest import AllInOne
from tests.support import guest_disks
from tests.support.openstack_command import User
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration

SECONDS = 120


def connect(cloud: AllInOne) -> Any:
    config = openstack.config.OpenStackConfig(config_files=[cloud.clouds_yaml])
    return openstack.connection.Connection(config=config.get_one("novalite"))


def wait(what: Any, meaning: str) -> None:
    wait_until(what, SECONDS, meaning)


def becomes(client: Any, volume: Any, status: str) -> None:
    wait(
        lambda: client.block_storage.get_volume(volume).status == status, f"a volume to be {status}"
    )


def says(client: Any, server: Any, text: bytes, count: int = 1) -> None:
    def there() -> bool:
        log = client.compute.get_server_console_output(server)["output"]
        return log.count(text.decode()) >= count

    wait(there, f"{text!r} on the console")


def boot(client: Any, name: str, **more: Any) -> Any:
    """With the script that tells of disks; by the metadata service, so that the guest has no disk
    but those that the API speaks of."""
    flavor = client.compute.find_flavor("m1.nano") or next(iter(client.compute.flavors()))
    network = client.network.find_network("private") or next(iter(client.network.networks()))
    server = client.compute.create_server(
        name=name,
        flavor_id=flavor.id,
        networks=[{"uuid": network.id}],
        user_data=guest_disks.USER_DATA,
        **more,
    )
    return client.compute.wait_for_server(server, wait=SECONDS)


def files(cloud: AllInOne) -> list[pathlib.Path]:
    return sorted(cloud.state.glob("volumes/volume-*"))


def test_a_volume_of_a_running_server(all_in_one: AllInOne) -> None:
    demo = User(all_in_one.command)
    client = connect(all_in_one)
    image = client.image.find_image("novalite-guest")
    server = boot(client, "one", image_id=image.id)
    demo("volume", "create", "--size", "1", "data")
    volume = client.block_storage.find_volume("data")
    becomes(client, volume, "available")

    demo("server", "add", "volume", "one", "data")
    becomes(client, volume, "in-use")
    (attachment,) = client.compute.volume_attachments(server)
    assert attachment.device == "/dev/vdb"
    says(client, server, b" vdb" + guest_disks.seen(1, volume.id))
    says(client, server, guest_disks.written_to(volume.id))

    demo("--os-volume-api-version", "3.42",
            "volume", "set", "--size", "2", "data")  # fmt: skip
    says(client, server, b" vdb" + guest_disks.seen(2, volume.id))

    # From 3.66 on a volume in use needs no force; below it this command does not send it.
    demo("--os-volume-api-version", "3.66",
            "volume", "snapshot", "create", "--volume", "data", "still")  # fmt: skip
    snapshot = client.block_storage.find_snapshot("still")
    wait(
        lambda: client.block_storage.get_snapshot(snapshot).status == "available",
        "the snapshot to be available",
    )
    assert len(files(all_in_one)) == 2
    demo("volume", "snapshot", "delete", "still")
    wait(lambda: len(files(all_in_one)) == 1, "the snapshot's file to go")

    demo("server", "remove", "volume", "one", "data")
    becomes(client, volume, "available")
    (path,) = files(all_in_one)
    at, text = guest_disks.WRITTEN_AT, guest_disks.WRITTEN
    assert guest_disks.content(path, "qcow2", at, len(text)) == text
    demo("server", "delete", "--wait", "one")


def test_a_server_that_boots_from_volumes(all_in_one: AllInOne) -> None:
    """Root made from an image, another blank; the root's snapshot boots a second server."""
    client = connect(all_in_one)
    image = client.image.find_image("novalite-guest")
    root = {"boot_index": 0, "destination_type": "volume", "delete_on_termination": True}
    blank = {"source_type": "blank", "destination_type": "volume", "boot_index": -1}
    first = boot(
        client,
        "first",
        block_device_mapping=[
            {**root, "source_type": "image", "uuid": image.id, "volume_size": 1},
            {**blank, "volume_size": 1, "delete_on_termination": False},
        ],
    )
    devices = {a.device: a.volume_id for a in client.compute.volume_attachments(first)}
    assert sorted(devices) == ["/dev/vda", "/dev/vdb"]
    says(client, first, b" vda" + guest_disks.seen(1, devices["/dev/vda"]))
    says(client, first, guest_disks.written_to(devices["/dev/vdb"]))
    snapshot = client.block_storage.create_snapshot(volume_id=devices["/dev/vda"], is_forced=True)
    wait(
        lambda: client.block_storage.get_snapshot(snapshot).status == "available",
        "the snapshot to be available",
    )
    second = boot(
        client,
        "second",
        block_device_mapping=[{**root, "source_type": "snapshot", "uuid": snapshot.id}],
    )
    says(client, second, b"novalite-guest: ready")
    client.compute.delete_server(second)
    client.compute.wait_for_delete(second, wait=SECONDS)
    # A volume with a snapshot does not go with its server.
    client.block_storage.delete_snapshot(snapshot)
    wait(lambda: not list(client.block_storage.snapshots()), "the snapshot to go")
    client.compute.delete_server(first)
    client.compute.wait_for_delete(first, wait=SECONDS)
    kept = devices["/dev/vdb"]
    becomes(client, kept, "available")
    client.block_storage.delete_volume(kept)
    wait(lambda: not files(all_in_one), "all files of volumes to go")


@pytest.mark.parametrize("delay", [0.1])
def test_kill_in_the_midst_of_an_attachment(all_in_one: AllInOne, delay: float) -> None:
    """Wherever the process dies: what was promised is done when it comes back."""
    client = connect(all_in_one)
    image = client.image.find_image("novalite-guest")
    server = boot(client, "one", image_id=image.id)
    volume = client.block_storage.create_volume(size=1)
    becomes(client, volume, "available")
    client.compute.create_volume_attachment(server, volume_id=volume.id)
    time.sleep(delay)
    all_in_one.kill()
    all_in_one.up()
    client = connect(all_in_one)
    becomes(client, volume, "in-use")
    says(client, server, guest_disks.written_to(volume.id))
    client.compute.delete_volume_attachment(server, volume.id)
    time.sleep(delay)
    all_in_one.kill()
    all_in_one.up()
    client = connect(all_in_one)
    becomes(client, volume, "available")
    assert not list(client.compute.volume_attachments(server))
    assert volume.id not in domain_xml(server.id)


def domain_xml(uuid: str) -> str:
    found = subprocess.run(
        ["virsh", "-c", "qemu:///system", "dumpxml", uuid],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout
