"""What a volume type says beside its name: keys and values for the service and for drivers."""

from collections.abc import Mapping

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import Invalid, NotFound
from novalite.volume.embedded import rows, types
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.types import extra_specs as T

USER_VISIBLE = frozenset({"multiattach", "RESKEY:availability_zones", "replication_enabled"})
"""What others than administrators may know: the rest tells how the cloud is built."""


class ExtraSpecNotFound(NotFound):
    message = "Volume Type {volume_type_id} has no extra specs with key {extra_specs_key}."


SENSITIVE = "volume_extension:types_extra_specs:read_sensitive"


class ExtraSpecs:
    def __init__(self, core: Core) -> None:
        self.core = core

    def list_(self, context: RequestContext, type_id: str) -> dict[str, str]:
        with self.core.database.read() as conn:
            specs = types.get(conn, self.core, context, type_id)["extra_specs"]
        return seen(specs, sensitive=self.core.allowed(context, SENSITIVE))

    def show(self, context: RequestContext, type_id: str, key: str) -> dict[str, str]:
        specs = self.list_(context, type_id)
        if key not in specs:
            raise ExtraSpecNotFound(volume_type_id=type_id, extra_specs_key=key)
        return {key: specs[key]}

    def set_(self, context: RequestContext, type_id: str, specs: Mapping[str, str | None]) -> None:
        """Raises Invalid while volumes have the type: they were made by what it said before."""
        self.core.authorize(context, "volume_extension:types_extra_specs:create")

        def write(conn: Connection) -> None:
            self._changeable(conn, context, type_id)
            rows.set_pairs(conn, T, T.c.volume_type_id, type_id, specs, replace=False)

        self.core.database.run(write)

    def delete(self, context: RequestContext, type_id: str, key: str) -> None:
        self.core.authorize(context, "volume_extension:types_extra_specs:delete")

        def write(conn: Connection) -> None:
            self._changeable(conn, context, type_id)
            if not rows.delete(conn, T, T.c.volume_type_id == type_id, T.c.key == key):
                raise ExtraSpecNotFound(volume_type_id=type_id, extra_specs_key=key)

        self.core.database.run(write)

    def _changeable(self, conn: Connection, context: RequestContext, type_id: str) -> Row:
        row = types.get(conn, self.core, context, type_id)
        if types.in_use(conn, type_id):
            raise Invalid("Volume Type is currently in use.")
        return row


def seen(specs: Mapping[str, str], *, sensitive: bool) -> dict[str, str]:
    if sensitive:
        return dict(specs)
    return {key: value for key, value in specs.items() if key in USER_VISIBLE}
