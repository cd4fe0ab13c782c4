"""/v3/roles/{id}/implies and /v3/role_inferences"""

from typing import Any

from novalite.identity.embedded.rest import views
from novalite.identity.embedded.rest.access import (
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request


def _role(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "name", "description")
    return body | {"domain_id": row["domain_id"] or None} | views.links(req, f"roles/{row['id']}")


def _one(req: Request, prior: Row, implied: Row) -> dict[str, Any]:
    rule = {"prior_role": _role(req, prior), "implies": _role(req, implied)}
    path = f"roles/{prior['id']}/implies/{implied['id']}"
    return {"role_inference": rule} | views.links(req, path)


def list_all(req: Request) -> dict[str, Any]:
    rules = [
        {"prior_role": _role(req, prior), "implies": [_role(req, row) for row in implied]}
        for prior, implied in service_of(req).implied_roles.list_all()
    ]
    return {"role_inferences": rules} | views.links(req, "role_inferences")


def list_of(req: Request) -> dict[str, Any]:
    prior, implied = service_of(req).implied_roles.list_of(req.path["id"])
    rule = {"prior_role": _role(req, prior), "implies": [_role(req, row) for row in implied]}
    return {"role_inference": rule} | views.links(req, f"roles/{prior['id']}/implies")


def show(req: Request) -> dict[str, Any]:
    found = service_of(req).implied_roles.get(req.path["id"], req.path["implied_id"])
    return _one(req, *found)


def check(req: Request) -> None:
    show(req)


def create(req: Request) -> dict[str, Any]:
    made = service_of(req).implied_roles.create(req.path["id"], req.path["implied_id"])
    return _one(req, *made)


def delete(req: Request) -> None:
    service_of(req).implied_roles.delete(req.path["id"], req.path["implied_id"])


_RULE = "/v3/roles/{id}/implies/{implied_id}"
OPERATIONS = [
    Operation(
        "GET", "/v3/role_inferences", list_all, "List which roles imply which",
        policy="identity:list_role_inference_rules",
    ),
    Operation(
        "GET", "/v3/roles/{id}/implies", list_of, "List the roles that a role implies",
        policy="identity:list_implied_roles",
    ),
    Operation(
        "GET", _RULE, show, "Show that a role implies another", policy="identity:get_implied_role"
    ),
    Operation(
        "HEAD", _RULE, check, "Check that a role implies another", success=204,
        policy="identity:check_implied_role",
    ),
    Operation(
        "PUT", _RULE, create, "Let a role imply another", success=201,
        policy="identity:create_implied_role",
    ),
    Operation(
        "DELETE", _RULE, delete, "Let a role imply another no longer", success=204,
        policy="identity:delete_implied_role",
    ),
]  # fmt: skip
