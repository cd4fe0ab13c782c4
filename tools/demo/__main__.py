"""Boot a server through the REST API, prove from outside and inside that it is real, delete it
and prove that nothing of it is left.

    python -m tools.demo --state-path /var/lib/novalite
"""

import argparse
import base64
import os
import sys
import tempfile
import time
import urllib.request
from typing import Any

from tools.demo import host, volume
from tools.demo.client import Cloud, HttpError
from tools.demo.steps import Failed, Steps, expect, wait_for

NAME = "demo"
USER_DATA = "#!/bin/sh\necho novalite user-data was here > /root/user-data-ran\n"
METADATA = {"purpose": "demo", "shown-by": "make demo"}
GUEST_BOOT_SECONDS = 90


def healthy(url: str) -> bool | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return True if answer.status == 200 else None
    except OSError:
        return None


class Demo:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.steps = Steps()
        self.folder = tempfile.mkdtemp(prefix="novalite-demo-")
        self.key_file = os.path.join(self.folder, "key")

    def run(self) -> None:
        self.connect()
        self.prepare()
        server = self.boot()
        vif = self.prove_outside(server)
        self.prove_inside(server, vif)
        volume.prove(self.cloud, self.steps, self.shell, server)
        self.delete(server, vif)

    # ---- before ----

    def connect(self) -> None:
        self.steps.title("The cloud")
        wait_for("/healthcheck", lambda: healthy(self.options.url + "/healthcheck"), 60)
        self.steps.done("GET /healthcheck", "200 OK")
        self.cloud = Cloud(self.options.clouds, "novalite")
        self.admin = Cloud(self.options.clouds, "novalite-admin")
        self.steps.done("POST /v3/auth/tokens", "as demo and as admin")
        wait_for("a compute host", self._host_up, 60)
        self.steps.done("GET /os-hypervisors", "one is up")

    def _host_up(self) -> bool | None:
        found = self.admin.compute("GET", "/os-hypervisors/detail")["hypervisors"]
        return any(item["state"] == "up" for item in found) or None

    def prepare(self) -> None:
        self.steps.title("What the server needs")
        images = {i["name"]: i for i in self.cloud.image("GET", "/images")["images"]}
        expect(self.options.image in images, f"no image {self.options.image}: {sorted(images)}")
        self.image = images[self.options.image]
        flavors = self.cloud.compute("GET", "/flavors/detail")["flavors"]
        self.flavor = next(f for f in flavors if f["name"] == self.options.flavor)
        self.vcpus = self.flavor["vcpus"]
        self.steps.done("image and flavor", f"{self.image['name']}, {self.flavor['name']}")
        self._remove_leftovers()
        pair = self.cloud.compute("POST", "/os-keypairs", {"keypair": {"name": NAME}}, "2.1")
        with open(self.key_file, "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(pair["keypair"]["private_key"])
        self.public_key = pair["keypair"]["public_key"].strip()
        self.steps.done("POST /os-keypairs", pair["keypair"]["fingerprint"])
        group = self.cloud.network("POST", "/security-groups", {"security_group": {"name": NAME}})[
            "security_group"
        ]
        for rule in ({"protocol": "icmp"}, {"protocol": "tcp", "port_range_min": 22,
                                            "port_range_max": 22}):  # fmt: skip
            self.cloud.network(
                "POST", "/security-group-rules",
                {"security_group_rule": {**rule, "direction": "ingress", "ethertype": "IPv4",
                                         "security_group_id": group["id"]}},
            )  # fmt: skip
        self.steps.done("POST /security-groups", "ping and ssh may enter")
        networks = self.cloud.network("GET", "/networks")["networks"]
        self.network = next(n for n in networks if n["shared"])

    def _claimed(self) -> int:
        found = self.admin.compute("GET", "/os-hypervisors/detail", version="2.87")
        return sum(item["vcpus_used"] for item in found["hypervisors"])

    def _remove_leftovers(self) -> None:
        """Of a demo that was interrupted: so that a second run finds the names free."""
        for server in self.cloud.compute("GET", f"/servers?name={NAME}")["servers"]:
            if server["name"] == NAME:
                self._delete_server(server["id"])
        try:
            self.cloud.compute("DELETE", f"/os-keypairs/{NAME}")
        except HttpError as error:
            if error.status != 404:
                raise
        volume.remove(self.cloud)
        found = self.cloud.network("GET", f"/security-groups?name={NAME}")["security_groups"]
        for group in found:
            self.cloud.network("DELETE", f"/security-groups/{group['id']}")

    # ---- boot ----

    def boot(self) -> dict[str, Any]:
        self.steps.title("POST /servers")
        self.claimed_before = self._claimed()
        posted = time.monotonic()
        accepted = self.cloud.compute(
            "POST",
            "/servers",
            {
                "server": {
                    "name": NAME,
                    "imageRef": self.image["id"],
                    "flavorRef": self.flavor["id"],
                    "key_name": NAME,
                    "metadata": METADATA,
                    "user_data": base64.b64encode(USER_DATA.encode()).decode(),
                    "config_drive": True,
                    "networks": [{"uuid": self.network["id"]}],
                    "security_groups": [{"name": NAME}],
                }
            },
        )["server"]
        self.steps.done("202 Accepted", accepted["id"])
        seen: set[str] = set()

        def active() -> dict[str, Any] | None:
            server = self.cloud.compute("GET", f"/servers/{accepted['id']}")["server"]
            task = server["OS-EXT-STS:task_state"] or server["status"]
            if task not in seen:
                seen.add(task)
                self.steps.done(f"{server['status']}", task if task != server["status"] else "")
            if server["status"] == "ERROR":
                raise Failed(f"the server is in ERROR: {server.get('fault')}")
            return server if server["status"] == "ACTIVE" else None

        server = wait_for("ACTIVE", active, 120, pause=0.02)
        print(f"               POST to ACTIVE: {time.monotonic() - posted:.2f} s")
        return server

    # ---- proof ----

    def prove_outside(self, server: dict[str, Any]) -> dict[str, Any]:
        self.steps.title("Seen from the host")
        expect(server["id"] in host.domain_uuids(), "libvirt has no such domain")
        claimed = self._claimed() - self.claimed_before
        expect(claimed == self.vcpus, f"{claimed} vCPUs are claimed for it")
        self.steps.done("virsh list", f"and {claimed} vCPU claimed for it")
        self.steps.shown(host.domains())
        ports = self.cloud.network("GET", f"/ports?device_id={server['id']}")["ports"]
        port = ports[0]
        self.tap = "tap" + port["id"][:11]
        expect(host.device_exists(self.tap), f"no tap device {self.tap}")
        expect(host.disk_files(self.options.state_path, server["id"]), "no disk files")
        address = port["fixed_ips"][0]["ip_address"]
        self.steps.done("tap device and disk", f"{self.tap}, {address}")
        wait_for("ping", lambda: host.ping(address) or None, GUEST_BOOT_SECONDS)
        self.steps.done(f"ping {address}", "answers")
        expect(host.dhcp_entries(self.options.state_path, port["mac_address"]), "no DHCP lease")
        return {**port, "address": address}

    def prove_inside(self, server: dict[str, Any], vif: dict[str, Any]) -> None:
        self.steps.title("Seen from inside")
        shell = self.shell = host.Shell(vif["address"], self.key_file)
        wait_for("ssh", lambda: shell("true")[0] == 0 or None, GUEST_BOOT_SECONDS)
        self.steps.done("ssh with the key pair", f"root@{vif['address']}")
        checks = {
            "hostname": ("hostname", NAME),
            "metadata service": (
                "(printf 'GET /openstack/latest/meta_data.json HTTP/1.0\\r\\n\\r\\n'; sleep 1)"
                " | nc 169.254.169.254 80", METADATA["shown-by"]),
            "user-data was run": ("cat /root/user-data-ran", "user-data was here"),
            "config drive": (
                "mkdir -p /tmp/cd; mount -t iso9660 -o ro $(findfs LABEL=config-2) /tmp/cd;"
                " cat /tmp/cd/openstack/latest/meta_data.json", server["id"]),
            "authorized key": ("cat /root/.ssh/authorized_keys", self.public_key.split()[1]),
        }  # fmt: skip
        for what, (command, wanted) in checks.items():
            _, out = shell(command)
            expect(wanted in out, f"{what}: {wanted!r} is not in {out!r}")
            self.steps.done(what, wanted[:60])
        output = self.cloud.compute(
            "POST", f"/servers/{server['id']}/action", {"os-getConsoleOutput": {}}
        )["output"]
        said = [line.strip() for line in output.splitlines() if "novalite-guest:" in line]
        expect(said, "the console log has no word of the guest")
        self.steps.done("os-getConsoleOutput", f"{len(output.splitlines())} lines, among them")
        self.steps.shown("\n".join(said[-4:]))

    # ---- after ----

    def _delete_server(self, uuid: str) -> None:
        self.cloud.compute("DELETE", f"/servers/{uuid}")

        def gone() -> bool | None:
            try:
                self.cloud.compute("GET", f"/servers/{uuid}")
            except HttpError as error:
                if error.status == 404:
                    return True
                raise
            return None

        wait_for("the server to be gone", gone, 60)

    def delete(self, server: dict[str, Any], vif: dict[str, Any]) -> None:
        self.steps.title("DELETE /servers/{id}")
        uuid = server["id"]
        self._delete_server(uuid)
        self.steps.done("404 Not Found", uuid)
        expect(uuid not in host.domain_uuids(), "the domain is still there")
        expect(not host.guest_processes(uuid), "its QEMU still runs")
        expect(not host.disk_files(self.options.state_path, uuid), "its disks are still there")
        expect(not host.device_exists(self.tap), "its tap device is still there")
        ports = self.cloud.network("GET", f"/ports?device_id={uuid}")["ports"]
        expect(not ports, "its port is still there")
        wait_for("the DHCP lease to go", lambda: not host.dhcp_entries(
            self.options.state_path, vif["mac_address"]) or None, 10)  # fmt: skip
        self.steps.done("gone", "domain, QEMU, disks, tap device, port, DHCP lease")
        usage = self.cloud.compute("GET", "/limits")["limits"]["absolute"]
        now = self._claimed()
        expect(now == self.claimed_before, f"claimed before {self.claimed_before}, now {now}")
        self.steps.done("claims", f"{now} vCPUs, {usage['totalInstancesUsed']} instances used")
        self._remove_leftovers()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8774")
    parser.add_argument("--clouds", default=os.path.expanduser("~/.config/openstack/clouds.yaml"))
    parser.add_argument("--state-path", default="/var/lib/novalite")
    parser.add_argument("--image", default="novalite-guest")
    parser.add_argument("--flavor", default="m1.nano")
    return parser.parse_args()


def main() -> int:
    try:
        Demo(parse()).run()
    except (Failed, HttpError) as error:
        print(f"\nFAILED: {error}", file=sys.stderr)
        return 1
    print("\nAll of it was real, and all of it is gone again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
