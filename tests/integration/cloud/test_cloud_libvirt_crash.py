"""kill -9 of the whole all-in-one while 20 real guests are being started."""

import concurrent.futures
import glob
import http.client
import os
import pathlib
import threading
import time
from typing import Any

import pytest

from tests.integration.cloud.conftest import AllInOne
from tools.demo import host
from tools.demo.client import Cloud as Client
from tools.demo.client import HttpError
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration

SERVERS = 20
KILL_AFTER = 10
SETTLE_SECONDS = 180
FLAVOR = "crash"


def small_flavor(admin: Client) -> str:
    body = {"flavor": {"name": FLAVOR, "ram": 64, "vcpus": 1, "disk": 1}}
    return admin.compute("POST", "/flavors", body)["flavor"]["id"]


def names(path: pathlib.Path) -> set[str]:
    return {entry.name for entry in path.iterdir() if entry.is_dir() and len(entry.name) == 36}


def test_kill_with_real_guests(all_in_one: AllInOne) -> None:
    demo, admin = (Client(all_in_one.clouds_yaml, name) for name in ("novalite", "novalite-admin"))
    flavor = small_flavor(admin)
    # A disk without a boot loader: the guest sits in its BIOS and costs no CPU.
    image = blank_image(demo)
    network = demo.network("GET", "/networks?name=demo")["networks"][0]["id"]
    accepted: list[str] = []
    enough = threading.Event()

    def boot(number: int) -> None:
        body = {"server": {"name": f"crash-{number}", "imageRef": image, "flavorRef": flavor,
                           "networks": [{"uuid": network}]}}  # fmt: skip
        try:
            accepted.append(demo.compute("POST", "/servers", body)["server"]["id"])
        except (OSError, http.client.HTTPException, HttpError):
            return  # not promised: the process died before the answer
        if len(accepted) >= KILL_AFTER:
            enough.set()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        boots = [pool.submit(boot, number) for number in range(SERVERS)]
        assert enough.wait(60)
        all_in_one.kill()
        for one in boots:
            one.result()
    all_in_one.up()
    servers = settled(demo, accepted)
    # What was committed without its answer having arrived is a server like the others.
    everything = {s["id"]: s for s in demo.compute("GET", "/servers/detail")["servers"]}
    servers = settled(demo, list(everything))
    active = {uuid for uuid, server in servers.items() if server["status"] == "ACTIVE"}
    faults = [servers[uuid]["fault"]["message"] for uuid in set(servers) - active]
    assert all(faults)
    assert len(active) >= KILL_AFTER, faults
    owned = names(all_in_one.state / "instances")
    assert owned == active
    assert active <= set(host.domain_uuids())
    ports = [
        port
        for port in admin.network("GET", "/ports")["ports"]
        if port["device_owner"].startswith("compute:")
    ]
    assert sorted(port["device_id"] for port in ports) == sorted(active)
    taps = {os.path.basename(path) for path in glob.glob("/sys/class/net/tap*")}
    assert {"tap" + port["id"][:11] for port in ports} <= taps
    found = admin.compute("GET", "/os-hypervisors/detail", version="2.87")["hypervisors"]
    assert sum(node["vcpus_used"] for node in found) == len(active)

    for uuid in servers:
        demo.compute("DELETE", f"/servers/{uuid}")
    wait_until(lambda: not demo.compute("GET", "/servers")["servers"], 120, "the servers' end")
    assert not active & set(host.domain_uuids())
    assert not names(all_in_one.state / "instances")
    left = {os.path.basename(path) for path in glob.glob("/sys/class/net/tap*")}
    assert not {"tap" + port["id"][:11] for port in ports} & left


def blank_image(client: Client) -> str:
    base = client.endpoints["image"] + "/v2/images"
    body = {"name": "blank", "disk_format": "raw", "container_format": "bare"}
    image = client.raw("POST", base, body)[2]
    client.upload(f"{base}/{image['id']}/file", bytes(1 << 20))
    return image["id"]


def settled(client: Client, uuids: list[str]) -> dict[str, dict[str, Any]]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = client.compute("GET", "/servers/detail")["servers"]
        servers = {server["id"]: server for server in found if server["id"] in uuids}
        moving = [s["id"] for s in servers.values()
                  if s["status"] not in ("ACTIVE", "ERROR")
                  or s["OS-EXT-STS:task_state"]]  # fmt: skip
        if len(servers) == len(uuids) and not moving:
            return servers
        assert time.monotonic() < deadline, (moving, set(uuids) - set(servers))
        time.sleep(0.5)
