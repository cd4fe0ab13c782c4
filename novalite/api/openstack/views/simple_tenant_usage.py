"""How the usage of projects looks."""

import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from novalite.api.compute import usage
from novalite.api.openstack.views.servers import precise_time
from novalite.db.cell_database.usage import ServerUse


class Period(NamedTuple):
    """``now`` is when it is looked at."""

    begin: datetime.datetime
    end: datetime.datetime
    now: datetime.datetime


def listed(found: Iterable[ServerUse], period: Period, *, detailed: bool) -> list[dict[str, Any]]:
    """One item per project, in the order in which they appear; with its servers if ``detailed``."""
    projects: dict[str, dict[str, Any]] = {}
    for use in found:
        project = projects.setdefault(use.project_id, _project(use.project_id, period))
        hours = usage.hours(use, period.begin, period.end)
        project["total_hours"] += hours
        project["total_vcpus_usage"] += use.flavor.vcpus * hours
        project["total_memory_mb_usage"] += use.flavor.memory_mb * hours
        project["total_local_gb_usage"] += _local_gb(use) * hours
        if detailed:
            project.setdefault("server_usages", []).append(_server(use, hours, period.now))
    return list(projects.values())


def _project(project_id: str, period: Period) -> dict[str, Any]:
    return {
        "tenant_id": project_id,
        "start": precise_time(period.begin),
        "stop": precise_time(period.end),
        "total_hours": 0.0,
        "total_vcpus_usage": 0.0,
        "total_memory_mb_usage": 0.0,
        "total_local_gb_usage": 0.0,
    }


def _local_gb(use: ServerUse) -> int:
    return use.flavor.root_gb + use.flavor.ephemeral_gb


def _server(use: ServerUse, hours: float, now: datetime.datetime) -> dict[str, Any]:
    ran = (use.terminated_at or now) - use.launched_at
    return {
        "instance_id": use.uuid,
        "name": use.name,
        "tenant_id": use.project_id,
        "flavor": use.flavor.name,
        "vcpus": use.flavor.vcpus,
        "memory_mb": use.flavor.memory_mb,
        "local_gb": _local_gb(use),
        "hours": hours,
        "started_at": precise_time(use.launched_at),
        "ended_at": precise_time(use.terminated_at),
        "state": use.vm_state if use.terminated_at is None else "terminated",
        "uptime": max(int(ran.total_seconds()), 0),
    }
