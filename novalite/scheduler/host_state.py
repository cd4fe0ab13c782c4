"""What a decision knows of one compute node: a plain value, changed only while a batch is
decided, so that a later server of the batch sees what an earlier one took."""

import dataclasses
from typing import Any

from novalite.objects import Aggregate, ComputeNode, RequestSpec, Service

MISSING = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Resources:
    """What one server takes: ``vcpus``, MiB of memory, GiB of local disk."""

    vcpus: int
    memory_mb: int
    local_gb: int

    @classmethod
    def of(cls, spec: RequestSpec) -> "Resources":
        """A server that boots from a volume takes no local root disk."""
        flavor = spec.flavor
        local_gb = flavor.local_gb - (flavor.root_gb if spec.is_bfv else 0)
        return cls(flavor.vcpus, flavor.memory_mb, local_gb)


@dataclasses.dataclass(slots=True)
class HostState:
    """``num_io_ops``: servers that are being built, resized or copied there;
    ``image_properties``: (name, value) -> servers there whose image has it. These two and
    ``num_instances`` are empty when nothing in the configuration asks for them. ``is_up`` was
    decided when the snapshot was taken; ``silence`` is the age of the heartbeat in seconds."""

    node: ComputeNode
    cell_uuid: str
    service: Service | None = None
    is_up: bool = True
    silence: float | None = None
    aggregates: list[Aggregate] = dataclasses.field(default_factory=list)
    default_zone: str = "nova"
    num_instances: int = 0
    num_io_ops: int = 0
    image_properties: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    vcpus_used: int = 0
    memory_mb_used: int = 0
    local_gb_used: int = 0

    def __post_init__(self) -> None:
        self.vcpus_used = self.node.vcpus_used
        self.memory_mb_used = self.node.memory_mb_used
        self.local_gb_used = self.node.local_gb_used

    @property
    def host(self) -> str:
        return self.node.host

    @property
    def name(self) -> str:
        """For explanations: the host, and the node where that says more."""
        if self.node.hypervisor_hostname in ("", self.node.host):
            return self.node.host
        return f"{self.node.host}/{self.node.hypervisor_hostname}"

    # What may be given out in all, by the rule that the claim's UPDATE enforces too.

    @property
    def vcpus_limit(self) -> float:
        return (self.node.vcpus - self.node.reserved_vcpus) * self.node.cpu_allocation_ratio

    @property
    def memory_mb_limit(self) -> float:
        return (self.node.memory_mb - self.node.reserved_memory_mb) * self.node.ram_allocation_ratio

    @property
    def local_gb_limit(self) -> float:
        return (self.node.local_gb - self.node.reserved_gb) * self.node.disk_allocation_ratio

    @property
    def free_vcpus(self) -> float:
        return self.vcpus_limit - self.vcpus_used

    @property
    def free_ram_mb(self) -> float:
        return self.memory_mb_limit - self.memory_mb_used

    @property
    def free_disk_gb(self) -> float:
        return self.local_gb_limit - self.local_gb_used

    @property
    def failed_builds(self) -> int:
        return int(self.node.stats.get("failed_builds", 0))

    def take(self, resources: Resources) -> None:
        self.vcpus_used += resources.vcpus
        self.memory_mb_used += resources.memory_mb
        self.local_gb_used += resources.local_gb
        self.num_instances += 1
        self.num_io_ops += 1

    def zones(self) -> set[str]:
        zones = self.aggregate_values("availability_zone")
        return zones or {self.default_zone}

    def aggregate_values(self, key: str) -> set[str]:
        """All values that the host's aggregates give ``key``, comma-separated ones apart."""
        return {
            value.strip()
            for aggregate in self.aggregates
            if key in aggregate.metadata
            for value in aggregate.metadata[key].split(",")
        }

    def aggregate_number(self, key: str, default: int) -> int:
        """The lowest value of ``key`` in the host's aggregates; values that are no numbers do
        not count."""
        numbers = [int(value) for value in self.aggregate_values(key) if value.isdigit()]
        return min(numbers, default=default)

    def attribute(self, path: list[str]) -> Any:
        """The value that ``capabilities:a:b`` or a JSON query's ``$a.b`` names, or MISSING.

        The first part is one of the reference's host attributes, or a key of the node's stats.
        """
        value = self._root(path[0])
        for part in path[1:]:
            if not isinstance(value, dict) or part not in value:
                return MISSING
            value = value[part]
        return value

    def _root(self, name: str) -> Any:
        reader = _ATTRIBUTES.get(name)
        if reader is not None:
            return reader(self)
        return self.node.stats.get(name, MISSING)


_ATTRIBUTES: dict[str, Any] = {
    "aggregates": lambda s: [aggregate.name for aggregate in s.aggregates],
    "cell_uuid": lambda s: s.cell_uuid,
    "cpu_allocation_ratio": lambda s: s.node.cpu_allocation_ratio,
    "ram_allocation_ratio": lambda s: s.node.ram_allocation_ratio,
    "disk_allocation_ratio": lambda s: s.node.disk_allocation_ratio,
    "cpu_info": lambda s: s.node.cpu_info,
    "current_workload": lambda s: s.num_io_ops,
    "disk_available_least": lambda s: s.node.disk_available_least,
    "disk_mb_used": lambda s: s.local_gb_used * 1024,
    "failed_builds": lambda s: s.failed_builds,
    "free_disk_gb": lambda s: s.free_disk_gb,
    "free_disk_mb": lambda s: s.free_disk_gb * 1024,
    "free_ram_mb": lambda s: s.free_ram_mb,
    "host": lambda s: s.node.host,
    "host_ip": lambda s: s.node.host_ip,
    "hypervisor_hostname": lambda s: s.node.hypervisor_hostname,
    "hypervisor_type": lambda s: s.node.hypervisor_type,
    "hypervisor_version": lambda s: s.node.hypervisor_version,
    "id": lambda s: s.node.id,
    "local_gb": lambda s: s.node.local_gb,
    "local_gb_used": lambda s: s.local_gb_used,
    "memory_mb": lambda s: s.node.memory_mb,
    "memory_mb_used": lambda s: s.memory_mb_used,
    "metrics": lambda s: s.node.stats.get("metrics", {}),
    "nodename": lambda s: s.node.hypervisor_hostname,
    "num_instances": lambda s: s.num_instances,
    "num_io_ops": lambda s: s.num_io_ops,
    "numa_topology": lambda s: s.node.numa_topology,
    "running_vms": lambda s: s.node.running_vms,
    "service_id": lambda s: s.node.service_id,
    "stats": lambda s: s.node.stats,
    "supported_hv_specs": lambda s: s.node.supported_instances,
    "supported_instances": lambda s: s.node.supported_instances,
    "total_usable_disk_gb": lambda s: s.node.local_gb,
    "total_usable_ram_mb": lambda s: s.node.memory_mb,
    "updated": lambda s: str(s.node.updated_at),
    "uuid": lambda s: s.node.uuid,
    "vcpus": lambda s: s.node.vcpus,
    "vcpus_total": lambda s: s.node.vcpus,
    "vcpus_used": lambda s: s.vcpus_used,
}
