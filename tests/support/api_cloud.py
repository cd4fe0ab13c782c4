"""The API over a small cloud: two compute hosts in one cell, and a conductor."""

import datetime
import pathlib
import uuid
from typing import Any

from novalite.db.api_database import aggregates, host_mappings
from novalite.db.cell_database import compute_nodes, instances, services
from novalite.objects import ComputeNode, Flavor, ImageMeta, Instance, Service
from tests.support.api import PROJECT, ApiFixture

SERVER = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


class FakeCompute:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.cached: list[tuple[str, list[str | None]]] = []
        self.done: list[tuple[str, str]] = []

    def get_host_uptime(self, context: Any, host: str) -> str:
        if self.error:
            raise self.error
        return f"{host}: up 1 day"

    def cache_images(self, context: Any, host: str, images: list[ImageMeta]) -> None:
        self.cached.append((host, [image.id for image in images]))

    def control_host(self, context: Any, host: str, action: str) -> str:
        if self.error:
            raise self.error
        self.done.append((host, action))
        return {"enable": "enabled", "disable": "disabled"}.get(action, action)


class Cloud(ApiFixture):
    """Two hosts in cell1, and a conductor."""

    def __init__(self, tmp_path: pathlib.Path, **members: Any) -> None:
        self.computes = FakeCompute()
        super().__init__(tmp_path, compute=self.computes, **members)
        self.now = self.deployment.clock.now()
        self.services: dict[str, Service] = {}
        self.nodes: dict[str, ComputeNode] = {}
        self.group = ""
        """A server group's uuid, if a test made one."""
        self.beat("conductor", "nova-conductor")
        for host in ("host1", "host2"):
            self.add_host(host)

    def beat(self, host: str, binary: str, age: float = 0) -> None:
        when = self.now - datetime.timedelta(seconds=age)
        topic = binary.removeprefix("nova-")
        self.services[host] = self.cell_db.run(
            lambda conn: services.heartbeat(conn, host, binary, topic, 1, when)
        )

    def add_host(self, host: str) -> None:
        self.beat(host, "nova-compute")
        node = ComputeNode(
            host,
            f"{host}.example",
            str(uuid.uuid4()),
            vcpus=4,
            memory_mb=4096,
            local_gb=100,
            reserved_memory_mb=512,
            hypervisor_type="QEMU",
            hypervisor_version=7002000,
            cpu_info={"arch": "x86_64", "model": "Nehalem"},
            service_id=self.services[host].id,
            host_ip="10.0.0.1",
        )
        self.nodes[host] = self.cell_db.run(lambda conn: compute_nodes.report(conn, node))
        assert self.databases.own_cell is not None
        cell = self.databases.own_cell[0].uuid
        self.api_db.run(lambda conn: host_mappings.map_host(conn, host, cell))

    def add_server(self, host: str, uuid: str = SERVER, project_id: str = PROJECT) -> None:
        server = Instance(
            uuid=uuid,
            project_id=project_id,
            user_id="user-member",
            display_name="test_server1",
            host=host,
            node=f"{host}.example",
            flavor=Flavor("1", "m1", 512, 1, 1, 2),
        )
        self.cell_db.run(lambda conn: instances.create(conn, server))

    def add_zone(self, name: str, *hosts: str) -> None:
        def add(conn: Any) -> None:
            made = aggregates.create(conn, name, {"availability_zone": name})
            for host in hosts:
                aggregates.add_host(conn, made.id, host)

        self.api_db.run(add)
