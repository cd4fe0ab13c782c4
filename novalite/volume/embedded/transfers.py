"""A volume changes hands: one project offers it with a key, another accepts it with that key."""

import hashlib
import hmac
import secrets

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import Invalid, InvalidVolume, NotFound
from novalite.volume.embedded import records, rows
from novalite.volume.embedded.core import Core, Row, own_project
from novalite.volume.embedded.errors import InvalidSnapshot
from novalite.volume.embedded.listing import Listing, Query
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables.snapshots import snapshots
from novalite.volume.embedded.tables.transfers import transfers as T
from novalite.volume.embedded.tables.volumes import volumes

KEY_BYTES = 8
OFFERED = "awaiting-transfer"
LISTING = Listing(
    T,
    {name: T.c[name] for name in ("id", "name", "volume_id", "created_at", "project_id")}
    | {"display_name": T.c.name, "source_project_id": T.c.project_id},
    public=frozenset({"name", "volume_id"}),
)


class TransferNotFound(NotFound):
    message = "Transfer {transfer_id} could not be found."


class Transfers:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(self, context: RequestContext, query: Query | None = None) -> list[Row]:
        self.core.authorize(context, "volume:get_all_transfers")
        query = query or Query()
        with self.core.database.read() as conn:
            return LISTING.run(conn, LISTING.conditions(conn, self.core, context, query), query)

    def show(self, context: RequestContext, transfer_id: str) -> Row:
        self.core.authorize(context, "volume:get_transfer")
        with self.core.database.read() as conn:
            row = _get(conn, transfer_id)
        if not self.core.may_see(context, row):
            raise TransferNotFound(transfer_id=transfer_id)
        return row

    def create(
        self,
        context: RequestContext,
        volume_id: str,
        name: str | None,
        *,
        no_snapshots: bool = False,
    ) -> tuple[Row, str]:
        """(the transfer, its key, which nobody can read again). Raises InvalidVolume,
        InvalidSnapshot."""
        key = secrets.token_hex(KEY_BYTES)
        salt = secrets.token_hex(KEY_BYTES)

        def write(conn: Connection) -> Row:
            volume = records.volume(conn, self.core, context, volume_id)
            self.core.authorize(context, "volume:create_transfer", volume["project_id"])
            if volume["group_id"]:
                raise InvalidVolume(reason="a volume of a group cannot be transferred")
            if not no_snapshots:
                _check_snapshots(conn, volume_id)
            available = volumes.c.status == "available"
            changes = {"status": OFFERED}
            if not rows.update(conn, volumes, volume_id, changes, self.core.now(), available):
                raise InvalidVolume(reason="status must be available")
            row = {
                "id": rows.new_id(),
                "volume_id": volume_id,
                "project_id": volume["project_id"],
                "name": name,
                "salt": salt,
                "key_hash": _hash(salt, key),
                "no_snapshots": no_snapshots,
                "created_at": self.core.now(),
            }
            rows.insert(conn, T, row)
            return row

        return self.core.database.run(write), key

    def accept(self, context: RequestContext, transfer_id: str, key: str) -> Row:
        """The volume becomes the caller's. Raises Invalid for a wrong key, QuotaError."""
        self.core.authorize(context, "volume:accept_transfer")
        project_id = own_project(context)

        def write(conn: Connection) -> Row:
            row = _get(conn, transfer_id)
            if not hmac.compare_digest(row["key_hash"], _hash(row["salt"], key)):
                raise Invalid(f"Invalid auth key: Attempt to transfer {transfer_id} with invalid "
                              "auth key.")  # fmt: skip
            volume = rows.get(conn, volumes, row["volume_id"])
            if volume is None or volume["status"] != OFFERED:
                raise InvalidVolume(reason=f"Volume must be in {OFFERED} state")
            frozen = [] if row["no_snapshots"] else records.snapshots_of(conn, volume["id"])
            if project_id != volume["project_id"]:
                self._check_quota(conn, project_id, volume, frozen)
            now = self.core.now()
            owner = {"project_id": project_id, "user_id": context.user_id or ""}
            offered = volumes.c.status == OFFERED
            changes = {**owner, "status": "available"}
            if not rows.update(conn, volumes, volume["id"], changes, now, offered):
                raise InvalidVolume(reason=f"Volume must be in {OFFERED} state")
            for each in frozen:
                rows.update(conn, snapshots, each["id"], owner, now)
            rows.delete(conn, T, T.c.id == transfer_id)
            return row

        return self.core.database.run(write)

    def _check_quota(
        self, conn: Connection, project_id: str, volume: Row, frozen: list[Row]
    ) -> None:
        deltas = {
            "volumes": 1,
            "snapshots": len(frozen),
            "gigabytes": volume["size"] + sum(each["volume_size"] for each in frozen),
        }
        names = records.type_names(conn, [volume])
        self.quotas.check(conn, project_id, deltas, names.get(volume["volume_type_id"]))

    def delete(self, context: RequestContext, transfer_id: str) -> None:
        """The volume stays where it was."""

        def write(conn: Connection) -> None:
            row = _get(conn, transfer_id)
            if not self.core.may_see(context, row):
                raise TransferNotFound(transfer_id=transfer_id)
            self.core.authorize(context, "volume:delete_transfer", row["project_id"])
            rows.delete(conn, T, T.c.id == transfer_id)
            same = volumes.c.status == OFFERED
            changes = {"status": "available"}
            rows.update(conn, volumes, row["volume_id"], changes, self.core.now(), same)

        self.core.database.run(write)


def _get(conn: Connection, transfer_id: str) -> Row:
    row = rows.get(conn, T, transfer_id)
    if row is None:
        raise TransferNotFound(transfer_id=transfer_id)
    return row


def _check_snapshots(conn: Connection, volume_id: str) -> None:
    for each in records.snapshots_of(conn, volume_id):
        if each["status"] != "available":
            raise InvalidSnapshot(reason=f"Snapshot: {each['id']} status must be available")


def _hash(salt: str, key: str) -> str:
    return hashlib.sha256(f"{salt}:{key}".encode()).hexdigest()
