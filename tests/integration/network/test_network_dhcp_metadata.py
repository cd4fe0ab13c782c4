"""A guest gets its address from DHCP and reaches the metadata service, on a real host."""

import contextlib
import hashlib
import hmac
import http.client
import http.server
import os
import pathlib
import socket
import threading

import pytest

from novalite.context import admin_context
from novalite.network.embedded.plane import netns
from tests.support.netlab import PROJECT, SECRET, eventually, member

pytestmark = pytest.mark.integration


class MetadataStub(http.server.ThreadingHTTPServer):
    """Answers and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Answer)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def metadata(lab):
    stub = MetadataStub()
    lab.conf.set_override(
        "metadata_url", f"http://127.0.0.1:{stub.server_port}/metadata", group="embedded"
    )
    lab.service = type(lab.service)(lab.conf, lab.database)
    yield stub
    stub.shutdown()
    stub.server_close()


def ask(namespace: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
    connection = http.client.HTTPConnection("169.254.169.254", timeout=5)
    with netns.inside(namespace):
        connection.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.sock.settimeout(5)
    connection.sock.connect(("169.254.169.254", 80))
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, names)
    answer = connection.getresponse()
    with contextlib.closing(connection):
        return answer.status, answer.read()


def test_a_guest_is_configured_by_dhcp(lab):
    network = lab.start()
    guest = lab.guest(network)

    lease = guest.dhcp()

    assert lease["ip"] == guest.address
    assert lease["router"] == f"{lab.subnet}.1"
    assert lease["dns"] == "192.0.2.53"
    assert lease["mtu"] == "1500"
    assert lease["hostname"] == "guest1"
    assert lease["domain"] == "novalocal"
    assert f"169.254.169.254/32 {lab.subnet}.2" in lease["staticroutes"]
    assert f"0.0.0.0/0 {lab.subnet}.1" in lease["staticroutes"]
    assert guest.ping(f"{lab.subnet}.1"), "the gateway is this host"


def test_the_address_of_a_deleted_port_is_free_at_once(lab):
    network = lab.start()
    first = lab.guest(network)
    assert first.dhcp()["ip"] == first.address
    leases = pathlib.Path(f"{lab.directory}/network/{network}/leases")
    assert first.address in leases.read_text()

    lab.unplug(first)
    lab.service.delete_port(admin_context(), first.port["id"])

    eventually(lambda: first.address not in leases.read_text(), "the lease is released")
    second = lab.guest(network, fixed_ips=[{"ip_address": first.address}])
    assert second.dhcp()["ip"] == first.address


def test_a_stranger_gets_no_lease(lab):
    network = lab.start()
    guest = lab.guest(network, port_security_enabled=False)
    guest.ip("link", "set", "eth0", "address", "fa:16:3e:99:99:99")
    assert guest.dhcp(tries=2) == {}


def test_metadata_knows_who_asks(lab, metadata):
    network = lab.start()
    guest = lab.guest(network)
    assert guest.dhcp()

    status, body = ask(
        guest.namespace, "/openstack/latest/meta_data.json?x=1", X_Instance_ID="forged", X_Other="y"
    )

    assert (status, body) == (200, b"hello")
    method, path, headers, _ = metadata.seen[0]
    server = guest.port["device_id"]
    assert (method, path) == ("GET", "/metadata/openstack/latest/meta_data.json?x=1")
    assert headers["x-forwarded-for"] == guest.address
    assert headers["x-instance-id"] == server
    assert headers["x-tenant-id"] == PROJECT
    expected = hmac.new(SECRET.encode(), server.encode(), hashlib.sha256).hexdigest()
    assert headers["x-instance-id-signature"] == expected
    assert headers["x-other"] == "y"


def test_metadata_hands_a_body_on(lab, metadata):
    network = lab.start()
    guest = lab.guest(network)
    assert guest.dhcp()
    status, _ = ask(guest.namespace, "/openstack/latest/password", "POST", b"secret")
    assert status == 200
    assert metadata.seen[0][3] == b"secret"


def test_metadata_without_its_service(lab):
    network = lab.start()
    guest = lab.guest(network)
    assert guest.dhcp()
    assert ask(guest.namespace, "/")[0] == 503


def test_metadata_for_an_address_that_nobody_has(lab, metadata):
    network = lab.start()
    guest = lab.guest(network, port_security_enabled=False)
    guest.ip("addr", "add", f"{lab.subnet}.200/24", "dev", "eth0")
    guest.ip("route", "add", "169.254.169.254", "via", f"{lab.subnet}.2")
    assert ask(guest.namespace, "/")[0] == 404
    assert not metadata.seen


def test_equal_addresses_in_two_networks_are_two_servers(lab, metadata):
    lab.start()
    guests = []
    for _ in range(2):
        network = lab.network("192.168.7.0/24")
        guests.append(lab.guest(network, fixed_ips=[{"ip_address": "192.168.7.50"}]))
    for guest in guests:
        assert guest.dhcp()["ip"] == "192.168.7.50"
        assert ask(guest.namespace, "/")[0] == 200
    asked = [headers["x-instance-id"] for _, _, headers, _ in metadata.seen]
    assert asked == [guest.port["device_id"] for guest in guests]


def test_many_ports_do_not_restart_dhcp(lab):
    network = lab.start()
    pid = lab.service.plane.dhcp.pid(network)
    started = os.stat(f"/proc/{pid}").st_ctime
    threads = [
        threading.Thread(target=lab.guest, args=(network,), kwargs={"plug": False})
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hosts = pathlib.Path(f"{lab.directory}/network/{network}/hosts").read_text().splitlines()
    assert len(hosts) == 20
    assert lab.service.plane.dhcp.pid(network) == pid
    assert os.stat(f"/proc/{pid}").st_ctime == started
    last = lab.guests[-1]
    lab.plug(last)
    assert last.dhcp()["ip"] == last.address


def test_dhcp_follows_its_subnet(lab):
    lab.start()
    network = lab.network("192.168.9.0/24")
    subnet = lab.service.list_subnets(member(), network_id=network)[0]
    guest = lab.guest(network)
    assert guest.dhcp()["dns"] == "192.168.9.2", "who knows the names of the guests"
    lab.service.subnets.update(
        member(),
        subnet["id"],
        {
            "dns_nameservers": ["192.0.2.9"],
            "gateway_ip": None,
            "host_routes": [{"destination": "198.51.100.0/24", "nexthop": "192.168.9.77"}],
        },
    )
    lease = guest.dhcp()
    assert lease["dns"] == "192.0.2.9"
    assert "router" not in lease
    assert "198.51.100.0/24 192.168.9.77" in lease["staticroutes"]
    assert "0.0.0.0/0" not in lease["staticroutes"]
