"""OAuth 1.0a: from a consumer's request token, which a user authorizes, to the access token with
which the consumer gets tokens of identity v3 for him."""

import hashlib
import hmac
import secrets
import uuid

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import effective, oauth_signature, queries
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.oauth_signature import Signed
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.sealing import Sealer
from novalite.identity.embedded.tokens import moment

REQUEST_LIFETIME = 28800  # seconds
ACCESS_LIFETIME = 86400
SKEW = 300  # seconds that a signature's clock may differ from ours
SECOND = 1_000_000


class OAuthTokens:
    """Errors: Unauthorized for a wrong signature and whatever a signature refers to; NotFound."""

    def __init__(self, core: Core, sealer: Sealer) -> None:
        self._core = core
        self._sealer = sealer

    # ---- what a consumer does ----

    def request(self, signed: Signed, project_id: str) -> Row:
        """A new request token: ``id``, ``secret``, ``expires_at``."""
        secret = secrets.token_hex(32)

        def work(conn: Connection) -> Row:
            consumer = self._consumer(conn, signed)
            self._verify(signed, consumer, None)
            if queries.projects.find(conn, id=project_id) is None:
                raise queries.projects.not_found(project_id)
            row = queries.oauth_request_tokens.create(
                conn,
                {
                    "consumer_id": consumer["id"],
                    "encrypted_secret": self._sealer.seal(secret),
                    "project_id": project_id,
                    "expires_at": self._core.now() + REQUEST_LIFETIME * SECOND,
                },
            )
            return {**row, "secret": secret}

        return self._core.write(work)

    def exchange(self, signed: Signed) -> Row:
        """The access token in place of an authorized request token."""
        secret = secrets.token_hex(32)

        def work(conn: Connection) -> Row:
            consumer = self._consumer(conn, signed)
            request = queries.oauth_request_tokens.find(conn, id=signed.token or "")
            if request is None or request["consumer_id"] != consumer["id"]:
                raise exception.Unauthorized()
            self._verify(signed, consumer, request)
            self._must_live(request)
            expected = request["verifier_hash"] or ""
            if not hmac.compare_digest(expected, _digest(signed.verifier or "")):
                raise exception.Unauthorized()
            row = queries.oauth_access_tokens.create(
                conn,
                {
                    "consumer_id": consumer["id"],
                    "encrypted_secret": self._sealer.seal(secret),
                    "project_id": request["project_id"],
                    "authorizing_user_id": request["authorizing_user_id"],
                    "role_ids": request["role_ids"],
                    "expires_at": self._core.now() + ACCESS_LIFETIME * SECOND,
                },
            )
            queries.oauth_request_tokens.destroy(conn, request["id"])
            return {**row, "secret": secret}

        return self._core.write(work)

    def verify(self, conn: Connection, signed: Signed) -> Row:
        """The access token that a request to log in was signed with."""
        consumer = self._consumer(conn, signed)
        token = queries.oauth_access_tokens.find(conn, id=signed.token or "")
        if token is None or token["consumer_id"] != consumer["id"]:
            raise exception.Unauthorized()
        self._verify(signed, consumer, token)
        self._must_live(token)
        return token

    # ---- what a user does ----

    def authorize(self, request_id: str, user_id: str, wanted: list[Row]) -> str:
        """The verifier, which the user hands to the consumer. ``wanted``: the roles, by id or
        name. Raises Unauthorized for roles that the user does not have on the project."""
        verifier = uuid.uuid4().hex[:16]

        def work(conn: Connection) -> None:
            request = queries.oauth_request_tokens.get(conn, request_id)
            self._must_live(request)
            held = effective.roles(conn, user_id, "project", request["project_id"])
            chosen = []
            for spec in wanted:
                key = "id" if "id" in spec else "name"
                ids = [role["id"] for role in held if role[key] == spec[key]]
                if not ids:
                    raise exception.Unauthorized("authorizing user does not have role required")
                chosen += ids
            changes = {
                "authorizing_user_id": user_id,
                "role_ids": chosen,
                "verifier_hash": _digest(verifier),
            }
            queries.oauth_request_tokens.update(conn, request_id, changes)

        self._core.write(work)
        return verifier

    def list_of(self, user_id: str) -> list[Row]:
        with self._core.read() as conn:
            queries.users.get(conn, user_id)
            return queries.oauth_access_tokens.list_(conn, authorizing_user_id=user_id)

    def get_of(self, user_id: str, token_id: str) -> Row:
        with self._core.read() as conn:
            row = queries.oauth_access_tokens.get(conn, token_id)
        if row["authorizing_user_id"] != user_id:
            raise queries.oauth_access_tokens.not_found(token_id)
        return row

    def roles_of(self, user_id: str, token_id: str) -> list[Row]:
        ids = self.get_of(user_id, token_id)["role_ids"]
        with self._core.read() as conn:
            return list(queries.roles.of(conn, ids).values())

    def delete(self, user_id: str, token_id: str) -> None:
        """Ends the tokens that were got with it."""
        self.get_of(user_id, token_id)
        self._core.write(lambda conn: queries.oauth_access_tokens.destroy(conn, token_id))

    # ---- inside ----

    def _consumer(self, conn: Connection, signed: Signed) -> Row:
        row = queries.oauth_consumers.find(conn, id=signed.consumer)
        if row is None:
            raise exception.Unauthorized()
        return row

    def _verify(self, signed: Signed, consumer: Row, token: Row | None) -> None:
        secret = self._sealer.open(token["encrypted_secret"]) if token else ""
        if abs(self._core.now() // SECOND - signed.timestamp) > SKEW:
            raise exception.Unauthorized()
        if not oauth_signature.fits(
            signed, self._sealer.open(consumer["encrypted_secret"]), secret
        ):
            raise exception.Unauthorized()

    def _must_live(self, row: Row) -> None:
        if row["expires_at"] is not None and row["expires_at"] <= self._core.now():
            raise exception.Unauthorized("Token is expired")


def usable_roles(conn: Connection, token: Row) -> list[Row]:
    """The roles that count now: those authorized, as far as the user still has them; by name."""
    held = effective.roles(conn, token["authorizing_user_id"], "project", token["project_id"])
    return [role for role in held if role["id"] in token["role_ids"]]


def expiry_text(row: Row) -> str:
    return moment(row["expires_at"]).isoformat(timespec="microseconds") + "Z"


def _digest(verifier: str) -> str:
    return hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).hexdigest()
