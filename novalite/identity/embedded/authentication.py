"""Log-in: from what the client knows (a password, a token, a secret) to a new token."""

import datetime
import hmac
from collections.abc import Callable

from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import (
    credentials,
    ec2_signature,
    queries,
    scoping,
    tokens,
    totp,
    trusts,
)
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.credentials import Credentials
from novalite.identity.embedded.keys import KeyRepository
from novalite.identity.embedded.oauth_access_tokens import OAuthTokens
from novalite.identity.embedded.oauth_signature import Signed
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.proof import Proof, join, satisfies_rules
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.scoping import Details
from novalite.identity.embedded.throttle import Throttle

SECOND = 1_000_000  # microseconds
LONGEST_ACCESS = 255
EC2_SKEW = datetime.timedelta(minutes=15)


class Authenticator:
    """``lifetime`` in seconds; ``inspect`` gives the Details of a token or raises Unauthorized."""

    def __init__(
        self,
        core: Core,
        keys: KeyRepository,
        passwords: PasswordHasher,
        secrets: Credentials,
        oauth: OAuthTokens,
        lifetime: int,
        inspect: Callable[[str], Details],
    ) -> None:
        self._core = core
        self._keys = keys
        self._passwords = passwords
        self._secrets = secrets
        self._oauth = oauth
        self._lifetime = lifetime
        self._inspect = inspect
        self._throttle = Throttle(core.clock)

    def authenticate(
        self, auth: Row, address: str, signed: Signed | None = None
    ) -> tuple[str, Details]:
        """The new token and its details. ``auth`` is the ``auth`` member of the request of
        POST /v3/auth/tokens, already valid by its schema; ``address`` is the client's; ``signed``
        the request as OAuth signed it.

        Raises Unauthorized, Forbidden for what a token may not be changed into, and
        TooManyFailures for a client that guesses.
        """
        # Taken before anything is looked at: a password changed meanwhile ends this token too.
        now = self._core.now()
        proof = self._prove(auth["identity"], address, now, signed)
        if not satisfies_rules(proof):
            raise exception.Unauthorized()
        scope = auth.get("scope")
        if isinstance(scope, dict) and "OS-TRUST:trust" in scope:
            return self._by_trust(proof, scope["OS-TRUST:trust"]["id"], now)
        with self._core.read() as conn:
            kind, scope_id = self._scope(conn, proof, scope)
            return self._issue(conn, proof, kind, scope_id, now)

    def by_ec2(self, asked: Row, *, s3: bool = False) -> tuple[str, Details]:
        """A token for a request that was signed with EC2 keys. ``asked`` as of
        ec2_signature.fits; for S3 ``token`` (what was signed, base64) and ``signature``."""
        now = self._core.now()
        access = str(asked.get("access") or "")
        if len(access) > LONGEST_ACCESS:
            raise exception.Unauthorized()
        account = f"ec2 {access}"
        self._throttle.check(account, "")
        with self._core.read() as conn:
            row = queries.credentials.find(conn, id=credentials.ec2_id(access))
            found = None
            if row is not None and row["type"] == credentials.EC2:
                found = credentials.ec2_of(self._secrets.dress(conn, [row])[0])
            secret = found["secret"] if found else "0" * 32
            if not self._ec2_fits(secret, asked, s3) or found is None:
                self._throttle.failed(account, "")
                raise exception.Unauthorized("EC2 signature not supplied or not valid.")
            self._throttle.succeeded(account, "")
            user = _existing(queries.users.find(conn, id=found["user_id"]))
            proof = Proof(user, ["ec2credential"], self._expiry(now))
            for name, grounds in (
                ("trust_id", scoping.TRUST),
                ("app_cred_id", scoping.APPLICATION_CREDENTIAL),
                ("access_token_id", scoping.OAUTH1),
            ):
                if found.get(name):
                    proof.grounds, proof.grounds_id = grounds, found[name]
            return self._issue(conn, proof, "project", found["tenant_id"], now)

    def check_password(self, spec: Row, address: str) -> Row:
        """The user whom ``spec`` (id, or name and domain, and ``password``) is of.

        Raises Unauthorized, and TooManyFailures for a client that guesses.
        """
        with self._core.read() as conn:
            user = scoping.find_in_domain(conn, queries.users, spec)
            account = _account(conn, spec)
        hashed = user["password_hash"] if user else None
        self._check_secret(account, address, spec["password"], hashed)
        return _existing(user)

    # ---- the methods ----

    def _prove(self, identity: Row, address: str, now: int, signed: Signed | None) -> Proof:
        proof: Proof | None = None
        for method in dict.fromkeys(identity["methods"]):
            if method == "password":
                user = self.check_password(identity["password"]["user"], address)
                found = Proof(user, ["password"], self._expiry(now))
            elif method == "token":
                found = self._by_token(identity["token"]["id"])
            elif method == "application_credential":
                found = self._by_application_credential(identity[method], address, now)
            elif method == "totp":
                found = self._by_totp(identity["totp"]["user"], address, now)
            elif method == "oauth1":
                found = self._by_oauth(signed, now)
            else:
                raise exception.Unauthorized(
                    "Attempted to authenticate with an unsupported method."
                )
            proof = found if proof is None else join(proof, found)
        assert proof is not None  # the schema asks for one method at least
        return proof

    def _by_token(self, token: str) -> Proof:
        details = self._inspect(token)
        claims = details.claims
        if claims.grounds in (scoping.TRUST, scoping.OAUTH1):
            raise exception.Forbidden(
                "Using trust-scoped or OAuth token to create another token is not allowed."
            )
        methods = [*claims.methods, *(() if "token" in claims.methods else ("token",))]
        return Proof(
            details.user,
            methods,
            claims.expires_at,
            claims.audit_ids[-1:],
            claims.grounds,
            claims.grounds_id,
            claims.scope_id if claims.grounds else "",
        )

    def _by_application_credential(self, spec: Row, address: str, now: int) -> Proof:
        with self._core.read() as conn:
            row = None
            if "id" in spec:
                account = f"application credential {spec['id']}"
                row = queries.application_credentials.find(conn, id=spec["id"])
            else:
                account = f"application credential {spec['name']} of {_account(conn, spec['user'])}"
                user = scoping.find_in_domain(conn, queries.users, spec["user"])
                if user is not None:
                    row = queries.application_credentials.find(
                        conn, user_id=user["id"], name=spec["name"]
                    )
            user = queries.users.find(conn, id=row["user_id"]) if row else None
        hashed = row["secret_hash"] if row and user else None
        self._check_secret(account, address, spec["secret"], hashed)
        assert row is not None and user is not None  # or the secret would not have fitted
        expires = min(self._expiry(now), row["expires_at"] or self._expiry(now))
        return Proof(
            user,
            ["application_credential"],
            expires,
            (),
            scoping.APPLICATION_CREDENTIAL,
            row["id"],
            row["project_id"],
        )

    def _by_totp(self, spec: Row, address: str, now: int) -> Proof:
        with self._core.read() as conn:
            user = scoping.find_in_domain(conn, queries.users, spec)
            account = f"totp {_account(conn, spec)}"
            rows = []
            if user is not None:
                found = queries.credentials.list_(conn, user_id=user["id"], type="totp")
                rows = self._secrets.dress(conn, found)
        self._throttle.check(account, address)
        valid = [code for row in rows for code in totp.codes(row["blob"], now // SECOND)]
        given = str(spec["passcode"]).encode("utf-8", "surrogatepass")
        if not any(hmac.compare_digest(code.encode(), given) for code in valid):
            self._throttle.failed(account, address)
            raise exception.Unauthorized()
        self._throttle.succeeded(account, address)
        return Proof(_existing(user), ["totp"], self._expiry(now))

    def _by_oauth(self, signed: Signed | None, now: int) -> Proof:
        if signed is None:
            raise exception.Unauthorized()
        with self._core.read() as conn:
            token = self._oauth.verify(conn, signed)
            user = _existing(queries.users.find(conn, id=token["authorizing_user_id"]))
        expires = min(self._expiry(now), token["expires_at"] or self._expiry(now))
        return Proof(
            user, ["oauth1"], expires, (), scoping.OAUTH1, token["id"], token["project_id"]
        )

    # ---- from the proof to the token ----

    def _scope(self, conn: Connection, proof: Proof, asked: object) -> tuple[str, str]:
        """A proof that is bound to a project is good for that project only."""
        if not proof.bound_to:
            return scoping.resolve(conn, asked, proof.user)
        if asked is not None and scoping.resolve(conn, asked, proof.user) != (
            "project",
            proof.bound_to,
        ):
            raise exception.Unauthorized()
        return "project", proof.bound_to

    def _by_trust(self, proof: Proof, trust_id: str, now: int) -> tuple[str, Details]:
        if proof.grounds:
            raise exception.Forbidden("A delegated token cannot be used with a trust.")

        def work(conn: Connection) -> tuple[str, Details]:
            trust = queries.trusts.find(conn, id=trust_id)
            if trust is None or trust["trustee_user_id"] != proof.user["id"]:
                raise exception.Unauthorized()
            if trust["project_id"] is None or not trusts.consume(conn, trust_id):
                raise exception.Unauthorized()
            user = proof.user
            if trust["impersonation"]:
                user = _existing(queries.users.find(conn, id=trust["trustor_user_id"]))
            bound = Proof(user, proof.methods, proof.expires_at, proof.chain)
            bound.expires_at = min(proof.expires_at, trust["expires_at"] or proof.expires_at)
            bound.grounds, bound.grounds_id = scoping.TRUST, trust_id
            return self._issue(conn, bound, "project", trust["project_id"], now)

        return self._core.database.run(work)

    def _issue(
        self, conn: Connection, proof: Proof, kind: str, scope_id: str, now: int
    ) -> tuple[str, Details]:
        claims = tokens.Claims(
            user_id=proof.user["id"],
            methods=tuple(proof.methods),
            scope=kind,
            scope_id=scope_id,
            issued_at=now,
            expires_at=proof.expires_at,
            audit_ids=(tokens.new_audit_id(), *proof.chain),
            grounds=proof.grounds,
            grounds_id=proof.grounds_id,
        )
        details = scoping.load(conn, claims, now)
        return tokens.seal(self._keys, claims), details

    # ---- inside ----

    def _expiry(self, now: int) -> int:
        return (now // SECOND + self._lifetime) * SECOND

    def _check_secret(self, account: str, address: str, secret: str, hashed: str | None) -> None:
        """Takes as long for an account that is not there (``hashed`` None)."""
        self._throttle.check(account, address)
        if not self._passwords.verify(secret, hashed):
            self._throttle.failed(account, address)
            raise exception.Unauthorized()
        self._throttle.succeeded(account, address)

    def _ec2_fits(self, secret: str, asked: Row, s3: bool) -> bool:
        try:
            if s3:
                text = ec2_signature.decode(str(asked.get("token") or ""))
                return ec2_signature.s3_fits(secret, str(asked.get("signature") or ""), text)
            at = ec2_signature.signed_at(asked)
            if at is not None and abs(self._core.clock.now() - at) > EC2_SKEW:
                return False
        except ValueError:
            return False
        return ec2_signature.fits(secret, asked)


def _existing(user: Row | None) -> Row:
    if user is None:
        raise exception.Unauthorized()
    return user


def _account(conn: Connection, spec: Row) -> str:
    """One name for one account, whether it exists or not."""
    if "id" in spec:
        return f"id {spec['id']}"
    domain = scoping.find_domain(conn, spec.get("domain"))
    where = domain["id"] if domain else str(spec.get("domain"))
    return f"name {where} {spec['name'].lower()}"
