"""What a token is worth now: its user, its scope and its roles, as the database has them."""

import dataclasses
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.tokens import Claims

Row = dict[str, Any]
SYSTEM = "all"  # the only target of the system scope


@dataclasses.dataclass(frozen=True, slots=True)
class Details:
    """``user``, ``project`` and ``domain`` are rows; the first two hold ``domain_name`` too.
    ``roles`` are rows, implied ones included, by name; empty for an unscoped token."""

    claims: Claims
    user: Row
    project: Row | None
    domain: Row | None
    roles: list[Row]

    @property
    def role_names(self) -> list[str]:
        return [role["name"] for role in self.roles]


def load(conn: Connection, claims: Claims) -> Details:
    """Raises Unauthorized when the user, its scope or its roles are gone, disabled or were
    changed after the token was issued, and when the token was revoked."""
    if queries.is_revoked(conn, claims.audit_ids[:1]):
        raise exception.Unauthorized()
    user = _usable(conn, queries.users.find(conn, id=claims.user_id), claims)
    project = domain = None
    roles: list[Row] = []
    if claims.scope:
        if claims.scope == "project":
            project = _usable(conn, queries.projects.find(conn, id=claims.scope_id), claims)
        elif claims.scope == "domain":
            domain = queries.domains.find(conn, id=claims.scope_id)
            if domain is None or not domain["enabled"]:
                raise exception.Unauthorized()
        roles = queries.effective_roles(conn, claims.user_id, claims.scope, claims.scope_id)
        if not roles:
            raise exception.Unauthorized()
    return Details(claims, user, project, domain, roles)


def _usable(conn: Connection, row: Row | None, claims: Claims) -> Row:
    if row is None or not row["enabled"] or claims.issued_at < row["tokens_valid_after"]:
        raise exception.Unauthorized()
    domain = queries.domains.find(conn, id=row["domain_id"])
    if domain is None or not domain["enabled"]:
        raise exception.Unauthorized()
    return {**row, "domain_name": domain["name"]}


def find_domain(conn: Connection, spec: Row | None) -> Row | None:
    """A domain by ``{"id": ...}`` or ``{"name": ...}``."""
    if not spec:
        return None
    if "id" in spec:
        return queries.domains.find(conn, id=spec["id"])
    return queries.domains.find(conn, name=spec["name"])


def find_in_domain(conn: Connection, resource: queries.Resource, spec: Row) -> Row | None:
    """A user or project by ``{"id": ...}`` or ``{"name": ..., "domain": {...}}``."""
    if "id" in spec:
        return resource.find(conn, id=spec["id"])
    domain = find_domain(conn, spec.get("domain"))
    if domain is None:
        return None
    return resource.find(conn, domain_id=domain["id"], name=spec["name"])


def resolve(conn: Connection, scope: Any, user: Row) -> tuple[str, str]:
    """(kind, id) of a requested scope. ``None`` means the user's default project when it has
    one on which it has a role, else unscoped. Raises Unauthorized for a scope that is not there
    (which says no more than a missing role would)."""
    if scope is None:
        default = user["default_project_id"]
        if default and queries.effective_roles(conn, user["id"], "project", default):
            project = queries.projects.find(conn, id=default)
            if project is not None and project["enabled"]:
                return "project", default
        return "", ""
    if scope == "unscoped" or "unscoped" in scope:
        return "", ""
    if "system" in scope:
        return "system", SYSTEM
    if "domain" in scope:
        found = find_domain(conn, scope["domain"])
        kind = "domain"
    else:
        found = find_in_domain(conn, queries.projects, scope["project"])
        kind = "project"
    if found is None:
        raise exception.Unauthorized()
    return kind, found["id"]
