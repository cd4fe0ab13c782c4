"""DHCP and names of each network: one dnsmasq inside its namespace."""

import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterable, Sequence

from novalite.network.embedded.plane import dhcp_files, netns
from novalite.network.embedded.plane.commands import read
from novalite.network.embedded.plane.dnsmasq import Dnsmasq
from novalite.network.embedded.plane.links import INSIDE, Links
from novalite.network.embedded.plane.state import NetworkState, PortState

LOG = logging.getLogger(__name__)

SERVER_PORT, CLIENT_PORT = 67, 68
MAGIC_COOKIE = b"\x63\x82\x53\x63"
RELEASE = 7


class Dhcp(Dnsmasq):
    """``domain``: of networks that have none of their own; ``resolvers``: whom to ask for the
    names of others."""

    def __init__(self, base: str, domain: str, links: Links, resolvers: Sequence[str] = ()) -> None:
        super().__init__(base)
        self.domain = domain
        self.links = links
        self.resolvers = tuple(resolvers)

    def serve(self, network: NetworkState, ports: Iterable[PortState]) -> None:
        """Raises DependencyUnavailable."""
        place = dhcp_files.Place(self.directory(network.id), INSIDE, self.user(network.id))
        domain = dhcp_files.domain_of(network, self.domain)
        ports = list(ports)
        self.ensure(
            network.id,
            self.links.netns(network.id),
            dhcp_files.configuration(network, place, domain, self.resolvers),
            {
                "hosts": dhcp_files.hosts(ports),
                "names": dhcp_files.names(ports, domain),
                "options": dhcp_files.options(ports),
            },
        )

    # ---- leases ----

    def release(self, network: NetworkState, port: PortState) -> None:
        """Forget the leases of a port that is gone, so that its addresses can be given to others:
        the client is not asked, a release is sent in its name."""
        leases = self.leases(network.id)
        own = dict(network.dhcp_addresses)
        for subnet in network.subnets:
            for address in port.addresses:
                if subnet.id in own and (port.mac, address) in leases and "." in address:
                    self._send_release(network.id, own[subnet.id], port.mac, address)

    def leases(self, network_id: str) -> set[tuple[str, str]]:
        """(MAC address, address)"""
        found = set()
        for line in (read(f"{self.directory(network_id)}/leases") or "").splitlines():
            words = line.split()
            if len(words) >= 4:
                found.add((words[1].lower(), words[2]))
        return found

    def _send_release(self, network_id: str, server: str, mac: str, address: str) -> None:
        packet = release_packet(server, mac, address)
        try:
            with netns.inside(self.links.netns(network_id)):
                sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with contextlib.closing(sender):
                # the server has to believe that it came in by the interface that it serves
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INSIDE.encode())
                sender.sendto(packet, (server, SERVER_PORT))
        except OSError as error:
            LOG.warning("The lease of %s could not be released: %s", address, error)


def release_packet(server: str, mac: str, address: str) -> bytes:
    """A DHCPRELEASE (RFC 2131) as the client with ``mac`` would send it."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    head = struct.pack(
        "!BBBBIHH", 1, 1, len(hardware), 0, int.from_bytes(os.urandom(4), "big"), 0, 0
    )
    addresses = socket.inet_aton(address) + bytes(12)
    options = (
        MAGIC_COOKIE
        + bytes([53, 1, RELEASE])
        + bytes([54, 4])
        + socket.inet_aton(server)
        + bytes([255])
    )
    packet = head + addresses + hardware.ljust(16, b"\0") + bytes(64 + 128) + options
    return packet.ljust(300, b"\0")
