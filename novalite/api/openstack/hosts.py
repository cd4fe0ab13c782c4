"""Hosts: /os-hosts, which services and hypervisors took the place of (to 2.42)."""

from collections.abc import Callable
from typing import Any

from novalite.api.compute import hosts, parts
from novalite.api.openstack.schemas import hosts as schemas
from novalite.api.openstack.views import hosts as views
from novalite.exception import ComputeHostNotFound, ValidationError
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-hosts:"


def index(req: Request) -> dict[str, Any]:
    found = hosts.list_services(req.deployment).found
    enabled = [service for service in found if not service.disabled]
    return views.listed(enabled, hosts.Zones(req.deployment), req.query_one("zone"))


def show(req: Request) -> dict[str, Any]:
    name = req.path["id"]
    host = hosts.find_host(req.deployment, name)
    return views.shown(name, host.node, host.servers or [])


def _control(req: Request, action: str) -> str:
    """Raises ComputeHostNotFound, NotSupported, and ValidationError for a host that is down."""
    deployment, name = req.deployment, req.path["id"]
    found = hosts.list_services(deployment, host=name, binary=hosts.COMPUTE).found
    service = next((service for service in found if service.host == name), None)
    if service is None:
        raise ComputeHostNotFound(host=name)
    if not service.is_up(deployment.clock.now(), deployment.conf.service_down_time):
        raise ValidationError(detail=f"Compute service of {name} is unavailable at this time.")
    return parts.compute(deployment).control_host(req.context, name, action)


def update(req: Request) -> dict[str, Any]:
    answer: dict[str, Any] = {"host": req.path["id"]}
    status, mode = req.body.get("status"), req.body.get("maintenance_mode")
    if status is not None:
        answer["status"] = _control(req, status.lower())
    if mode is not None:
        wanted = "on_maintenance" if mode.lower() == "enable" else "off_maintenance"
        answer["maintenance_mode"] = _control(req, wanted)
    return answer


def _power(action: str) -> Callable[[Request], dict[str, Any]]:
    def handler(req: Request) -> dict[str, Any]:
        return {"host": req.path["id"], "power_action": _control(req, action)}

    return handler


OPERATIONS = [
    Operation(
        "GET",
        "/os-hosts",
        index,
        "List hosts",
        policy=RULE + "list",
        max_version="2.42",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "GET",
        "/os-hosts/{id}",
        show,
        "Show host resources",
        policy=RULE + "show",
        max_version="2.42",
        response=schemas.SHOW,
        errors=(404,),
    ),
    Operation(
        "PUT",
        "/os-hosts/{id}",
        update,
        "Enable or disable host, or maintenance mode",
        policy=RULE + "update",
        max_version="2.42",
        request=schemas.UPDATE,
        response=schemas.UPDATED,
        errors=(400, 404, 501),
    ),
    *(
        Operation(
            "GET",
            f"/os-hosts/{{id}}/{action}",
            _power(action),
            title,
            policy=RULE + rule,
            max_version="2.42",
            response=schemas.POWER,
            errors=(400, 404, 501),
        )
        for action, rule, title in (
            ("reboot", "reboot", "Reboot host"),
            ("shutdown", "shutdown", "Shut host down"),
            ("startup", "start", "Start host"),
        )
    ),
]
