"""/v3/domains"""

from typing import Any

from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about,
    authorize,
    reading,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "name": forms.NAME,
    "description": forms.TEXT,
    "enabled": forms.BOOLEAN,
    "tags": forms.TAGS,
    "options": forms.OPTIONS,
}
_CREATE = _FIELDS | {"explicit_domain_id": forms.ID}


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "name", "enabled", "tags")
    body |= {"description": row["description"] or "", "options": row["options"] or {}}
    return body | views.links(req, f"domains/{row['id']}")


def list_(req: Request) -> dict[str, Any]:
    own = reading(req, "list_domains")
    wanted = forms.filters(req, "name", "enabled")
    if own:
        wanted["id"] = own["domain_id"]
    page = forms.page(req)
    rows = service_of(req).domains.list_(wanted, page)
    return views.collection(req, "domains", [view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    domain_id = req.path["id"]
    authorize(req, "get_domain", about("domain", id=domain_id))
    return {"domain": view(req, service_of(req).domains.get(domain_id))}


def create(req: Request) -> dict[str, Any]:
    values = forms.with_extra(req, "domain", _CREATE)
    explicit = values.pop("explicit_domain_id", None)
    if explicit:
        values["id"] = explicit
    return {"domain": view(req, service_of(req).domains.create(values))}


def update(req: Request) -> dict[str, Any]:
    changes = forms.with_extra(req, "domain", _FIELDS)
    return {"domain": view(req, service_of(req).domains.update(req.path["id"], changes))}


def delete(req: Request) -> None:
    service_of(req).domains.delete(req.path["id"])


_DOMAIN = "/v3/domains/{id}"
OPERATIONS = [
    Operation("GET", "/v3/domains", list_, "List domains"),
    Operation("GET", _DOMAIN, show, "Show a domain"),
    Operation(
        "POST", "/v3/domains", create, "Create a domain", success=201,
        request=forms.body("domain", _CREATE, ("name",)), policy="identity:create_domain",
    ),
    Operation(
        "PATCH", _DOMAIN, update, "Update a domain", request=forms.body("domain", _FIELDS),
        policy="identity:update_domain",
    ),
    Operation(
        "DELETE", _DOMAIN, delete, "Delete a domain", success=204,
        policy="identity:delete_domain",
    ),
]  # fmt: skip
