"""What goes with a user, a group, a project or a role that is deleted."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.identity.embedded import tables
from novalite.identity.embedded.rows import delete


def forget_user(conn: Connection, user_id: str) -> None:
    """His grants, memberships, credentials of all kinds, trusts and OAuth tokens."""
    delete(conn, tables.grants, actor_kind="user", actor_id=user_id)
    delete(conn, tables.memberships, user_id=user_id)
    _forget_application_credentials(conn, tables.application_credentials.c.user_id == user_id)
    delete(conn, tables.access_rules, user_id=user_id)
    delete(conn, tables.credentials, user_id=user_id)
    columns = tables.trusts.c
    mine = sa.or_(columns.trustor_user_id == user_id, columns.trustee_user_id == user_id)
    forget_trusts(conn, mine)
    delete(conn, tables.oauth_access_tokens, authorizing_user_id=user_id)
    delete(conn, tables.oauth_request_tokens, authorizing_user_id=user_id)


def forget_group(conn: Connection, group_id: str) -> None:
    delete(conn, tables.grants, actor_kind="group", actor_id=group_id)
    delete(conn, tables.memberships, group_id=group_id)


def forget_project(conn: Connection, project_id: str) -> None:
    """Grants, tags, limits, endpoint filters, and the credentials and trusts for it."""
    delete(conn, tables.grants, target_kind="project", target_id=project_id)
    delete(conn, tables.project_tags, project_id=project_id)
    delete(conn, tables.limits, project_id=project_id)
    delete(conn, tables.project_endpoints, project_id=project_id)
    delete(conn, tables.project_endpoint_groups, project_id=project_id)
    _forget_application_credentials(conn, tables.application_credentials.c.project_id == project_id)
    delete(conn, tables.credentials, project_id=project_id)
    forget_trusts(conn, tables.trusts.c.project_id == project_id)
    delete(conn, tables.oauth_access_tokens, project_id=project_id)
    delete(conn, tables.oauth_request_tokens, project_id=project_id)
    users = tables.users
    conn.execute(
        sa.update(users)
        .where(users.c.default_project_id == project_id)
        .values(default_project_id=None)
    )


def forget_role(conn: Connection, role_id: str) -> None:
    delete(conn, tables.grants, role_id=role_id)
    delete(conn, tables.implied_roles, prior_role_id=role_id)
    delete(conn, tables.implied_roles, implied_role_id=role_id)
    delete(conn, tables.application_credential_roles, role_id=role_id)
    delete(conn, tables.trust_roles, role_id=role_id)


def forget_trusts(conn: Connection, condition: sa.ColumnElement[bool]) -> None:
    doomed = list(conn.execute(sa.select(tables.trusts.c.id).where(condition)).scalars())
    for table, column in ((tables.trust_roles, "trust_id"), (tables.trusts, "id")):
        conn.execute(sa.delete(table).where(table.c[column].in_(doomed)))


def _forget_application_credentials(conn: Connection, condition: sa.ColumnElement[bool]) -> None:
    statement = sa.select(tables.application_credentials.c.id).where(condition)
    doomed = list(conn.execute(statement).scalars())
    for table, column in (
        (tables.application_credential_roles, "application_credential_id"),
        (tables.application_credential_access_rules, "application_credential_id"),
        (tables.application_credentials, "id"),
    ):
        conn.execute(sa.delete(table).where(table.c[column].in_(doomed)))
