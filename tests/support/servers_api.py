"""The servers API in a test: ``ApiFixture`` with neighbours in memory and a small cloud in it."""

import datetime
import pathlib
import uuid as uuids
from typing import Any

from novalite import states
from novalite.api.compute import lookup
from novalite.db.api_database import build_requests, flavors, instance_mappings, keypairs
from novalite.db.cell_database import compute_nodes, instances, services
from novalite.objects import (
    CELL0_UUID,
    VIF,
    ComputeNode,
    FixedIP,
    Flavor,
    Instance,
    KeyPair,
    Subnet,
)
from tests.support.api import PROJECT, ApiFixture, Reply
from tests.support.neighbours import FakeImages, FakeNetworks, RecordingCompute, RecordingConductor
from tests.support.volumes import FakeVolumes

HOST = "host1"
FLAVOR = Flavor(
    flavorid="42",
    name="m1.test",
    memory_mb=512,
    vcpus=1,
    root_gb=1,
    ephemeral_gb=1,
    swap=64,
    extra_specs={"hw:boot_menu": "true"},
)
USER = "user-member"


class ServersApi(ApiFixture):
    """One image, one flavor, a network of ``PROJECT``'s own, one compute host, a key pair."""

    def __init__(
        self, tmp_path: pathlib.Path, options: dict[str, dict[str, Any]] | None = None
    ) -> None:
        self.images = FakeImages()
        self.networks = FakeNetworks()
        self.volumes = FakeVolumes()
        self.conductor = RecordingConductor()
        self.compute = RecordingCompute()
        super().__init__(
            tmp_path,
            options,
            image=self.images,
            network=self.networks,
            volume=self.volumes,
            conductor=self.conductor,
            compute=self.compute,
        )
        self.image_id = self.images.add()
        self.network_id = self.networks.add_network(PROJECT)
        self.networks.add_group(PROJECT, "default")
        with self.api_db.write() as conn:
            self.flavor = flavors.create(conn, FLAVOR)
            keypairs.create(conn, KeyPair("key", USER, "ssh-ed25519 AAAA", "aa:bb"))
        self.add_host(HOST)

    # ---- things that exist ----

    def add_flavor(self, flavorid: str, **members: Any) -> Flavor:
        values = {"name": f"flavor-{flavorid}", "memory_mb": 512, "vcpus": 1, "root_gb": 1}
        with self.api_db.write() as conn:
            return flavors.create(conn, Flavor(flavorid=flavorid, **{**values, **members}))

    def add_host(self, host: str, *, seen: datetime.datetime | None = None) -> None:
        now = self.deployment.clock.now()
        with self.cell_db.write() as conn:
            services.heartbeat(conn, host, "nova-compute", "compute", 1, seen or now)
            compute_nodes.report(
                conn, ComputeNode(host=host, hypervisor_hostname=host, uuid=str(uuids.uuid4()))
            )

    def forget_host(self, host: str = HOST) -> None:
        """Its last heartbeat was long ago."""
        self.add_host(host, seen=self.deployment.clock.now() - datetime.timedelta(hours=1))

    # ---- servers ----

    def body(self, **members: Any) -> dict[str, Any]:
        server = {"name": "one", "imageRef": self.image_id, "flavorRef": "42", **members}
        return {"server": {k: v for k, v in server.items() if v is not ...}}

    def create(self, *, version: str = "2.1", token: str = "member", **members: Any) -> Reply:
        """POST /servers with the least body that works; ``...`` leaves a member out."""
        if version != "2.1" and "networks" not in members:
            members["networks"] = "auto" if _minor(version) >= 37 else ...
        return self.post("/servers", self.body(**members), version=version, token=token)

    def created(self, **kwargs: Any) -> str:
        """The uuid of a new server that is still a build request."""
        reply = self.create(**kwargs)
        assert reply.status == 202, reply.body
        return reply.json["server"]["id"]

    def build_request(self, uuid: str) -> Instance:
        with self.api_db.read() as conn:
            return lookup.from_request(build_requests.get(conn, uuid))

    def place(self, uuid: str, *, cell0: bool = False, **changes: Any) -> Instance:
        """Move a build request to a cell, as a conductor does, in the state of a running server
        on ``HOST`` (or of one that found no host, in cell0)."""
        instance = self.build_request(uuid)
        values: dict[str, Any]
        if cell0:
            values = {"vm_state": states.ERROR, "task_state": None}
        else:
            values = {
                "vm_state": states.ACTIVE,
                "task_state": None,
                "power_state": states.RUNNING,
                "host": HOST,
                "node": HOST,
                "launched_at": self.deployment.clock.now(),
                "network_info": [vif()],
            }
        for name, value in {**values, **changes}.items():
            setattr(instance, name, value)
        database = self.databases.cell0 if cell0 else self.cell_db
        with database.write() as conn:
            instances.create(conn, instance)
        assert self.databases.own_cell is not None
        cell = CELL0_UUID if cell0 else self.databases.own_cell[0].uuid
        with self.api_db.write() as conn:
            instance_mappings.set_cell(conn, uuid, cell)
            build_requests.destroy(conn, uuid)
        return instance

    def running(self, *, version: str = "2.1", **members: Any) -> str:
        """The uuid of a new server that runs on ``HOST``."""
        uuid = self.created(version=version, **members)
        self.place(uuid)
        return uuid

    def row(self, uuid: str, *, deleted: bool | None = None) -> Instance:
        with self.cell_db.read() as conn:
            return instances.get(conn, uuid, deleted=deleted)

    def change(self, uuid: str, **changes: Any) -> None:
        with self.cell_db.write() as conn:
            instances.update(conn, uuid, changes)


def vif(address: str = "10.0.0.5") -> VIF:
    return VIF(
        id=str(uuids.uuid4()),
        address="fa:16:3e:11:22:33",
        network_id=str(uuids.uuid4()),
        label="private",
        subnets=[Subnet(id=str(uuids.uuid4()), cidr="10.0.0.0/24", ips=[FixedIP(address)])],
    )


def _minor(version: str) -> int:
    return 104 if version == "latest" else int(version.split(".")[1])
