"""Security groups, among them each project's ``default``, which is made when first needed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of, insert_unless_there
from novalite.exception import SecurityGroupNotFound
from novalite.network.embedded import access, rows, security_group_rules, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import (
    InUse,
    SecurityGroupCannotRemoveDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupInUse,
)
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.security_groups
DEFAULT = "default"


def _by_shared(conn: Connection, values: Sequence[Any]) -> Condition:
    policies = tables.rbac_policies
    shared = T.c.id.in_(sa.select(policies.c.object_id))
    either = [shared if rows.boolean_of(value) else sa.not_(shared) for value in values]
    return sa.or_(*either)


LISTING = Listing(
    T,
    rows.common_columns(T),
    {
        "stateful": lambda conn, values: sa.literal(True in map(rows.boolean_of, values)),
        "shared": _by_shared,
    },
)


def visible(core: Core, context: RequestContext) -> list[Condition]:
    granted = access.granted(context, access.AS_SHARED)
    own = T.c.project_id == context.project_id
    return core.seen(context, "get_security_group", own, T.c.id.in_(granted))


def get(conn: Connection, core: Core, context: RequestContext, group_id: str) -> Row:
    """Raises SecurityGroupNotFound."""
    found = rows.select(conn, T, T.c.id == group_id, *visible(core, context))
    if not found:
        raise SecurityGroupNotFound(security_group_id=group_id)
    return found[0]


def view(row: Row, rules: Sequence[Row], shared: bool, tags: Sequence[str]) -> Row:
    return {
        **rows.common_view(row, tags),
        "security_group_rules": [security_group_rules.view(rule) for rule in rules],
        "stateful": True,
        "shared": shared,
    }


class SecurityGroups:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    # ---- for ports ----

    def ensure_default(self, conn: Connection, project_id: str) -> str:
        """The id of the project's ``default`` group. ``conn``: a writing transaction."""
        found = default_of(conn, project_id)
        if found is not None:
            return found
        now = self.core.now()
        row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "name": DEFAULT,
            "description": "Default security group",
            "default_of": project_id,
            **rows.stamp(now),
        }
        if not insert_unless_there(conn, T, row):  # another process was faster
            return default_of(conn, project_id) or ""
        for rule in security_group_rules.defaults(row, ingress=True):
            rows.insert(conn, tables.security_group_rules, {**rule, **rows.stamp(now)})
        return str(row["id"])

    def check(self, conn: Connection, context: RequestContext, ids: Iterable[str]) -> None:
        """Raises SecurityGroupNotFound for a group that the caller may not use."""
        wanted = list(ids)
        if not wanted:
            return
        query = sa.select(T.c.id).where(any_of(conn, T.c.id, wanted), *visible(self.core, context))
        known = set(conn.scalars(query))
        for group_id in wanted:
            if group_id not in known:
                raise SecurityGroupNotFound(security_group_id=group_id)

    # ---- the API ----

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        project_id = filters.get("project_id") or filters.get("tenant_id") or context.project_id
        if isinstance(project_id, str):
            self.make_default(project_id)
        with self.core.database.read() as conn:
            conditions = visible(self.core, context) + LISTING.conditions(conn, filters)
            return self._views(conn, context, LISTING.run(conn, conditions, page or Page()))

    def make_default(self, project_id: str) -> None:
        with self.core.database.read() as conn:
            missing = default_of(conn, project_id) is None
        if missing:
            self.core.database.run(lambda conn: self.ensure_default(conn, project_id))

    def get(self, conn: Connection, context: RequestContext, group_id: str) -> Row:
        """Raises SecurityGroupNotFound."""
        return get(conn, self.core, context, group_id)

    def show(self, context: RequestContext, group_id: str) -> Row:
        with self.core.database.read() as conn:
            return self._views(conn, context, [get(conn, self.core, context, group_id)])[0]

    def create(self, context: RequestContext, body: Row) -> Row:
        """With rules that let everything out. Raises Forbidden, QuotaExceeded,
        SecurityGroupDefaultAlreadyExists."""
        if (body.get("name") or "").lower() == DEFAULT:
            raise SecurityGroupDefaultAlreadyExists()
        now = self.core.now()
        row: Row = {
            "id": rows.new_id(),
            "project_id": self.core.owner_of(context, "create_security_group", body),
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "default_of": None,
            **rows.stamp(now),
        }

        def write(conn: Connection) -> Row:
            self.ensure_default(conn, row["project_id"])
            self.quotas.check(conn, row["project_id"], "security_group")
            rows.insert(conn, T, row)
            for rule in security_group_rules.defaults(row, ingress=False):
                rows.insert(conn, tables.security_group_rules, {**rule, **rows.stamp(now)})
            return self._views(conn, context, [row])[0]

        return self.core.database.run(write)

    def update(self, context: RequestContext, group_id: str, body: Row) -> Row:
        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, group_id, "update_security_group")
            changes: Row = {
                name: body[name] or "" for name in ("name", "description") if name in body
            }
            if changes.get("name", row["name"]) != row["name"] and row["default_of"]:
                raise InUse(
                    "SecurityGroupCannotUpdateDefault",
                    "Updating default security group not allowed.",
                )
            if changes.get("name", "").lower() == DEFAULT and not row["default_of"]:
                raise SecurityGroupDefaultAlreadyExists()
            rows.update(conn, T, group_id, changes, self.core.now())
            return self._views(conn, context, [get(conn, self.core, context, group_id)])[0]

        return self.core.database.run(write)

    def delete(self, context: RequestContext, group_id: str) -> None:
        """Raises SecurityGroupInUse; only an administrator may delete a default group."""

        def write(conn: Connection) -> None:
            row = self.mine(conn, context, group_id, "delete_security_group")
            if row["default_of"] and not self.core.allowed(context, "admin_only", row):
                raise SecurityGroupCannotRemoveDefault()
            link = tables.port_security_groups
            if rows.count(conn, link, link.c.security_group_id == group_id):
                raise SecurityGroupInUse(id=group_id)
            rules = tables.security_group_rules
            rows.delete(conn, rules, rules.c.security_group_id == group_id)
            rows.delete(conn, rules, rules.c.remote_group_id == group_id)
            rows.forget(conn, group_id)
            rows.delete(conn, T, T.c.id == group_id)

        self.core.database.run(write)
        self.core.plane.refresh()

    def mine(self, conn: Connection, context: RequestContext, group_id: str, rule: str) -> Row:
        """Raises SecurityGroupNotFound, and Disallowed for one that others share."""
        row = get(conn, self.core, context, group_id)
        self.core.authorize(context, rule, row)
        return row

    @staticmethod
    def _views(conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        if not found:
            return []
        table = tables.security_group_rules
        rules: dict[str, list[Row]] = {}
        ids = [row["id"] for row in found]
        for rule in rows.select(conn, table, any_of(conn, table.c.security_group_id, ids)):
            rules.setdefault(rule["security_group_id"], []).append(rule)
        tags = rows.tags_of(conn, ids)
        grants = access.grants_of(conn, context, ids)
        return [
            view(row, rules.get(row["id"], ()), row["id"] in grants, tags.get(row["id"], ()))
            for row in found
        ]


def default_of(conn: Connection, project_id: str) -> str | None:
    return conn.scalar(sa.select(T.c.id).where(T.c.default_of == project_id))
