"""What the resources of identity v3 look like in JSON."""

from typing import Any

from novalite.identity.embedded.scoping import SYSTEM, Details
from novalite.identity.embedded.tokens import moment
from novalite.wsgi.operations import Request

Row = dict[str, Any]


def _time(micros: int) -> str:
    return moment(micros).isoformat(timespec="microseconds") + "Z"


def token(details: Details, catalog: list[Row] | None) -> Row:
    """The ``token`` member. ``catalog`` None: left out."""
    claims, user = details.claims, details.user
    body: Row = {
        "methods": list(claims.methods),
        "user": {
            "id": user["id"],
            "name": user["name"],
            "domain": {"id": user["domain_id"], "name": user["domain_name"]},
            "password_expires_at": None,
        },
        "audit_ids": list(claims.audit_ids),
        "issued_at": _time(claims.issued_at),
        "expires_at": _time(claims.expires_at),
    }
    if details.project is not None:
        project = details.project
        body["project"] = {
            "id": project["id"],
            "name": project["name"],
            "domain": {"id": project["domain_id"], "name": project["domain_name"]},
        }
        body["is_domain"] = False
    elif details.domain is not None:
        body["domain"] = {"id": details.domain["id"], "name": details.domain["name"]}
    elif claims.scope == "system":
        body["system"] = {SYSTEM: True}
    if claims.scope:
        body["roles"] = [{"id": role["id"], "name": role["name"]} for role in details.roles]
        if catalog is not None:
            body["catalog"] = catalog
    return body


def collection(req: Request, name: str, items: list[Row], path: str | None = None) -> Row:
    here = req.link(path or f"/v3/{name}")
    return {name: items, "links": {"self": here, "previous": None, "next": None}}


def user(req: Request, row: Row) -> Row:
    body = _plain(row, "id", "name", "domain_id", "enabled")
    body.update({k: row[k] for k in ("email", "description", "default_project_id") if row[k]})
    return body | {"password_expires_at": None, "options": {}, **_self(req, "users", row)}


def project(req: Request, row: Row) -> Row:
    return {
        **_plain(row, "id", "name", "domain_id", "enabled", "description"),
        "parent_id": row["domain_id"],
        "is_domain": False,
        "tags": [],
        "options": {},
        **_self(req, "projects", row),
    }


def domain(req: Request, row: Row) -> Row:
    body = _plain(row, "id", "name", "enabled", "description")
    return body | {"tags": [], "options": {}, **_self(req, "domains", row)}


def role(req: Request, row: Row) -> Row:
    body = _plain(row, "id", "name", "description")
    return body | {"domain_id": None, "options": {}, **_self(req, "roles", row)}


def service(req: Request, row: Row) -> Row:
    body = _plain(row, "id", "type", "name", "enabled", "description")
    return body | _self(req, "services", row)


def endpoint(req: Request, row: Row) -> Row:
    body = _plain(row, "id", "service_id", "interface", "region_id", "url", "enabled")
    return body | {"region": row["region_id"], **_self(req, "endpoints", row)}


def region(req: Request, name: str) -> Row:
    body = {"id": name, "description": "", "parent_region_id": None}
    return body | _self(req, "regions", body)


def _plain(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _self(req: Request, kind: str, row: Row) -> Row:
    return {"links": {"self": req.link(f"/v3/{kind}/{row['id']}")}}
