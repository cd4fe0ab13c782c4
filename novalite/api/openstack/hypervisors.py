"""Hypervisors: /os-hypervisors. From 2.53 they are named by uuid."""

from typing import Any

from novalite.api.compute import hosts
from novalite.api.compute.hosts import Hypervisor
from novalite.api.openstack.schemas import hypervisors as schemas
from novalite.api.openstack.schemas import types
from novalite.api.openstack.views import hypervisors as views
from novalite.exception import MarkerNotFound, NotFound, NovaliteError, ValidationError
from novalite.wsgi.formats import is_uuid
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.paging import page

PATTERN = "hypervisor_hostname_pattern"


def _not_found(id_: str) -> NotFound:
    return NotFound(f"Hypervisor with ID '{id_}' could not be found.")


def _none_matches(pattern: str) -> NotFound:
    return NotFound(f"No hypervisor matching '{pattern}' could be found.")


# ---- lists ----


def _marker(req: Request, text: str | None) -> str | int | None:
    if text is None:
        return None
    if req.version >= views.UUIDS:
        if not is_uuid(text):
            raise ValidationError(detail=f"Invalid uuid {text}")
        return text
    number = hosts.number(text)
    if number is None:
        raise MarkerNotFound(marker=text)
    return number


def _page(req: Request) -> tuple[list[Hypervisor], int]:
    """The hypervisors that the request asks for, and its limit (0: there are no pages)."""
    if req.version < (2, 33):
        return hosts.list_hypervisors(req.deployment) or [], 0
    limit, marker = page(req)
    pattern = req.query_one(PATTERN) if req.version >= views.UUIDS else None
    if pattern is not None:
        if "limit" in req.query or "marker" in req.query:
            raise ValidationError(
                detail="Paging over hypervisors with the hypervisor_hostname_pattern query "
                "parameter is not supported."
            )
        return _matching(req, pattern), 0
    found = hosts.list_hypervisors(req.deployment, limit=limit, marker=_marker(req, marker))
    if found is None:
        raise MarkerNotFound(marker=marker)
    return found, limit


def _matching(req: Request, pattern: str) -> list[Hypervisor]:
    found = hosts.list_hypervisors(req.deployment, name_contains=pattern)
    if not found:
        raise _none_matches(pattern)
    return found


def _with_servers(req: Request) -> bool:
    return req.version >= views.UUIDS and types.is_true(req.query_one("with_servers"))


def list_hypervisors(req: Request) -> dict[str, Any]:
    found, limit = _page(req)
    if _with_servers(req):
        hosts.add_servers(req.deployment, found)
    return views.listed(req, [views.summary(req, h) for h in found], "/os-hypervisors", limit)


def list_hypervisors_detail(req: Request) -> dict[str, Any]:
    found, limit = _page(req)
    if _with_servers(req):
        hosts.add_servers(req.deployment, found)
    shown = [views.details(req, h, _uptime_if_shown(req, h)) for h in found]
    return views.listed(req, shown, "/os-hypervisors/detail", limit)


def statistics(req: Request) -> dict[str, Any]:
    found = hosts.list_hypervisors(req.deployment) or []
    return views.statistics([hypervisor.node for hypervisor in found])


# ---- one ----


def _one(req: Request) -> Hypervisor:
    id_ = req.path["id"]
    if req.version >= views.UUIDS:
        if not is_uuid(id_):
            raise ValidationError(detail=f"Invalid uuid {id_}")
        found = hosts.find_hypervisors(req.deployment, id_)
    else:
        number = hosts.number(id_)
        found = [] if number is None else hosts.find_hypervisors(req.deployment, number)
    if not found:
        raise _not_found(id_)
    return found[0]


def _uptime(req: Request, hypervisor: Hypervisor) -> str:
    compute = req.deployment.compute
    assert compute is not None
    return compute.get_host_uptime(req.context, hypervisor.node.host)


def _is_up(req: Request, hypervisor: Hypervisor) -> bool:
    deployment = req.deployment
    return hypervisor.service.is_up(deployment.clock.now(), deployment.conf.service_down_time)


def _uptime_if_shown(req: Request, hypervisor: Hypervisor) -> str | None:
    """None before 2.88, and for a host that cannot say."""
    if req.version < views.UPTIME_INSTEAD_OF_FIGURES or not _is_up(req, hypervisor):
        return None
    try:
        return _uptime(req, hypervisor)
    except NovaliteError:
        return None


def show_hypervisor(req: Request) -> dict[str, Any]:
    hypervisor = _one(req)
    if _with_servers(req):
        hosts.add_servers(req.deployment, [hypervisor])
    uptime = _uptime_if_shown(req, hypervisor)
    return {"hypervisor": views.details(req, hypervisor, uptime)}


def show_uptime(req: Request) -> dict[str, Any]:
    hypervisor = _one(req)
    if not _is_up(req, hypervisor):
        raise ValidationError(
            detail=f"Compute service of {hypervisor.node.host} is unavailable at this time."
        )
    view = views.summary(req, hypervisor) | {"uptime": _uptime(req, hypervisor)}
    return {"hypervisor": view}


def search(req: Request) -> dict[str, Any]:
    found = _matching(req, req.path["id"])
    return {"hypervisors": [views.summary(req, hypervisor) for hypervisor in found]}


def servers(req: Request) -> dict[str, Any]:
    found = _matching(req, req.path["id"])
    hosts.add_servers(req.deployment, found)
    return {"hypervisors": [views.summary(req, hypervisor) for hypervisor in found]}


OPERATIONS = [
    Operation(
        "GET",
        "/os-hypervisors",
        list_hypervisors,
        "List hypervisors",
        policy="os_compute_api:os-hypervisors:list",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(400, 404),
    ),
    Operation(
        "GET",
        "/os-hypervisors/detail",
        list_hypervisors_detail,
        "List hypervisors with details",
        policy="os_compute_api:os-hypervisors:list-detail",
        query=schemas.INDEX_QUERY,
        response=schemas.DETAIL,
        errors=(400, 404),
    ),
    Operation(
        "GET",
        "/os-hypervisors/statistics",
        statistics,
        "Sum of resources over all hypervisors",
        policy="os_compute_api:os-hypervisors:statistics",
        max_version="2.87",
        response=schemas.STATISTICS,
    ),
    Operation(
        "GET",
        "/os-hypervisors/{id}",
        show_hypervisor,
        "Show hypervisor",
        policy="os_compute_api:os-hypervisors:show",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW,
        errors=(400, 404),
    ),
    Operation(
        "GET",
        "/os-hypervisors/{id}/search",
        search,
        "Search hypervisors by hostname pattern",
        policy="os_compute_api:os-hypervisors:search",
        max_version="2.52",
        response=schemas.SEARCH,
        errors=(404,),
    ),
    Operation(
        "GET",
        "/os-hypervisors/{id}/servers",
        servers,
        "Servers on matching hypervisors",
        policy="os_compute_api:os-hypervisors:servers",
        max_version="2.52",
        response=schemas.SERVERS,
        errors=(404,),
    ),
    Operation(
        "GET",
        "/os-hypervisors/{id}/uptime",
        show_uptime,
        "Hypervisor uptime",
        policy="os_compute_api:os-hypervisors:uptime",
        max_version="2.87",
        response=schemas.UPTIME,
        errors=(400, 404, 501),
    ),
]
