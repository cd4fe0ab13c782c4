"""Metadata of volumes and of snapshots, and what a volume keeps of its image."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table

from novalite.context import RequestContext
from novalite.exception import InvalidVolume
from novalite.volume.embedded import records, rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.errors import (
    ImageMetadataNotFound,
    SnapshotMetadataNotFound,
    VolumeMetadataNotFound,
)
from novalite.volume.embedded.tables.snapshots import snapshot_metadata, snapshots
from novalite.volume.embedded.tables.volumes import (
    volume_image_metadata,
    volume_metadata,
    volumes,
)

Load = Callable[[Connection, Core, RequestContext, str], Row]
BUSY = ("creating", "deleting", "error_deleting")


class Metadata:
    """Keys and values of one kind of resource."""

    def __init__(
        self,
        core: Core,
        noun: str,
        owner_table: Table,
        pairs: Table,
        load: Load,
        missing: type[VolumeMetadataNotFound] | type[SnapshotMetadataNotFound],
    ) -> None:
        self.core = core
        self.noun = noun
        self.owner_table = owner_table
        self.pairs = pairs
        self.owner: Any = pairs.c[f"{noun}_id"]
        self._load = load
        self._missing = missing

    def show(self, context: RequestContext, owner_id: str) -> dict[str, str]:
        with self.core.database.read() as conn:
            self._load(conn, self.core, context, owner_id)
            self.core.authorize(context, f"volume:get_{self.noun}_metadata")
            return self._all(conn, owner_id)

    def _all(self, conn: Connection, owner_id: str) -> dict[str, str]:
        return rows.pairs_of(conn, self.pairs, self.owner, [owner_id]).get(owner_id, {})

    def item(self, context: RequestContext, owner_id: str, key: str) -> dict[str, str]:
        """Raises what says that there is no such key."""
        found = self.show(context, owner_id)
        if key not in found:
            raise self._missing(**{f"{self.noun}_id": owner_id, "key": key})
        return {key: found[key]}

    def set(
        self, context: RequestContext, owner_id: str, values: Row, *, replace: bool
    ) -> dict[str, str]:
        """All of it afterwards."""

        def write(conn: Connection) -> dict[str, str]:
            row = self._load(conn, self.core, context, owner_id)
            self.core.authorize(context, f"volume:update_{self.noun}_metadata", row["project_id"])
            self._check_state(row)
            rows.set_pairs(conn, self.pairs, self.owner, owner_id, values, replace=replace)
            rows.update(conn, self.owner_table, owner_id, {}, self.core.now())
            return self._all(conn, owner_id)

        return self.core.database.run(write)

    def delete(self, context: RequestContext, owner_id: str, key: str) -> None:
        def write(conn: Connection) -> None:
            row = self._load(conn, self.core, context, owner_id)
            self.core.authorize(context, f"volume:delete_{self.noun}_metadata", row["project_id"])
            self._check_state(row)
            if not rows.delete(conn, self.pairs, self.owner == owner_id, self.pairs.c.key == key):
                raise self._missing(**{f"{self.noun}_id": owner_id, "key": key})
            rows.update(conn, self.owner_table, owner_id, {}, self.core.now())

        self.core.database.run(write)

    def _check_state(self, row: Row) -> None:
        if self.noun == "volume" and row["status"] in BUSY:
            raise InvalidVolume(
                reason=f"Volume {row['id']} is in state {row['status']}: its metadata cannot "
                "change."
            )


def of_volumes(core: Core) -> Metadata:
    return Metadata(
        core, "volume", volumes, volume_metadata, records.volume, VolumeMetadataNotFound
    )


def of_snapshots(core: Core) -> Metadata:
    return Metadata(
        core, "snapshot", snapshots, snapshot_metadata, records.snapshot, SnapshotMetadataNotFound
    )


class ImageMetadata:
    """What a volume keeps of its image, changed by actions."""

    OWNER: Any = volume_image_metadata.c.volume_id

    def __init__(self, core: Core) -> None:
        self.core = core

    def show(self, context: RequestContext, volume_id: str) -> dict[str, str]:
        with self.core.database.read() as conn:
            row = records.volume(conn, self.core, context, volume_id)
            rule = "volume_extension:volume_image_metadata:show"
            self.core.authorize(context, rule, row["project_id"])
            return self._all(conn, volume_id)

    def _all(self, conn: Connection, volume_id: str) -> dict[str, str]:
        found = rows.pairs_of(conn, volume_image_metadata, self.OWNER, [volume_id])
        return found.get(volume_id, {})

    def set(self, context: RequestContext, volume_id: str, values: Row) -> dict[str, str]:
        def write(conn: Connection) -> dict[str, str]:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(
                context, "volume_extension:volume_image_metadata:set", row["project_id"]
            )
            table = volume_image_metadata
            rows.set_pairs(conn, table, self.OWNER, volume_id, values, replace=False)
            rows.update(conn, volumes, volume_id, {}, self.core.now())
            return self._all(conn, volume_id)

        return self.core.database.run(write)

    def unset(self, context: RequestContext, volume_id: str, key: str) -> None:
        """Raises ImageMetadataNotFound."""

        def write(conn: Connection) -> None:
            row = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(
                context, "volume_extension:volume_image_metadata:remove", row["project_id"]
            )
            table = volume_image_metadata
            if not rows.delete(conn, table, volume_id == self.OWNER, table.c.key == key):
                raise ImageMetadataNotFound()
            rows.update(conn, volumes, volume_id, {}, self.core.now())

        self.core.database.run(write)
