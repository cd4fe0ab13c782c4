"""Services of the cloud: /os-services. From 2.53 they are named by uuid."""

import re
from typing import Any

from sqlalchemy import Connection

from novalite.api.compute import hosts
from novalite.api.compute import services as use_cases
from novalite.api.openstack.schemas import services as schemas
from novalite.api.openstack.schemas import types
from novalite.api.openstack.views import services as views
from novalite.db.cell_database import services as db
from novalite.db.engine import Database
from novalite.exception import NotFound, ServiceNotFound, ValidationError
from novalite.objects import Service
from novalite.wsgi.formats import is_uuid
from novalite.wsgi.operations import Operation, Request


def list_services(req: Request) -> dict[str, Any]:
    found = hosts.list_services(
        req.deployment,
        host=req.query_one("host"),
        binary=req.query_one("binary"),
        with_silent=req.version >= (2, 69),
    )
    return views.listed(req, found.found, found.silent, hosts.Zones(req.deployment))


# ---- update ----


def _only_compute(service: Service) -> None:
    if service.binary != hosts.COMPUTE:
        raise ValidationError(
            detail=f"Updating a {service.binary} service is not supported. Only nova-compute "
            "services can be updated."
        )


def _change(database: Database, service: Service, **changes: Any) -> Service:
    def update(conn: Connection) -> Service:
        return db.update(conn, service.uuid, **changes)

    return database.run(update)


def _named(req: Request) -> tuple[Database, Service]:
    """The service that the body names by host and binary."""
    host, binary = req.body["host"], req.body["binary"]
    if binary != hosts.COMPUTE:
        raise ValidationError(
            detail=f"Updating a {binary} service is not supported. Only nova-compute services "
            "can be updated."
        )
    return use_cases.by_host(req.deployment, host, binary)


def _enable(req: Request) -> dict[str, Any]:
    database, service = _named(req)
    changed = _change(database, service, disabled=False, disabled_reason=None)
    return views.switched(changed, reason=False)


def _disable(req: Request) -> dict[str, Any]:
    database, service = _named(req)
    changed = _change(database, service, disabled=True, disabled_reason=None)
    return views.switched(changed, reason=False)


def _disable_log_reason(req: Request) -> dict[str, Any]:
    reason = req.body.get("disabled_reason")
    if not reason:
        raise ValidationError(detail="Missing disabled reason field")
    database, service = _named(req)
    changed = _change(database, service, disabled=True, disabled_reason=reason)
    return views.switched(changed, reason=True)


def _force_down(req: Request) -> dict[str, Any]:
    if "forced_down" not in req.body:
        raise ValidationError(detail="Missing forced_down field")
    forced = types.is_true(req.body["forced_down"])
    database, service = _named(req)
    return views.forced(_change(database, service, forced_down=forced))


_BY_NAME = {
    "enable": _enable,
    "disable": _disable,
    "disable-log-reason": _disable_log_reason,
    "force-down": _force_down,
}


def _uuid(req: Request) -> str:
    id_ = req.path["id"]
    if not is_uuid(id_):
        raise ValidationError(detail=f"Invalid uuid {id_}")
    return id_


def update_service(req: Request) -> dict[str, Any]:
    if req.version >= (2, 53):
        return _update(req)
    action = _BY_NAME.get(req.path["id"])
    if action is None or (action is _force_down and req.version < (2, 11)):
        raise NotFound("Unknown action")
    return action(req)


def _update(req: Request) -> dict[str, Any]:
    database, service = use_cases.by_uuid(req.deployment, _uuid(req))
    _only_compute(service)
    changes = _changes(req.body)
    changed = _change(database, service, **changes)
    return views.shown(req, changed, hosts.Zones(req.deployment))


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    status, reason = body.get("status"), body.get("disabled_reason")
    changes: dict[str, Any] = {}
    if reason is not None and status != "disabled":
        raise ValidationError(
            detail="Specifying disabled_reason requires that status is set to disabled."
        )
    if status is not None:
        changes |= {"disabled": status == "disabled", "disabled_reason": reason}
    if "forced_down" in body:
        changes["forced_down"] = types.is_true(body["forced_down"])
    if not changes:
        raise ValidationError(
            detail="No updates were requested. Fields 'status' or 'forced_down' should be "
            "specified."
        )
    return changes


# ---- delete ----


def delete_service(req: Request) -> None:
    if req.version >= (2, 53):
        database, service = use_cases.by_uuid(req.deployment, _uuid(req))
    else:
        id_ = req.path["id"]
        if not re.fullmatch("[0-9]+", id_):
            raise ValidationError(detail=f"Invalid service id {id_}")
        try:
            database, service = use_cases.by_number(req.deployment, hosts.number(id_) or 0)
        except ServiceNotFound:
            raise NotFound(f"Service {id_} not found.") from None
    use_cases.delete(req.deployment, database, service)


OPERATIONS = [
    Operation(
        "GET",
        "/os-services",
        list_services,
        "List services",
        policy="os_compute_api:os-services:list",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "PUT",
        "/os-services/{id}",
        update_service,
        "Update service (from 2.53 by uuid; before: enable, disable, force-down...)",
        policy="os_compute_api:os-services:update",
        request=schemas.UPDATE,
        response=schemas.UPDATED,
        errors=(400, 404),
    ),
    Operation(
        "DELETE",
        "/os-services/{id}",
        delete_service,
        "Delete service",
        policy="os_compute_api:os-services:delete",
        success=204,
        errors=(400, 404, 409),
    ),
]
