"""Networks, routers, floating addresses and security groups, by unmodified clients."""

from typing import Any

import openstack
import pytest

from tests.support.fake_cloud import FakeCloud, until

pytestmark = pytest.mark.integration


def test_a_server_behind_a_router(cloud: FakeCloud, sdk: Any) -> None:
    """Network, subnet, router, security group, port, server, floating address; and back."""
    made = cloud.openstack(
        "network create inner -f json",
        "subnet create inner4 --network inner --subnet-range 10.5.0.0/24 "
        "--dns-nameserver 192.0.2.53 --host-route destination=192.0.2.0/24,gateway=10.5.0.9 "
        "--allocation-pool start=10.5.0.10,end=10.5.0.90 -f json",
        "subnet create inner6 --network inner --subnet-range 2001:db8::/64 --ip-version 6 "
        "--ipv6-ra-mode slaac --ipv6-address-mode slaac -f json",
        "router create gate -f json",
        "router set gate --external-gateway public",
        "router add subnet gate inner4",
        "router add subnet gate inner6",
        "router set gate --route destination=198.51.100.0/24,gateway=10.5.0.8",
        "router show gate -f json",
        "security group create web --description d -f json",
        "security group rule create web --protocol tcp --dst-port 22 "
        "--remote-ip 198.51.100.0/24 -f json",
        "port create door --network inner --security-group web "
        "--fixed-ip subnet=inner4,ip-address=10.5.0.20 --tag blue "
        "--extra-dhcp-option name=tftp-server,value=192.0.2.1 -f json",
        "floating ip create public --port door --description f -f json",
        "floating ip list -f json",
        "router list -f json",
        "port list --router gate -f json",
    )
    inner, _, subnet6, _, _, _, _, _, router, group, rule, port, floating, listed, routers, held = (
        made
    )
    assert subnet6["ipv6_ra_mode"] == "slaac"
    assert router["external_gateway_info"]["enable_snat"] is True
    assert {item["network_id"] for item in router["interfaces_info"] if "network_id" in item} <= {
        inner["id"]
    }
    assert len(router["interfaces_info"]) == 2
    assert router["routes"] == [{"destination": "198.51.100.0/24", "nexthop": "10.5.0.8"}]
    assert (rule["port_range_min"], port["tags"]) == (22, ["blue"])
    assert port["security_group_ids"] == [group["id"]]
    assert floating["fixed_ip_address"] == "10.5.0.20"
    assert "10.5.0.20" in [item["Fixed IP Address"] for item in listed]
    assert "gate" in [item["Name"] for item in routers]
    assert len(held) == 2

    flavor = sdk.compute.find_flavor("m1.nano").id
    image = sdk.image.find_image("placeholder").id
    server = sdk.compute.create_server(
        name="s", flavor_id=flavor, image_id=image, networks=[{"port": port["id"]}]
    )
    server = sdk.compute.wait_for_server(server, wait=60, interval=0.2)
    kinds = {item["OS-EXT-IPS:type"] for item in server.addresses["inner"]}
    addresses = {item["addr"] for item in server.addresses["inner"]}
    assert {"10.5.0.20", floating["floating_ip_address"]} <= addresses
    assert kinds == {"fixed", "floating"}
    cloud.openstack(
        f"server remove floating ip s {floating['floating_ip_address']}",
        f"floating ip set --port door {floating['floating_ip_address']}",
        f"floating ip unset --port {floating['floating_ip_address']}",
        f"floating ip delete {floating['floating_ip_address']}",
        "router unset gate --route destination=198.51.100.0/24,gateway=10.5.0.8",
    )

    def gone() -> bool:
        found = sdk.compute.get_server(server.id).addresses["inner"]
        return all(item["OS-EXT-IPS:type"] == "fixed" for item in found)

    until(gone, "the server knows that its floating address is gone")
    sdk.compute.delete_server(server)
    until(lambda: sdk.compute.find_server("s") is None, "the server is deleted")
    cloud.openstack(
        "port delete door",
        "router remove subnet gate inner4",
        "router remove subnet gate inner6",
        "router unset --external-gateway gate",
        "router delete gate",
        "security group delete web",
        "network delete inner",
    )


def test_what_an_administrator_looks_at(cloud: FakeCloud) -> None:
    agents, zones, usage, quota, extensions, network, _, again, _ = cloud.openstack(
        "network agent list -f json",
        "availability zone list --network -f json",
        "ip availability list -f json",
        "quota show --network -f json",
        "extension list --network -f json",
        "network create plain --provider-network-type vxlan --provider-segment 4242 -f json",
        "network set plain --external",
        "network show plain -f json",
        "network delete plain",
        cloud="novalite-admin",
    )
    assert {agent["Agent Type"] for agent in agents} >= {"DHCP agent", "L3 agent"}
    assert all(agent["Alive"] for agent in agents)
    assert {zone["Zone Name"] for zone in zones} == {"nova"}
    assert "public" in {item["Network Name"] for item in usage}
    assert "routers" in {item["Resource"] for item in quota}
    assert "router" in {item["Alias"] for item in extensions}
    assert network["provider:segmentation_id"] == 4242
    assert again["router:external"] is True


def test_pools_groups_and_topologies(cloud: FakeCloud) -> None:
    answers = cloud.openstack(
        "subnet pool create ranges --pool-prefix 10.6.0.0/16 --default-prefix-length 24 -f json",
        "network create pooled -f json",
        "subnet create s --network pooled --subnet-pool ranges -f json",
        "address group create friends --address 192.0.2.0/24 -f json",
        "address group set friends --address 198.51.100.7",
        "security group create picky -f json",
        "security group rule create picky --remote-address-group friends -f json",
        "address group show friends -f json",
        "address scope create all --ip-version 4 -f json",
        "network auto allocated topology create --or-show -f json",
        "network auto allocated topology delete",
        "security group delete picky",
        "address group delete friends",
        "address scope delete all",
        "network delete pooled",
        "subnet pool delete ranges",
    )
    pool, _, subnet, group, _, _, rule, grown, *_ = answers
    assert subnet["subnetpool_id"] == pool["id"]
    assert subnet["cidr"] == "10.6.0.0/24"
    assert rule["remote_address_group_id"] == group["id"]
    assert grown["addresses"] == ["192.0.2.0/24", "198.51.100.7/32"]


def test_the_sdk(sdk: Any) -> None:
    network = sdk.network.create_network(name="n")
    sdk.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.7.0.0/24", name="s")
    public = sdk.network.find_network("public")
    router = sdk.create_router(name="r", ext_gateway_net_id=public.id)
    subnet = sdk.network.find_subnet("s")
    interface = sdk.network.add_interface_to_router(router.id, subnet_id=subnet.id)
    assert interface["subnet_id"] == subnet.id
    port = sdk.network.create_port(network_id=network.id)
    floating = sdk.network.create_ip(floating_network_id=public.id, port_id=port.id)
    assert floating.status == "ACTIVE"
    sdk.network.set_tags(router, ["a", "b"])
    assert [found.id for found in sdk.network.routers(tags="a,b")] == [router.id]
    assert sdk.network.find_available_ip() is None
    with pytest.raises(openstack.exceptions.ConflictException):
        sdk.network.delete_router(router.id)
    sdk.network.update_ip(floating, port_id=None)
    assert sdk.network.find_available_ip().id == floating.id
    sdk.network.delete_ip(floating)
    sdk.network.delete_port(port)
    sdk.network.remove_interface_from_router(router.id, subnet_id=subnet.id)
    sdk.network.delete_router(router.id)
    sdk.network.delete_network(network.id)
