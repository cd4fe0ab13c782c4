"""/v3/roles"""

from typing import Any

from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about_row,
    authorize,
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


def list_(req: Request) -> dict[str, Any]:
    """The global roles, or those of the domain that ``domain_id`` names."""
    page = forms.page(req)
    wanted = {"domain_id": "", **forms.filters(req, "name", "domain_id")}
    action = "list_domain_roles" if wanted["domain_id"] else "list_roles"
    authorize(req, action, {"target.domain_id": wanted["domain_id"]} if wanted["domain_id"] else {})
    rows = service_of(req).roles.list_(wanted, page)
    return views.collection(req, "roles", [view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    return {"role": view(req, _fetch(req, "get"))}


def create(req: Request) -> dict[str, Any]:
    values = forms.with_extra(req, "role", _FIELDS)
    _authorize(req, "create", values)
    return {"role": view(req, service_of(req).roles.create(values))}


def update(req: Request) -> dict[str, Any]:
    _fetch(req, "update")
    changes = forms.with_extra(req, "role", _FIELDS)
    return {"role": view(req, service_of(req).roles.update(req.path["id"], changes))}


def delete(req: Request) -> None:
    _fetch(req, "delete")
    service_of(req).roles.delete(req.path["id"])


def _fetch(req: Request, verb: str) -> Row:
    """Raises PolicyNotAuthorized, also instead of NotFound."""
    row = service_of(req).roles.find(id=req.path["id"])
    _authorize(req, verb, row or {})
    return row or service_of(req).roles.get(req.path["id"])


def _authorize(req: Request, verb: str, row: Row) -> None:
    """Roles of a domain have rules of their own."""
    noun = "domain_role" if row.get("domain_id") else "role"
    authorize(req, f"{verb}_{noun}", about_row("role", row))


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
