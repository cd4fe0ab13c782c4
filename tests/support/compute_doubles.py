"""A conductor and a network service in memory, for tests of the compute service.

The conductor keeps rows with the compare-and-swap of the real gateway; the network service
keeps ports. Both copy what goes in and out, as a wire does.
"""

import copy
import dataclasses
import datetime
import threading
import time
import uuid as uuids
from collections.abc import Callable, Sequence
from typing import Any

from novalite import states
from novalite.context import RequestContext
from novalite.exception import (
    InstanceNotFound,
    MessagingUnavailable,
    PortNotFound,
    UnexpectedDeletingTaskState,
    UnexpectedTaskState,
)
from novalite.objects import (
    BlockDevice,
    BuildWork,
    ComputeNode,
    Flavor,
    ImageMeta,
    Instance,
    InstanceFault,
    InstanceStep,
    RequestedNetwork,
    Service,
    from_primitive,
    to_primitive,
)

PROJECT = "7c0f3d5b9c5e4f0b8f4f1f7f0c6d2a11"
USER = "b1d4a4a4a3b64f5f9a5d2d1e0f9c8b77"
NETWORK = "2a7d8d2e-52b0-4b6c-8b80-6a0b3cf0a001"
SUBNET = "2a7d8d2e-52b0-4b6c-8b80-6a0b3cf0a002"


def travel(value: Any) -> Any:
    """As over the wire: what cannot travel raises TypeError here as well."""
    return from_primitive(copy.deepcopy(to_primitive(value)))


def eventually(what: Callable[[], Any], timeout: float = 10.0) -> Any:
    """The first true answer of ``what``; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"did not happen within {timeout} s: {what}"
        time.sleep(0.002)


def new_instance(host: str, **more: Any) -> Instance:
    flavor = Flavor(flavorid="1", name="tiny", memory_mb=64, vcpus=1, root_gb=1, ephemeral_gb=1)
    uuid = str(uuids.uuid4())
    values: dict[str, Any] = {
        "display_name": "one",
        "hostname": "one",
        "task_state": states.SCHEDULING,
        "flavor": flavor,
        "image_ref": str(uuids.uuid4()),
        "host": host,
        "metadata": {},
        "system_metadata": {},
        "block_devices": [
            BlockDevice("image", "local", uuid=str(uuids.uuid4()), boot_index=0),
            BlockDevice("blank", "local", uuid=str(uuids.uuid4()), boot_index=-1),
        ],
    }
    return Instance(uuid=uuid, project_id=PROJECT, user_id=USER, **{**values, **more})


class MemoryConductor:
    """ConductorAPI. ``down``: every call raises MessagingUnavailable. ``calls`` are the names
    of the methods called, in order."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.rows: dict[str, Instance] = {}
        self.works: dict[str, BuildWork] = {}
        self.faults: list[InstanceFault] = []
        self.events: dict[tuple[str, str], list[str | None]] = {}
        self.reschedules: list[dict[str, Any]] = []
        self.services: dict[str, Service] = {}
        self.nodes: dict[str, ComputeNode] = {}
        self.calls: list[str] = []
        self.states: list[tuple[str, str, str | None]] = []
        self.down = False
        self._numbers = 0

    # ---- what a test does ----

    def promise(
        self,
        instance: Instance,
        networks: Sequence[RequestedNetwork] = (RequestedNetwork(mode="auto"),),
        **more: Any,
    ) -> BuildWork:
        """The row of a server that is to be built, and the work as the cast carries it."""
        with self.lock:
            self._numbers += 1
            instance.id = self._numbers
            work = BuildWork(
                instance=instance,
                image=ImageMeta(id=instance.image_ref),
                requested_networks=list(networks),
                security_groups=["default"],
                request_id="req-create",
                **more,
            )
            self.rows[instance.uuid] = travel(instance)
            self.works[instance.uuid] = travel(work)
            return travel(work)

    def row(self, uuid: str) -> Instance:
        with self.lock:
            return travel(self.rows[uuid])

    def set(self, uuid: str, **changes: Any) -> Instance:
        """What the API's side does to a row."""
        with self.lock:
            self.rows[uuid] = dataclasses.replace(self.rows[uuid], **changes)
            return travel(self.rows[uuid])

    def give(self, uuid: str, *devices: BlockDevice) -> Instance:
        """What the API writes for volumes; those that are there by the same uuid are replaced."""
        with self.lock:
            fresh = {device.uuid for device in devices}
            kept = [d for d in self.rows[uuid].block_devices or () if d.uuid not in fresh]
            return self.set(uuid, block_devices=[*kept, *travel(list(devices))])

    def settled(self, uuid: str) -> bool:
        with self.lock:
            row = self.rows[uuid]
            if row.deleted:
                return True
            devices = [device.task_state for device in row.block_devices or ()]
            return row.task_state is None and row.vm_state != states.BUILDING and not any(devices)

    # ---- tasks ----

    def reschedule_build(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None = None,
        abort: bool = False,
    ) -> None:
        """There is never another host here: the end is ERROR."""
        with self._call("reschedule_build"):
            row = self.rows[instance_uuid]
            if row.deleted or row.host != host or row.vm_state != states.BUILDING:
                return
            self.reschedules.append(
                {
                    "uuid": instance_uuid,
                    "reason": reason,
                    "abort": abort,
                    "password": admin_password,
                }
            )
            self.faults.append(InstanceFault(instance_uuid, 500, reason, host=host))
            if row.task_state not in (states.DELETING, states.SOFT_DELETING):
                self.set(instance_uuid, vm_state=states.ERROR, task_state=None)

    # ---- gateway ----

    def build_work(self, context: RequestContext, host: str, instance_uuid: str) -> Any:
        with self._call("build_work"):
            row = self.rows.get(instance_uuid)
            if (
                row is None
                or row.deleted
                or row.host != host
                or row.vm_state != states.BUILDING
                or row.task_state not in states.BUILD_TASKS
            ):
                return None
            work = dataclasses.replace(self.works[instance_uuid], instance=row, admin_password=None)
            return travel(work)

    def instance_get(self, context: RequestContext, host: str, instance_uuid: str) -> Any:
        with self._call("instance_get"):
            return travel(self.rows.get(instance_uuid))

    def instances_on_host(
        self, context: RequestContext, host: str, unfinished_only: bool = False
    ) -> list[Instance]:
        with self._call("instances_on_host"):
            return [
                travel(row)
                for row in self.rows.values()
                if row.host == host
                and not row.deleted
                and (
                    not unfinished_only
                    or row.task_state is not None
                    or row.vm_state == states.BUILDING
                    or any(d.task_state is not None for d in row.block_devices or ())
                )
            ]

    def instance_step(
        self, context: RequestContext, host: str, instance_uuid: str, step: InstanceStep
    ) -> Instance | None:
        with self._call("instance_step"):
            step = travel(step)
            row = self.rows.get(instance_uuid)
            if row is None or row.deleted or row.host != host:
                raise InstanceNotFound(instance_id=instance_uuid)
            self._compare(row, step)
            changed = dataclasses.replace(row, **step.changes)
            changed.block_devices = _with_updates(row.block_devices, step.block_devices)
            changed.block_devices = [
                d for d in changed.block_devices or () if d.uuid not in step.removed_devices
            ]
            self.rows[instance_uuid] = changed
            self.states.append((instance_uuid, changed.vm_state, changed.task_state))
            if step.start_event:
                self.events.setdefault((instance_uuid, step.start_event), []).append(None)
            if step.finish_event:
                self._finish(instance_uuid, step.finish_event, step.result)
            if step.fault is not None:
                self.faults.append(step.fault)
            if not step.answered:
                return None
            answer = travel(changed)
            for name in {"metadata", "system_metadata", "block_devices"} - set(step.load):
                setattr(answer, name, None)
            return answer

    @staticmethod
    def _compare(row: Instance, step: InstanceStep) -> None:
        tasks, vms = step.expected_task_state, step.expected_vm_state
        if tasks is not None and row.task_state not in tasks:
            deleting = row.task_state in (states.DELETING, states.SOFT_DELETING)
            kind = UnexpectedDeletingTaskState if deleting else UnexpectedTaskState
            raise kind(instance_uuid=row.uuid, expected=tasks, actual=row.task_state)
        if vms is not None and row.vm_state not in vms:
            raise UnexpectedTaskState(instance_uuid=row.uuid, expected=vms, actual=row.vm_state)

    def instance_destroyed(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        finish_event: str | None = None,
    ) -> None:
        with self._call("instance_destroyed"):
            if not self.rows[instance_uuid].deleted:
                self.set(instance_uuid, deleted=True, vm_state=states.DELETED, task_state=None)
            if finish_event:
                self._finish(instance_uuid, finish_event, "Success")

    def service_heartbeat(
        self, context: RequestContext, host: str, binary: str, topic: str, version: int
    ) -> Service:
        with self._call("service_heartbeat"):
            service = self.services.setdefault(
                host, Service(str(uuids.uuid4()), host, binary, topic, report_count=-1)
            )
            service.report_count += 1
            service.last_seen_up = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            return travel(service)

    def node_report(self, context: RequestContext, host: str, node: ComputeNode) -> ComputeNode:
        with self._call("node_report"):
            self.nodes[node.uuid] = travel(node)
            return travel(node)

    def orphan_allocations(self, context: RequestContext, host: str) -> int:
        with self._call("orphan_allocations"):
            return 0

    # ---- within ----

    def _call(self, name: str) -> Any:
        self.calls.append(name)
        if self.down:
            raise MessagingUnavailable()
        return self.lock

    def _finish(self, uuid: str, event: str, result: str) -> None:
        results = self.events.setdefault((uuid, event), [])
        self.events[uuid, event] = [*(r for r in results if r is not None), result]


def _with_updates(
    devices: list[BlockDevice] | None, updates: list[dict[str, Any]]
) -> list[BlockDevice] | None:
    by_uuid = {update["uuid"]: update for update in updates}
    return [dataclasses.replace(d, **by_uuid.get(d.uuid, {})) for d in devices or ()]


class MemoryNetwork:
    """NetworkAPI with one network; ports are bound at once. ``failing``: names of methods that
    raise what is given."""

    def __init__(self, project: str = PROJECT) -> None:
        self.project = project
        self.lock = threading.RLock()
        self.ports: dict[str, dict[str, Any]] = {}
        self.failing: dict[str, Exception] = {}
        self._numbers = 1

    def ports_of(self, instance_uuid: str) -> list[str]:
        with self.lock:
            return [p["id"] for p in self.ports.values() if p["device_id"] == instance_uuid]

    def users_port(self) -> str:
        return self.create_port(None, {"network_id": NETWORK, "project_id": self.project})["id"]

    def list_networks(self, context: Any, **filters: Any) -> list[dict[str, Any]]:
        network = {
            "id": NETWORK,
            "name": "private",
            "project_id": self.project,
            "shared": False,
            "router:external": False,
            "mtu": 1450,
            "subnets": [SUBNET],
            "admin_state_up": True,
            "port_security_enabled": True,
        }
        return self._select("list_networks", [network], filters)

    def list_subnets(self, context: Any, **filters: Any) -> list[dict[str, Any]]:
        subnet = {
            "id": SUBNET,
            "network_id": NETWORK,
            "cidr": "10.1.0.0/16",
            "ip_version": 4,
            "gateway_ip": "10.1.0.1",
            "dns_nameservers": [],
            "host_routes": [],
            "enable_dhcp": True,
        }
        return self._select("list_subnets", [subnet], filters)

    def list_ports(self, context: Any, **filters: Any) -> list[dict[str, Any]]:
        with self.lock:
            return self._select("list_ports", list(self.ports.values()), filters)

    def show_port(self, context: Any, port_id: str) -> dict[str, Any]:
        self._fail("show_port")
        with self.lock:
            if port_id not in self.ports:
                raise PortNotFound(port_id=port_id)
            return copy.deepcopy(self.ports[port_id])

    def create_port(self, context: Any, body: dict[str, Any]) -> dict[str, Any]:
        self._fail("create_port")
        with self.lock:
            self._numbers += 1
            number = self._numbers
            port = {
                "id": str(uuids.uuid4()),
                "mac_address": f"fa:16:3e:00:{number // 256:02x}:{number % 256:02x}",
                "fixed_ips": [
                    {"subnet_id": SUBNET, "ip_address": f"10.1.{number // 256}.{number % 256}"}
                ],
                "device_id": "",
                "device_owner": "",
                "status": "DOWN",
                "security_groups": [],
                "binding:vif_type": "unbound",
                "binding:vnic_type": "normal",
                **body,
            }
            self.ports[port["id"]] = self._bound(port)
            return copy.deepcopy(port)

    def update_port(
        self, context: Any, port_id: str, body: dict[str, Any], revision: int | None = None
    ) -> dict[str, Any]:
        self._fail("update_port")
        with self.lock:
            port = self.ports.get(port_id)
            if port is None:
                raise PortNotFound(port_id=port_id)
            port.update(body)
            return copy.deepcopy(self._bound(port))

    def delete_port(self, context: Any, port_id: str) -> None:
        self._fail("delete_port")
        with self.lock:
            self.ports.pop(port_id, None)

    def list_security_groups(self, context: Any, **filters: Any) -> list[dict[str, Any]]:
        group = {"id": str(uuids.UUID(int=1)), "name": "default", "project_id": self.project}
        return self._select("list_security_groups", [group], filters)

    def list_floating_ips(self, context: Any, **filters: Any) -> list[dict[str, Any]]:
        self._fail("list_floating_ips")
        return []

    def extensions(self, context: Any) -> frozenset[str]:
        return frozenset()

    def port_quota_left(self, context: Any, project_id: str) -> int:
        return -1

    @staticmethod
    def _bound(port: dict[str, Any]) -> dict[str, Any]:
        host = port.get("binding:host_id")
        port["binding:vif_type"] = "bridge" if host else "unbound"
        port["binding:vif_details"] = {"bridge_name": "br-1"} if host else {}
        return port

    def _fail(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]

    def _select(
        self, name: str, items: list[dict[str, Any]], filters: dict[str, Any]
    ) -> list[dict[str, Any]]:
        self._fail(name)
        found = []
        for item in items:
            for key, wanted in filters.items():
                values = wanted if isinstance(wanted, list | tuple | set) else [wanted]
                if key in item and item[key] not in values:
                    break
            else:
                found.append(copy.deepcopy(item))
        return found
