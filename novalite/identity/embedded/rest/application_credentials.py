"""/v3/users/{user_id}/application_credentials and /v3/users/{user_id}/access_rules"""

from typing import Any

from novalite import exception
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    about_user,
    authorize,
    require_full_login,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.tokens import moment
from novalite.wsgi.operations import Operation, Request

_RULE = {
    "type": "object",
    "properties": {
        "id": forms.ID,
        "path": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^/"},
        "method": {
            "type": "string",
            "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        },
        "service": {"type": "string", "minLength": 1, "maxLength": 64},
    },
    "anyOf": [{"required": ["id"]}, {"required": ["path", "method", "service"]}],
    "additionalProperties": False,
}
_FIELDS = {
    "name": forms.LONG_NAME,
    "description": forms.TEXT,
    "secret": {"type": ["string", "null"], "minLength": 1, "maxLength": 4096},
    "expires_at": {"type": ["string", "null"]},
    "roles": forms.REFERENCES,
    "unrestricted": {"type": ["boolean", "null"]},
    "access_rules": {"type": "array", "items": _RULE},
}


def view(req: Request, row: Row) -> Row:
    names = ("id", "name", "description", "project_id", "user_id", "unrestricted")
    body = views.plain(row, *names)
    body["roles"] = [
        views.plain(role, "id", "name") | {"domain_id": role["domain_id"] or None}
        for role in row["roles"]
    ]
    expires = row["expires_at"]
    body["expires_at"] = expires and moment(expires).isoformat(timespec="microseconds")
    if row["access_rules"] is not None:
        body["access_rules"] = [
            views.plain(rule, "id", "path", "method", "service") for rule in row["access_rules"]
        ]
    path = f"users/{row['user_id']}/application_credentials/{row['id']}"
    return body | views.links(req, path)


def list_(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "list_application_credentials")
    page = forms.page(req)
    wanted = {**forms.filters(req, "name"), "user_id": user_id}
    rows = service_of(req).application_credentials.list_(wanted, page)
    path = f"/v3/users/{user_id}/application_credentials"
    items = [view(req, row) for row in rows]
    return views.collection(req, "application_credentials", items, path, page)


def show(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "get_application_credential")
    row = service_of(req).application_credentials.get_of(user_id, req.path["id"])
    return {"application_credential": view(req, row)}


def create(req: Request) -> dict[str, Any]:
    """For the project of the token, with roles that the token has."""
    authorize(req, "create_application_credential", about_user(req.path["user_id"]))
    details = require_full_login(req, "create_application_credential")
    if details.project is None:
        raise exception.ValidationError(
            detail="Application credentials need a token for a project."
        )
    service = service_of(req)
    values = forms.known(req, "application_credential", _FIELDS)
    values["expires_at"] = forms.future(values.get("expires_at"), service.clock.now(), "expires_at")
    values["unrestricted"] = bool(values.get("unrestricted"))
    values |= {"user_id": req.path["user_id"], "project_id": details.project["id"]}
    row = service.application_credentials.create_of(values, details.roles)
    body = view(req, row) | {"secret": row["secret"]}
    return {"application_credential": body}


def delete(req: Request) -> None:
    authorize(req, "delete_application_credential", about_user(req.path["user_id"]))
    require_full_login(req, "delete_application_credential")
    credentials = service_of(req).application_credentials
    credentials.get_of(req.path["user_id"], req.path["id"])
    credentials.delete(req.path["id"])


def list_rules(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "list_access_rules")
    page = forms.page(req)
    wanted = {**forms.filters(req, "service", "path", "method"), "user_id": user_id}
    rows = service_of(req).access_rules.list_(wanted, page)
    items = [_rule(req, row) for row in rows]
    return views.collection(req, "access_rules", items, f"/v3/users/{user_id}/access_rules", page)


def show_rule(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "get_access_rule")
    row = service_of(req).access_rules.get_of(user_id, req.path["id"])
    return {"access_rule": _rule(req, row)}


def delete_rule(req: Request) -> None:
    authorize(req, "delete_access_rule", about_user(req.path["user_id"]))
    rules = service_of(req).access_rules
    rules.get_of(req.path["user_id"], req.path["id"])
    rules.delete(req.path["id"])


def _rule(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "path", "method", "service")
    return body | views.links(req, f"users/{row['user_id']}/access_rules/{row['id']}")


def _owner(req: Request, action: str) -> str:
    authorize(req, action, about_user(req.path["user_id"]))
    return str(service_of(req).users.get(req.path["user_id"])["id"])


_ALL = "/v3/users/{user_id}/application_credentials"
_RULES = "/v3/users/{user_id}/access_rules"
OPERATIONS = [
    Operation("GET", _ALL, list_, "List application credentials"),
    Operation("GET", _ALL + "/{id}", show, "Show an application credential"),
    Operation(
        "POST", _ALL, create, "Create an application credential", success=201,
        request=forms.body("application_credential", _FIELDS, ("name",)),
    ),
    Operation("DELETE", _ALL + "/{id}", delete, "Delete an application credential", success=204),
    Operation("GET", _RULES, list_rules, "List access rules"),
    Operation("GET", _RULES + "/{id}", show_rule, "Show an access rule"),
    Operation("DELETE", _RULES + "/{id}", delete_rule, "Delete an access rule", success=204),
]  # fmt: skip
