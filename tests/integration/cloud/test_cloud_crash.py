"""Kill a part of the cloud while 20 servers are being built, start it again, and look: every
server that was accepted is ACTIVE, or in ERROR with a fault; nothing is left over or doubled."""

import collections
import concurrent.futures
import json
import pathlib
import threading
import time
from typing import Any

import pytest
import sqlalchemy

from tests.integration.cloud.conftest import Running
from tools.demo.client import HttpError
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration

SERVERS = 20
KILL_AFTER = 8
SETTLE_SECONDS = 120


def boot_and_break(running: Running, crash: Any) -> list[str]:
    """Accept SERVERS; ``crash`` runs in the middle. The uuids that were answered with 202."""
    client = running.demo
    flavor = next(
        f["id"] for f in client.compute("GET", "/flavors")["flavors"] if f["name"] == "m1.nano"
    )
    image = client.image("GET", "/images")["images"][0]["id"]
    network = client.network("GET", "/networks")["networks"][0]["id"]
    accepted: list[str] = []
    enough = threading.Event()

    def boot(number: int) -> None:
        body = {"server": {"name": f"crash-{number}", "imageRef": image, "flavorRef": flavor,
                           "networks": [{"uuid": network}]}}  # fmt: skip
        server = client.compute("POST", "/servers", body)["server"]
        accepted.append(server["id"])
        if len(accepted) >= KILL_AFTER:
            enough.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        boots = [pool.submit(boot, number) for number in range(SERVERS)]
        assert enough.wait(60)
        crash()
        for one in boots:
            one.result()
    return accepted


def settled(running: Running, uuids: list[str]) -> dict[str, dict[str, Any]]:
    """uuid -> server, when none is on its way any more."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            found = running.demo.compute("GET", "/servers/detail")["servers"]
        except HttpError as error:
            assert error.status == 503, error
            found = []
        servers = {server["id"]: server for server in found if server["id"] in uuids}
        moving = [
            f"{s['id']} {s['status']}/{s['OS-EXT-STS:task_state']}"
            for s in servers.values()
            if s["status"] not in ("ACTIVE", "ERROR") or s["OS-EXT-STS:task_state"]
        ]
        if len(servers) == len(uuids) and not moving:
            return servers
        assert time.monotonic() < deadline, (moving, set(uuids) - set(servers))
        time.sleep(0.25)


def guests(running: Running) -> collections.Counter[str]:
    """How many hypervisors hold each uuid's guest."""
    count: collections.Counter[str] = collections.Counter()
    for path in pathlib.Path(running.cloud.state).glob("compute-*/fake/*/*.json"):
        count[json.loads(path.read_text())["uuid"]] += 1
    return count


def claims(running: Running) -> tuple[collections.Counter[str], int]:
    """(claims of each uuid, the vCPUs that the nodes' counters say are used)."""
    engine = sqlalchemy.create_engine(running.cloud.plan.database("novalite_cell1"))
    try:
        with engine.connect() as conn:
            rows = conn.execute(sqlalchemy.text("SELECT instance_uuid FROM allocations"))
            count = collections.Counter(row[0] for row in rows)
            used = conn.execute(sqlalchemy.text("SELECT SUM(vcpus_used) FROM compute_nodes"))
            return count, int(used.scalar() or 0)
    finally:
        engine.dispose()


def ports(running: Running) -> collections.Counter[str]:
    found = running.admin.network("GET", "/ports")["ports"]
    return collections.Counter(
        port["device_id"] for port in found if port["device_owner"].startswith("compute:")
    )


def check_nothing_doubled(running: Running, servers: dict[str, dict[str, Any]]) -> None:
    active = {uuid for uuid, server in servers.items() if server["status"] == "ACTIVE"}
    for uuid, server in servers.items():
        if uuid not in active:
            assert server["fault"]["message"], server
    once = dict.fromkeys(active, 1)
    assert dict(guests(running)) == once
    assert dict(ports(running)) == once
    count, used = claims(running)
    assert dict(count) == once
    assert used == len(active)


def delete_all(running: Running, uuids: list[str]) -> None:
    for uuid in uuids:
        running.demo.compute("DELETE", f"/servers/{uuid}")

    def empty() -> bool:
        return not running.demo.compute("GET", "/servers")["servers"]

    wait_until(empty, SETTLE_SECONDS, "the servers' end")
    wait_until(lambda: not guests(running), 30, "the guests' end")
    assert not ports(running)
    assert claims(running) == (collections.Counter(), 0)


def crash_of(running: Running, name: str) -> None:
    running.cloud.kill(name)
    running.cloud.start_service(name)


@pytest.mark.parametrize("part", ["conductor-1", "scheduler-1", "compute-compute-1"])
def test_killed_service(running: Running, part: str) -> None:
    uuids = boot_and_break(running, lambda: crash_of(running, part))
    assert len(uuids) == SERVERS
    servers = settled(running, uuids)
    check_nothing_doubled(running, servers)
    delete_all(running, uuids)


def test_killed_broker(running: Running) -> None:
    def crash() -> None:
        running.cloud.rabbitmq.kill()
        running.cloud.rabbitmq.start()

    uuids = boot_and_break(running, crash)
    assert len(uuids) == SERVERS
    servers = settled(running, uuids)
    check_nothing_doubled(running, servers)
    delete_all(running, uuids)
