"""Authentication: from ``X-Auth-Token`` to the RequestContext of the application.

The identity service is asked for each request: it knows what was revoked (the embedded one
answers from memory, the adapter to Keystone has its own short-lived cache).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.context import RequestContext
from novalite.exception import Unauthorized
from novalite.wsgi.access_rules import allows

if TYPE_CHECKING:
    from novalite.deployment import Deployment
    from novalite.identity.interface import Token


def identity_url(deployment: Deployment) -> str:
    """Where a client gets a token: what ``WWW-Authenticate`` tells it."""
    conf = deployment.conf
    if conf.keystone.driver == "embedded":
        return str(conf.embedded.public_url).rstrip("/") + "/identity"
    url = str(conf.keystone.auth_url or conf.keystone.endpoint_override).rstrip("/")
    return url.removesuffix("/v3")


class Auth:
    """``required``: refuse a request without a valid token here; else the application does, for
    those of its operations that need one."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        deployment: Deployment,
        *,
        required: bool = True,
    ) -> None:
        self._application = application
        self._deployment = deployment
        self._required = required
        self._challenge = f'Keystone uri="{identity_url(deployment)}"'

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            environ["novalite.context"] = self._context(environ)
        except Unauthorized as exc:
            if self._required:
                exc.headers["WWW-Authenticate"] = self._challenge
                raise
        return self._application(environ, start_response)

    def _context(self, environ: dict[str, Any]) -> RequestContext:
        text = environ.get("HTTP_X_AUTH_TOKEN") or environ.get("HTTP_X_STORAGE_TOKEN")
        if not text:
            raise Unauthorized()
        identity = self._deployment.identity
        assert identity is not None
        try:
            token = identity.validate(text)
        except Unauthorized:
            # One sentence for all reasons: a client learns nothing about foreign tokens.
            raise Unauthorized() from None
        if token.access_rules is not None and not allows(token.access_rules, environ):
            raise Unauthorized()
        context = context_from(token, text, environ)
        policy = self._deployment.policy
        if policy is not None:
            context.is_admin = policy.is_admin(context)
        return context


def context_from(token: Token, text: str, environ: dict[str, Any]) -> RequestContext:
    """The caller of this request. It also becomes the thread's current one, for the log."""
    return RequestContext(
        user_id=token.user_id,
        project_id=token.project_id,
        user_name=token.user_name,
        project_name=token.project_name,
        user_domain_id=token.user_domain_id,
        project_domain_id=token.project_domain_id,
        domain_id=token.domain_id,
        system_scope=token.system_scope,
        roles=list(token.roles),
        auth_token=text,
        service_catalog=token.catalog,
        request_id=environ.get("openstack.request_id"),
        global_request_id=environ.get("openstack.global_request_id"),
        overwrite=True,
    )
