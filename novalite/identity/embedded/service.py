"""The embedded identity service: what the compute services and its own REST API ask of it."""

import dataclasses
import hashlib
import threading
from typing import TYPE_CHECKING, Any

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.db.engine import Database
from novalite.identity.embedded import catalog, queries, scoping, tokens
from novalite.identity.embedded.access_rules import AccessRules
from novalite.identity.embedded.application_credentials import ApplicationCredentials
from novalite.identity.embedded.authentication import Authenticator
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.credentials import Credentials
from novalite.identity.embedded.domain_configs import DomainConfigs
from novalite.identity.embedded.domains import Domains
from novalite.identity.embedded.endpoint_groups import EndpointGroups
from novalite.identity.embedded.endpoints import Endpoints
from novalite.identity.embedded.grants import SYSTEM, Grants
from novalite.identity.embedded.groups import Groups
from novalite.identity.embedded.implied_roles import ImpliedRoles
from novalite.identity.embedded.keys import KeyRepository
from novalite.identity.embedded.limits import Limits
from novalite.identity.embedded.oauth_access_tokens import OAuthTokens
from novalite.identity.embedded.oauth_consumers import OAuthConsumers
from novalite.identity.embedded.oauth_signature import Signed
from novalite.identity.embedded.passwords import PasswordHasher
from novalite.identity.embedded.policies import Policies
from novalite.identity.embedded.projects import Projects
from novalite.identity.embedded.regions import Regions
from novalite.identity.embedded.registered_limits import RegisteredLimits
from novalite.identity.embedded.role_assignments import RoleAssignments
from novalite.identity.embedded.roles import Roles
from novalite.identity.embedded.scoping import Details
from novalite.identity.embedded.sealing import Sealer
from novalite.identity.embedded.services import Services
from novalite.identity.embedded.trusts import Trusts
from novalite.identity.embedded.users import Users
from novalite.identity.interface import Token

if TYPE_CHECKING:
    from oslo_config import cfg
    from sqlalchemy import Connection

FRESH = 5.0  # seconds; for changes that another process made. Our own are seen at once.
REMEMBERED = 4096  # tokens


@dataclasses.dataclass(slots=True)
class _Known:
    details: Details
    token: Token
    until: float


class IdentityService:
    """IdentityAPI over the embedded database.

    What is known of a token is kept in memory, so that a request costs no SQL and no
    decryption; every change made through the resources forgets all of it. Safe for threads.
    """

    def __init__(
        self, conf: "cfg.ConfigOpts", database: Database, clock: Clock | None = None
    ) -> None:
        self.database = database
        self.clock = clock or SystemClock()
        self.keys = KeyRepository(conf.embedded.key_repository)
        self.keys.ensure()
        self.credential_keys = KeyRepository(conf.embedded.credential_key_repository)
        self.credential_keys.ensure()
        self.passwords = PasswordHasher(conf.embedded.password_cost)
        self._lock = threading.Lock()
        self._known: dict[bytes, _Known] = {}
        self._generation = 0
        core = Core(database, self.clock, self.forget)
        self._core = core
        self._resources(core, Sealer(self.credential_keys))
        self._authenticator = Authenticator(
            core,
            self.keys,
            self.passwords,
            self.credentials,
            self.oauth_tokens,
            conf.embedded.token_expiration,
            self.inspect,
        )

    def _resources(self, core: Core, sealer: Sealer) -> None:
        self.domains = Domains(core)
        self.domain_configs = DomainConfigs(core)
        self.projects = Projects(core)
        self.users = Users(core, self.passwords)
        self.groups = Groups(core)
        self.roles = Roles(core)
        self.implied_roles = ImpliedRoles(core)
        self.grants = Grants(core)
        self.role_assignments = RoleAssignments(core)
        self.regions = Regions(core)
        self.services = Services(core)
        self.endpoints = Endpoints(core)
        self.endpoint_groups = EndpointGroups(core)
        self.application_credentials = ApplicationCredentials(core, self.passwords)
        self.access_rules = AccessRules(core)
        self.credentials = Credentials(core, sealer)
        self.trusts = Trusts(core)
        self.policies = Policies(core)
        self.registered_limits = RegisteredLimits(core)
        self.limits = Limits(core)
        self.oauth_consumers = OAuthConsumers(core, sealer)
        self.oauth_tokens = OAuthTokens(core, sealer)

    # ---- IdentityAPI ----

    def validate(self, token: str) -> Token:
        """Raises Unauthorized. The answer's catalog is shared: read it only."""
        known = self._look(token)
        return dataclasses.replace(known.token, roles=list(known.token.roles))

    def project_exists(self, project_id: str) -> bool:
        with self.database.read() as conn:
            return queries.projects.find(conn, id=project_id) is not None

    # ---- the REST API's ----

    def authenticate(
        self, auth: dict[str, Any], address: str, signed: Signed | None = None
    ) -> tuple[str, Details]:
        """See Authenticator."""
        return self._authenticator.authenticate(auth, address, signed)

    def authenticate_ec2(self, asked: dict[str, Any], *, s3: bool = False) -> tuple[str, Details]:
        """See Authenticator."""
        return self._authenticator.by_ec2(asked, s3=s3)

    def change_password(self, user_id: str, original: str, password: str, address: str) -> None:
        """Raises Unauthorized for a wrong original password, or no such user; ValidationError
        for a user whose password is locked or stays the same."""
        user = self._authenticator.check_password({"id": user_id, "password": original}, address)
        if not user["enabled"]:
            raise exception.Unauthorized()
        if (user["options"] or {}).get("lock_password"):
            raise exception.ValidationError(detail="Password of this user may not be changed.")
        self.users.update(user_id, {"password": password})

    def inspect(self, token: str) -> Details:
        """Raises Unauthorized."""
        return self._look(token).details

    def revoke(self, token: str) -> None:
        """Raises Unauthorized for a token that is not valid anyhow."""
        claims = self.inspect(token).claims
        now = tokens.microseconds(self.clock.now())
        self.database.run(
            lambda conn: queries.revoke(conn, claims.audit_ids[0], claims.expires_at, now)
        )
        self.forget()

    def catalog(self, details: Details) -> list[dict[str, Any]]:
        """In the form of ``token.catalog``; empty for a token without scope."""
        if not details.claims.scope:
            return []
        with self.database.read() as conn:
            return _catalog(conn, details)

    def forget(self) -> None:
        """Drop what is known of tokens: something has changed."""
        with self._lock:
            self._generation += 1
            self._known = {}

    # ---- inside ----

    def _look(self, token: str) -> _Known:
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(key)
        if known is None or self.clock.monotonic() > known.until:
            known = self._read(token, key)
        if known.token.expires_at <= self.clock.now():
            raise exception.Unauthorized()
        return known

    def _read(self, token: str, key: bytes) -> _Known:
        generation = self._generation
        claims = tokens.unseal(self.keys, token)
        now = tokens.microseconds(self.clock.now())
        if claims.expires_at <= now:
            raise exception.Unauthorized()
        with self.database.read() as conn:
            details = scoping.load(conn, claims, now)
            entries = _catalog(conn, details) if claims.scope else []
        known = _Known(details, _token(details, entries), self.clock.monotonic() + FRESH)
        with self._lock:
            # A change that came while we read is not in what we read: do not keep it.
            if generation == self._generation:
                if len(self._known) >= REMEMBERED:
                    self._known = {}
                self._known[key] = known
        return known


def _catalog(conn: "Connection", details: Details) -> list[dict[str, Any]]:
    return catalog.build(conn, details.project["id"] if details.project else None)


def _token(details: Details, entries: list[dict[str, Any]]) -> Token:
    project = details.project or {}
    rules = None
    if details.application_credential is not None:
        rules = details.application_credential["access_rules"]
    return Token(
        user_id=details.user["id"],
        user_name=details.user["name"],
        user_domain_id=details.user["domain_id"],
        expires_at=tokens.moment(details.claims.expires_at),
        project_id=project.get("id"),
        project_name=project.get("name"),
        project_domain_id=project.get("domain_id"),
        roles=details.role_names,
        catalog=entries,
        system_scope=SYSTEM if details.claims.scope == "system" else None,
        domain_id=details.domain["id"] if details.domain else None,
        access_rules=_rules(rules),
    )


def _rules(rules: list[dict[str, Any]] | None) -> list[dict[str, str]] | None:
    if rules is None:
        return None
    return [{name: rule[name] for name in ("service", "path", "method")} for rule in rules]
