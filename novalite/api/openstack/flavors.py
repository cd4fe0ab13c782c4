"""Flavors: GET, POST, PUT and DELETE of /flavors."""

import re
from typing import Any

from oslo_utils import strutils, uuidutils

from novalite.api.openstack.schemas import flavors as schemas
from novalite.api.openstack.schemas import types
from novalite.api.openstack.views import flavors as views
from novalite.db.api_database import flavors as db
from novalite.exception import InvalidInput, ValidationError
from novalite.objects import Flavor
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.paging import page


def api_database(req: Request) -> Any:
    databases = req.deployment.databases
    assert databases is not None and databases.api is not None
    return databases.api


def visible_to(req: Request) -> str | None:
    """The project whose private flavors are meant; None for an admin, who sees all."""
    return None if req.context.is_admin else req.context.project_id


# ---- reading ----


def _is_public(req: Request) -> bool | None:
    """Which flavors an admin asks for: public ones (the default), private ones, or (None) all."""
    text = req.query_one("is_public")
    if text is None:
        return True
    if text.strip().lower() == "none":
        return None
    try:
        return strutils.bool_from_string(text, strict=True)
    except ValueError:
        raise ValidationError(detail=f"Invalid is_public filter [{text}]") from None


def _number(req: Request, parameter: str, name: str) -> int | None:
    text = req.query_one(parameter)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValidationError(detail=f"Invalid {name} filter [{text}]") from None


def _pattern(req: Request) -> str | None:
    text = req.query_one("name")
    if text is not None:
        try:
            re.compile(text)
        except re.error:
            raise ValidationError(detail=f"Invalid name filter [{text}]") from None
    return text


def _list(req: Request, *, detail: bool) -> dict[str, Any]:
    limit, marker = page(req)
    admin = bool(req.context.is_admin)
    filters: dict[str, Any] = {
        "is_public": _is_public(req) if admin else True,
        "project_id": req.context.project_id,
        "disabled": None if admin else False,
        "min_ram": _number(req, "minRam", "min_ram"),
        "min_disk": _number(req, "minDisk", "min_disk"),
        "sort_key": req.query_one("sort_key") or "flavorid",
        "sort_dir": req.query_one("sort_dir") or "asc",
        "limit": limit,
        "marker": marker,
    }
    if req.version >= (2, 102):
        filters["name"] = _pattern(req)
    with api_database(req).read() as conn:
        found = db.list_(conn, **filters)
    return views.listed(req, found, limit, detail=detail)


def list_flavors(req: Request) -> dict[str, Any]:
    return _list(req, detail=False)


def list_flavors_detail(req: Request) -> dict[str, Any]:
    return _list(req, detail=True)


def show_flavor(req: Request) -> dict[str, Any]:
    with api_database(req).read() as conn:
        flavor = db.get(conn, req.path["id"], project_id=visible_to(req))
    return views.shown(req, flavor)


# ---- writing ----


def _rxtx_factor(value: Any) -> float:
    factor = float(value)
    if not 0 < factor <= schemas.MAX_FLOAT:
        raise InvalidInput(
            reason=f"'rxtx_factor' argument must be a float between 0 and {schemas.MAX_FLOAT:g}"
        )
    return factor


def create_flavor(req: Request) -> dict[str, Any]:
    values = req.body["flavor"]
    given_id = values.get("id")
    flavor = Flavor(
        flavorid=uuidutils.generate_uuid() if given_id is None else str(given_id),
        name=values["name"],
        memory_mb=int(values["ram"]),
        vcpus=int(values["vcpus"]),
        root_gb=int(values["disk"]),
        ephemeral_gb=int(values.get("OS-FLV-EXT-DATA:ephemeral", 0)),
        swap=int(values.get("swap", 0)),
        rxtx_factor=_rxtx_factor(values.get("rxtx_factor", 1.0)),
        is_public=types.is_true(values.get("os-flavor-access:is_public", True)),
        description=values.get("description"),
    )
    stored = api_database(req).run(lambda conn: db.create(conn, flavor))
    return views.shown(req, stored)


def update_flavor(req: Request) -> dict[str, Any]:
    description = req.body["flavor"]["description"]
    flavor = api_database(req).run(
        lambda conn: db.update_description(conn, req.path["id"], description)
    )
    return views.shown(req, flavor)


def delete_flavor(req: Request) -> None:
    api_database(req).run(lambda conn: db.destroy(conn, req.path["id"]))


OPERATIONS = [
    Operation(
        "GET",
        "/flavors",
        list_flavors,
        "List flavors (summary)",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(400,),
    ),
    Operation(
        "GET",
        "/flavors/detail",
        list_flavors_detail,
        "List flavors with details",
        query=schemas.INDEX_QUERY,
        response=schemas.DETAIL,
        errors=(400,),
    ),
    Operation(
        "GET",
        "/flavors/{id}",
        show_flavor,
        "Show flavor",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
    Operation(
        "POST",
        "/flavors",
        create_flavor,
        "Create flavor",
        policy="os_compute_api:os-flavor-manage:create",
        request=schemas.CREATE,
        response=schemas.SHOW,
        errors=(400, 409),
    ),
    Operation(
        "PUT",
        "/flavors/{id}",
        update_flavor,
        "Change flavor description",
        policy="os_compute_api:os-flavor-manage:update",
        min_version="2.55",
        request=schemas.UPDATE,
        response=schemas.SHOW,
        errors=(400, 404),
    ),
    Operation(
        "DELETE",
        "/flavors/{id}",
        delete_flavor,
        "Delete flavor",
        policy="os_compute_api:os-flavor-manage:delete",
        success=202,
        errors=(404,),
    ),
]
