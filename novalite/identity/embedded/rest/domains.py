"""/v3/domains"""

from typing import Any

from novalite.identity.embedded import queries
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "name": forms.NAME,
    "description": {"type": "string"},
    "enabled": forms.BOOLEAN,
}


def list_(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_domains")
    rows = service_of(req).directory.list_(queries.domains, **forms.filters(req, "name", "enabled"))
    return views.collection(req, "domains", [views.domain(req, row) for row in rows])


def show(req: Request) -> dict[str, Any]:
    domain_id = req.path["id"]
    context = req.context
    own = domain_id in (context.user_domain_id, context.project_domain_id, context.domain_id)
    require(own or may_read_all(req), "get_domain")
    return {"domain": views.domain(req, service_of(req).directory.get(queries.domains, domain_id))}


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_domain")
    row = service_of(req).directory.create_domain(forms.known(req, "domain", _FIELDS))
    return {"domain": views.domain(req, row)}


def update(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_domain")
    changes = forms.known(req, "domain", _FIELDS)
    row = service_of(req).directory.update_domain(req.path["id"], changes)
    return {"domain": views.domain(req, row)}


def delete(req: Request) -> None:
    require(is_admin(req), "delete_domain")
    service_of(req).directory.delete_domain(req.path["id"])


_DOMAIN = "/v3/domains/{id}"
OPERATIONS = [
    Operation("GET", "/v3/domains", list_, "List domains"),
    Operation("GET", _DOMAIN, show, "Show a domain"),
    Operation(
        "POST", "/v3/domains", create, "Create a domain", success=201,
        request=forms.body("domain", _FIELDS, ("name",)),
    ),
    Operation(
        "PATCH", _DOMAIN, update, "Update a domain", request=forms.body("domain", _FIELDS),
    ),
    Operation("DELETE", _DOMAIN, delete, "Delete a domain", success=204),
]  # fmt: skip
