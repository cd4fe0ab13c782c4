"""Groups of volumes that are snapshotted and deleted together."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import DependencyUnavailable, InvalidInput, InvalidVolume, NotFound
from novalite.volume.embedded import group_members, group_snapshots, group_types, records, rows
from novalite.volume.embedded.core import Core, Row, own_project
from novalite.volume.embedded.group_members import InvalidGroup
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables.groups import group_snapshots as snapshot_rows
from novalite.volume.embedded.tables.groups import group_volume_types
from novalite.volume.embedded.tables.groups import groups as T
from novalite.volume.embedded.tables.volumes import volumes
from novalite.volume.embedded.tasks import Handler, Tasks
from novalite.volume.embedded.types import Types
from novalite.volume.embedded.volume_create import VolumeCreation
from novalite.volume.embedded.volumes import request_delete

STATES = ("creating", "available", "error", "deleting", "error_deleting", "in-use", "updating")
DELETABLE = ("available", "error", "error_deleting")
LISTING = Listing(
    T,
    {
        name: T.c[name]
        for name in (
            *("id", "name", "description", "status", "availability_zone", "created_at"),
            *("updated_at", "project_id", "user_id", "host", "group_snapshot_id"),
            "source_group_id",
        )
    }
    | {"group_type": T.c.group_type_id},
    public=frozenset({"name", "status", "source_group_id", "group_snapshot_id"}),
)


class Groups:
    def __init__(self, core: Core, quotas: Quotas, types: Types, creation: VolumeCreation) -> None:
        self.core = core
        self.quotas = quotas
        self.types = types
        self.creation = creation

    def register(self, tasks: Tasks) -> None:
        """Tasks of a group hold its volumes' ids, and so run when theirs are done."""
        tasks.handle("group_settle", Handler(self._settle, _into("error")))
        tasks.handle("group_delete", Handler(self._finish_delete, _into("error_deleting")))

    # ---- reading ----

    def list_(self, context: RequestContext, query: Query | None = None) -> list[Row]:
        self.core.authorize(context, "group:get_all")
        query = query or Query()
        with self.core.database.read() as conn:
            found = LISTING.run(conn, LISTING.conditions(conn, self.core, context, query), query)
            return group_members.complete(conn, found)

    def show(self, context: RequestContext, group_id: str) -> Row:
        """With ``volume_types`` and ``volumes``: ids. Raises GroupNotFound."""
        self.core.authorize(context, "group:get")
        with self.core.database.read() as conn:
            return group_members.complete(
                conn, [group_members.get(conn, self.core, context, group_id)]
            )[0]

    # ---- making ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises InvalidInput, GroupTypeNotFound, VolumeTypeNotFound, QuotaError."""
        self.core.authorize(context, "group:create")

        def write(conn: Connection) -> Row:
            group_type = group_types.get(conn, self.core, context, body["group_type"])
            chosen = [
                self.types.resolve(conn, context, name)["id"] for name in body["volume_types"]
            ]
            row = self._row(conn, context, body, group_type["id"], "available")
            group_members.insert(conn, row, chosen)
            return row

        return self.core.database.run(write)

    def create_from(self, context: RequestContext, body: Row) -> Row:
        """A group with a copy of each volume of ``source_group_id`` or ``group_snapshot_id``."""
        self.core.authorize(context, "group:create")
        sources = [name for name in ("group_snapshot_id", "source_group_id") if body.get(name)]
        if len(sources) != 1:
            raise InvalidInput(
                reason="Either 'group_snapshot_id' or 'source_group_id' must be provided to "
                "create a group from source."
            )

        def write(conn: Connection) -> Row:
            source, contents = _contents(conn, self.core, context, body)
            if not contents:
                raise InvalidGroup(reason="Source has no volumes to create a group from.")
            row = self._row(conn, context, body, source["group_type_id"], "creating")
            row[sources[0]] = body[sources[0]]
            group_members.insert(
                conn, row, group_members.types_of(conn, [source["id"]]).get(source["id"], [])
            )
            made = [self._copy(conn, context, row, each) for each in contents]
            payload = {"context": context.to_dict()}
            self.core.promises.add(conn, "group_settle", row["id"], payload, made)
            return row

        row = self.core.database.run(write)
        self.core.wake()
        return row

    def _row(
        self, conn: Connection, context: RequestContext, body: Row, type_id: str, status: str
    ) -> Row:
        project_id = own_project(context)
        zone = body.get("availability_zone") or self.core.zone
        if zone != self.core.zone:
            raise InvalidInput(reason=f"Availability zone '{zone}' is invalid.")
        self.quotas.check(conn, project_id, {"groups": 1})
        return {
            "id": rows.new_id(),
            "project_id": project_id,
            "user_id": context.user_id or "",
            "name": body.get("name"),
            "description": body.get("description"),
            "group_type_id": type_id,
            "availability_zone": zone,
            "host": self.core.host,
            "status": status,
            **rows.stamp(self.core.now()),
        }

    def _copy(self, conn: Connection, context: RequestContext, group: Row, origin: Row) -> str:
        volume_id = rows.new_id()
        body = {**origin, "group_id": group["id"]}
        self.creation.insert(conn, context, volume_id, body)
        return volume_id

    def _settle(self, task: Row) -> None:
        """The volumes' own tasks are over: what became of them?"""

        def write(conn: Connection) -> None:
            states = group_members.states(conn, task["resource_id"])
            if "creating" in states:
                raise DependencyUnavailable(reason="volumes are still being created")
            if self.core.promises.finish(conn, task):
                status = "error" if "error" in states else "available"
                rows.update(conn, T, task["resource_id"], {"status": status}, self.core.now())

        self.core.database.run(write)

    # ---- changing ----

    def update(self, context: RequestContext, group_id: str, body: Row) -> None:
        """``add_volumes`` and ``remove_volumes`` are lists of ids, with commas."""
        adding, leaving = _ids(body.get("add_volumes")), _ids(body.get("remove_volumes"))
        changes = {name: body[name] for name in ("name", "description") if body.get(name)}
        both = sorted(set(adding) & set(leaving))
        if both:
            raise InvalidVolume(reason=f"Volume {both[0]} cannot be both added and removed.")
        if not (changes or adding or leaving):
            raise InvalidInput(
                reason="Name, description, add_volumes, and remove_volumes can not be all empty "
                "in the request body."
            )

        def write(conn: Connection) -> None:
            group = group_members.get(conn, self.core, context, group_id)
            self.core.authorize(context, "group:update", group["project_id"])
            if group["status"] != "available":
                raise InvalidGroup(reason=f"Group status must be available, but current status "
                                   f"is: {group['status']}.")  # fmt: skip
            for volume_id in leaving:
                self._leave(conn, group, volume_id)
            allowed = group_members.types_of(conn, [group_id]).get(group_id, [])
            for volume_id in adding:
                self._join(conn, context, group, volume_id, allowed)
            rows.update(conn, T, group_id, changes, self.core.now())

        self.core.database.run(write)

    def _leave(self, conn: Connection, group: Row, volume_id: str) -> None:
        same = volumes.c.group_id == group["id"]
        ready = volumes.c.status.in_(group_members.JOINABLE)
        changes = {"group_id": None}
        if not rows.update(conn, volumes, volume_id, changes, self.core.now(), same, ready):
            raise InvalidVolume(
                reason=f"Cannot remove volume {volume_id} from group {group['id']} because it is "
                "not in the group, or in an invalid state."
            )

    def _join(
        self,
        conn: Connection,
        context: RequestContext,
        group: Row,
        volume_id: str,
        allowed: Sequence[str],
    ) -> None:
        try:
            volume = records.volume(conn, self.core, context, volume_id)
        except NotFound:
            raise InvalidVolume(
                reason=f"Cannot add volume {volume_id} to group {group['id']} because volume "
                "cannot be found."
            ) from None
        if volume["group_id"] not in (None, group["id"]):
            why = "it is already in another group"
        elif volume["project_id"] != group["project_id"]:
            why = "it belongs to another project"
        elif volume["status"] not in group_members.JOINABLE:
            why = f"volume is in an invalid state: {volume['status']}"
        elif volume["volume_type_id"] not in allowed:
            why = "volume type is not supported by the group"
        else:
            rows.update(conn, volumes, volume_id, {"group_id": group["id"]}, self.core.now())
            return
        raise InvalidVolume(
            reason=f"Cannot add volume {volume_id} to group {group['id']} because {why}."
        )

    def reset_status(self, context: RequestContext, group_id: str, status: str) -> None:
        self.core.authorize(context, "group:reset_group_status")
        if status not in STATES:
            raise InvalidInput(reason=f"Must specify a valid status: {status}")

        def write(conn: Connection) -> None:
            group_members.get(conn, self.core, context, group_id)
            rows.update(conn, T, group_id, {"status": status}, self.core.now())

        self.core.database.run(write)

    # ---- deleting ----

    def delete(self, context: RequestContext, group_id: str, *, with_volumes: bool) -> None:
        """Raises InvalidGroup, InvalidVolume. The row goes when the last volume is gone."""

        def write(conn: Connection) -> None:
            group = group_members.get(conn, self.core, context, group_id)
            self.core.authorize(context, "group:delete", group["project_id"])
            if group["status"] not in DELETABLE:
                raise InvalidGroup(
                    reason=f"Group status must be available or error, but current status is: "
                    f"{group['status']}"
                )
            if rows.count(conn, snapshot_rows, snapshot_rows.c.group_id == group_id):
                raise InvalidGroup(reason="Group has existing group snapshots.")
            members = rows.select(conn, volumes, volumes.c.group_id == group_id)
            if members and not with_volumes:
                raise InvalidGroup(
                    reason=f"Group {group_id} still contains volumes. The delete-volumes flag is "
                    "required to delete it."
                )
            for each in members:
                request_delete(self.core, conn, {**each, "group_id": None})
            rows.update(conn, T, group_id, {"status": "deleting"}, self.core.now())
            ids = rows.ids_of(members)
            self.core.promises.add(conn, "group_delete", group_id, {}, ids)

        self.core.database.run(write)
        self.core.wake()

    def _finish_delete(self, task: Row) -> None:
        group_id = task["resource_id"]

        def write(conn: Connection) -> None:
            states = group_members.states(conn, group_id)
            if "deleting" in states:
                raise DependencyUnavailable(reason="volumes are still being deleted")
            if not self.core.promises.finish(conn, task):
                return
            if states:
                changes = {"status": "error_deleting"}
                rows.update(conn, T, group_id, changes, self.core.now())
                return
            rows.delete(conn, group_volume_types, group_volume_types.c.group_id == group_id)
            rows.delete(conn, T, T.c.id == group_id)

        self.core.database.run(write)


def _into(status: str) -> Callable[[Connection, Row, Exception], None]:
    def failed(conn: Connection, task: Row, error: Exception) -> None:
        conn.execute(sa.update(T).where(T.c.id == task["resource_id"]).values(status=status))

    return failed


def _ids(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _contents(
    conn: Connection, core: Core, context: RequestContext, body: Row
) -> tuple[Row, list[Row]]:
    """(the group that is copied, what is asked for each of its volumes)"""
    snapshot_id = body.get("group_snapshot_id")
    if snapshot_id:
        group_snapshot = group_snapshots.get(conn, core, context, snapshot_id)
        if group_snapshot["status"] != "available":
            raise InvalidGroup(reason="Group snapshot status must be available.")
        group = group_members.get(conn, core, context, group_snapshot["group_id"])
        return group, [
            {
                "name": each["name"],
                "snapshot_id": each["id"],
                "volume_type": each["volume_type_id"],
            }
            for each in group_snapshots.members(conn, snapshot_id)
        ]
    group = group_members.get(conn, core, context, body["source_group_id"])
    return group, [
        {"name": each["name"], "source_volid": each["id"], "volume_type": each["volume_type_id"]}
        for each in rows.select(conn, volumes, volumes.c.group_id == group["id"])
    ]
