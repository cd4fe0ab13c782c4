"""A cloud without an API and without compute hosts: databases (SQLite files unless URLs are
given), promises to keep, nodes to keep them on, and a compute client that writes down its casts.

    cloud = SmallCloud(tmp_path)
    cloud.add_host("host1")
    conductor = cloud.conductor("one")      # its threads do not run: work is done in the caller
    [uuid] = cloud.promise()
    conductor.build([uuid])
    assert cloud.compute.casts == [("host1", uuid)]
"""

import contextlib
import dataclasses
import datetime
import itertools
import pathlib
import uuid as uuids
from collections.abc import Iterator
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.conductor.intake import Cast
from novalite.conductor.manager import ConductorManager
from novalite.context import RequestContext, admin_context
from novalite.db import sync
from novalite.db.api_database import (
    build_requests,
    host_mappings,
    instance_mappings,
    request_specs,
)
from novalite.db.cell_database import allocations, compute_nodes, instances, models, services
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.objects import (
    BlockDevice,
    BuildRequest,
    BuildWork,
    ComputeNode,
    Flavor,
    ImageMeta,
    Instance,
    InstanceMapping,
    RequestSpec,
)
from novalite.scheduler.manager import SchedulerManager

PROJECT = "a" * 32
USER = "b" * 32
FLAVOR = Flavor(
    flavorid="1", name="m1.small", memory_mb=512, vcpus=1, root_gb=1, id=1, extra_specs={}
)


class ManualClock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self._begin = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

    def now(self) -> datetime.datetime:
        return self._begin + datetime.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class Killed(BaseException):
    """The process died here."""


class RecordingCompute:
    """``casts``: (host, uuid) in order; ``works``: the last work for each uuid. ``on_cast`` runs
    first and may raise."""

    def __init__(self) -> None:
        self.casts: list[tuple[str, str]] = []
        self.works: dict[str, BuildWork] = {}
        self.on_cast: Any = None

    def build_and_run_instance(self, context: RequestContext, host: str, work: BuildWork) -> None:
        if self.on_cast is not None:
            self.on_cast(host, work)
        self.casts.append((host, work.instance.uuid))
        self.works[work.instance.uuid] = work


class Conductor:
    """A manager whose queued work runs at once, in the caller's thread."""

    def __init__(self, manager: ConductorManager) -> None:
        self.manager = manager
        manager._workers.submit = lambda job: job()  # type: ignore[method-assign]

    def build(
        self, uuids_: list[str], context: RequestContext | None = None, password: str | None = None
    ) -> None:
        cast = Cast(context or admin_context("req-post"), list(uuids_), password)
        self.manager._intake.lease([cast])

    def build_together(self, *casts: Cast) -> None:
        """As when all of them came before the first worker was free."""
        waiting: list[Any] = []
        at_once = self.manager._workers.submit
        self.manager._workers.submit = waiting.append  # type: ignore[method-assign]
        try:
            self.manager._intake.lease(casts)
        finally:
            self.manager._workers.submit = at_once  # type: ignore[method-assign]
        for job in waiting:
            job()

    def sweep(self) -> int:
        return self.manager._sweeps.builds()

    def tidy(self) -> None:
        self.manager._sweeps.tidy()


class SmallCloud:
    def __init__(
        self, tmp_path: pathlib.Path, urls: dict[str, str] | None = None, **options: Any
    ) -> None:
        """``options``: ``group__name=value``, ``DEFAULT__name`` for those without a group."""
        names = ("api", "cell0", "cell1", "cell2")
        self.urls = urls or {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in names}
        self.conf = configuration.configuration()
        self.conf.set_override("connection", self.urls["api"], "api_database")
        self.conf.set_override("connection", self.urls["cell1"], "database")
        for name, value in options.items():
            group, _, option = name.partition("__")
            self.conf.set_override(option, value, None if group == "DEFAULT" else group)
        sync.sync_api(self.urls["api"])
        for name in ("cell0", "cell1"):
            sync.sync_cell(self.urls[name])
        registry = Database(self.urls["api"])
        self.cell1 = sync.ensure_cells(registry, self.urls["cell0"], self.urls["cell1"])
        registry.dispose()
        self.clock = ManualClock()
        self.databases = Databases.from_conf(self.conf)
        self.compute = RecordingCompute()
        self.deployment = Deployment(
            self.conf, "controller", clock=self.clock, databases=self.databases
        )
        self.deployment.compute = self.compute  # type: ignore[assignment]
        self.scheduler = SchedulerManager(self.deployment)
        self.deployment.scheduler = self.scheduler

    def close(self) -> None:
        self.databases.dispose()

    @property
    def api(self) -> Database:
        assert self.databases.api is not None
        return self.databases.api

    @property
    def cell(self) -> Database:
        return self.databases.cell(self.cell1.uuid)

    def add_cell(self) -> str:
        """A second cell; its uuid."""
        sync.sync_cell(self.urls["cell2"])
        mapping = sync.ensure_cells(self.api, self.urls["cell0"], self.urls["cell2"], "cell2")
        self.databases.refresh()
        return mapping.uuid

    def conductor(self, name: str = "one") -> Conductor:
        return Conductor(ConductorManager(self.deployment, name))

    def add_host(self, host: str, cell_uuid: str | None = None, **members: Any) -> ComputeNode:
        """A host of 16 vCPUs (64 with the ratio), 64 GiB and 1000 GiB, alive."""
        cell_uuid = cell_uuid or self.cell1.uuid
        node = ComputeNode(
            host=host,
            hypervisor_hostname=host,
            uuid=str(uuids.uuid4()),
            vcpus=16,
            memory_mb=65536,
            local_gb=1000,
            hypervisor_type="QEMU",
            hypervisor_version=7002022,
            supported_instances=[["x86_64", "kvm", "hvm"]],
        )
        node = dataclasses.replace(node, **members)
        self.api.run(lambda conn: host_mappings.map_host(conn, host, cell_uuid))
        database = self.databases.cell(cell_uuid)
        self.beat(host, database)
        return database.run(lambda conn: compute_nodes.report(conn, node, self.clock.now()))

    def beat(self, host: str, database: Database | None = None) -> None:
        (database or self.cell).run(
            lambda conn: services.heartbeat(
                conn, host, "nova-compute", "compute", 1, self.clock.now()
            )
        )

    def promise(self, count: int = 1, request_id: str = "req-post", **members: Any) -> list[str]:
        """What POST /servers leaves behind. ``members`` are those of the request specs."""
        made = [str(uuids.uuid4()) for _ in range(count)]
        specs = [self.spec(uuid, num_instances=count, **members) for uuid in made]
        requests = [
            BuildRequest(
                instance_uuid=spec.instance_uuid,
                project_id=spec.project_id,
                instance=self.instance(spec),
                block_devices=[BlockDevice("image", "local", boot_index=0, image_id=spec.image.id)],
                tags=["one", "two"],
                request_id=request_id,
                created_at=self.clock.now(),
            )
            for spec in specs
        ]
        mappings = [
            InstanceMapping(
                spec.instance_uuid,
                spec.project_id,
                spec.user_id,
                vcpus=spec.flavor.vcpus,
                memory_mb=spec.flavor.memory_mb,
            )
            for spec in specs
        ]

        def write(conn: Any) -> None:
            build_requests.create(conn, requests)
            request_specs.create(conn, specs)
            instance_mappings.create(conn, mappings)

        self.api.run(write)
        return made

    def spec(self, uuid: str | None = None, **members: Any) -> RequestSpec:
        values: dict[str, Any] = {
            "instance_uuid": uuid or str(uuids.uuid4()),
            "project_id": PROJECT,
            "user_id": USER,
            "flavor": FLAVOR,
            "image": ImageMeta(id=str(uuids.uuid4()), name="image", disk_format="qcow2"),
        }
        return RequestSpec(**(values | members))

    def instance(self, spec: RequestSpec) -> Instance:
        return Instance(
            uuid=spec.instance_uuid,
            project_id=spec.project_id,
            user_id=spec.user_id,
            display_name="server",
            hostname="server",
            vm_state="building",
            task_state="scheduling",
            flavor=spec.flavor,
            vcpus=spec.flavor.vcpus,
            memory_mb=spec.flavor.memory_mb,
            image_ref=spec.image.id or "",
            metadata={"key": "value"},
            system_metadata={"image_os_type": "linux"},
        )

    def delete_promise(self, uuid: str) -> bool:
        """What DELETE does to a server that is in no cell yet."""

        def delete(conn: Any) -> bool:
            gone = build_requests.destroy(conn, uuid)
            if gone:
                instance_mappings.queue_for_delete(conn, uuid)
                request_specs.destroy(conn, uuid)
            return gone

        return self.api.run(delete)

    # ---- what became of it ----

    def rows(self, uuid: str) -> list[tuple[str, Instance]]:
        """(cell's name, instance) of each row of the server that is not deleted."""
        found = []
        for name, database in (("cell0", self.databases.cell0), *self._cells()):
            with database.read() as conn:
                found += [(name, row) for row in instances.get_many(conn, [uuid])]
        return found

    def _cells(self) -> list[tuple[str, Database]]:
        return [(mapping.name, database) for mapping, database in self.databases.cells()]

    def claims(self, uuid: str) -> list[tuple[str, str]]:
        """(cell's name, host) of each claim."""
        found = []
        for name, database in self._cells():
            with database.read() as conn:
                found += [(name, claim.host) for claim in allocations.for_instance(conn, uuid)]
        return found

    def promised(self) -> list[str]:
        with self.api.read() as conn:
            return [request.instance_uuid for request in build_requests.list_(conn)]

    def mapping(self, uuid: str) -> InstanceMapping:
        with self.api.read() as conn:
            return instance_mappings.get(conn, uuid)

    def check_counters(self) -> None:
        """Each node's counters are the sums of its claims."""
        for _, database in self._cells():
            with database.read() as conn:
                for node in compute_nodes.list_(conn):
                    held = [
                        claim
                        for claim in allocations.on_host(conn, node.host)
                        if claim.compute_id == node.id
                    ]
                    assert node.vcpus_used == sum(claim.vcpus for claim in held)
                    assert node.memory_mb_used == sum(claim.memory_mb for claim in held)
                    assert node.running_vms == len(held)

    def faults(self, uuid: str, database: Database | None = None) -> list[Any]:
        with (database or self.databases.cell0).read() as conn:
            table = models.instance_faults
            return list(
                conn.execute(table.select().where(table.c.instance_uuid == uuid)).mappings()
            )


@contextlib.contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, number: int, *, after: bool) -> Iterator[list[int]]:
    """The process dies at its ``number``-th transaction (from 0): before it commits, or right
    after. What is yielded holds how many there were."""
    counter = itertools.count()
    seen = [0]
    real = Database.write

    @contextlib.contextmanager
    def write(self: Database) -> Iterator[Any]:
        mine = next(counter)
        seen[0] = mine + 1
        with real(self) as conn:
            yield conn
            if mine == number and not after:
                raise Killed
        if mine == number:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", write)
        try:
            yield seen
        except Killed:
            pass
