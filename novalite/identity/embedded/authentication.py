"""Log-in: from what the client knows (a password, a token) to a new token."""

import dataclasses
from collections.abc import Callable
from typing import Any

from novalite import exception
from novalite.clock import Clock
from novalite.db.engine import Database
from novalite.identity.embedded import queries, scoping, tokens
from novalite.identity.embedded.keys import KeyRepository
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.scoping import Details
from novalite.identity.embedded.throttle import Throttle

Row = dict[str, Any]
SECOND = 1_000_000  # microseconds


@dataclasses.dataclass(slots=True)
class _Proof:
    """Who the client has shown to be. A token passes on its expiry and its origin, so that
    nobody stays logged in for ever by changing one token for the next."""

    user: Row
    methods: list[str]
    expires_at: int
    chain: tuple[str, ...] = ()


class Authenticator:
    """``lifetime`` in seconds; ``inspect`` gives the Details of a token or raises Unauthorized."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keys: KeyRepository,
        passwords: PasswordHasher,
        lifetime: int,
        inspect: Callable[[str], Details],
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._passwords = passwords
        self._lifetime = lifetime
        self._inspect = inspect
        self._throttle = Throttle(clock)

    def authenticate(self, auth: Row, address: str) -> tuple[str, Details]:
        """The new token and its details. ``auth`` is the ``auth`` member of the request of
        POST /v3/auth/tokens, already valid by its schema; ``address`` is the client's.

        Raises Unauthorized, and TooManyFailures for a client that guesses.
        """
        # Taken before anything is looked at: a password changed meanwhile ends this token too.
        now = tokens.microseconds(self._clock.now())
        proof = self._prove(auth["identity"], address, now)
        with self._database.read() as conn:
            scope, scope_id = scoping.resolve(conn, auth.get("scope"), proof.user)
            claims = tokens.Claims(
                user_id=proof.user["id"],
                methods=tuple(proof.methods),
                scope=scope,
                scope_id=scope_id,
                issued_at=now,
                expires_at=proof.expires_at,
                audit_ids=(tokens.new_audit_id(), *proof.chain),
            )
            details = scoping.load(conn, claims)
        return tokens.seal(self._keys, claims), details

    def _prove(self, identity: Row, address: str, now: int) -> _Proof:
        proof: _Proof | None = None
        for method in dict.fromkeys(identity["methods"]):
            if method == "password":
                found = self._by_password(identity["password"]["user"], address, now)
            elif method == "token":
                found = self._by_token(identity["token"]["id"])
            else:
                raise exception.Unauthorized(
                    "Attempted to authenticate with an unsupported method."
                )
            if proof is None:
                proof = found
                continue
            if proof.user["id"] != found.user["id"]:
                raise exception.Unauthorized()
            proof.methods.extend(m for m in found.methods if m not in proof.methods)
            proof.expires_at = min(proof.expires_at, found.expires_at)
            proof.chain = proof.chain or found.chain
        assert proof is not None  # the schema asks for one method at least
        return proof

    def check_password(self, spec: Row, address: str) -> Row:
        """The user whom ``spec`` (id, or name and domain, and ``password``) is of.

        Raises Unauthorized, and TooManyFailures for a client that guesses.
        """
        with self._database.read() as conn:
            user = scoping.find_in_domain(conn, queries.users, spec)
            domain = scoping.find_domain(conn, spec.get("domain"))
        account = _account(spec, domain)
        self._throttle.check(account, address)
        hashed = user["password_hash"] if user else None
        if not self._passwords.verify(spec["password"], hashed):
            self._throttle.failed(account, address)
            raise exception.Unauthorized()
        assert user is not None
        self._throttle.succeeded(account, address)
        return user

    def _by_password(self, spec: Row, address: str, now: int) -> _Proof:
        user = self.check_password(spec, address)
        seconds = now // SECOND + self._lifetime
        return _Proof(user, ["password"], seconds * SECOND)

    def _by_token(self, token: str) -> _Proof:
        details = self._inspect(token)
        methods = list(details.claims.methods)
        if "token" not in methods:
            methods.append("token")
        return _Proof(
            details.user, methods, details.claims.expires_at, details.claims.audit_ids[-1:]
        )


def _account(spec: Row, domain: Row | None) -> str:
    """One name for one account, whether it exists or not."""
    if "id" in spec:
        return f"id {spec['id']}"
    where = domain["id"] if domain else str(spec.get("domain"))
    return f"name {where} {spec['name'].lower()}"
