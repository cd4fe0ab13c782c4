"""Role-based access: what a project lets others use."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.exception import InvalidInput
from novalite.network.embedded import access, rows, tables
from novalite.network.embedded.errors import Disallowed, InUse, Missing
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Listing, Row

T = tables.rbac_policies
TARGET = "target_tenant"

OBJECTS: dict[str, tuple[Table, frozenset[str]]] = {
    "network": (tables.networks, frozenset({access.AS_SHARED, access.AS_EXTERNAL})),
    "security_group": (tables.security_groups, frozenset({access.AS_SHARED})),
    "address_group": (tables.address_groups, frozenset({access.AS_SHARED})),
    "address_scope": (tables.address_scopes, frozenset({access.AS_SHARED})),
    "subnetpool": (tables.subnetpools, frozenset({access.AS_SHARED})),
}


class RbacPolicies(Records):
    noun = "rbac_policy"
    listing = Listing(
        T,
        {
            "id": T.c.id,
            "project_id": T.c.project_id,
            "tenant_id": T.c.project_id,
            "object_type": T.c.object_type,
            "object_id": T.c.object_id,
            "action": T.c.action,
            "target_tenant": T.c.target_project,
            "created_at": T.c.created_at,
        },
    )

    def missing(self, resource_id: str) -> Missing:
        return Missing("RbacPolicyNotFound", f"RBAC policy of type with ID {resource_id} not found")

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        return [
            {
                "id": row["id"],
                "project_id": row["project_id"],
                "tenant_id": row["project_id"],
                "object_type": row["object_type"],
                "object_id": row["object_id"],
                "action": row["action"],
                "target_tenant": row["target_project"],
            }
            for row in found
        ]

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises Forbidden, InvalidInput, InUse, Missing, QuotaExceeded."""
        row: Row = {
            "id": rows.new_id(),
            "project_id": self.core.owner_of(context, "create_rbac_policy", body),
            "description": "",
            "object_type": body["object_type"],
            "object_id": body["object_id"],
            "action": body["action"],
            "target_project": body["target_tenant"],
            **rows.stamp(self.core.now()),
        }
        self._authorize_target(context, "create_rbac_policy", row, row["target_project"])
        if row["action"] == access.AS_EXTERNAL and not self.core.allowed(context, "admin_only"):
            raise Disallowed(rule="rule:admin_only")
        table, actions = OBJECTS.get(row["object_type"], (None, frozenset[str]()))
        if table is None or row["action"] not in actions:
            raise InvalidInput(
                reason=f"Invalid action '{row['action']}' for object type "
                f"'{row['object_type']}'. Valid actions: {sorted(actions)}"
            )

        def write(conn: Connection) -> Row:
            self.quotas.check(conn, row["project_id"], "rbac_policy")
            self._check_owner(conn, context, table, row)
            rows.insert(conn, T, row)
            return self.shown(conn, context, row)

        try:
            return self.core.database.run(write)
        except DuplicateKey:
            raise InUse(
                "DuplicateRbacPolicy", "An RBAC policy already exists with those values."
            ) from None

    def update(self, context: RequestContext, policy_id: str, body: Row) -> Row:
        target = body["target_tenant"]

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, policy_id, "update_rbac_policy")
            self._authorize_target(context, "update_rbac_policy", row, target)
            self._check_unused(conn, row)
            rows.update(conn, T, policy_id, {"target_project": target}, self.core.now())
            return self.shown(conn, context, {**row, "target_project": target})

        return self.core.database.run(write)

    def delete(self, context: RequestContext, policy_id: str) -> None:
        """Raises InUse while a project needs it."""

        def write(conn: Connection) -> None:
            row = self.mine(conn, context, policy_id, "delete_rbac_policy")
            self._check_unused(conn, row)
            rows.delete(conn, T, T.c.id == policy_id)

        self.core.database.run(write)

    @staticmethod
    def _check_unused(conn: Connection, row: Row) -> None:
        if row["object_type"] != "network" or row["action"] != access.AS_SHARED:
            return
        ports, network = tables.ports, tables.networks
        owner = sa.select(network.c.project_id).where(network.c.id == row["object_id"])
        users = [
            ports.c.network_id == row["object_id"],
            ports.c.project_id != owner.scalar_subquery(),
            ports.c.device_owner.not_like("network:%"),
        ]
        if row["target_project"] != access.EVERYBODY:
            users.append(ports.c.project_id == row["target_project"])
        if rows.count(conn, ports, *users):
            raise InUse(
                "RbacPolicyInUse",
                f"RBAC policy on object {row['object_id']} cannot be removed because other "
                "objects depend on it.\nDetails: ports of other projects",
            )

    def _authorize_target(
        self, context: RequestContext, rule: str, row: Row, target_project: str
    ) -> None:
        target = {**row, TARGET: target_project}
        self.core.authorize_attributes(context, rule, target, target, [TARGET])

    def _check_owner(
        self, conn: Connection, context: RequestContext, table: Table, row: Row
    ) -> None:
        """Raises Missing, and Disallowed for what belongs to somebody else."""
        found = rows.get(conn, table, row["object_id"])
        if found is None:
            raise Missing(
                "RbacPolicyInitError",
                f"{row['object_type']} {row['object_id']} could not be found.",
            )
        self.core.authorize(context, "create_rbac_policy", found)
