"""A network that spans two hosts, the second of which has an agent and no database."""

import contextlib
import os
import socket
import struct
import threading

import pytest
import webtest

from novalite.context import admin_context
from novalite.exception import Forbidden
from novalite.network.embedded import rows, tables
from novalite.wsgi import paste
from tests.support.netlab import Listener, UdpListener, eventually, member, ping, somewhere, tcp
from tests.support.netlab_hosts import FAR, far_lab
from tests.support.netlab_routers import Routing

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def hosts():
    """(lab, the other host); the network service and the agent run."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    lab, far = far_lab()
    try:
        lab.start()
        far.start_agent()
        yield lab, far
    finally:
        print(far.log.read_text()[-4000:] if far.log.exists() else "")
        far.close()
        lab.close()


def test_a_network_on_two_hosts(hosts):
    lab, far = hosts
    network = lab.network("192.168.70.0/24")
    here, there, beside = lab.guest(network), far.guest(network), far.guest(network)
    for guest in (here, there, beside):
        lease = guest.dhcp()
        assert lease["ip"] == guest.address
    assert here.ping(there.address)
    assert there.ping(here.address)
    assert there.ping(beside.address)
    assert ping(there.namespace, here.address, "-s", "1422"), "whole packets"
    assert _carries(here, there, 1 << 20)
    assert tcp(there.namespace, "169.254.169.254", 80), "metadata is on the network host"
    assert lab.service.plane.dhcp.leases(network) >= {(there.port["mac_address"], there.address)}


def _carries(sender, receiver, size: int) -> bool:
    """A stream with as large packets as the devices take."""
    with somewhere(sender.namespace):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener = Listener(receiver.namespace, 9000)
    with contextlib.closing(listener), contextlib.closing(sock):
        sock.settimeout(5)
        sock.connect((receiver.address, 9000))
        peer = eventually(lambda: listener.kept, "accepted")[0]
        peer.settimeout(5)
        writer = threading.Thread(target=sock.sendall, args=(bytes(size),), daemon=True)
        writer.start()
        got = 0
        while got < size and (piece := peer.recv(65536)):
            got += len(piece)
        writer.join()
    return got == size


def test_routers_and_floating_addresses_of_guests_elsewhere(hosts):
    lab, far = hosts
    routing = Routing(lab)
    external = routing.external()
    one, two = lab.network("192.168.71.0/24"), lab.network("192.168.72.0/24")
    router = routing.router()
    for network in (one, two):
        routing.interface(router, network)
    routing.gateway(router, external)
    here, there = lab.guest(one), far.guest(two)
    for guest in (here, there):
        assert guest.dhcp()
    assert here.ping(there.address), "members of a group, over a router, on two hosts"
    assert there.ping(here.address)
    address = routing.floating(external, there)
    assert not ping(None, address)
    rule = lab.rule(lab.default_group(), protocol="icmp")
    assert ping(None, address)
    lab.service.security_group_rules.delete(admin_context(), rule)
    assert not ping(None, address), "the rule is gone there, too, when the answer comes"


def test_networks_stay_apart_and_rules_hold_on_both_hosts(hosts):
    lab, far = hosts
    first, second = lab.network("192.168.73.0/24"), lab.network("192.168.73.0/24")
    closed = lab.group("members of default only")
    lab.rule(closed, remote_group_id=lab.default_group())
    here = lab.guest(first, fixed_ips=[{"ip_address": "192.168.73.50"}])
    there = far.guest(first, fixed_ips=[{"ip_address": "192.168.73.51"}], security_groups=[closed])
    stranger = lab.guest(first, security_groups=[closed])
    other = far.guest(second, fixed_ips=[{"ip_address": "192.168.73.52"}])
    for guest in (here, there, stranger, other):
        guest.configure()
    assert here.ping(there.address)
    assert not stranger.ping(there.address), "not a member"
    assert not other.ping(here.address), "another network"
    assert not other.ping(there.address), "on the same host, too"
    # nobody pretends to be somebody else there either
    there.ip("addr", "add", "192.168.73.99/24", "dev", "eth0")
    ears = UdpListener(here.namespace, 5000)
    lab.rule(lab.default_group(), protocol="udp", port_range_min=5000, port_range_max=5000)
    with contextlib.closing(ears):
        for source, heard in (("192.168.73.99", False), ("192.168.73.51", True)):
            with somewhere(there.namespace):
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with contextlib.closing(sock):
                sock.bind((source, 0))
                sock.sendto(b"x", (here.address, 5000))
            assert bool(ears.hears()) is heard


def test_only_hosts_of_the_cloud_get_into_tunnels(hosts):
    lab, far = hosts
    network = lab.network("192.168.74.0/24")
    here, there = lab.guest(network), far.guest(network)
    for guest in (here, there):
        guest.configure()
    lab.rule(lab.default_group(), protocol="udp", port_range_min=5001, port_range_max=5001)
    with lab.database.read() as conn:
        vni = rows.get(conn, tables.networks, network)["segmentation_id"]
    intruder = f"{far.hub.rpartition('.')[0]}.77"
    far.ip("addr", "add", f"{intruder}/24", "dev", "uplink")
    frame = _udp_frame(there.port["mac_address"], there.address, here)
    ears = UdpListener(here.namespace, 5001)
    with contextlib.closing(ears):
        for source, heard in ((intruder, False), (far.address, True)):
            with somewhere(far.namespace):
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with contextlib.closing(sock):
                sock.bind((source, 0))
                head = struct.pack("!BxxxI", 8, vni << 8)
                sock.sendto(head + frame, (far.hub, 4789))
            assert bool(ears.hears()) is heard


def _udp_frame(mac, address, target) -> bytes:
    """From (mac, address) to port 5001 of ``target``."""
    payload = b"through the tunnel"
    udp = struct.pack("!HHHH", 5001, 5001, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                       socket.inet_aton(address), socket.inet_aton(target.address))  # fmt: skip
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:]
    ends = target.port["mac_address"] + mac
    return bytes.fromhex(ends.replace(":", "")) + b"\x08\x00" + head + udp


def test_the_agent_may_die_and_makes_up_for_what_it_missed(hosts):
    lab, far = hosts
    network = lab.network("192.168.75.0/24")
    here, there = lab.guest(network), far.guest(network)
    gone_network = lab.network("192.168.76.0/24")
    gone = far.guest(gone_network)
    for guest in (here, there):
        assert guest.dhcp()
    before = set(far.devices())
    far.kill_agent()
    states = lab.service.host_states
    states.stop()
    eventually(lambda: not states.asking(FAR), "its last question ends")
    states.start()
    states.silent(FAR)
    assert here.ping(there.address), "without the agent the network works"
    lab.service.delete_port(admin_context(), gone.port["id"])
    lab.rule(lab.default_group(), protocol="tcp", port_range_min=80, port_range_max=80)
    far.start_agent()
    listener = Listener(there.namespace, 80)
    with contextlib.closing(listener):
        assert tcp(here.namespace, there.address, 80)
    bridge = gone.port["binding:vif_details"]["bridge_name"]
    assert bridge in before
    assert bridge not in far.devices()
    lab.service.delete_port(admin_context(), there.port["id"])
    eventually(lambda: not [each for each in far.devices() if network[:8] in each], "gone")


def test_only_services_see_what_hosts_do(hosts):
    lab, far = hosts
    http = webtest.TestApp(paste.load_app(far.cloud), lint=False)
    path = f"/network/v2.0/novalite/hosts/{FAR}/state"
    assert http.get(path, expect_errors=True).status_int == 401
    with pytest.raises(Forbidden):
        lab.service.host_states.show(member(), FAR)
    with pytest.raises(Forbidden):
        lab.service.host_states.register(member(), FAR, {"tunnel_address": "192.0.2.1"})
    with lab.database.read() as conn:
        (row,) = rows.select(conn, tables.agents, tables.agents.c.host == FAR)
    assert row["configurations"]["tunneling_ip"] == far.address
