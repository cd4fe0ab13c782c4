"""/v3/roles"""

from typing import Any

from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "name": forms.LONG_NAME,
    "description": forms.TEXT,
    "domain_id": forms.OPTIONAL_ID,
    "options": forms.OPTIONS,
}


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "name", "description")
    body |= {"domain_id": row["domain_id"] or None, "options": row["options"] or {}}
    return body | views.links(req, f"roles/{row['id']}")


def _may_read(req: Request) -> bool:
    """Who manages a domain has to see what he may give."""
    return may_read_all(req) or bool(req.context.domain_id and "manager" in req.context.roles)


def list_(req: Request) -> dict[str, Any]:
    """The global roles, or those of the domain that ``domain_id`` names."""
    require(_may_read(req), "list_roles")
    page = forms.page(req)
    wanted = {"domain_id": "", **forms.filters(req, "name", "domain_id")}
    rows = service_of(req).roles.list_(wanted, page)
    return views.collection(req, "roles", [view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    require(_may_read(req), "get_role")
    return {"role": view(req, service_of(req).roles.get(req.path["id"]))}


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_role")
    row = service_of(req).roles.create(forms.with_extra(req, "role", _FIELDS))
    return {"role": view(req, row)}


def update(req: Request) -> dict[str, Any]:
    require(is_admin(req), "update_role")
    changes = forms.with_extra(req, "role", _FIELDS)
    return {"role": view(req, service_of(req).roles.update(req.path["id"], changes))}


def delete(req: Request) -> None:
    require(is_admin(req), "delete_role")
    service_of(req).roles.delete(req.path["id"])


_ROLE = "/v3/roles/{id}"
OPERATIONS = [
    Operation("GET", "/v3/roles", list_, "List roles"),
    Operation("GET", _ROLE, show, "Show a role"),
    Operation(
        "POST", "/v3/roles", create, "Create a role", success=201,
        request=forms.body("role", _FIELDS, ("name",)),
    ),
    Operation("PATCH", _ROLE, update, "Update a role", request=forms.body("role", _FIELDS)),
    Operation("DELETE", _ROLE, delete, "Delete a role", success=204),
]  # fmt: skip
