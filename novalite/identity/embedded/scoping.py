"""What a token is worth now: its user, its scope and its roles, as the database has them."""

import dataclasses
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import (
    application_credentials,
    effective,
    oauth_access_tokens,
    queries,
    trusts,
)
from novalite.identity.embedded.grants import SYSTEM
from novalite.identity.embedded.rows import Resource, Row
from novalite.identity.embedded.tokens import Claims

TRUST = "trust"
APPLICATION_CREDENTIAL = "application_credential"
OAUTH1 = "oauth1"


@dataclasses.dataclass(frozen=True, slots=True)
class Details:
    """``user``, ``project`` and ``domain`` are rows; the first two hold ``domain_name`` too.
    ``roles`` are rows, implied ones included, by name; empty for an unscoped token. ``trust``,
    ``application_credential`` and ``access_token`` are rows: at most one is there."""

    claims: Claims
    user: Row
    project: Row | None
    domain: Row | None
    roles: list[Row]
    trust: Row | None = None
    application_credential: Row | None = None
    access_token: Row | None = None

    @property
    def role_names(self) -> list[str]:
        return [role["name"] for role in self.roles]

    @property
    def is_delegated(self) -> bool:
        """Whether somebody else's decision stands behind it, or a secret weaker than the user's."""
        return bool(self.claims.grounds)


def load(conn: Connection, claims: Claims, now: int) -> Details:
    """Raises Unauthorized when the user, its scope or its roles are gone, disabled or were
    changed after the token was issued, and when the token was revoked. ``now``: microseconds."""
    if queries.is_revoked(conn, claims.audit_ids[:1]):
        raise exception.Unauthorized()
    user = _usable(conn, queries.users.find(conn, id=claims.user_id), claims)
    project = domain = None
    roles: list[Row] = []
    grounds: dict[str, Row] = {}
    if claims.scope:
        if claims.scope == "project":
            project = _usable(conn, queries.projects.find(conn, id=claims.scope_id), claims)
        elif claims.scope == "domain":
            domain = queries.domains.find(conn, id=claims.scope_id)
            if domain is None or not domain["enabled"]:
                raise exception.Unauthorized()
        if claims.grounds:
            grounds, roles = _on_grounds(conn, claims, now)
        else:
            roles = effective.roles(conn, claims.user_id, claims.scope, claims.scope_id)
        if not roles:
            raise exception.Unauthorized()
    return Details(claims, user, project, domain, roles, **grounds)


def _on_grounds(conn: Connection, claims: Claims, now: int) -> tuple[dict[str, Row], list[Row]]:
    """The row that the token's rights come from, by its name in Details, and the roles."""
    if claims.grounds == TRUST:
        (trust,) = _alive(queries.trusts.find(conn, id=claims.grounds_id), now)
        for name in ("trustor_user_id", "trustee_user_id"):
            _usable(conn, queries.users.find(conn, id=trust[name]), claims)
        (trust,) = trusts.with_roles(conn, [trust])
        return {"trust": trust}, trusts.usable_roles(conn, trust)
    if claims.grounds == APPLICATION_CREDENTIAL:
        found = queries.application_credentials.find(conn, id=claims.grounds_id)
        (row,) = application_credentials.with_roles_and_rules(conn, _alive(found, now))
        return {"application_credential": row}, application_credentials.usable_roles(conn, row)
    (token,) = _alive(queries.oauth_access_tokens.find(conn, id=claims.grounds_id), now)
    return {"access_token": token}, oauth_access_tokens.usable_roles(conn, token)


def _alive(row: Row | None, now: int) -> list[Row]:
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
        raise exception.Unauthorized()
    return [row]


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


def find_in_domain(conn: Connection, resource: Resource, spec: Row) -> Row | None:
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
        if default and effective.roles(conn, user["id"], "project", default):
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
