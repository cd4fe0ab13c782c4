"""IdentityAPI over HTTP: tokens are validated at a Keystone, with this service's credentials.

What Keystone said of a token is believed for CACHED seconds, never beyond the token's expiry: a
revocation is seen with at most that delay.
"""

import datetime
import hashlib
import threading
from collections import OrderedDict
from typing import Any

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from keystoneauth1.identity import v3
from oslo_config import cfg
from oslo_log import log

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.identity.interface import Token

LOG = log.getLogger(__name__)

CACHED = 30.0  # seconds
REMEMBERED = 4096  # tokens


class KeystoneClient:
    """Safe for threads. Options of [keystone]."""

    def __init__(self, conf: cfg.ConfigOpts, clock: Clock | None = None) -> None:
        options = conf.keystone
        self._clock = clock or SystemClock()
        self._url = _versioned(options.endpoint_override)
        auth = v3.Password(
            auth_url=_versioned(options.auth_url or options.endpoint_override),
            username=options.username,
            password=options.password,
            project_name=options.project_name,
            user_domain_name=options.user_domain_name,
            project_domain_name=options.project_domain_name,
        )
        self._session = ka_session.Session(auth=auth, timeout=options.timeout)
        self._lock = threading.Lock()
        # digest -> (what it is, monotonic time until which that is believed)
        self._known: OrderedDict[bytes, tuple[Token, float]] = OrderedDict()

    def validate(self, token: str) -> Token:
        """Raises Unauthorized, and DependencyUnavailable when Keystone does not answer or does
        not accept this service's own credentials."""
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            found, until = self._known.get(key, (None, 0.0))
        if found is None or self._clock.monotonic() > until:
            found = self._fetch(token)
            with self._lock:
                self._known[key] = (found, self._clock.monotonic() + CACHED)
                self._known.move_to_end(key)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        if found.expires_at <= self._clock.now():
            raise exception.Unauthorized()
        return found

    def project_exists(self, project_id: str) -> bool:
        """Raises DependencyUnavailable. A project that this service may not look at exists, as
        far as it can know."""
        return self._get(f"/projects/{project_id}").status_code != 404

    def _fetch(self, token: str) -> Token:
        if not token or not token.isascii() or any(c <= " " for c in token):
            raise exception.Unauthorized()  # it would not even fit into a header
        answer = self._get("/auth/tokens", {"X-Subject-Token": token})
        if answer.status_code == 404:
            raise exception.Unauthorized()
        if answer.status_code != 200:
            raise exception.DependencyUnavailable(
                reason=f"the identity service answered {answer.status_code}"
            )
        try:
            return _token(answer.json()["token"])
        except (ValueError, KeyError, TypeError) as e:
            raise exception.DependencyUnavailable(
                reason="the identity service's answer makes no sense"
            ) from e

    def _get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        try:
            answer = self._session.get(self._url + path, headers=headers or {}, raise_exc=False)
        except ka_exceptions.Unauthorized as e:
            raise _refused() from e
        except ka_exceptions.ClientException as e:
            LOG.warning("The identity service does not answer: %s", e)
            raise exception.DependencyUnavailable(
                reason="the identity service does not answer"
            ) from e
        if answer.status_code in (401, 403) and path == "/auth/tokens":
            raise _refused()
        if answer.status_code >= 500 or answer.status_code == 429:
            raise exception.DependencyUnavailable(
                reason=f"the identity service answered {answer.status_code}"
            )
        return answer


def _refused() -> exception.DependencyUnavailable:
    LOG.error("The identity service refuses the credentials of [keystone] or their roles.")
    return exception.DependencyUnavailable(
        reason="the identity service does not accept this service's credentials"
    )


def _versioned(url: str) -> str:
    url = url.rstrip("/")
    return url if url.endswith("/v3") else url + "/v3"


def _token(body: dict[str, Any]) -> Token:
    project = body.get("project") or {}
    expires = datetime.datetime.fromisoformat(body["expires_at"])
    if expires.tzinfo is not None:
        expires = expires.astimezone(datetime.UTC).replace(tzinfo=None)
    return Token(
        user_id=body["user"]["id"],
        user_name=body["user"]["name"],
        user_domain_id=body["user"]["domain"]["id"],
        expires_at=expires,
        project_id=project.get("id"),
        project_name=project.get("name"),
        project_domain_id=(project.get("domain") or {}).get("id"),
        roles=[role["name"] for role in body.get("roles", [])],
        catalog=body.get("catalog", []),
        system_scope="all" if (body.get("system") or {}).get("all") else None,
        domain_id=(body.get("domain") or {}).get("id"),
        access_rules=(body.get("application_credential") or {}).get("access_rules"),
    )
