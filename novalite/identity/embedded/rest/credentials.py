"""/v3/credentials and /v3/users/{user_id}/credentials/OS-EC2"""

import json
from typing import Any

from novalite import exception
from novalite.identity.embedded.credentials import EC2
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about,
    about_user,
    allowed,
    authorize,
    caller,
    details_of,
    require_full_login,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.scoping import APPLICATION_CREDENTIAL, OAUTH1, TRUST, Details
from novalite.wsgi.operations import Operation, Request

_CHANGES = {
    "blob": {"type": "string"},
    "type": forms.LONG_NAME,
    "user_id": forms.ID,
    "project_id": forms.OPTIONAL_ID,
}
_EC2_BODY = {
    "type": "object",
    "properties": {"tenant_id": forms.ID},
    "required": ["tenant_id"],
}
_DELEGATION = {TRUST: "trust_id", APPLICATION_CREDENTIAL: "app_cred_id", OAUTH1: "access_token_id"}


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "user_id", "project_id", "type", "blob")
    return body | views.links(req, f"credentials/{row['id']}")


def list_(req: Request) -> dict[str, Any]:
    """One's own, or for who may look at all: all."""
    require_full_login(req, "list_credentials")
    wanted = forms.filters(req, "user_id", "type")
    if not allowed(req, "list_credentials", {}):
        wanted.setdefault("user_id", caller(req))
        authorize(req, "list_credentials", about("credential", user_id=wanted["user_id"]))
    page = forms.page(req)
    rows = service_of(req).credentials.list_(wanted, page)
    return views.collection(req, "credentials", [view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    return {"credential": view(req, _fetch(req, "get_credential"))}


def create(req: Request) -> dict[str, Any]:
    values = forms.with_extra(req, "credential", _CHANGES)
    authorize(req, "create_credential", about("credential", user_id=values["user_id"]))
    details = require_full_login(req, "create_credential")
    if values["type"] == EC2:
        values["blob"] = _bind(values["blob"], details)
    return {"credential": view(req, service_of(req).credentials.create(values))}


def update(req: Request) -> dict[str, Any]:
    row = _fetch(req, "update_credential")
    changes = forms.with_extra(req, "credential", _CHANGES)
    return {"credential": view(req, service_of(req).credentials.update(row["id"], changes))}


def delete(req: Request) -> None:
    row = _fetch(req, "delete_credential")
    service_of(req).credentials.delete(row["id"])


# ---- EC2 ----


def list_ec2(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "ec2_list_credentials")
    items = [_ec2(req, row) for row in service_of(req).credentials.list_ec2(user_id)]
    return views.collection(req, "credentials", items, f"/v3/users/{user_id}/credentials/OS-EC2")


def show_ec2(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "ec2_get_credential")
    row = service_of(req).credentials.get_ec2(user_id, req.path["access"])
    return {"credential": _ec2(req, row)}


def create_ec2(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "ec2_create_credential")
    delegation = _delegation(details_of(req))
    row = service_of(req).credentials.create_ec2(user_id, req.body["tenant_id"], delegation)
    return {"credential": _ec2(req, row)}


def delete_ec2(req: Request) -> None:
    user_id = _owner(req, "ec2_delete_credential")
    service_of(req).credentials.delete_ec2(user_id, req.path["access"])


def _ec2(req: Request, row: Row) -> Row:
    body = views.plain(row, "access", "secret", "user_id", "tenant_id", "trust_id")
    path = f"users/{row['user_id']}/credentials/OS-EC2/{row['access']}"
    return body | views.links(req, path)


# ---- inside ----


def _delegation(details: Details) -> Row:
    """Keys that were made with less than a password are good for no more."""
    name = _DELEGATION.get(details.claims.grounds)
    return {name: details.claims.grounds_id} if name else {}


def _bind(blob: str, details: Details) -> str:
    """A blob of EC2 keys with the delegation that it was made by, whatever it said itself."""
    try:
        keys = json.loads(blob)
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise exception.ValidationError(detail="Invalid blob in credential")
    kept = {k: v for k, v in keys.items() if k not in _DELEGATION.values()}
    bound = kept | _delegation(details)
    return blob if bound == keys else json.dumps(bound)


def _fetch(req: Request, action: str) -> Row:
    """A foreign one is as forbidden as one that is not there. Who acts for a user does not get to
    see the user's secrets, which may be worth more."""
    require_full_login(req, action)
    row = service_of(req).credentials.find(id=req.path["id"]) or {"user_id": None}
    authorize(req, action, about("credential", user_id=row["user_id"]))
    return service_of(req).credentials.get(req.path["id"])


def _owner(req: Request, action: str) -> str:
    require_full_login(req, action)
    user_id = req.path["user_id"]
    authorize(req, action, about_user(user_id) | about("credential", user_id=user_id))
    return str(service_of(req).users.get(user_id)["id"])


_CREDENTIAL = "/v3/credentials/{id}"
_EC2 = "/v3/users/{user_id}/credentials/OS-EC2"
OPERATIONS = [
    Operation("GET", "/v3/credentials", list_, "List credentials"),
    Operation("GET", _CREDENTIAL, show, "Show a credential"),
    Operation(
        "POST", "/v3/credentials", create, "Create a credential", success=201,
        request=forms.body("credential", _CHANGES, ("blob", "type", "user_id")),
    ),
    Operation(
        "PATCH", _CREDENTIAL, update, "Update a credential",
        request=forms.body("credential", _CHANGES),
    ),
    Operation("DELETE", _CREDENTIAL, delete, "Delete a credential", success=204),
    Operation("GET", _EC2, list_ec2, "List EC2 credentials"),
    Operation("GET", _EC2 + "/{access}", show_ec2, "Show EC2 credentials"),
    Operation(
        "POST", _EC2, create_ec2, "Create EC2 credentials", success=201, request=_EC2_BODY
    ),
    Operation("DELETE", _EC2 + "/{access}", delete_ec2, "Delete EC2 credentials", success=204),
]  # fmt: skip
