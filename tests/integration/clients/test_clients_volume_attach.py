"""The whole story of volumes at servers, told by unmodified clients on simulated hosts."""

from typing import Any

import pytest

from tests.support.fake_cloud import FakeCloud, until

pytestmark = pytest.mark.integration

FLAVOR, IMAGE = "m1.nano", "placeholder"


def reaches(sdk: Any, volume_id: str, status: str) -> Any:
    def look() -> Any:
        found = sdk.block_storage.get_volume(volume_id)
        return found if found.status == status else None

    return until(look, f"volume {volume_id} is {status}")


def new_volume(sdk: Any, **members: Any) -> str:
    made = sdk.block_storage.create_volume(size=1, **members)
    reaches(sdk, made.id, "available")
    return str(made.id)


def new_server(sdk: Any, name: str, **members: Any) -> Any:
    members.setdefault("image_id", sdk.image.find_image(IMAGE).id)
    flavor = sdk.compute.find_flavor(FLAVOR).id
    members.setdefault("networks", "auto")
    made = sdk.compute.create_server(name=name, flavor_id=flavor, **members)
    return sdk.compute.wait_for_server(made, wait=60, interval=0.2)


def remove(sdk: Any, *servers: str) -> None:
    for server in servers:
        sdk.compute.delete_server(server)
    for server in servers:
        until(lambda server=server: sdk.compute.find_server(server) is None, "deleted")


def test_openstack_add_and_remove_volume(cloud: FakeCloud, sdk: Any) -> None:
    (volume,) = cloud.openstack("volume create --size 1 data -f json")
    server = new_server(sdk, "first")
    reaches(sdk, volume["id"], "available")
    (made,) = cloud.openstack("server add volume --tag disk1 first data -f json")
    assert (made["Device"], made["Tag"]) == ("/dev/vdb", "disk1")
    reaches(sdk, volume["id"], "in-use")
    shown, listed, attached = cloud.openstack(
        "server show first -f json",
        "volume list -f json",
        "server volume list first -f json",
    )
    assert [v["id"] for v in shown["volumes_attached"]] == [volume["id"]]
    (row,) = (row for row in listed if row["ID"] == volume["id"])
    assert row["Status"] == "in-use"
    (place,) = row["Attached to"]
    assert (place["server_id"], place["device"]) == (server.id, "/dev/vdb")
    assert attached[0]["Attachment ID"] == place["attachment_id"]
    cloud.openstack(
        "server volume update --delete-on-termination first data",
        "server remove volume first data",
    )
    reaches(sdk, volume["id"], "available")
    assert cloud.openstack("server volume list first -f json") == [[]]
    remove(sdk, server.id)
    cloud.openstack("volume delete data")


def test_openstack_boot_from_volume(cloud: FakeCloud, sdk: Any) -> None:
    image = sdk.image.find_image(IMAGE).id
    root = new_volume(sdk, name="root", image_id=image)
    made = cloud.openstack(
        f"server create --image {IMAGE} --boot-from-volume 1 --flavor {FLAVOR} bfv -f json",
        f"server create --volume root --flavor {FLAVOR} rooted -f json",
    )
    for server in made:  # the command's own --wait looks every few seconds only
        sdk.compute.wait_for_server(sdk.compute.get_server(server["id"]), wait=60, interval=0.2)
    by_image, by_volume = cloud.openstack(
        "server show bfv -f json",
        "server show rooted -f json",
    )
    assert by_image["image"] == by_volume["image"] == "N/A (booted from volume)"
    (made,) = by_image["volumes_attached"]
    assert [v["id"] for v in by_volume["volumes_attached"]] == [root]
    assert sdk.block_storage.get_volume(made["id"]).is_bootable
    remove(sdk, by_image["id"], by_volume["id"])
    for volume in (root, made["id"]):
        reaches(sdk, volume, "available")
        sdk.block_storage.delete_volume(volume)


def test_nova_volume_attach(cloud: FakeCloud, sdk: Any) -> None:
    server, volume = new_server(sdk, "second"), new_volume(sdk)
    assert volume in cloud.nova("volume-attach", server.id, volume)
    reaches(sdk, volume, "in-use")
    assert volume in cloud.nova("volume-attachments", server.id)
    cloud.nova("volume-detach", server.id, volume)
    reaches(sdk, volume, "available")
    remove(sdk, server.id)
    sdk.block_storage.delete_volume(volume)


def test_what_goes_with_a_server_and_what_stays(sdk: Any) -> None:
    stays = new_volume(sdk)
    before = {volume.id for volume in sdk.block_storage.volumes()}
    goes = new_volume(sdk)
    mapping = [
        {"source_type": "image", "destination_type": "local", "boot_index": 0,
         "uuid": sdk.image.find_image(IMAGE).id, "delete_on_termination": True},
        {"source_type": "volume", "destination_type": "volume", "uuid": goes,
         "delete_on_termination": True},
        {"source_type": "volume", "destination_type": "volume", "uuid": stays},
        {"source_type": "blank", "destination_type": "volume", "volume_size": 1,
         "delete_on_termination": True},
    ]  # fmt: skip
    server = new_server(sdk, "third", block_device_mapping=mapping)
    devices = [a.device for a in sdk.compute.volume_attachments(server.id)]
    assert devices == ["/dev/vdb", "/dev/vdc", "/dev/vdd"]
    remove(sdk, server.id)
    reaches(sdk, stays, "available")
    until(lambda: {v.id for v in sdk.block_storage.volumes()} <= before, "the others are gone")
    sdk.block_storage.delete_volume(stays)


def test_a_volume_grows_while_it_is_in_use(sdk: Any) -> None:
    server, volume = new_server(sdk, "fourth"), new_volume(sdk)
    sdk.compute.create_volume_attachment(server.id, volume_id=volume)
    reaches(sdk, volume, "in-use")
    sdk.block_storage.extend_volume(volume, 2)

    def grown() -> bool:
        actions = [a.action for a in sdk.compute.server_actions(server.id)]
        found = sdk.block_storage.get_volume(volume)
        return "extend_volume" in actions and (found.size, found.status) == (2, "in-use")

    until(grown, "the server heard of it")
    remove(sdk, server.id)
    reaches(sdk, volume, "available")
    sdk.block_storage.delete_volume(volume)


def test_floating_addresses_are_shown(sdk: Any) -> None:
    """The network service tells the compute service when a floating address comes and goes."""
    network = sdk.network.create_network(name="fifth")
    subnet = sdk.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.5.0.0/24")
    public = next(net for net in sdk.network.networks(is_router_external=True))
    router = sdk.network.create_router(external_gateway_info={"network_id": public.id})
    sdk.network.add_interface_to_router(router, subnet_id=subnet.id)
    server = new_server(sdk, "fifth", networks=[{"uuid": network.id}])
    (port,) = sdk.network.ports(device_id=server.id)
    address = sdk.network.create_ip(floating_network_id=public.id, port_id=port.id)

    def shown() -> list[str]:
        found = sdk.compute.get_server(server.id).addresses
        kinds = [a for its in found.values() for a in its if a["OS-EXT-IPS:type"] == "floating"]
        return [a["addr"] for a in kinds]

    until(lambda: shown() == [address.floating_ip_address], "the address is shown")
    sdk.network.delete_ip(address)
    until(lambda: shown() == [], "the address is shown no more")
    remove(sdk, server.id)
    sdk.network.remove_interface_from_router(router, subnet_id=subnet.id)
    sdk.network.delete_router(router)
    sdk.network.delete_network(network)


def test_killed_while_volumes_come_and_go(cloud: FakeCloud, sdk: Any) -> None:
    """What was accepted is done by who comes after."""
    server = new_server(sdk, "sixth")
    leaving, coming = new_volume(sdk), new_volume(sdk)
    sdk.compute.create_volume_attachment(server.id, volume_id=leaving)
    reaches(sdk, leaving, "in-use")
    sdk.compute.create_volume_attachment(server.id, volume_id=coming)
    sdk.compute.delete_volume_attachment(server.id, leaving)
    cloud.kill()
    cloud.up()
    sdk = cloud.connect()
    reaches(sdk, coming, "in-use")
    reaches(sdk, leaving, "available")
    (attachment,) = sdk.compute.volume_attachments(server.id)
    assert attachment.volume_id == coming
    remove(sdk, server.id)
    reaches(sdk, coming, "available")
