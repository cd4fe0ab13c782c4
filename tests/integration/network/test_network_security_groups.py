"""Security groups hold between guests, and between guests and the host."""

import socket

import pytest

from novalite.context import admin_context
from tests.support.netlab import Listener, UdpListener, eventually, member, ping, tcp

pytestmark = pytest.mark.integration


@pytest.fixture
def listen():
    """Listeners that end with the test."""
    made = []

    def listen(namespace, port, address=""):
        made.append(Listener(namespace, port, address))
        return made[-1]

    yield listen
    for each in made:
        each.close()


def test_members_of_the_default_group_reach_each_other_and_nobody_else_does(lab, listen):
    network = lab.start()
    one, two = lab.guest(network), lab.guest(network)
    other = lab.guest(network, security_groups=[lab.group("other")])
    for guest in (one, two, other):
        guest.configure()
        listen(guest.namespace, 80)

    assert tcp(one.namespace, two.address, 80)
    assert one.ping(two.address)
    assert not tcp(other.namespace, two.address, 80)
    assert not other.ping(two.address)
    assert not tcp(one.namespace, other.address, 80), "a new group lets nothing in"


def test_the_host_gets_in_when_a_rule_allows_it(lab, listen):
    network = lab.start()
    guest = lab.guest(network)
    guest.configure()
    listen(guest.namespace, 22)
    listen(guest.namespace, 23)

    assert not tcp(None, guest.address, 22)
    assert not ping(None, guest.address)

    group = lab.default_group()
    rule = lab.rule(group, protocol="tcp", port_range_min=22, port_range_max=22)
    assert tcp(None, guest.address, 22)
    assert not tcp(None, guest.address, 23)
    lab.rule(group, protocol="icmp", port_range_min=8, port_range_max=0)
    assert ping(None, guest.address)

    lab.service.security_group_rules.delete(member(), rule)
    assert not tcp(None, guest.address, 22)


def test_answers_come_back(lab, listen):
    network = lab.start()
    guest = lab.guest(network, security_groups=[lab.group("out only")])
    guest.configure()
    host = listen(None, 0, f"{lab.subnet}.1")
    assert tcp(guest.namespace, f"{lab.subnet}.1", host.socket.getsockname()[1])


def test_without_egress_rules_nothing_leaves_but_dhcp(lab, listen):
    network = lab.start()
    group = lab.group("closed")
    for rule in lab.service.security_groups.show(member(), group)["security_group_rules"]:
        lab.service.security_group_rules.delete(member(), rule["id"])
    guest = lab.guest(network, security_groups=[group])
    host = listen(None, 0, f"{lab.subnet}.1")
    port = host.socket.getsockname()[1]

    assert guest.dhcp()["ip"] == guest.address
    assert not tcp(guest.namespace, f"{lab.subnet}.1", port)
    assert tcp(guest.namespace, "169.254.169.254", 80), "metadata is always allowed"

    lab.rule(
        group,
        direction="egress",
        protocol="tcp",
        port_range_min=port,
        port_range_max=port,
        remote_ip_prefix=f"{lab.subnet}.0/24",
    )
    assert tcp(guest.namespace, f"{lab.subnet}.1", port)


def test_a_port_may_have_several_groups_and_change_them(lab, listen):
    network = lab.start()
    web, ssh = lab.group("web"), lab.group("ssh")
    lab.rule(web, protocol="tcp", port_range_min=80, port_range_max=81)
    lab.rule(ssh, protocol="tcp", port_range_min=22, port_range_max=22)
    guest = lab.guest(network, security_groups=[web, ssh])
    guest.configure()
    for number in (22, 80, 81, 82):
        listen(guest.namespace, number)

    assert [tcp(None, guest.address, each) for each in (22, 80, 81, 82)] == [True] * 3 + [False]
    lab.service.update_port(admin_context(), guest.port["id"], {"security_groups": [ssh]})
    assert tcp(None, guest.address, 22)
    assert not tcp(None, guest.address, 80)
    lab.service.update_port(
        admin_context(), guest.port["id"], {"security_groups": [], "port_security_enabled": False}
    )
    assert tcp(None, guest.address, 82), "without port security nothing is filtered"


def test_remote_groups_are_those_of_the_moment(lab, listen):
    network = lab.start()
    clients, servers = lab.group("clients"), lab.group("servers")
    lab.rule(servers, protocol="tcp", remote_group_id=clients)
    server = lab.guest(network, security_groups=[servers])
    client = lab.guest(network)
    for guest in (server, client):
        guest.configure()
    listen(server.namespace, 3306)

    assert not tcp(client.namespace, server.address, 3306)
    lab.service.update_port(admin_context(), client.port["id"], {"security_groups": [clients]})
    assert tcp(client.namespace, server.address, 3306)


def test_broadcasts_are_filtered_for_each_receiver(lab):
    network = lab.start()
    sender, friend = lab.guest(network), lab.guest(network)
    stranger = lab.guest(network, security_groups=[lab.group("other")])
    for guest in (sender, friend, stranger):
        guest.configure()
    hears, is_deaf = (UdpListener(guest.namespace, 5000) for guest in (friend, stranger))
    mouth = UdpListener(sender.namespace, 5001)
    try:
        mouth.socket.sendto(b"hello", (f"{lab.subnet}.255", 5000))
        assert hears.hears() == b"hello"
        assert is_deaf.hears() is None
    finally:
        for each in (hears, is_deaf, mouth):
            each.close()


def test_a_port_that_is_down_is_silent(lab, listen):
    network = lab.start()
    one, two = lab.guest(network), lab.guest(network)
    for guest in (one, two):
        guest.configure()
    assert one.ping(two.address)
    lab.service.update_port(admin_context(), two.port["id"], {"admin_state_up": False})
    assert not one.ping(two.address)
    assert two.dhcp(tries=1) == {}
    lab.service.update_port(admin_context(), two.port["id"], {"admin_state_up": True})
    assert one.ping(two.address)


def test_an_open_connection_ends_with_its_rule(lab, listen):
    network = lab.start()
    guest = lab.guest(network)
    guest.configure()
    server = listen(guest.namespace, 22)
    rule = lab.rule(lab.default_group(), protocol="tcp", port_range_min=22, port_range_max=22)
    with socket.create_connection((guest.address, 22), timeout=2) as connection:
        inner = eventually(lambda: server.kept, "the connection is accepted")[0]
        connection.sendall(b"one")
        assert inner.recv(16) == b"one"
        lab.service.security_group_rules.delete(member(), rule)
        connection.sendall(b"two")
        inner.settimeout(0.7)
        with pytest.raises(TimeoutError):
            inner.recv(16)


def test_ipv6(lab, listen):
    lab.start()
    network = lab.network("2001:db8:5::/64")
    one, two = lab.guest(network), lab.guest(network)
    other = lab.guest(network, security_groups=[lab.group("other")])
    for guest in (one, two, other):
        guest.configure()
        listen(guest.namespace, 80, "::")
    assert tcp(one.namespace, two.address, 80, 2)
    assert not tcp(other.namespace, two.address, 80)
    assert not tcp(one.namespace, other.address, 80)
