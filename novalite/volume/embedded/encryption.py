"""How volumes of a type are to be encrypted."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import DuplicateKey
from novalite.exception import Invalid, NotFound
from novalite.volume.embedded import rows, types
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.types import encryption_types as T

MEMBERS = ("provider", "cipher", "key_size", "control_location")


class EncryptionExists(Invalid):
    message = "Volume type encryption for type {type_id} already exists."


class EncryptionNotFound(NotFound):
    message = "Volume type encryption for type {type_id} does not exist."


class Encryption:
    def __init__(self, core: Core) -> None:
        self.core = core

    def show(self, context: RequestContext, type_id: str) -> Row | None:
        self.core.authorize(context, "volume_extension:volume_type_encryption:get")
        with self.core.database.read() as conn:
            types.get(conn, self.core, context, type_id)
            return of_type(conn, type_id)

    def create(self, context: RequestContext, type_id: str, body: Row) -> Row:
        self.core.authorize(context, "volume_extension:volume_type_encryption:create")
        row: Row = {
            "encryption_id": rows.new_id(),
            "volume_type_id": type_id,
            **{name: body.get(name) for name in MEMBERS},
            "created_at": self.core.now(),
        }

        def write(conn: Connection) -> None:
            self._idle(conn, context, type_id, "create")
            rows.insert(conn, T, row)

        try:
            self.core.database.run(write)
        except DuplicateKey:
            raise EncryptionExists(type_id=type_id) from None
        return row

    def update(self, context: RequestContext, type_id: str, encryption_id: str, body: Row) -> None:
        self.core.authorize(context, "volume_extension:volume_type_encryption:update")
        changes: Row = {name: body[name] for name in MEMBERS if name in body}
        for name in ("provider", "control_location"):
            if name in changes and changes[name] is None:
                raise Invalid(f"{name} may not be null")

        def write(conn: Connection) -> None:
            self._idle(conn, context, type_id, "update")
            statement = (
                sa.update(T)
                .where(*self._same(type_id, encryption_id))
                .values(**changes, updated_at=self.core.now())
            )
            if not conn.execute(statement).rowcount:
                raise EncryptionNotFound(type_id=type_id)

        self.core.database.run(write)

    def delete(self, context: RequestContext, type_id: str, encryption_id: str) -> None:
        self.core.authorize(context, "volume_extension:volume_type_encryption:delete")

        def write(conn: Connection) -> None:
            self._idle(conn, context, type_id, "delete")
            if not rows.delete(conn, T, *self._same(type_id, encryption_id)):
                raise EncryptionNotFound(type_id=type_id)

        self.core.database.run(write)

    @staticmethod
    def _same(type_id: str, encryption_id: str) -> tuple[Any, ...]:
        return (T.c.volume_type_id == type_id, T.c.encryption_id == encryption_id)

    def _idle(self, conn: Connection, context: RequestContext, type_id: str, verb: str) -> None:
        types.get(conn, self.core, context, type_id)
        if types.in_use(conn, type_id):
            raise Invalid(f"Cannot {verb} encryption specs. Volume type in use.")


def of_type(conn: Connection, type_id: str) -> Row | None:
    found = conn.execute(sa.select(T).where(T.c.volume_type_id == type_id)).mappings().first()
    return dict(found) if found is not None else None
