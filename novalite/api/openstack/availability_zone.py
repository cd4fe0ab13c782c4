"""Availability zones: /os-availability-zone."""

from typing import Any

from novalite.api.compute import hosts
from novalite.api.openstack.schemas import availability_zone as schemas
from novalite.api.openstack.views import availability_zone as views
from novalite.wsgi.operations import Operation, Request


def _zones(req: Request) -> tuple[dict[str, list[hosts.Service]], set[str], str]:
    """(zone -> its enabled services, zones of disabled services alone, the internal zone)."""
    zones = hosts.Zones(req.deployment)
    available: dict[str, list[hosts.Service]] = {}
    disabled: set[str] = set()
    for service in hosts.list_services(req.deployment).found:
        zone = zones.of(service)
        if service.disabled:
            disabled.add(zone)
        else:
            available.setdefault(zone, []).append(service)
    return available, disabled - available.keys(), zones.internal


def list_zones(req: Request) -> dict[str, Any]:
    available, unavailable, internal = _zones(req)
    return views.listed(available.keys() - {internal}, unavailable - {internal})


def list_zones_detail(req: Request) -> dict[str, Any]:
    available, unavailable, _ = _zones(req)
    return views.detailed(
        available,
        unavailable,
        req.deployment.clock.now(),
        req.deployment.conf.service_down_time,
    )


OPERATIONS = [
    Operation(
        "GET",
        "/os-availability-zone",
        list_zones,
        "List availability zones",
        policy="os_compute_api:os-availability-zone:list",
        query=schemas.QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "GET",
        "/os-availability-zone/detail",
        list_zones_detail,
        "List zones with hosts and services",
        policy="os_compute_api:os-availability-zone:detail",
        query=schemas.QUERY,
        response=schemas.DETAIL,
    ),
]
