"""Services, the nodes of compute services, and the cells that they belong to."""

import dataclasses
import datetime
from typing import Any

from novalite.objects.base import record


@record
class Service:
    """``binary`` is the reference's name (``nova-compute``...): it is on the wire."""

    uuid: str
    host: str
    binary: str
    topic: str
    report_count: int = 0
    disabled: bool = False
    disabled_reason: str | None = None
    last_seen_up: datetime.datetime | None = None
    forced_down: bool = False
    version: int = 1
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None

    def is_up(self, now: datetime.datetime, down_after: float) -> bool:
        """``down_after``: [DEFAULT]service_down_time, seconds of silence that mean down."""
        if self.forced_down:
            return False
        seen = self.last_seen_up or self.updated_at or self.created_at
        return seen is not None and abs((now - seen).total_seconds()) <= down_after


@record
class ComputeNode:
    """A hypervisor. The compute service reports what the machine has; the ``*_used`` counters
    belong to the claims (``allocations``) and are changed in their transactions alone.

    ``cpu_info`` is a dict, ``supported_instances`` a list of [arch, hypervisor type, vm mode],
    ``traits`` a list of os-traits names, ``stats`` free numbers for filters.
    """

    host: str
    hypervisor_hostname: str
    uuid: str
    vcpus: int = 0
    memory_mb: int = 0
    local_gb: int = 0
    vcpus_used: int = 0
    memory_mb_used: int = 0
    local_gb_used: int = 0
    running_vms: int = 0
    reserved_vcpus: int = 0
    reserved_memory_mb: int = 0
    reserved_gb: int = 0
    cpu_allocation_ratio: float = 4.0
    ram_allocation_ratio: float = 1.0
    disk_allocation_ratio: float = 1.0
    disk_available_least: int | None = None
    hypervisor_type: str = ""
    hypervisor_version: int = 0
    host_ip: str | None = None
    cpu_info: dict[str, Any] = dataclasses.field(default_factory=dict)
    supported_instances: list[list[str]] = dataclasses.field(default_factory=list)
    traits: list[str] = dataclasses.field(default_factory=list)
    stats: dict[str, Any] = dataclasses.field(default_factory=dict)
    numa_topology: dict[str, Any] | None = None
    service_id: int | None = None
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None


@record
class CellMapping:
    """``cell0`` has the uuid of all zeros and holds servers that found no host."""

    uuid: str
    name: str
    database_connection: str
    transport_url: str = ""
    disabled: bool = False
    id: int | None = None


CELL0_UUID = "00000000-0000-0000-0000-000000000000"


@record
class Aggregate:
    id: int
    uuid: str
    name: str
    hosts: list[str] = dataclasses.field(default_factory=list)
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None


@record
class InstanceGroup:
    """A server group. ``rules`` is ``{"max_server_per_host": n}`` or empty."""

    uuid: str
    project_id: str
    user_id: str
    name: str
    policy: str
    rules: dict[str, Any] = dataclasses.field(default_factory=dict)
    members: list[str] = dataclasses.field(default_factory=list)
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
