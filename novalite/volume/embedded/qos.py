"""QoS specs: what hypervisors (front-end) or stores (back-end) grant to volumes of some types."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.exception import Conflict, Invalid, NotFound
from novalite.volume.embedded import rows, types
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.tables.qos import qos_specs as T
from novalite.volume.embedded.tables.qos import qos_values as V
from novalite.volume.embedded.tables.types import volume_types

OWNER = V.c.qos_specs_id
RULE = "volume_extension:qos_specs_manage:"
LISTING = Listing(
    T, {name: T.c[name] for name in ("id", "name", "consumer", "created_at")}, frozenset()
)


class QosExists(Conflict):
    message = "QoS Specs {specs_id} already exists."


class QosNotFound(NotFound):
    message = "No such QoS spec {specs_id}."


class QosKeyNotFound(NotFound):
    message = "QoS spec {specs_id} has no spec with key {specs_key}."


class QosInUse(Invalid):
    message = "QoS Specs {specs_id} is still associated with entities."


class Qos:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, query: Query | None = None) -> list[Row]:
        self.core.authorize(context, RULE + "get_all")
        with self.core.database.read() as conn:
            return _complete(conn, LISTING.run(conn, (), query or Query()))

    def show(self, context: RequestContext, qos_id: str) -> Row:
        self.core.authorize(context, RULE + "get")
        with self.core.database.read() as conn:
            return _complete(conn, [_get(conn, qos_id)])[0]

    def create(
        self, context: RequestContext, name: str, consumer: str, specs: Mapping[str, str]
    ) -> Row:
        self.core.authorize(context, RULE + "create")
        row: Row = {
            "id": rows.new_id(),
            "name": name.strip(),
            "consumer": consumer,
            "created_at": self.core.now(),
        }
        if not row["name"]:
            raise Invalid("Please specify a name for QoS specs.")

        def write(conn: Connection) -> None:
            rows.insert(conn, T, row)
            rows.insert_pairs(conn, V, OWNER, row["id"], specs)

        try:
            self.core.database.run(write)
        except DuplicateKey:
            raise QosExists(specs_id=row["name"]) from None
        return {**row, "specs": dict(specs)}

    def set_keys(
        self, context: RequestContext, qos_id: str, specs: Mapping[str, str], consumer: str | None
    ) -> None:
        self.core.authorize(context, RULE + "update")
        changes = {"consumer": consumer} if consumer else {}

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            rows.set_pairs(conn, V, OWNER, qos_id, specs, replace=False)
            rows.update(conn, T, qos_id, changes, self.core.now())

        self.core.database.run(write)

    def delete_keys(self, context: RequestContext, qos_id: str, keys: Sequence[str]) -> None:
        """All or none. Raises QosKeyNotFound."""
        self.core.authorize(context, RULE + "update")

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            for key in dict.fromkeys(keys):
                if not rows.delete(conn, V, V.c.qos_specs_id == qos_id, V.c.key == key):
                    raise QosKeyNotFound(specs_id=qos_id, specs_key=key)

        self.core.database.run(write)

    def delete(self, context: RequestContext, qos_id: str, *, force: bool) -> None:
        """``force``: also when types refer to it, which then have none. Raises QosInUse."""
        self.core.authorize(context, RULE + "delete")

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            if force:
                self._leave(conn, volume_types.c.qos_specs_id == qos_id)
            elif rows.count(conn, volume_types, volume_types.c.qos_specs_id == qos_id):
                raise QosInUse(specs_id=qos_id)
            rows.delete(conn, V, V.c.qos_specs_id == qos_id)
            rows.delete(conn, T, T.c.id == qos_id)

        self.core.database.run(write)

    # ---- types ----

    def associations(self, context: RequestContext, qos_id: str) -> list[Row]:
        self.core.authorize(context, RULE + "get")
        with self.core.database.read() as conn:
            _get(conn, qos_id)
            return rows.select(conn, volume_types, volume_types.c.qos_specs_id == qos_id)

    def associate(self, context: RequestContext, qos_id: str, type_id: str) -> None:
        self.core.authorize(context, RULE + "update")

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            before = types.get(conn, self.core, context, type_id)["qos_specs_id"]
            if before not in (None, qos_id):
                raise Invalid(
                    f"Type {type_id} is already associated with another qos specs: {before}"
                )
            rows.update(conn, volume_types, type_id, {"qos_specs_id": qos_id}, self.core.now())

        self.core.database.run(write)

    def disassociate(self, context: RequestContext, qos_id: str, type_id: str) -> None:
        self.core.authorize(context, RULE + "update")

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            types.get(conn, self.core, context, type_id)
            same = volume_types.c.qos_specs_id == qos_id
            self._leave(conn, sa.and_(volume_types.c.id == type_id, same))

        self.core.database.run(write)

    def disassociate_all(self, context: RequestContext, qos_id: str) -> None:
        self.core.authorize(context, RULE + "update")

        def write(conn: Connection) -> None:
            _get(conn, qos_id)
            self._leave(conn, volume_types.c.qos_specs_id == qos_id)

        self.core.database.run(write)

    def _leave(self, conn: Connection, condition: ColumnElement[bool]) -> None:
        conn.execute(
            sa.update(volume_types)
            .where(condition)
            .values(qos_specs_id=None, updated_at=self.core.now())
        )


def _get(conn: Connection, qos_id: str) -> Row:
    row = rows.get(conn, T, qos_id)
    if row is None:
        raise QosNotFound(specs_id=qos_id)
    return row


def _complete(conn: Connection, found: list[Row]) -> list[Row]:
    specs = rows.pairs_of(conn, V, OWNER, rows.ids_of(found))
    return [{**row, "specs": specs.get(row["id"], {})} for row in found]
