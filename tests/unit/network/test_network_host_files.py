"""What dnsmasq is told, and the names and addresses on the host."""

import json
import socket

from novalite.network.embedded.plane import links
from novalite.network.embedded.plane.dhcp import release_packet
from novalite.network.embedded.plane.dhcp_files import Place, configuration, hosts
from novalite.network.embedded.plane.foreign import dropping_chains
from novalite.network.embedded.plane.resolvers import resolvers
from novalite.network.embedded.plane.state import NetworkState, PortState, SubnetState

NET = "11111111-2222-3333-4444-555555555555"
PLACE = Place("/state/x", "dhcp0", "nobody")
FOUR = SubnetState(
    "s4", "10.77.0.0/24", 4, "10.77.0.1", True, ("192.0.2.53", "192.0.2.54"),
    (("198.51.100.0/24", "10.77.0.9"),),
)  # fmt: skip
SIX = SubnetState("s6", "2001:db8::/64", 6, "2001:db8::1", True, ("2001:db8::53",))


def network(*subnets: SubnetState, **values) -> NetworkState:
    served = tuple(
        (each.id, "10.77.0.2" if each.version == 4 else "2001:db8::2")
        for each in subnets
        if each.dhcp
    )
    return NetworkState(NET, 1450, 3, values.get("host_access", False), subnets, "mac", served)


def lines(of: NetworkState) -> list[str]:
    return configuration(of, PLACE, "novalocal", ["192.0.2.1"]).splitlines()


def test_options_of_a_subnet():
    found = lines(network(FOUR))
    tag = "dhcp-option=tag:subnet-s4"
    assert "dhcp-range=set:subnet-s4,10.77.0.0,static,255.255.255.0,86400s" in found
    assert f"{tag},option:router,10.77.0.1" in found
    assert f"{tag},option:dns-server,192.0.2.53,192.0.2.54" in found
    routes = "169.254.169.254/32,10.77.0.2,198.51.100.0/24,10.77.0.9,0.0.0.0/0,10.77.0.1"
    assert f"{tag},121,{routes}" in found
    assert f"{tag},249,{routes}" in found
    assert "dhcp-option-force=option:mtu,1450" in found
    assert "domain=novalocal" in found
    assert "user=nobody" in found
    assert "dhcp-hostsfile=/state/x/hosts" in found


def test_without_gateway_there_is_no_default_route():
    bare = SubnetState("s4", "10.77.0.0/24", 4, None, True)
    found = lines(network(bare))
    assert "dhcp-option=tag:subnet-s4,option:router" in found
    assert "dhcp-option=tag:subnet-s4,121,169.254.169.254/32,10.77.0.2" in found


def test_ipv6():
    found = lines(network(SIX))
    assert "dhcp-range=set:subnet-s6,2001:db8::,static,64,86400s" in found
    assert "dhcp-option=tag:subnet-s6,option6:dns-server,[2001:db8::53]" in found


def test_a_subnet_without_dhcp_is_left_out():
    off = SubnetState("s4", "10.77.0.0/24", 4, "10.77.0.1", False)
    assert not any("s4" in line for line in lines(network(off, SIX)))


def test_hosts():
    ports = [
        PortState("b", NET, "fa:16:3e:00:00:02", ("10.77.0.6",)),
        PortState("a", NET, "fa:16:3e:00:00:01", ("10.77.0.5", "2001:db8::5", "10.78.0.5"), "vm"),
        PortState("c", NET, "fa:16:3e:00:00:03", ("2001:db8::7",)),
        PortState("d", NET, "fa:16:3e:00:00:04"),
    ]
    assert hosts(ports).splitlines() == [
        "fa:16:3e:00:00:01,10.77.0.5,[2001:db8::5],vm",
        "fa:16:3e:00:00:01,10.78.0.5,vm",
        "fa:16:3e:00:00:02,10.77.0.6,host-10-77-0-6",
        "fa:16:3e:00:00:03,[2001:db8::7],host-2001-db8--7",
    ]


def test_a_release_as_rfc_2131_has_it():
    packet = release_packet("10.77.0.2", "fa:16:3e:00:00:05", "10.77.0.5")
    assert packet[:4] == bytes([1, 1, 6, 0])
    assert packet[12:16] == socket.inet_aton("10.77.0.5")
    assert packet[28:34] == bytes.fromhex("fa163e000005")
    assert packet[236:240] == bytes([99, 130, 83, 99])
    options = packet[240:]
    assert options[:3] == bytes([53, 1, 7])
    assert options[3:9] == bytes([54, 4]) + socket.inet_aton("10.77.0.2")
    assert options[9] == 255
    assert len(packet) >= 300


def test_names_fit_the_kernel():
    names = links.Links("nvl")
    assert names.bridge(NET) == "nvl11111111-22"
    assert names.cable(NET) == "nvl11111111d"
    assert max(len(names.bridge(NET)), len(names.cable(NET))) < 16
    assert names.netns(NET) == f"nvl-{NET}"


def test_only_the_hosts_network_has_an_address_on_the_host():
    assert links.host_addresses(network(FOUR, SIX)) == set()
    mine = network(FOUR, SIX, host_access=True)
    assert links.host_addresses(mine) == {"10.77.0.1/24", "2001:db8::1/64"}
    assert links.dhcp_addresses(network(FOUR, SIX)) == {"10.77.0.2/24", "2001:db8::2/64"}


def test_resolvers_that_a_guest_can_reach(tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text("search x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver ::1\n#\n")
    assert resolvers(str(path)) == ["192.0.2.1"]
    assert resolvers(str(tmp_path / "none")) == []


def test_firewalls_that_would_drop_packets_of_guests():
    def chain(table: str, hook: str, policy: str, family: str = "ip") -> dict:
        return {"chain": {"family": family, "table": table, "name": "c", "hook": hook,
                          "policy": policy}}  # fmt: skip

    listing = [
        {"metainfo": {}},
        chain("filter", "forward", "drop"),
        chain("filter", "input", "drop"),
        chain("nat", "forward", "accept"),
        chain("novalite", "forward", "drop", "inet"),
        {"chain": {"family": "ip", "table": "filter", "name": "plain"}},
    ]
    text = json.dumps({"nftables": listing})
    assert dropping_chains(text, "novalite") == ["ip filter c"]
    assert dropping_chains("", "novalite") == []
