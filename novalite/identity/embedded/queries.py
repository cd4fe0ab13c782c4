"""The resources of the identity service, each over its table, and revoked tokens."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.identity.embedded import tables
from novalite.identity.embedded.rows import Resource, Row

__all__ = ["Resource", "Row"]

domains = Resource(tables.domains, "domain")
projects = Resource(tables.projects, "project")
users = Resource(tables.users, "user")
groups = Resource(tables.groups, "group")
roles = Resource(tables.roles, "role")
regions = Resource(tables.regions, "region")
services = Resource(tables.services, "service")
endpoints = Resource(tables.endpoints, "endpoint")
endpoint_groups = Resource(tables.endpoint_groups, "endpoint group")
application_credentials = Resource(tables.application_credentials, "application credential")
access_rules = Resource(tables.access_rules, "access rule")
credentials = Resource(tables.credentials, "credential")
trusts = Resource(tables.trusts, "trust")
policies = Resource(tables.policies, "policy")
registered_limits = Resource(tables.registered_limits, "registered limit")
limits = Resource(tables.limits, "limit")
oauth_consumers = Resource(tables.oauth_consumers, "consumer")
oauth_request_tokens = Resource(tables.oauth_request_tokens, "request token")
oauth_access_tokens = Resource(tables.oauth_access_tokens, "access token")


# ---- revoked tokens --------------------------------------------------------


def revoke(conn: Connection, audit_id: str, expires_at: int, now: int) -> None:
    """Remembers it until the token would have expired, and forgets those that have."""
    columns = tables.revocations.c
    conn.execute(sa.delete(tables.revocations).where(columns.expires_at < now))
    if not is_revoked(conn, [audit_id]):
        conn.execute(
            sa.insert(tables.revocations), {"audit_id": audit_id, "expires_at": expires_at}
        )


def is_revoked(conn: Connection, audit_ids: Iterable[str]) -> bool:
    columns = tables.revocations.c
    statement = sa.select(columns.audit_id).where(columns.audit_id.in_(list(audit_ids)))
    return conn.execute(statement).first() is not None
