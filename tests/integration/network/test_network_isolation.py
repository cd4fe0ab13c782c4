"""Guests cannot pretend to be others, and networks do not see each other."""

import contextlib
import pathlib
import random
import socket
import struct

import pytest

from novalite.context import admin_context
from novalite.network.embedded.plane.netns import inside
from tests.support.netlab import Guest, Listener, UdpListener, eventually, run, tcp

pytestmark = pytest.mark.integration

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD


@pytest.fixture
def pair(lab):
    """Two guests that may talk to each other."""
    network = lab.start()
    guests = lab.guest(network), lab.guest(network)
    for guest in guests:
        guest.configure()
    assert guests[0].ping(guests[1].address)
    return guests


class Wire:
    """Raw frames of a guest's device."""

    def __init__(self, guest: Guest) -> None:
        with inside(guest.namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("eth0", 3))
        self.socket.settimeout(0.5)

    def send(self, destination: str, source: str, kind: int, payload: bytes) -> None:
        frame = _mac(destination) + _mac(source) + struct.pack("!H", kind) + payload
        self.socket.send(frame.ljust(60, b"\0"))

    def sees(self, payload: bytes) -> bool:
        with contextlib.suppress(TimeoutError):
            while True:
                if payload in self.socket.recv(2048):
                    return True
        return False


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def arp_reply(mac: str, address: str, target: Guest) -> bytes:
    return (
        struct.pack("!HHBBH", 1, IPV4, 6, 4, 2)
        + _mac(mac)
        + socket.inet_aton(address)
        + _mac(target.port["mac_address"])
        + socket.inet_aton(target.address)
    )


def test_a_foreign_source_address_is_dropped(lab, pair):
    one, two = pair
    ears = UdpListener(two.namespace, 5000)
    forged = f"{lab.subnet}.99"
    one.ip("addr", "add", f"{forged}/24", "dev", "eth0")

    def say(source: str) -> None:
        with inside(one.namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.closing(sock):
            sock.bind((source, 0))
            sock.sendto(source.encode(), (two.address, 5000))

    with contextlib.closing(ears):
        say(forged)
        assert ears.hears() is None
        say(one.address)
        assert ears.hears() == one.address.encode()
        # the same address is fine when the port has it as an allowed pair
        lab.service.update_port(
            admin_context(),
            one.port["id"],
            {"allowed_address_pairs": [{"ip_address": f"{lab.subnet}.96/29"}]},
        )
        say(forged)
        assert ears.hears() == forged.encode()


def test_a_foreign_mac_address_is_dropped(pair):
    one, two = pair
    wire, ears = Wire(one), Wire(two)
    own, target = one.port["mac_address"], two.port["mac_address"]
    truth = arp_reply(own, one.address, two)
    wire.send(target, "fa:16:3e:66:66:66", ARP, truth)
    assert not ears.sees(truth)
    wire.send(target, own, ARP, truth)
    assert ears.sees(truth)


def test_arp_for_somebody_else_is_dropped(lab, pair):
    one, two = pair
    wire, ears = Wire(one), Wire(two)
    own, target = one.port["mac_address"], two.port["mac_address"]
    for lie in (
        arp_reply(own, f"{lab.subnet}.1", two),
        arp_reply("fa:16:3e:66:66:66", one.address, two),
    ):
        wire.send(target, own, ARP, lie)
        assert not ears.sees(lie)


def neighbour_advert(source: str, target: str, mac: str) -> bytes:
    """An unsolicited one, from ``source`` to all nodes."""
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, "ff02::1")
    body = struct.pack("!BBHI", 136, 0, 0, 0x20000000)
    body += socket.inet_pton(socket.AF_INET6, target) + bytes([2, 1]) + _mac(mac)
    total = sum(struct.unpack(f"!{(len(ends) + len(body)) // 2}H", ends + body)) + len(body) + 58
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body = body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:]
    return struct.pack("!IHBB", 0x60000000, len(body), 58, 255) + ends + body


def test_ipv6_neighbours_advertise_themselves_only(lab):
    lab.start()
    network = lab.network("2001:db8:6::/64")
    one, two = lab.guest(network), lab.guest(network)
    for guest in (one, two):
        guest.configure()
    wire, ears = Wire(one), Wire(two)
    mac = one.port["mac_address"]
    truth = neighbour_advert(one.address, one.address, mac)
    lie = neighbour_advert(one.address, "2001:db8:6::1", mac)
    wire.send("33:33:00:00:00:01", mac, IPV6, lie)
    assert not ears.sees(lie)
    wire.send("33:33:00:00:00:01", mac, IPV6, truth)
    assert ears.sees(truth)


def test_other_protocols_are_dropped(pair):
    one, two = pair
    wire, ears = Wire(one), Wire(two)
    for kind in (0x88B5, 0x8100):
        wire.send(two.port["mac_address"], one.port["mac_address"], kind, b"unfiltered")
        assert not ears.sees(b"unfiltered")


def test_a_guest_cannot_be_a_dhcp_server(pair):
    one, two = pair
    ears, mouth = UdpListener(two.namespace, 68), UdpListener(one.namespace, 67)
    plain = UdpListener(one.namespace, 6767)
    with contextlib.closing(ears), contextlib.closing(mouth), contextlib.closing(plain):
        mouth.socket.sendto(b"offer", (two.address, 68))
        assert ears.hears() is None
        plain.socket.sendto(b"fine", (two.address, 68))
        assert ears.hears() == b"fine"


def test_networks_with_equal_addresses_do_not_meet(lab):
    lab.start()
    base = f"192.168.{random.randint(10, 250)}"  # connections of other runs are still remembered
    first, second = lab.network(f"{base}.0/24"), lab.network(f"{base}.0/24")
    listeners = []
    guests = {}
    for name, network in (("a", first), ("b", second)):
        for last in (50, 51):
            guest = lab.guest(network, fixed_ips=[{"ip_address": f"{base}.{last}"}])
            guest.configure()
            guests[f"{name}{last}"] = guest
    try:
        # 51 listens on its own port in each network: who answers tells the networks apart
        listeners.append(Listener(guests["a51"].namespace, 1001))
        listeners.append(Listener(guests["b51"].namespace, 1002))
        assert tcp(guests["a50"].namespace, f"{base}.51", 1001)
        assert not tcp(guests["a50"].namespace, f"{base}.51", 1002)
        assert tcp(guests["b50"].namespace, f"{base}.51", 1002)
        assert not tcp(guests["b50"].namespace, f"{base}.51", 1001)
        zones = {
            word
            for line in run("conntrack", "-L").splitlines()
            if f"{base}.51" in line
            for word in line.split()
            if word.startswith("zone=")
        }
        assert len(zones) == 2
    finally:
        for each in listeners:
            each.close()


def test_an_isolated_network_does_not_reach_the_host(lab):
    lab.start()
    network = lab.network("192.168.8.0/24")
    guest = lab.guest(network, port_security_enabled=False)
    guest.configure()
    bridge = guest.port["binding:vif_details"]["bridge_name"]
    mac = pathlib.Path(f"/sys/class/net/{bridge}/address").read_text().strip()
    # even when it knows the bridge's MAC address and a real address of the host
    guest.ip("neigh", "replace", "192.168.8.1", "lladdr", mac, "dev", "eth0")
    guest.ip("route", "add", "default", "via", "192.168.8.1")
    ears, mouth = UdpListener(None, 0), UdpListener(guest.namespace, 0)
    with contextlib.closing(ears), contextlib.closing(mouth):
        # one way is enough to do harm: the host would not know how to answer
        mouth.socket.sendto(b"hello", (f"{lab.subnet}.1", ears.socket.getsockname()[1]))
        assert ears.hears() is None


def test_guests_of_the_host_network_reach_the_world_through_it(lab):
    """The world is another namespace, which knows no way back to the guests' addresses."""
    network = lab.start()
    guest = lab.guest(network)
    assert guest.dhcp()
    world, cable = f"{lab.prefix}world", f"{lab.prefix}w"
    run("ip", "netns", "add", world)
    try:
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", world)
        run("ip", "addr", "add", "198.18.77.1/30", "dev", cable)
        run("ip", "link", "set", cable, "up")
        run("ip", "-n", world, "addr", "add", "198.18.77.2/30", "dev", "eth0")
        run("ip", "-n", world, "link", "set", "eth0", "up")
        listener = Listener(world, 8080)
        try:
            assert eventually(
                lambda: tcp(guest.namespace, "198.18.77.2", 8080), "a connection to the world"
            )
            peer = eventually(lambda: listener.peers, "it is accepted")[0]
            assert peer == "198.18.77.1", "translated to the host's own address"
            # and the world, if it knew the way, would not get in
            run("ip", "-n", world, "route", "add", f"{lab.subnet}.0/24", "via", "198.18.77.1")
            inner = Listener(guest.namespace, 9090)
            assert not tcp(world, guest.address, 9090)
            lab.rule(lab.default_group(), protocol="tcp", remote_ip_prefix="198.18.77.0/30")
            assert tcp(world, guest.address, 9090)
            inner.close()
        finally:
            listener.close()
    finally:
        run("ip", "link", "del", cable, check=False)
        run("ip", "netns", "del", world, check=False)
