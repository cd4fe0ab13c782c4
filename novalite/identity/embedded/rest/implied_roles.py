"""/v3/roles/{id}/implies and /v3/role_inferences"""

from typing import Any

from novalite.identity.embedded.rest import views
from novalite.identity.embedded.rest.access import (
    is_admin,
    may_read_all,
    require,
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
    require(may_read_all(req), "list_role_inference_rules")
    rules = [
        {"prior_role": _role(req, prior), "implies": [_role(req, row) for row in implied]}
        for prior, implied in service_of(req).implied_roles.list_all()
    ]
    return {"role_inferences": rules} | views.links(req, "role_inferences")


def list_of(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "list_implied_roles")
    prior, implied = service_of(req).implied_roles.list_of(req.path["id"])
    rule = {"prior_role": _role(req, prior), "implies": [_role(req, row) for row in implied]}
    return {"role_inference": rule} | views.links(req, f"roles/{prior['id']}/implies")


def show(req: Request) -> dict[str, Any]:
    require(may_read_all(req), "get_implied_role")
    found = service_of(req).implied_roles.get(req.path["id"], req.path["implied_id"])
    return _one(req, *found)


def check(req: Request) -> None:
    show(req)


def create(req: Request) -> dict[str, Any]:
    require(is_admin(req), "create_implied_role")
    made = service_of(req).implied_roles.create(req.path["id"], req.path["implied_id"])
    return _one(req, *made)


def delete(req: Request) -> None:
    require(is_admin(req), "delete_implied_role")
    service_of(req).implied_roles.delete(req.path["id"], req.path["implied_id"])


_RULE = "/v3/roles/{id}/implies/{implied_id}"
OPERATIONS = [
    Operation("GET", "/v3/role_inferences", list_all, "List which roles imply which"),
    Operation("GET", "/v3/roles/{id}/implies", list_of, "List the roles that a role implies"),
    Operation("GET", _RULE, show, "Show that a role implies another"),
    Operation("HEAD", _RULE, check, "Check that a role implies another", success=204),
    Operation("PUT", _RULE, create, "Let a role imply another", success=201),
    Operation("DELETE", _RULE, delete, "Let a role imply another no longer", success=204),
]
