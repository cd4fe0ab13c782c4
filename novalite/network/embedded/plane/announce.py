"""Telling the neighbours that an address has moved here."""

import contextlib
import logging
import socket
import struct

from novalite.exception import DependencyUnavailable
from novalite.network.embedded.plane.netns import inside

LOG = logging.getLogger(__name__)

ARP = 0x0806
EVERYBODY = b"\xff" * 6


def gratuitous_arp(mac: str, address: str) -> bytes:
    """The frame (RFC 5227: an ARP request for one's own address)."""
    own = bytes.fromhex(mac.replace(":", ""))
    binary = socket.inet_aton(address)
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + binary + bytes(6) + binary
    return (EVERYBODY + own + struct.pack("!H", ARP) + body).ljust(60, b"\0")


def announce(netns: str, device: str, mac: str, addresses: set[str]) -> None:
    """IPv4 only: IPv6's neighbours find out by themselves. Failing is no error: caches expire."""
    try:
        with inside(netns):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with contextlib.closing(sock):
            sock.bind((device, ARP))
            for address in sorted(addresses):
                sock.send(gratuitous_arp(mac, address))
    except (OSError, DependencyUnavailable) as error:
        LOG.warning("%s could not be announced: %s", ", ".join(sorted(addresses)), error)
