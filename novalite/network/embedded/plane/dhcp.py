"""One dnsmasq for each network, inside its namespace.

The processes are daemons of their own: they outlive this one, so that guests keep their leases
while it is down, and they are found again by their pid files.
"""

import contextlib
import logging
import os
import pwd
import shutil
import signal
import socket
import struct
import time
from collections.abc import Iterable

from novalite.network.embedded.plane import dhcp_files, netns
from novalite.network.embedded.plane.commands import (
    SEARCH_PATH,
    read,
    run,
    write_atomically,
)
from novalite.network.embedded.plane.links import INSIDE, Links
from novalite.network.embedded.plane.state import NetworkState, PortState

LOG = logging.getLogger(__name__)

UNPRIVILEGED = "nobody"
STOP_TIMEOUT = 5.0
SERVER_PORT, CLIENT_PORT = 67, 68
MAGIC_COOKIE = b"\x63\x82\x53\x63"
RELEASE = 7


class Dhcp:
    """``base``: directory with one subdirectory per network."""

    def __init__(self, base: str, domain: str, links: Links) -> None:
        self.base = base
        self.domain = domain
        self.links = links

    def directory(self, network_id: str) -> str:
        return f"{self.base}/{network_id}"

    # ---- running ----

    def ensure(self, network: NetworkState, ports: Iterable[PortState]) -> None:
        """Running with this configuration and these hosts. What changes seldom is a restart,
        hosts are a signal, no change is nothing. Raises DependencyUnavailable."""
        directory = self.directory(network.id)
        os.makedirs(directory, mode=0o755, exist_ok=True)
        user = UNPRIVILEGED if _reachable_for_all(directory) and _exists(UNPRIVILEGED) else "root"
        configuration = dhcp_files.configuration(network, directory, INSIDE, self.domain, user)
        changed = _write_if_new(f"{directory}/dnsmasq.conf", configuration)
        hosts_changed = _write_if_new(f"{directory}/hosts", dhcp_files.hosts(ports))
        pid = self.pid(network.id)
        if pid is not None and not changed:
            if hosts_changed:
                _signal(pid, signal.SIGHUP)
            return
        if pid is not None:
            self._stop(pid)
        self._start(network.id)

    def _start(self, network_id: str) -> None:
        directory = self.directory(network_id)
        program = shutil.which("dnsmasq", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")
        where = netns.path_of(self.links.netns(network_id))
        # returns when the daemon listens
        run(
            [
                "nsenter",
                f"--net={where}",
                program or "dnsmasq",
                f"--conf-file={directory}/dnsmasq.conf",
            ]
        )

    def _stop(self, pid: int) -> None:
        _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while _command_line(pid):
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
                return
            time.sleep(0.005)

    def pid(self, network_id: str) -> int | None:
        """Of the running process: a pid file may be old, and the number somebody else's."""
        directory = self.directory(network_id)
        text = read(f"{directory}/pid")
        if not text or not text.isdecimal():
            return None
        expected = f"--conf-file={directory}/dnsmasq.conf"
        return int(text) if expected in _command_line(int(text)) else None

    def remove(self, network_id: str) -> None:
        pid = self.pid(network_id)
        if pid is not None:
            self._stop(pid)
        shutil.rmtree(self.directory(network_id), ignore_errors=True)

    def known(self) -> list[str]:
        """Networks that have, or had, a process of ours."""
        try:
            return sorted(os.listdir(self.base))
        except FileNotFoundError:
            return []

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


def _write_if_new(path: str, text: str) -> bool:
    try:
        with open(path) as file:
            if file.read() == text:
                return False
    except OSError:
        pass
    write_atomically(path, text)
    return True


def _command_line(pid: int) -> list[str]:
    """Empty for a process that is gone, or dead and not yet buried."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _reachable_for_all(directory: str) -> bool:
    """Whether an unprivileged process may read files there: dnsmasq gives up root before it
    reads its hosts again."""
    path = os.path.abspath(directory)
    while True:
        if not os.stat(path).st_mode & 0o001:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
