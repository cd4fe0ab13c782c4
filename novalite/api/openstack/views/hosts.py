"""How hosts looked before 2.43: rows of figures, named by what they count."""

from collections.abc import Iterable
from typing import Any

from novalite.api.compute.hosts import Zones
from novalite.api.openstack.views.services import HIDDEN
from novalite.objects import ComputeNode, Instance, Service


def listed(services: Iterable[Service], zones: Zones, zone: str | None) -> dict[str, Any]:
    """``zone``: only what is in it."""
    shown = [
        {"host_name": service.host, "service": service.topic, "zone": zones.of(service)}
        for service in services
        if service.binary not in HIDDEN
    ]
    return {"hosts": [host for host in shown if not zone or host["zone"] == zone]}


def _row(host: str, project: str, cpu: int, memory_mb: int, disk_gb: int) -> dict[str, Any]:
    figures = {"cpu": cpu, "memory_mb": memory_mb, "disk_gb": disk_gb}
    return {"resource": {"host": host, "project": project, **figures}}


def _claimed(host: str, project: str, servers: Iterable[Instance]) -> dict[str, Any]:
    flavors = [server.flavor for server in servers if server.flavor is not None]
    return _row(
        host,
        project,
        sum(flavor.vcpus for flavor in flavors),
        sum(flavor.memory_mb for flavor in flavors),
        sum(flavor.root_gb + flavor.ephemeral_gb for flavor in flavors),
    )


def shown(host: str, node: ComputeNode, servers: list[Instance]) -> dict[str, Any]:
    """All there is, what is used, what the servers may use, and that by project."""
    rows = [
        _row(host, "(total)", node.vcpus, node.memory_mb, node.local_gb),
        _row(
            host,
            "(used_now)",
            node.vcpus_used + node.reserved_vcpus,
            node.memory_mb_used + node.reserved_memory_mb,
            node.local_gb_used + node.reserved_gb,
        ),
        _claimed(host, "(used_max)", servers),
    ]
    by_project: dict[str, list[Instance]] = {}
    for server in servers:
        by_project.setdefault(server.project_id, []).append(server)
    rows += [_claimed(host, project, members) for project, members in by_project.items()]
    return {"host": rows}
