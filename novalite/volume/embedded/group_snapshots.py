"""Snapshots of all volumes of a group."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import DependencyUnavailable, InvalidInput, NotFound
from novalite.volume.embedded import group_members, rows, snapshots
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.group_members import InvalidGroup
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.snapshots import Snapshots
from novalite.volume.embedded.tables.groups import group_snapshots as T
from novalite.volume.embedded.tables.snapshots import snapshots as S
from novalite.volume.embedded.tables.volumes import volumes
from novalite.volume.embedded.tasks import Handler, Tasks

STATES = ("creating", "available", "error", "deleting", "error_deleting")
DELETABLE = ("available", "error", "error_deleting")
LISTING = Listing(
    T,
    {
        name: T.c[name]
        for name in (
            *("id", "name", "description", "status", "group_id", "group_type_id"),
            *("created_at", "updated_at", "project_id", "user_id"),
        )
    },
    public=frozenset({"name", "status", "group_id"}),
)


class GroupSnapshotNotFound(NotFound):
    message = "GroupSnapshot {group_snapshot_id} could not be found."


class GroupSnapshots:
    def __init__(self, core: Core, members: Snapshots) -> None:
        self.core = core
        self.members = members

    def register(self, tasks: Tasks) -> None:
        """Tasks of a group snapshot hold its snapshots' ids, and so run when theirs are done."""
        tasks.handle("group_snapshot_settle", Handler(self._settle, _into("error")))
        tasks.handle("group_snapshot_delete", Handler(self._gone, _into("error_deleting")))

    def list_(self, context: RequestContext, query: Query | None = None) -> list[Row]:
        self.core.authorize(context, "group:get_all_group_snapshots")
        query = query or Query()
        with self.core.database.read() as conn:
            return LISTING.run(conn, LISTING.conditions(conn, self.core, context, query), query)

    def show(self, context: RequestContext, group_snapshot_id: str) -> Row:
        self.core.authorize(context, "group:get_group_snapshot")
        with self.core.database.read() as conn:
            return get(conn, self.core, context, group_snapshot_id)

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises GroupNotFound, InvalidGroup, QuotaError."""

        def write(conn: Connection) -> Row:
            group = group_members.get(conn, self.core, context, body["group_id"])
            self.core.authorize(context, "group:create_group_snapshot", group["project_id"])
            found = rows.select(conn, volumes, volumes.c.group_id == group["id"])
            _check(group, found)
            row = {
                "id": rows.new_id(),
                "project_id": group["project_id"],
                "user_id": context.user_id or "",
                "name": body.get("name"),
                "description": body.get("description"),
                "group_id": group["id"],
                "group_type_id": group["group_type_id"],
                "status": "creating",
                **rows.stamp(self.core.now()),
            }
            rows.insert(conn, T, row)
            asked = {"name": row["name"], "description": row["description"]}
            made = [
                self.members.insert(conn, context, volume, asked, row["id"]) for volume in found
            ]
            self.core.promises.add(conn, "group_snapshot_settle", row["id"], {}, made)
            return row

        row = self.core.database.run(write)
        self.core.wake()
        return row

    def reset_status(self, context: RequestContext, group_snapshot_id: str, status: str) -> None:
        self.core.authorize(context, "group:reset_group_snapshot_status")
        if status not in STATES:
            raise InvalidInput(reason=f"Must specify a valid status: {status}")

        def write(conn: Connection) -> None:
            get(conn, self.core, context, group_snapshot_id)
            rows.update(conn, T, group_snapshot_id, {"status": status}, self.core.now())

        self.core.database.run(write)

    def delete(self, context: RequestContext, group_snapshot_id: str) -> None:
        """With its snapshots. Raises InvalidGroup."""

        def write(conn: Connection) -> None:
            row = get(conn, self.core, context, group_snapshot_id)
            self.core.authorize(context, "group:delete_group_snapshot", row["project_id"])
            if row["status"] not in DELETABLE:
                raise InvalidGroup(
                    reason=f"GroupSnapshot status must be available or error, but current status "
                    f"is: {row['status']}"
                )
            found = members(conn, group_snapshot_id)
            for each in found:
                snapshots.request_delete(self.core, conn, each)
            rows.update(conn, T, row["id"], {"status": "deleting"}, self.core.now())
            ids = rows.ids_of(found)
            self.core.promises.add(conn, "group_snapshot_delete", row["id"], {}, ids)

        self.core.database.run(write)
        self.core.wake()

    # ---- tasks ----

    def _settle(self, task: Row) -> None:
        def write(conn: Connection) -> None:
            states = _states(conn, task["resource_id"])
            if "creating" in states:
                raise DependencyUnavailable(reason="snapshots are still being made")
            if self.core.promises.finish(conn, task):
                status = "error" if "error" in states else "available"
                rows.update(conn, T, task["resource_id"], {"status": status}, self.core.now())

        self.core.database.run(write)

    def _gone(self, task: Row) -> None:
        def write(conn: Connection) -> None:
            states = _states(conn, task["resource_id"])
            if "deleting" in states:
                raise DependencyUnavailable(reason="snapshots are still being deleted")
            if not self.core.promises.finish(conn, task):
                return
            if states:
                changes = {"status": "error_deleting"}
                rows.update(conn, T, task["resource_id"], changes, self.core.now())
            else:
                rows.delete(conn, T, T.c.id == task["resource_id"])

        self.core.database.run(write)


def _into(status: str) -> Callable[[Connection, Row, Exception], None]:
    def failed(conn: Connection, task: Row, error: Exception) -> None:
        conn.execute(sa.update(T).where(T.c.id == task["resource_id"]).values(status=status))

    return failed


def get(conn: Connection, core: Core, context: RequestContext, group_snapshot_id: str) -> Row:
    """Raises GroupSnapshotNotFound."""
    row = rows.get(conn, T, group_snapshot_id)
    if row is None or not core.may_see(context, row):
        raise GroupSnapshotNotFound(group_snapshot_id=group_snapshot_id)
    return row


def members(conn: Connection, group_snapshot_id: str) -> list[Row]:
    """Its snapshots, oldest first."""
    return rows.select(conn, S, S.c.group_snapshot_id == group_snapshot_id)


def _states(conn: Connection, group_snapshot_id: str) -> set[str]:
    query = sa.select(S.c.status).where(S.c.group_snapshot_id == group_snapshot_id).distinct()
    return set(conn.scalars(query))


def _check(group: Row, found: list[Row]) -> None:
    if group["status"] != "available":
        raise InvalidGroup(
            reason=f"Group status must be available, but current status is: {group['status']}"
        )
    if not found:
        raise InvalidGroup(reason="Source group is empty. No group snapshot will be created.")
    for volume in found:
        if volume["status"] not in group_members.JOINABLE:
            raise InvalidGroup(
                reason=f"The snapshot cannot be created when the volume {volume['id']} is in "
                f"status {volume['status']}."
            )
