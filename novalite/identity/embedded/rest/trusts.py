"""/v3/OS-TRUST/trusts"""

from typing import Any

from novalite.identity.embedded.rest import forms, roles, views
from novalite.identity.embedded.rest.access import (
    Target,
    about,
    allowed,
    authorize,
    details_of,
    require_full_login,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.scoping import TRUST
from novalite.wsgi.operations import Operation, Request

_FIELDS = {
    "trustor_user_id": forms.ID,
    "trustee_user_id": forms.ID,
    "impersonation": forms.BOOLEAN,
    "project_id": forms.OPTIONAL_ID,
    "expires_at": {"type": ["string", "null"]},
    "remaining_uses": {"type": ["integer", "null"], "minimum": 1},
    "roles": forms.REFERENCES,
    "allow_redelegation": {"type": ["boolean", "null"]},
    "redelegation_count": {"type": ["integer", "null"], "minimum": 0},
}
_STORED = ("trustor_user_id", "trustee_user_id")


def view(req: Request, row: Row, *, summary: bool = False) -> Row:
    names = (
        "id", "trustor_user_id", "trustee_user_id", "project_id", "impersonation",
        "remaining_uses", "redelegation_count",
    )  # fmt: skip
    path = f"OS-TRUST/trusts/{row['id']}"
    body = views.plain(row, *names) | views.links(req, path) | {"deleted_at": None}
    body["expires_at"] = row["expires_at"] and views.time(row["expires_at"])
    if row["redelegated_trust_id"]:
        body["redelegated_trust_id"] = row["redelegated_trust_id"]
    if not summary:
        body["roles"] = [roles.view(req, role) for role in row["roles"]]
        here = req.link(f"/v3/{path}/roles")
        body["roles_links"] = {"self": here, "previous": None, "next": None}
    return body


def list_(req: Request) -> dict[str, Any]:
    """One's own, by ``trustor_user_id`` or ``trustee_user_id``; all for who may look at all."""
    wanted = forms.filters(req, *_STORED)
    actions = [f"list_trusts_for_{name.split('_')[0]}" for name in _STORED if name in wanted]
    target = about("trust", **wanted)
    if not any(allowed(req, action, target) for action in actions):
        authorize(req, "list_trusts", target)
    page = forms.page(req)
    rows = service_of(req).trusts.list_(wanted, page)
    items = [view(req, row, summary=True) for row in rows]
    return views.collection(req, "trusts", items, "/v3/OS-TRUST/trusts", page)


def show(req: Request) -> dict[str, Any]:
    return {"trust": view(req, _fetch(req, "get_trust"))}


def create(req: Request) -> dict[str, Any]:
    service = service_of(req)
    values = forms.known(req, "trust", _FIELDS)
    authorize(req, "create_trust", _target(values))
    details = details_of(req)
    if details.claims.grounds == TRUST:
        values["redelegated_trust_id"] = details.claims.grounds_id
    else:
        require_full_login(req, "create_trust")
    values["expires_at"] = forms.future(values.get("expires_at"), service.clock.now(), "expires_at")
    return {"trust": view(req, service.trusts.create(values))}


def delete(req: Request) -> None:
    row = service_of(req).trusts.find(id=req.path["id"])
    authorize(req, "delete_trust", _target(row) if row else {})
    service_of(req).trusts.delete(req.path["id"])


def list_roles(req: Request) -> dict[str, Any]:
    row = _fetch(req, "list_roles_for_trust")
    items = [roles.view(req, role) for role in row["roles"]]
    return views.collection(req, "roles", items, f"/v3/OS-TRUST/trusts/{row['id']}/roles")


def show_role(req: Request) -> dict[str, Any]:
    row = _fetch(req, "get_role_for_trust")
    for role in row["roles"]:
        if role["id"] == req.path["role_id"]:
            return {"role": roles.view(req, role)}
    raise service_of(req).roles.resource.not_found(req.path["role_id"])


def _fetch(req: Request, action: str) -> Row:
    row = service_of(req).trusts.get(req.path["id"])
    authorize(req, action, _target(row))
    return row


def _target(row: Row) -> Target:
    return about("trust", **{name: row[name] for name in _STORED})


_ALL = "/v3/OS-TRUST/trusts"
_ONE = _ALL + "/{id}"
OPERATIONS = [
    Operation("GET", _ALL, list_, "List trusts"),
    Operation("GET", _ONE, show, "Show a trust"),
    Operation(
        "POST", _ALL, create, "Create a trust", success=201,
        request=forms.body(
            "trust", _FIELDS, ("trustor_user_id", "trustee_user_id", "impersonation")
        ),
    ),
    Operation("DELETE", _ONE, delete, "Delete a trust", success=204),
    Operation("GET", _ONE + "/roles", list_roles, "List a trust's roles"),
    Operation("GET", _ONE + "/roles/{role_id}", show_role, "Show a trust's role"),
]  # fmt: skip
