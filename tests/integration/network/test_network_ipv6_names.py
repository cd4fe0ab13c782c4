"""IPv6 by advertisement and by DHCPv6, names, and options of single ports."""

import contextlib
import os
import socket
import struct

import pytest

from novalite.context import admin_context
from novalite.network.embedded import rows, tables
from tests.support.netlab import Guest, eventually, member, run, somewhere
from tests.support.netlab_routers import Routing

pytestmark = pytest.mark.integration

SLAAC, STATEFUL = "2001:db8:10::", "2001:db8:11::"


@pytest.fixture
def routing(lab):
    lab.start()
    return Routing(lab)


def advertised(lab, cidr: str, mode: str) -> str:
    """A network whose routers advertise its prefix."""
    network = lab.service.networks.create(member(), {"name": "net"})
    modes = {"ipv6_ra_mode": mode, "ipv6_address_mode": mode}
    body = {"network_id": network["id"], "cidr": cidr, "ip_version": 6, **modes}
    lab.service.subnets.create(member(), body)
    return str(network["id"])


def global_address(guest: Guest) -> str:
    shown = guest.ip("-6", "-o", "addr", "show", "dev", "eth0", "scope", "global", "-tentative")
    return shown.split("inet6 ")[1].split("/")[0] if "inet6 " in shown else ""


def default_route(guest: Guest) -> str:
    return guest.ip("-6", "route", "show", "default")


def dhcp6(guest: Guest) -> bytes:
    """The answer's options to a SOLICIT with rapid commit left out; empty when there is none."""
    mac = bytes.fromhex(guest.port["mac_address"].replace(":", ""))
    identity = struct.pack("!HHHH", 1, 10, 3, 1) + mac
    association = struct.pack("!HHIII", 3, 12, 1, 0, 0)
    wish = struct.pack("!HHHH", 6, 4, 23, 24)
    packet = bytes([1]) + os.urandom(3) + identity + association + wish + bytes([0, 8, 0, 2, 0, 0])
    with somewhere(guest.namespace):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        index = socket.if_nametoindex("eth0")
    with contextlib.closing(sock):
        sock.bind(("::", 546))
        sock.settimeout(1.0)
        for _ in range(8):
            with contextlib.suppress(OSError):
                sock.sendto(packet, ("ff02::1:2", 547, 0, index))
                answer = sock.recv(2048)
                if answer[0] == 2:
                    return answer[4:]
    return b""


def test_guests_give_themselves_addresses_and_routers_carry_them(lab, routing):
    auto = advertised(lab, f"{SLAAC}/64", "slaac")
    planned = advertised(lab, f"{STATEFUL}/64", "dhcpv6-stateful")
    router = routing.router()
    for network in (auto, planned):
        routing.interface(router, network)
    one = lab.guest(auto)
    two = lab.guest(planned)
    eventually(lambda: global_address(one) == one.address, "an address by advertisement")
    eventually(lambda: "via fe80::" in default_route(one), "a route")
    eventually(lambda: "via fe80::" in default_route(two), "a route")
    assert global_address(two) == "", "the prefix is not for choosing an address oneself"
    assert socket.inet_pton(socket.AF_INET6, two.address) in dhcp6(two)
    two.ip("addr", "add", f"{two.address}/64", "dev", "eth0", "nodad")
    assert eventually(lambda: one.ping(two.address), "routed")
    assert two.ping(one.address)


def test_stateless_guests_ask_for_all_but_the_address(lab, routing):
    network = advertised(lab, f"{SLAAC}/64", "dhcpv6-stateless")
    routing.interface(routing.router(), network)
    guest = lab.guest(network)
    eventually(lambda: global_address(guest) == guest.address, "an address by advertisement")
    assert guest.ping(f"{SLAAC}1")


def test_ipv6_to_the_external_network(lab, routing):
    external = routing.external("2001:db8:99::/64")
    network = advertised(lab, f"{SLAAC}/64", "slaac")
    router = routing.router()
    routing.interface(router, network)
    address = routing.gateway(router, external)
    guest = lab.guest(network)
    eventually(lambda: global_address(guest) == guest.address, "an address by advertisement")
    run("ip", "-6", "route", "add", f"{SLAAC}/64", "via", address)
    assert eventually(lambda: guest.ping("2001:db8:99::1"), "not translated, and back")


def test_a_dead_advertiser_comes_back(lab, routing):
    network = advertised(lab, f"{SLAAC}/64", "slaac")
    router = routing.router()
    routing.interface(router, network)
    routers = lab.service.plane.routers
    pid = routers.adverts.pid(router)
    os.kill(pid, 9)
    eventually(lambda: routers.adverts.pid(router) is None, "it is gone")
    assert routers.dead() == [router]
    lab.service.plane.refresh()
    assert routers.adverts.pid(router) not in (None, pid)
    routing.delete(router)
    assert not os.path.exists(f"{lab.directory}/routers/{router}")


def resolve(guest: Guest, name: str, server: str) -> str:
    return guest.inside("busybox", "nslookup", name, server, check=False)


def test_guests_have_names(lab):
    lab.start()
    network = lab.network("192.168.60.0/24")
    lab.service.networks.update(member(), network, {"dns_domain": "shop.example."})
    one, two = lab.guest(network, dns_name="web"), lab.guest(network, dns_name="db")
    lease = one.dhcp()
    assert lease["domain"] == "shop.example"
    assert two.dhcp()
    server = lease["dns"]
    assert two.address in resolve(one, "db.shop.example", server)
    assert "web.shop.example" in resolve(two, one.address, server)
    lab.service.update_port(admin_context(), two.port["id"], {"dns_name": "store"})
    eventually(lambda: two.address in resolve(one, "store.shop.example", server), "the new name")
    assert two.address not in resolve(one, "db.shop.example", server)


def test_names_of_others_are_asked_for_through_the_router(lab, routing):
    """The upstream server here is this host's address on the external network."""
    lab.service.plane.dhcp.resolvers = (f"{routing.outside}.1",)
    external = routing.external()
    network = lab.network("192.168.61.0/24")
    router = routing.router()
    routing.interface(router, network)
    gateway = routing.gateway(router, external)
    guest = lab.guest(network)
    lease = guest.dhcp()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.bind((f"{routing.outside}.1", 53))
        upstream.settimeout(5)
        with somewhere(guest.namespace):
            asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.closing(asker):
            question = struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0)
            question += b"\x05world\x07example\x00" + struct.pack("!HH", 1, 1)
            asker.sendto(question, (lease["dns"], 53))
            asked, who = upstream.recvfrom(512)
    assert b"\x05world\x07example" in asked
    assert who[0] == gateway


def test_options_of_single_ports(lab):
    lab.start()
    network = lab.network("192.168.62.0/24")
    guest, other = lab.guest(network), lab.guest(network)
    options = [
        {"opt_name": "mtu", "opt_value": "1234", "ip_version": 4},
        {"opt_name": "dns-server", "opt_value": "192.0.2.7", "ip_version": 4},
        {"opt_name": "no-such-option", "opt_value": "x", "ip_version": 4},
        {"opt_name": "router", "opt_value": "192.0.2.1\ndhcp-script=/bin/false", "ip_version": 4},
        {"opt_name": "12", "opt_value": "named", "ip_version": 4},
    ]
    with lab.database.write() as conn:
        changes = {"extra_dhcp_opts": options}
        rows.update(conn, tables.ports, guest.port["id"], changes, lab.service.core.now())
    lab.service.plane.refresh(network)
    lease = eventually(
        lambda: (got := guest.dhcp()).get("dns") == "192.0.2.7" and got, "the option"
    )
    assert lease["router"] == "192.168.62.1"
    assert lease["hostname"] == "named"
    assert lease["mtu"] == "1234"
    plain = other.dhcp()
    assert plain["dns"] == "192.168.62.2"
    assert plain["mtu"] == "1500"
    # a server that starts with such options does start
    lab.service.plane.dhcp.remove(network)
    lab.service.plane.refresh(network)
    assert other.dhcp()
    assert "dhcp-script" not in run("cat", f"{lab.directory}/network/{network}/options")
