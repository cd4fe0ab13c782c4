"""Columns that the identity service's tables have gained since the first release, and grants,
which take the place of assignments: they know groups and inheritance.

New tables need nothing here: they are made when they are missing. Each step looks at what is
there: MariaDB commits after each, and a fresh database has all of it already.
"""

import sqlalchemy as sa
from alembic import op

from novalite.db.types import MYSQL_OPTIONS, NAMING, Json, string, text

revision = "0002"
down_revision = "0001"

_NEW = {
    "identity_domains": (("extra", Json), ("options", Json)),
    "identity_projects": (("parent_id", lambda: string(64)), ("extra", Json), ("options", Json)),
    "identity_users": (("extra", Json), ("options", Json)),
    "identity_services": (("extra", Json),),
    "identity_endpoints": (("extra", Json),),
}

_metadata = sa.MetaData(naming_convention=NAMING)
_roles = sa.Table(
    "identity_roles",
    _metadata,
    sa.Column("id", string(64), primary_key=True),
    sa.Column("domain_id", string(64), nullable=False, server_default=""),
    sa.Column("name", string(255), nullable=False),
    sa.Column("description", text()),
    sa.Column("extra", Json()),
    sa.Column("options", Json()),
    sa.UniqueConstraint("domain_id", "name"),
)
_implied = sa.Table(
    "identity_implied_roles",
    _metadata,
    sa.Column("prior_role_id", string(64), sa.ForeignKey("identity_roles.id"), primary_key=True),
    sa.Column("implied_role_id", string(64), sa.ForeignKey("identity_roles.id"), primary_key=True),
)
_grants = sa.Table(
    "identity_grants",
    _metadata,
    sa.Column("actor_kind", string(8), primary_key=True),
    sa.Column("actor_id", string(64), primary_key=True),
    sa.Column("target_kind", string(16), primary_key=True),
    sa.Column("target_id", string(64), primary_key=True, index=True),
    sa.Column("role_id", string(64), primary_key=True, index=True),
    sa.Column("inherited", sa.Boolean, primary_key=True),
    **MYSQL_OPTIONS,
)
_assignments = sa.table(
    "identity_assignments",
    *(sa.column(name) for name in ("user_id", "target_kind", "target_id", "role_id")),
)


def upgrade() -> None:
    conn = op.get_bind()
    there = set(sa.inspect(conn).get_table_names())
    for table, columns in _NEW.items():
        if table in there:
            for name, kind in columns:
                _add(conn, table, sa.Column(name, kind()))
    if "identity_assignments" in there:
        _move_assignments(conn)
    if "identity_roles" in there:
        _give_roles_a_domain(conn)


def _add(conn: sa.Connection, table: str, column: sa.Column) -> None:
    if not _has(conn, table, str(column.name)):
        op.add_column(table, column)


def _has(conn: sa.Connection, table: str, name: str) -> bool:
    return name in {each["name"] for each in sa.inspect(conn).get_columns(table)}


def _move_assignments(conn: sa.Connection) -> None:
    _grants.create(conn, checkfirst=True)
    known = {tuple(row) for row in conn.execute(sa.select(_grants))}
    rows = [("user", *row, False) for row in conn.execute(sa.select(_assignments))]
    missing = [dict(zip(_grants.c.keys(), row, strict=True)) for row in rows if row not in known]
    if missing:
        conn.execute(sa.insert(_grants), missing)
    op.drop_table("identity_assignments")


def _give_roles_a_domain(conn: sa.Connection) -> None:
    """A name is unique in its domain, no longer everywhere."""
    if conn.dialect.name == "sqlite":
        if not _has(conn, "identity_roles", "domain_id"):
            _rebuild_roles(conn)
        return
    for name in ("extra", "options"):
        _add(conn, "identity_roles", sa.Column(name, Json()))
    _add(
        conn,
        "identity_roles",
        sa.Column("domain_id", string(64), nullable=False, server_default=""),
    )
    unique = {each["name"] for each in sa.inspect(conn).get_unique_constraints("identity_roles")}
    if "uq_identity_roles_domain_id_name" not in unique:
        op.create_unique_constraint(
            "uq_identity_roles_domain_id_name", "identity_roles", ["domain_id", "name"]
        )
    if "uq_identity_roles_name" in unique:
        op.drop_constraint("uq_identity_roles_name", "identity_roles", type_="unique")


def _rebuild_roles(conn: sa.Connection) -> None:
    """SQLite drops no constraint, and its foreign keys watch while a table is replaced. All of
    this is one transaction there."""
    kept: list[sa.ColumnClause[str]] = [sa.column(name) for name in ("id", "name", "description")]
    roles = [dict(r) for r in conn.execute(sa.select(*kept).select_from(_roles)).mappings()]
    implied = [dict(row) for row in conn.execute(sa.select(_implied)).mappings()]
    op.drop_table("identity_implied_roles")
    op.drop_table("identity_roles")
    _roles.create(conn)
    _implied.create(conn)
    if roles:
        conn.execute(sa.insert(_roles), roles)
    if implied:
        conn.execute(sa.insert(_implied), implied)
