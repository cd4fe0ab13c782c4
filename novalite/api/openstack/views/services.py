"""How services look."""

from collections.abc import Collection
from typing import Any

from novalite.api.compute.hosts import COMPUTE, Zones
from novalite.objects import Service
from novalite.wsgi.operations import Request

# They answer requests themselves and report no heartbeat.
HIDDEN = frozenset(("nova-osapi_compute", "nova-metadata"))


def status(service: Service) -> str:
    return "disabled" if service.disabled else "enabled"


def state(req: Request, service: Service) -> str:
    deployment = req.deployment
    up = service.is_up(deployment.clock.now(), deployment.conf.service_down_time)
    return "up" if up else "down"


def updated_at(service: Service) -> str | None:
    """When the service was last heard of."""
    seen = service.last_seen_up or service.updated_at or service.created_at
    return seen.strftime("%Y-%m-%dT%H:%M:%S.%f") if seen is not None else None


def _details(req: Request, service: Service, zones: Zones) -> dict[str, Any]:
    view = {
        "id": service.uuid if req.version >= (2, 53) else service.id,
        "binary": service.binary,
        "host": service.host,
        "zone": zones.of(service),
        "status": status(service),
        "state": state(req, service),
        "updated_at": updated_at(service),
        "disabled_reason": service.disabled_reason,
    }
    if req.version >= (2, 11):
        view["forced_down"] = service.forced_down
    return view


def listed(
    req: Request, services: Collection[Service], silent: Collection[str], zones: Zones
) -> dict[str, Any]:
    """``silent``: compute hosts of cells that do not answer."""
    views = [_details(req, service, zones) for service in services if service.binary not in HIDDEN]
    views += [{"binary": COMPUTE, "host": host, "status": "UNKNOWN"} for host in silent]
    return {"services": views}


def shown(req: Request, service: Service, zones: Zones) -> dict[str, Any]:
    return {"service": _details(req, service, zones)}


def switched(service: Service, *, reason: bool) -> dict[str, Any]:
    """After enable, disable and disable-log-reason (before 2.53)."""
    view: dict[str, Any] = {
        "host": service.host,
        "binary": service.binary,
        "status": status(service),
    }
    if reason:
        view["disabled_reason"] = service.disabled_reason
    return {"service": view}


def forced(service: Service) -> dict[str, Any]:
    """After force-down (2.11 to 2.52)."""
    view = {
        "host": service.host,
        "binary": service.binary,
        "forced_down": service.forced_down,
    }
    return {"service": view}
