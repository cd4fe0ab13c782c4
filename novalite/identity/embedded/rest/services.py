"""/v3/services, /v3/endpoints and /v3/regions: the catalog's entries."""

from typing import Any

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.catalog import INTERFACES
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.wsgi.operations import Operation, Request

_SERVICE = {
    "type": forms.LONG_NAME,
    "name": {"type": "string", "maxLength": 255},
    "description": forms.TEXT,
    "enabled": forms.BOOLEAN,
}
_ENDPOINT = {
    "service_id": forms.ID,
    "interface": {"type": "string", "enum": list(INTERFACES)},
    "region_id": {"type": ["string", "null"], "maxLength": 255},
    "url": {"type": "string", "minLength": 1, "format": "uri"},
    "enabled": forms.BOOLEAN,
}


def list_services(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_services")
    rows = service_of(req).directory.list_(queries.services, **forms.filters(req, "type", "name"))
    return views.collection(req, "services", [views.service(req, row) for row in rows])


def show_service(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "get_service")
    row = service_of(req).directory.get(queries.services, req.path["id"])
    return {"service": views.service(req, row)}


def create_service(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_service")
    values = {"name": "", **forms.known(req, "service", _SERVICE)}
    row = service_of(req).directory.create(queries.services, values)
    return {"service": views.service(req, row)}


def update_service(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_service")
    changes = forms.known(req, "service", _SERVICE)
    row = service_of(req).directory.update(queries.services, req.path["id"], changes)
    return {"service": views.service(req, row)}


def delete_service(req: Request) -> None:
    require(is_admin(req), "delete_service")
    service_of(req).directory.delete_service(req.path["id"])


def list_endpoints(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_endpoints")
    wanted = forms.filters(req, "service_id", "interface", "region_id")
    rows = service_of(req).directory.list_(queries.endpoints, **wanted)
    return views.collection(req, "endpoints", [views.endpoint(req, row) for row in rows])


def show_endpoint(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "get_endpoint")
    row = service_of(req).directory.get(queries.endpoints, req.path["id"])
    return {"endpoint": views.endpoint(req, row)}


def create_endpoint(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_endpoint")
    values = forms.known(req, "endpoint", _ENDPOINT)
    directory = service_of(req).directory
    directory.get(queries.services, values["service_id"])
    return {"endpoint": views.endpoint(req, directory.create(queries.endpoints, values))}


def update_endpoint(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_endpoint")
    changes = forms.known(req, "endpoint", _ENDPOINT)
    directory = service_of(req).directory
    if "service_id" in changes:
        directory.get(queries.services, changes["service_id"])
    row = directory.update(queries.endpoints, req.path["id"], changes)
    return {"endpoint": views.endpoint(req, row)}


def delete_endpoint(req: Request) -> None:
    require(is_admin(req), "delete_endpoint")
    service_of(req).directory.delete_endpoint(req.path["id"])


def _regions(req: Request) -> list[str]:
    """Regions are what endpoints name."""
    rows = service_of(req).directory.list_(queries.endpoints)
    return sorted({row["region_id"] for row in rows if row["region_id"]})


def list_regions(req: Request) -> dict[str, Any]:
    items = [views.region(req, name) for name in _regions(req)]
    return views.collection(req, "regions", items)


def show_region(req: Request) -> dict[str, Any]:
    name = req.path["id"]
    if name not in _regions(req):
        raise exception.NotFound(f"Could not find region: {name}.")
    return {"region": views.region(req, name)}


OPERATIONS = [
    Operation("GET", "/v3/services", list_services, "List services"),
    Operation("GET", "/v3/services/{id}", show_service, "Show a service"),
    Operation(
        "POST", "/v3/services", create_service, "Create a service", success=201,
        request=forms.body("service", _SERVICE, ("type",)),
    ),
    Operation(
        "PATCH", "/v3/services/{id}", update_service, "Update a service",
        request=forms.body("service", _SERVICE),
    ),
    Operation("DELETE", "/v3/services/{id}", delete_service, "Delete a service", success=204),
    Operation("GET", "/v3/endpoints", list_endpoints, "List endpoints"),
    Operation("GET", "/v3/endpoints/{id}", show_endpoint, "Show an endpoint"),
    Operation(
        "POST", "/v3/endpoints", create_endpoint, "Create an endpoint", success=201,
        request=forms.body("endpoint", _ENDPOINT, ("service_id", "interface", "url")),
    ),
    Operation(
        "PATCH", "/v3/endpoints/{id}", update_endpoint, "Update an endpoint",
        request=forms.body("endpoint", _ENDPOINT),
    ),
    Operation("DELETE", "/v3/endpoints/{id}", delete_endpoint, "Delete an endpoint", success=204),
    Operation("GET", "/v3/regions", list_regions, "List regions"),
    Operation("GET", "/v3/regions/{id}", show_region, "Show a region"),
]  # fmt: skip
