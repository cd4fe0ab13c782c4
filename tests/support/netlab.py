"""A network service with its Linux data plane, and network namespaces that stand for guests.

A guest is a namespace with one device: the other end of a veth pair whose host end carries the
name of the port's tap device and is plugged into the network's bridge. Needs root.
"""

import contextlib
import dataclasses
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from novalite import conf as configuration
from novalite.context import RequestContext, admin_context
from novalite.db.embedded import metadata
from novalite.db.engine import Database
from novalite.network.embedded.bootstrap import bootstrap
from novalite.network.embedded.plane import netns
from novalite.network.embedded.plane.linux import teardown
from novalite.network.embedded.service import NetworkService
from novalite.network.vifs import device_name
from tests.support.host_claims import Claims

PROJECT = "a" * 32
ADMIN = "c" * 32
SECRET = "only-for-tests"

# What a DHCP client of busybox calls. It sets the device up as it was told, and writes down by
# which words.
UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
set > "$LEASE_FILE"
ip addr replace "$ip/$mask" dev "$interface"
ip link set "$interface" mtu "${mtu:-1500}"
set -- $staticroutes
while [ $# -ge 2 ]; do
    ip route replace "$1" via "$2" dev "$interface"
    shift 2
done
"""


def member(project: str = PROJECT) -> RequestContext:
    return RequestContext("user", project, roles=["member", "reader"], overwrite=False)


def run(*argv: str, check: bool = True, timeout: float = 20.0) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
    return done.stdout


def eventually(condition: Callable[[], Any], what: str, timeout: float = 10.0) -> Any:
    """The first true answer of ``condition``."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def somewhere(namespace: str | None) -> Iterator[None]:
    """Inside the namespace, or here."""
    if namespace is None:
        yield
    else:
        with netns.inside(namespace):
            yield


def tcp(namespace: str | None, address: str, port: int, timeout: float = 0.7) -> bool:
    """Whether a connection comes about."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with somewhere(namespace):
        sock = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.closing(sock):
        sock.settimeout(timeout)
        try:
            sock.connect((address, port))
        except OSError:
            return False
        return True


class Listener:
    """Accepts TCP connections on a port of a namespace (or of the host) and keeps them open."""

    def __init__(self, namespace: str | None, port: int, address: str = "") -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with somewhere(namespace):
            self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(16)
        self.kept: list[socket.socket] = []
        self.peers: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.socket.accept()
                self.kept.append(connection)
                self.peers.append(peer[0])

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for each in self.kept:
            each.close()


class UdpListener:
    """Collects datagrams."""

    def __init__(self, namespace: str | None, port: int) -> None:
        with somewhere(namespace):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind(("", port))

    def hears(self, timeout: float = 0.7) -> bytes | None:
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(2048)
        except OSError:
            return None

    def close(self) -> None:
        self.socket.close()


@dataclasses.dataclass
class Guest:
    port: dict[str, Any]
    namespace: str
    device: str
    directory: str

    @property
    def address(self) -> str:
        return str(self.port["fixed_ips"][0]["ip_address"])

    def ip(self, *words: str, check: bool = True) -> str:
        return run("ip", "-n", self.namespace, *words, check=check)

    def inside(self, *argv: str, check: bool = True, timeout: float = 20.0) -> str:
        return run("ip", "netns", "exec", self.namespace, *argv, check=check, timeout=timeout)

    def configure(self, prefix: int = 24) -> None:
        """Set the port's address without asking DHCP."""
        for fixed in self.port["fixed_ips"]:
            options = ["nodad"] if ":" in fixed["ip_address"] else []
            length = 64 if ":" in fixed["ip_address"] else prefix
            self.ip("addr", "replace", f"{fixed['ip_address']}/{length}", "dev", "eth0", *options)

    def dhcp(self, tries: int = 8) -> dict[str, str]:
        """Ask for a lease and set the device up; what the server said."""
        lease = f"{self.directory}/{self.namespace}.lease"
        environment = {**os.environ, "LEASE_FILE": lease}
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, "busybox", "udhcpc", "-i", "eth0", "-n", "-q",
             "-f", "-t", str(tries), "-T", "1", "-O", "staticroutes", "-O", "mtu",
             "-s", f"{self.directory}/udhcpc"],
            capture_output=True, text=True, env=environment, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            return {}
        with open(lease) as file:
            pairs = (line.rstrip("\n").partition("=") for line in file)
            return {name: value.strip("'") for name, _, value in pairs}

    def ping(self, address: str) -> bool:
        return ping(self.namespace, address)


def ping(namespace: str | None, address: str, *options: str) -> bool:
    where = ["ip", "netns", "exec", namespace] if namespace else []
    done = subprocess.run(
        [*where, "busybox", "ping", "-c", "1", "-W", "1", *options, address],
        capture_output=True,
        timeout=20,
        check=False,
    )
    return done.returncode == 0


class Lab:
    """Names of its own on the host: a device prefix, and so a table name, that no other has."""

    def __init__(self, **options: str) -> None:
        """``options``: further ones of [embedded]."""
        self.claims = Claims()
        self.prefix = self.claims.prefix("q")
        self.directory = tempfile.mkdtemp(prefix="netlab", dir="/var/tmp")
        os.chmod(self.directory, 0o755)
        self.subnet = self.claims.octets("10.{}.{}", 80, 120)
        self.conf = configuration.configuration(["--config-file", self._file(options)])
        self.database = Database(self.conf.embedded.connection)
        with self.database.write() as conn:
            metadata.create_all(conn)
        self.guests: list[Guest] = []
        self._numbers = itertools.count(1)
        self.service = NetworkService(self.conf, self.database)

    def _file(self, options: dict[str, str]) -> str:
        path = f"{self.directory}/novalite.conf"
        with open(path, "w") as file:
            file.write(
                f"[DEFAULT]\nstate_path = {self.directory}\n[embedded]\n"
                f"connection = sqlite:///{self.directory}/embedded.sqlite\n"
                f"device_prefix = {self.prefix}\nnetwork_cidr = {self.subnet}.0/24\n"
                "external_cidr =\nsubnetpool_prefix =\ndns_servers = 192.0.2.53\n"
                "metadata_url = http://127.0.0.1:1/metadata\npassword_cost = 10\n"
                + "".join(f"{name} = {value}\n" for name, value in options.items())
                + f"[neutron]\nmetadata_proxy_shared_secret = {SECRET}\n"
            )
        script = f"{self.directory}/udhcpc"
        with open(script, "w") as file:
            file.write(UDHCPC_SCRIPT)
        os.chmod(script, 0o755)
        return path

    def start(self) -> str:
        """The id of the host's network."""
        self.service.start()
        return bootstrap(self.service, ADMIN)

    def restart(self) -> NetworkService:
        """A new service on the same database, as after a crash."""
        self.service.stop()
        self.service = NetworkService(self.conf, self.database)
        self.service.start()
        return self.service

    def network(self, cidr: str, **body: Any) -> str:
        network = self.service.networks.create(member(), {"name": "net", **body})
        self.service.subnets.create(member(), {"network_id": network["id"], "cidr": cidr})
        return str(network["id"])

    def guest(self, network_id: str, *, plug: bool = True, **body: Any) -> Guest:
        """A bound port with a namespace behind it; it has no address yet."""
        number = next(self._numbers)
        values = {
            "network_id": network_id,
            "project_id": PROJECT,
            "device_id": f"00000000-0000-0000-0000-{number:012d}",
            "device_owner": "compute:nova",
            "binding:host_id": "host1",
            "dns_name": f"guest{number}",
            **body,
        }
        port = self.service.create_port(admin_context(), values)
        guest = Guest(port, f"{self.prefix}g{number}", device_name(port["id"]), self.directory)
        self.guests.append(guest)
        if plug:
            self.plug(guest)
        return guest

    def plug(self, guest: Guest, host: str | None = None) -> None:
        """``host``: the namespace that stands for the guest's host."""
        bridge = guest.port["binding:vif_details"]["bridge_name"]
        mac = guest.port["mac_address"]
        where = ["-n", host] if host else []
        run("ip", "netns", "add", guest.namespace)
        run("ip", *where, "link", "add", guest.device, "type", "veth", "peer", "name", "eth0",
            "address", mac, "netns", guest.namespace)  # fmt: skip
        run("ip", *where, "link", "set", guest.device, "master", bridge, "up")
        guest.ip("link", "set", "lo", "up")
        guest.ip("link", "set", "eth0", "up")

    def unplug(self, guest: Guest) -> None:
        run("ip", "link", "del", guest.device, check=False)
        run("ip", "netns", "del", guest.namespace, check=False)

    def rule(self, group: str, **body: Any) -> str:
        values = {"security_group_id": group, "direction": "ingress", **body}
        return str(self.service.security_group_rules.create(admin_context(), values)["id"])

    def group(self, name: str) -> str:
        return str(self.service.security_groups.create(member(), {"name": name})["id"])

    def default_group(self) -> str:
        groups = self.service.list_security_groups(member(), name="default")
        return str(groups[0]["id"])

    def leftovers(self) -> list[str]:
        """What of ours is on the host."""
        found = [name for name in os.listdir("/sys/class/net") if name.startswith(self.prefix)]
        spaces = os.listdir(netns.DIRECTORY) if os.path.isdir(netns.DIRECTORY) else []
        found += [name for name in spaces if name.startswith(self.prefix)]
        tables = run("nft", "list", "tables")
        found += [line for line in tables.splitlines() if f"novalite_{self.prefix}" in line]
        for entry in os.listdir("/proc"):
            if entry.isdecimal():
                with contextlib.suppress(OSError), open(f"/proc/{entry}/cmdline", "rb") as file:
                    if self.directory.encode() in file.read():
                        found.append(f"process {entry}")
        return found

    def close(self) -> None:
        self.service.stop()
        for guest in self.guests:
            self.unplug(guest)
        teardown(self.conf)
        self.database.dispose()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.claims.release()
