"""How hypervisors look.

What a node uses is what its servers claimed and what is kept for the host itself, as in the
reference.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from novalite.api.compute.hosts import Hypervisor
from novalite.api.openstack.views import services
from novalite.objects import ComputeNode
from novalite.wsgi.operations import Request
from novalite.wsgi.paging import next_links

UUIDS = (2, 53)
UPTIME_INSTEAD_OF_FIGURES = (2, 88)


def shown_id(req: Request, hypervisor: Hypervisor) -> str | int | None:
    node = hypervisor.node
    return node.uuid if req.version >= UUIDS else node.id


def summary(req: Request, hypervisor: Hypervisor) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": shown_id(req, hypervisor),
        "hypervisor_hostname": hypervisor.node.hypervisor_hostname,
        "state": services.state(req, hypervisor.service),
        "status": services.status(hypervisor.service),
    }
    servers = hypervisor.servers
    # Before 2.75 a hypervisor without servers has no such member.
    if servers is not None and (servers or req.version >= (2, 75)):
        view["servers"] = [{"name": s.display_name, "uuid": s.uuid} for s in servers]
    return view


def _figures(node: ComputeNode) -> dict[str, int]:
    disk_used = node.local_gb_used + node.reserved_gb
    ram_used = node.memory_mb_used + node.reserved_memory_mb
    return {
        "vcpus": node.vcpus,
        "vcpus_used": node.vcpus_used + node.reserved_vcpus,
        "memory_mb": node.memory_mb,
        "memory_mb_used": ram_used,
        "free_ram_mb": node.memory_mb - ram_used,
        "local_gb": node.local_gb,
        "local_gb_used": disk_used,
        "free_disk_gb": node.local_gb - disk_used,
        "running_vms": node.running_vms,
        "current_workload": int(node.stats.get("current_workload", 0)),
    }


def details(req: Request, hypervisor: Hypervisor, uptime: str | None = None) -> dict[str, Any]:
    node, service = hypervisor.node, hypervisor.service
    view = summary(req, hypervisor) | {
        "hypervisor_type": node.hypervisor_type,
        "hypervisor_version": node.hypervisor_version,
        "host_ip": node.host_ip,
        "service": {
            "host": service.host,
            "id": service.uuid if req.version >= UUIDS else service.id,
            "disabled_reason": service.disabled_reason,
        },
    }
    if req.version >= UPTIME_INSTEAD_OF_FIGURES:
        view["uptime"] = uptime
        return view
    view |= _figures(node)
    view["disk_available_least"] = node.disk_available_least
    view["cpu_info"] = node.cpu_info if req.version >= (2, 28) else json.dumps(node.cpu_info)
    return view


def listed(
    req: Request, views: Sequence[Mapping[str, Any]], path: str, limit: int
) -> dict[str, Any]:
    """``limit`` 0: the list has no pages."""
    answer: dict[str, Any] = {"hypervisors": list(views)}
    more = next_links(req, path, limit, len(views), views[-1]["id"] if views else "")
    if more:
        answer["hypervisors_links"] = more
    return answer


def statistics(nodes: Sequence[ComputeNode]) -> dict[str, Any]:
    sums = dict.fromkeys(_figures(ComputeNode("", "", "")), 0) | {"disk_available_least": 0}
    for node in nodes:
        for name, value in _figures(node).items():
            sums[name] += value
        sums["disk_available_least"] += node.disk_available_least or 0
    return {"hypervisor_statistics": {"count": len(nodes), **sums}}
