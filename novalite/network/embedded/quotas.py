"""How much a project may have of each resource."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from novalite.context import RequestContext
from novalite.exception import InvalidInput, NotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import Disallowed, QuotaExceeded

RESOURCES: dict[str, Table] = {
    "network": tables.networks,
    "subnet": tables.subnets,
    "subnetpool": tables.subnetpools,
    "port": tables.ports,
    "router": tables.routers,
    "floatingip": tables.floating_ips,
    "security_group": tables.security_groups,
    "security_group_rule": tables.security_group_rules,
    "rbac_policy": tables.rbac_policies,
}


LONGEST_ID = 64


class Quotas:
    def __init__(self, core: Core) -> None:
        self.core = core

    # ---- for the other resources ----

    def default(self, resource: str) -> int:
        return int(getattr(self.core.conf.embedded, f"quota_{resource}"))

    def limit(self, conn: Connection, project_id: str, resource: str) -> int:
        """-1: no limit."""
        table = tables.quotas
        found = conn.scalar(
            sa.select(table.c.limit_).where(
                table.c.project_id == project_id, table.c.resource == resource
            )
        )
        return self.default(resource) if found is None else found

    def left(self, conn: Connection, project_id: str, resource: str) -> int:
        """How many more; -1: no limit."""
        limit = self.limit(conn, project_id, resource)
        if limit < 0:
            return -1
        return max(0, limit - self._used(conn, project_id, resource))

    def check(self, conn: Connection, project_id: str, resource: str, adding: int = 1) -> None:
        """Raises QuotaExceeded."""
        left = self.left(conn, project_id, resource)
        if 0 <= left < adding:
            raise QuotaExceeded(resource=resource)

    @staticmethod
    def _used(conn: Connection, project_id: str, resource: str) -> int:
        table = RESOURCES[resource]
        return rows.count(conn, table, table.c.project_id == project_id)

    # ---- the API ----

    def show(self, context: RequestContext, project_id: str) -> dict[str, int]:
        self.core.authorize(context, "get_quota", {"project_id": project_id})
        with self.core.database.read() as conn:
            return {name: self.limit(conn, project_id, name) for name in RESOURCES}

    def details(self, context: RequestContext, project_id: str) -> dict[str, dict[str, int]]:
        self.core.authorize(context, "get_quota", {"project_id": project_id})
        with self.core.database.read() as conn:
            return {
                name: {
                    "limit": self.limit(conn, project_id, name),
                    "used": self._used(conn, project_id, name),
                    "reserved": 0,
                }
                for name in RESOURCES
            }

    def defaults(self, context: RequestContext) -> dict[str, int]:
        self.core.authorize(context, "get_quota")
        return {name: self.default(name) for name in RESOURCES}

    def list_(self, context: RequestContext) -> list[dict[str, Any]]:
        """The projects with limits of their own. Raises Disallowed to who does not see all."""
        if not self.core.sees_all(context, "get_quota"):
            raise Disallowed(rule="rule:get_quota")
        with self.core.database.read() as conn:
            projects = conn.scalars(sa.select(tables.quotas.c.project_id).distinct()).all()
            return [
                {
                    "project_id": project_id,
                    "tenant_id": project_id,
                    **{name: self.limit(conn, project_id, name) for name in RESOURCES},
                }
                for project_id in projects
            ]

    def update(
        self, context: RequestContext, project_id: str, limits: dict[str, int]
    ) -> dict[str, int]:
        self.core.authorize(context, "update_quota", {"project_id": project_id})
        unknown = sorted(set(limits) - set(RESOURCES))
        if unknown:
            raise InvalidInput(reason=f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        if len(project_id) > LONGEST_ID:
            raise InvalidInput(reason=f"'{project_id}' is not a valid project.")
        table = tables.quotas

        def change(conn: Connection) -> None:
            for resource, limit in limits.items():
                rows.delete(
                    conn, table, table.c.project_id == project_id, table.c.resource == resource
                )
                values = {"project_id": project_id, "resource": resource, "limit_": limit}
                rows.insert(conn, table, values)

        self.core.database.run(change)
        return self.show(context, project_id)

    def delete(self, context: RequestContext, project_id: str) -> None:
        """Back to the defaults. Raises NotFound."""
        self.core.authorize(context, "delete_quota", {"project_id": project_id})
        table = tables.quotas
        done = self.core.database.run(
            lambda conn: rows.delete(conn, table, table.c.project_id == project_id)
        )
        if not done:
            raise NotFound(f"Quota for project {project_id} could not be found.")
