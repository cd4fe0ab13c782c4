"""Credentials: blobs that belong to users. Those of type ``ec2`` can be logged in with."""

import hashlib
import json
import secrets
import uuid

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries
from novalite.identity.embedded.core import Core, Records
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.sealing import Sealer

EC2 = "ec2"


def ec2_id(access: str) -> str:
    return hashlib.sha256(access.encode("utf-8", "surrogatepass")).hexdigest()


class Credentials(Records):
    """Rows have ``blob``, in clear; the database holds it encrypted."""

    resource = queries.credentials

    def __init__(self, core: Core, sealer: Sealer) -> None:
        super().__init__(core)
        self._sealer = sealer

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        return [{**row, "blob": self._sealer.open(row["encrypted_blob"])} for row in rows]

    def new(self, conn: Connection, values: Row) -> Row:
        row = {"project_id": None, **values}
        blob = row.pop("blob")
        queries.users.get(conn, row["user_id"])
        if row["type"] == EC2:
            if row["project_id"] is None:
                raise exception.ValidationError(
                    detail="project_id attribute is required for ec2 credentials."
                )
            row["id"] = ec2_id(_access_of(blob))
            if queries.credentials.find(conn, id=row["id"]) is not None:
                raise exception.Conflict(
                    "Conflict occurred attempting to store credential - Duplicate entry found "
                    "with this access key."
                )
        if row["project_id"] is not None:
            queries.projects.get(conn, row["project_id"])
        return {**row, "encrypted_blob": self._sealer.seal(blob)}

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        """Type, user and project stay. Raises ValidationError for another of these."""
        for name in ("type", "user_id", "project_id"):
            if changes.pop(name, row[name]) != row[name]:
                raise exception.ValidationError(detail=f"Cannot change {name} of a credential.")
        blob = changes.pop("blob", None)
        if blob is not None:
            if row["type"] == EC2:
                self._check_delegation(row, blob)
            changes["encrypted_blob"] = self._sealer.seal(blob)
        return super().changes(conn, row, changes)

    def _check_delegation(self, row: Row, blob: str) -> None:
        """A credential that was made with less than a password stays as weak as it was."""
        _access_of(blob)
        old, new = json.loads(self._sealer.open(row["encrypted_blob"])), json.loads(blob)
        for name in ("trust_id", "app_cred_id", "access_token_id"):
            if old.get(name) != new.get(name):
                raise exception.ValidationError(
                    detail=f"{name} can not be updated for credential {row['id']}"
                )

    # ---- EC2 ----

    def create_ec2(self, user_id: str, project_id: str, delegation: Row) -> Row:
        """A new pair of keys: ``access``, ``secret``, ``user_id``, ``tenant_id``, ``trust_id``.
        ``delegation``: what the token that asked for it was made by (see ``delegation_of``)."""
        access, secret = uuid.uuid4().hex, secrets.token_hex(16)
        blob = {"access": access, "secret": secret, "trust_id": None, **delegation}
        values = {"user_id": user_id, "project_id": project_id, "type": EC2}
        return ec2_of(self.create({**values, "blob": json.dumps(blob)}))

    def list_ec2(self, user_id: str) -> list[Row]:
        with self.core.read() as conn:
            queries.users.get(conn, user_id)
        return [ec2_of(row) for row in self.list_({"user_id": user_id, "type": EC2})]

    def get_ec2(self, user_id: str, access: str) -> Row:
        """Raises NotFound, also for another user's."""
        with self.core.read() as conn:
            queries.users.get(conn, user_id)
            row = queries.credentials.find(conn, id=ec2_id(access))
            if row is None or row["type"] != EC2 or row["user_id"] != user_id:
                raise queries.credentials.not_found(access)
            return ec2_of(self.dress(conn, [row])[0])

    def delete_ec2(self, user_id: str, access: str) -> None:
        self.get_ec2(user_id, access)
        self.delete(ec2_id(access))


def ec2_of(row: Row) -> Row:
    """The keys of a credential of type ec2, with whom they belong to."""
    blob = json.loads(row["blob"])
    return {
        **blob,
        "user_id": row["user_id"],
        "tenant_id": row["project_id"],
        "trust_id": blob.get("trust_id"),
    }


def _access_of(blob: str) -> str:
    """Raises ValidationError for a blob that holds no pair of keys."""
    try:
        found = json.loads(blob)
        access = found["access"]
        if isinstance(access, str) and isinstance(found["secret"], str):
            return access
    except (ValueError, KeyError, TypeError):
        pass
    raise exception.ValidationError(detail="Invalid blob in credential")
