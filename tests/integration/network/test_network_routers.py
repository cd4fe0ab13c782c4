"""Routers carry what they should between networks and to the world, and nothing else."""

import contextlib
import os
import socket

import pytest

from novalite.context import admin_context
from novalite.network.embedded.plane.linux import teardown
from tests.support.netlab import Listener, eventually, member, ping, run, tcp
from tests.support.netlab_routers import Routing, World

pytestmark = pytest.mark.integration


@pytest.fixture
def routing(lab):
    lab.start()
    return Routing(lab)


@pytest.fixture
def world(lab):
    world = World(lab)
    yield world
    world.close()


@pytest.fixture
def site(lab, routing):
    """One network behind a router with a gateway, and a guest."""
    site = type("Site", (), {})()
    site.external = routing.external()
    site.network = lab.network("192.168.50.0/24")
    site.router = routing.router()
    routing.interface(site.router, site.network)
    site.gateway = routing.gateway(site.router, site.external)
    site.guest = lab.guest(site.network)
    assert site.guest.dhcp()
    return site


def test_a_router_joins_its_networks_and_no_others(lab, routing):
    one, two, other = (lab.network(f"192.168.{n}.0/24") for n in (40, 41, 42))
    router = routing.router()
    for network in (one, two):
        routing.interface(router, network)
    a, b, c = (lab.guest(network) for network in (one, two, other))
    for guest in (a, b, c):
        assert guest.dhcp()
    assert a.ping("192.168.40.1")
    # the default group admits its members, also those that a router is between
    assert a.ping(b.address)
    assert b.ping(a.address)
    assert not a.ping(c.address)
    assert not c.ping(a.address)


def test_a_members_address_means_somebody_else_where_no_router_leads(lab, routing):
    """A stranger with the address of a member of the group, on a network of its own."""
    mine, strange = lab.network("192.168.43.0/24"), lab.network("192.168.43.0/24")
    closed = lab.group("closed")
    lab.rule(closed, remote_group_id=lab.default_group())
    member = lab.guest(mine, fixed_ips=[{"ip_address": "192.168.43.50"}])
    target = lab.guest(strange, security_groups=[closed])
    stranger = lab.guest(
        strange, fixed_ips=[{"ip_address": "192.168.43.50"}], security_groups=[closed]
    )
    for guest in (member, target, stranger):
        guest.configure()
    assert not stranger.ping(target.address)


def test_guests_reach_the_world_under_the_gateways_address(lab, routing, site, world):
    listener = Listener(world.namespace, 8080)
    with contextlib.closing(listener):
        assert tcp(site.guest.namespace, world.address, 8080)
        assert eventually(lambda: listener.peers, "accepted")[0] == world.host
    # on the way through the external network it was the router's own
    outside = Listener(None, 8081, f"{routing.outside}.1")
    with contextlib.closing(outside):
        assert tcp(site.guest.namespace, f"{routing.outside}.1", 8081)
        assert eventually(lambda: outside.peers, "accepted")[0] == site.gateway


def test_without_snat_nothing_is_translated(routing, site):
    routing.snat(site.router, site.external, False)
    run("ip", "route", "add", "192.168.50.0/24", "via", site.gateway)
    try:
        outside = Listener(None, 8082, f"{routing.outside}.1")
        with contextlib.closing(outside):
            assert tcp(site.guest.namespace, f"{routing.outside}.1", 8082)
            assert eventually(lambda: outside.peers, "accepted")[0] == site.guest.address
    finally:
        run("ip", "route", "del", "192.168.50.0/24")


def test_hidden_addresses_cannot_be_asked_for(lab, routing, site):
    lab.rule(lab.default_group(), protocol="tcp")
    listener = Listener(site.guest.namespace, 8083)
    run("ip", "route", "add", "192.168.50.0/24", "via", site.gateway)
    try:
        with contextlib.closing(listener):
            assert not tcp(None, site.guest.address, 8083)
            routing.snat(site.router, site.external, False)
            assert tcp(None, site.guest.address, 8083)
    finally:
        run("ip", "route", "del", "192.168.50.0/24")


def test_a_floating_address_leads_in_and_out_as_the_rules_allow(lab, routing, site):
    address = routing.floating(site.external, site.guest)
    listener = Listener(site.guest.namespace, 22)
    with contextlib.closing(listener):
        assert not tcp(None, address, 22)
        rule = lab.rule(lab.default_group(), protocol="tcp", port_range_min=22, port_range_max=22)
        assert tcp(None, address, 22)
        assert eventually(lambda: listener.peers, "accepted")[0] == f"{routing.outside}.1"
        lab.service.security_group_rules.delete(admin_context(), rule)
        assert not tcp(None, address, 22)
    outside = Listener(None, 8084, f"{routing.outside}.1")
    with contextlib.closing(outside):
        assert tcp(site.guest.namespace, f"{routing.outside}.1", 8084)
        assert eventually(lambda: outside.peers, "accepted")[0] == address


def test_open_connections_end_with_their_rule_or_their_floating_address(lab, routing, site):
    address = routing.floating(site.external, site.guest)
    rule = lab.rule(lab.default_group(), protocol="tcp")
    listener = Listener(site.guest.namespace, 23)
    with contextlib.closing(listener):

        def talk(sock: socket.socket, peer: socket.socket, word: bytes) -> bool:
            peer.settimeout(0.7)
            with contextlib.suppress(OSError):
                sock.send(word)
                return bool(peer.recv(16))
            return False

        def connect() -> tuple[socket.socket, socket.socket]:
            known = len(listener.kept)
            sock = socket.create_connection((address, 23), timeout=3)
            return sock, eventually(lambda: listener.kept[known:], "accepted")[0]

        sock, peer = connect()
        assert talk(sock, peer, b"one")
        lab.service.security_group_rules.delete(admin_context(), rule)
        assert not talk(sock, peer, b"two")
        lab.rule(lab.default_group(), protocol="tcp")
        sock, peer = connect()
        assert talk(sock, peer, b"three")
        routing.drop_floating(address)
        assert not talk(sock, peer, b"four")


def test_guests_reach_each_other_by_floating_addresses(lab, routing, site):
    """On one network, and behind two routers."""
    lab.rule(lab.default_group(), protocol="tcp")
    neighbour = lab.guest(site.network)
    assert neighbour.dhcp()
    far_network = lab.network("192.168.50.0/24")  # with the same addresses
    far_router = routing.router()
    routing.interface(far_router, far_network)
    routing.gateway(far_router, site.external)
    far = lab.guest(far_network)
    assert far.dhcp()
    near_address = routing.floating(site.external, neighbour)
    far_address = routing.floating(site.external, far)
    for guest, address in ((neighbour, near_address), (far, far_address)):
        listener = Listener(guest.namespace, 8085)
        with contextlib.closing(listener):
            assert tcp(site.guest.namespace, address, 8085)


def test_extra_routes(lab, routing):
    """Behind a guest that forwards there is another network."""
    network = lab.network("192.168.44.0/24")
    second = lab.network("192.168.45.0/24")
    router = routing.router()
    routing.interface(router, network)
    routing.interface(router, second)
    forwarder = lab.guest(network, port_security_enabled=False)
    asker = lab.guest(second, port_security_enabled=False)
    for guest in (forwarder, asker):
        assert guest.dhcp()
    forwarder.ip("addr", "add", "10.200.0.1/24", "dev", "lo")
    assert not asker.ping("10.200.0.1")
    route = {"destination": "10.200.0.0/24", "nexthop": forwarder.address}
    routing.change(router, routes=[route])
    assert asker.ping("10.200.0.1")
    routing.change(router, routes=[])
    assert not asker.ping("10.200.0.1")


def test_metadata_by_the_router_where_nobody_has_dhcp(lab, routing):
    network = lab.network("192.168.46.0/24")
    (subnet,) = routing.subnets(network)
    lab.service.subnets.update(admin_context(), subnet["id"], {"enable_dhcp": False})
    router = routing.router()
    routing.interface(router, network)
    guest = lab.guest(network)
    guest.configure()
    guest.ip("route", "add", "default", "via", "192.168.46.1")
    assert tcp(guest.namespace, "169.254.169.254", 80)
    asked = lab.service.plane.proxies.identify(router, guest.address)
    assert asked["X-Instance-ID"] == guest.port["device_id"]


def test_a_router_that_is_down_or_gone_leaves_nothing(lab, routing, site):
    address = routing.floating(site.external, site.guest)
    lab.rule(lab.default_group(), protocol="icmp")
    assert ping(None, address)
    routing.change(site.router, admin_state_up=False)
    assert not ping(None, address)
    routing.change(site.router, admin_state_up=True)
    assert ping(None, address)
    assert any(site.router in name for name in lab.leftovers())
    routing.delete(site.router)
    assert not any(site.router in name for name in lab.leftovers())
    cables = [name for name in os.listdir("/sys/class/net") if name.startswith(f"{lab.prefix}r")]
    assert cables == []


def test_routers_outlive_the_process_and_come_back_after_a_reboot(lab, routing, site):
    address = routing.floating(site.external, site.guest)
    lab.rule(lab.default_group(), protocol="icmp")
    lab.service.stop()
    assert ping(None, address), "without the process the network works"
    other = routing.router()
    routing.delete(other)
    lab.restart()
    assert ping(None, address)
    lab.service.stop()
    lab.unplug(site.guest)
    teardown(lab.conf)
    assert lab.leftovers() == []
    lab.restart()
    lab.plug(site.guest)
    assert site.guest.dhcp()
    assert ping(None, address)


def test_an_external_network_does_not_take_the_hosts_own(lab, routing, world):
    own = world.host.rpartition(".")[0]
    network = lab.service.networks.create(
        admin_context(), {"name": "rival", "router:external": True, "project_id": "x"}
    )
    body = {"network_id": network["id"], "cidr": f"{own}.0/24", "enable_dhcp": False}
    lab.service.subnets.create(admin_context(), body)
    bridge = lab.service.plane.links.bridge(network["id"])
    assert "inet " not in run("ip", "addr", "show", "dev", bridge)
    assert ping(None, world.address)


def test_nothing_changes_where_nothing_has_changed(lab, routing, site):
    """A server that is built does not touch the routers."""
    space = lab.service.plane.links.router(site.router)
    before = run("ip", "netns", "exec", space, "nft", "-a", "list", "ruleset")
    lab.guest(site.network)
    assert run("ip", "netns", "exec", space, "nft", "-a", "list", "ruleset") == before
    lab.restart()
    again = run("ip", "netns", "exec", space, "nft", "-s", "list", "ruleset")
    assert again.count("chain") == before.count("chain")


def test_address_groups(lab):
    lab.start()
    network = lab.network("192.168.47.0/24")
    group = lab.group("from a group of addresses")
    groups = lab.service.address_groups
    addresses = groups.create(member(), {"addresses": ["192.168.47.50/32", "2001:db8::/64"]})["id"]
    lab.rule(group, remote_address_group_id=addresses)
    target = lab.guest(network, security_groups=[group])
    friend = lab.guest(network, fixed_ips=[{"ip_address": "192.168.47.50"}])
    other = lab.guest(network, fixed_ips=[{"ip_address": "192.168.47.51"}])
    for guest in (target, friend, other):
        guest.configure()
    assert friend.ping(target.address)
    assert not other.ping(target.address)
    groups.add(member(), addresses, ["192.168.47.51/32"])
    groups.remove(member(), addresses, ["192.168.47.50/32"])
    assert not friend.ping(target.address)
    assert other.ping(target.address)
