"""Who brings about what: a cloud's State cut for its hosts, and sent to them."""

import dataclasses

import pytest

from novalite.network.embedded.plane import partition, rulesets, vxlan, wire
from novalite.network.embedded.plane.links import bridge_mac
from novalite.network.embedded.plane.state import (
    NetworkState,
    PortState,
    PrefixState,
    RouterPortState,
    RouterState,
    RuleState,
    State,
    SubnetState,
)

BLUE, RED, GREEN = (f"{n}1111111-0000-0000-0000-000000000000" for n in (1, 2, 3))
WEB, OTHER = "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"
HUB, ONE, TWO = "192.0.2.1", "192.0.2.11", "192.0.2.12"
DHCP_MAC, ROUTER_MAC = "fa:16:3e:dd:dd:dd", "fa:16:3e:ee:ee:ee"


def network(network_id: str, zone: int, **values) -> NetworkState:
    subnet = SubnetState("s", "10.0.0.0/24", 4, "10.0.0.1", True, ("192.0.2.53",))
    found = NetworkState(network_id, 1450, zone, False, (subnet,), vni=1000 + zone)
    return dataclasses.replace(found, **values)


def port(number: int, host: str, network_id: str = BLUE, *groups: str) -> PortState:
    return PortState(
        f"{number:08x}-0000-0000-0000-000000000000", network_id, f"fa:16:3e:00:00:{number:02x}",
        (f"10.0.0.{number}",), groups=frozenset(groups), host=host,
    )  # fmt: skip


@pytest.fixture
def full() -> State:
    ports = [
        port(5, "hub", BLUE, WEB),
        port(6, "one", BLUE, WEB),
        port(7, "two", BLUE),
        port(8, "two", RED, OTHER),
        port(9, "hub", GREEN, OTHER),
    ]
    foot = RouterPortState("f", BLUE, ROUTER_MAC, 1450, ("10.0.0.1/24",))
    return State(
        networks={
            BLUE: network(
                BLUE, 0, host_access=True, dhcp_mac=DHCP_MAC, dhcp_addresses=(("s", "10.0.0.2"),),
                realm=BLUE,
            ),
            RED: network(RED, 1, realm=BLUE),
            GREEN: network(GREEN, 2),
        },
        ports={each.id: each for each in ports},
        groups={
            WEB: (RuleState("ingress", "IPv4", remote_group=OTHER),),
            OTHER: (RuleState("ingress", "IPv4", remote_addresses="list"),),
        },
        address_groups={"list": ("198.51.100.0/24",)},
        routers={
            "r": RouterState("r", (foot,), prefixes=(PrefixState("f", "2001:db8::/64", "slaac"),))
        },
        endpoints={"one": ONE, "two": TWO},
    )  # fmt: skip


def test_alone_the_network_host_does_everything(full):
    alone = dataclasses.replace(full, endpoints={})
    assert partition.network_host(alone, HUB) is alone
    assert partition.network_host(full, "") is full


def test_the_network_host_has_tunnels_where_others_have_guests(full):
    part = partition.network_host(full, HUB)
    assert {each.id[7] for each in part.ports.values() if each.here} == {"5", "9"}
    assert part.tunnels[BLUE].peers == (ONE, TWO)
    assert part.tunnels[BLUE].macs == (("fa:16:3e:00:00:06", ONE), ("fa:16:3e:00:00:07", TWO))
    assert part.tunnels[RED].peers == (TWO,)
    assert GREEN not in part.tunnels
    assert part.peers == (ONE, TWO)
    assert part.routers == full.routers
    assert part.networks == full.networks


def test_a_compute_host_has_its_guests_networks_and_no_services(full):
    part = partition.compute_host(full, "one", HUB)
    assert {each.id for each in part.networks.values() if each.here} == {BLUE}
    blue = part.networks[BLUE]
    assert blue.dhcp_mac is None
    assert not blue.host_access
    assert blue.zone not in {0, 1, 2}, "not its own zone, nor another network's"
    assert part.routers == {}
    assert part.tunnels[BLUE].peers == (HUB, TWO)
    assert set(part.tunnels[BLUE].macs) == {
        ("fa:16:3e:00:00:05", HUB),
        ("fa:16:3e:00:00:07", TWO),
        (DHCP_MAC, HUB),
        (ROUTER_MAC, HUB),
        (bridge_mac(BLUE), HUB),
    }
    assert bridge_mac(BLUE) != bridge_mac(BLUE, "one"), "else the gateway would be here"
    assert part.peers == (HUB, TWO)
    assert part.tunnel_address == ONE


def test_a_compute_host_hears_of_the_members_that_its_rules_name(full):
    """Those that can be met: in the same network, or over a router."""
    part = partition.compute_host(full, "one", HUB)
    assert {each.id[7] for each in part.ports.values() if not each.here} == {"8"}
    assert set(part.groups) == {WEB}
    assert part.address_groups == {}, "of a rule of others"
    _, inet = rulesets.render(part, {BLUE: "nvlblue"}, "novalite")
    members = inet.collections[f"members4_{OTHER.replace('-', '')}"].elements
    assert set(members) == {'"nvlblue" . 10.0.0.8'}


def test_a_host_without_guests_has_nothing(full):
    idle = dataclasses.replace(full, endpoints={**full.endpoints, "three": "192.0.2.13"})
    part = partition.compute_host(idle, "three", HUB)
    assert (part.networks, part.ports, part.tunnels) == ({}, {}, {})


def test_a_network_without_an_identifier_stays_on_its_host(full):
    full.networks[BLUE] = dataclasses.replace(full.networks[BLUE], vni=None)
    assert BLUE not in partition.network_host(full, HUB).tunnels


def test_tunnels_take_packets_of_the_clouds_hosts_only(full):
    part = partition.network_host(full, HUB)
    _, inet = rulesets.render(part, {BLUE: "b"}, "novalite")
    assert inet.chains["tunnelled"].rules == [
        "ip daddr 192.0.2.1 udp dport 4789 ip saddr != @peers drop"
    ]
    assert set(inet.collections["peers"].elements) == {ONE, TWO}
    _, alone = rulesets.render(full, {BLUE: "b"}, "novalite")
    assert "tunnelled" not in alone.chains


def test_a_state_survives_the_wire(full):
    for state in (full, partition.compute_host(full, "one", HUB), State()):
        text = wire.dumps(state)
        assert wire.loads(text) == state
        assert wire.dumps(wire.loads(text)) == text
    assert wire.revision_of(wire.dumps(full)) != wire.revision_of(wire.dumps(State()))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"ports": {"a": {"id": 5}}}',
        '{"ports": {"a": {"unknown": "member"}}}',
        '{"tunnel_port": "4789"}',
    ],
)
def test_what_is_no_state_is_refused(text):
    with pytest.raises(ValueError):
        wire.loads(text)


def test_entries_of_a_tunnel():
    listing = (
        "00:00:00:00:00:00 dst 192.0.2.11 self permanent\n"
        "fa:16:3e:00:00:06 dst 192.0.2.11 self permanent\n"
        "de:ad:00:00:00:01 vlan 1 master br permanent\n"
    )
    assert vxlan.entries_of(listing) == {
        (vxlan.EVERYBODY, "192.0.2.11"),
        ("fa:16:3e:00:00:06", "192.0.2.11"),
    }
