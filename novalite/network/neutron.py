"""NetworkAPI over HTTP: the network API v2.0 of a Neutron, or of another cloud's embedded service.

What a user asks is asked with the user's token, so that the network service decides what that
user may see. What this service does (make, bind and delete ports), and all that no user is
waiting for, is done with its own credentials. Options of [neutron].
"""

import logging
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin
from oslo_config import cfg

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.network.interface import Resource

LOG = logging.getLogger(__name__)

IDS_PER_REQUEST = 100
"""URLs have a length that servers still take: 100 ids are 4 KB."""
EXTENSIONS_CACHED = 600.0  # seconds
CONNECT_RETRIES = 2


class NeutronClient:
    """Safe for threads. ``auth`` replaces the password of [neutron] in tests."""

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        clock: Clock | None = None,
        auth: BaseAuthPlugin | None = None,
    ) -> None:
        options = conf.neutron
        self._clock = clock or SystemClock()
        self._root = options.endpoint_override.rstrip("/").removesuffix("/v2.0") + "/v2.0"
        self._service = service_session(conf, auth)
        self._plain = ka_session.Session(timeout=options.timeout)
        self._lock = threading.Lock()
        self._extensions: frozenset[str] = frozenset()
        self._extensions_until = -1.0

    # ---- NetworkAPI ----

    def list_networks(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "networks", filters)

    def list_subnets(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "subnets", filters)

    def list_ports(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "ports", filters)

    def show_port(self, context: RequestContext, port_id: str) -> Resource:
        answer = self._request(context, "GET", f"/ports/{port_id}")
        return _port(answer, port_id)

    def create_port(self, context: RequestContext, body: Resource) -> Resource:
        answer = self._request(None, "POST", "/ports", {"port": body})
        if answer.status_code == 404:
            if "security" in _fault(answer)[0].lower():
                raise exception.SecurityGroupNotFound(_fault(answer)[1])
            raise exception.NetworkNotFound(network_id=body.get("network_id"))
        return _port(answer, "")

    def update_port(
        self,
        context: RequestContext,
        port_id: str,
        body: Resource,
        revision: int | None = None,
    ) -> Resource:
        match = {} if revision is None else {"If-Match": f"revision_number={revision}"}
        answer = self._request(None, "PUT", f"/ports/{port_id}", {"port": body}, match)
        return _port(answer, port_id)

    def delete_port(self, context: RequestContext, port_id: str) -> None:
        answer = self._request(None, "DELETE", f"/ports/{port_id}")
        if answer.status_code != 404:
            _check(answer)

    def list_security_groups(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "security-groups", filters)

    def list_floating_ips(self, context: RequestContext, **filters: Any) -> list[Resource]:
        if "router" not in self.extensions(context):
            return []
        return self._list(context, "floatingips", filters)

    def extensions(self, context: RequestContext) -> frozenset[str]:
        now = self._clock.monotonic()
        with self._lock:
            if now < self._extensions_until:
                return self._extensions
        found = self._list(context, "extensions", {})
        aliases = frozenset(item["alias"] for item in found)
        with self._lock:
            self._extensions = aliases
            self._extensions_until = now + EXTENSIONS_CACHED
        return aliases

    def port_quota_left(self, context: RequestContext, project_id: str) -> int:
        answer = self._request(context, "GET", f"/quotas/{project_id}")
        limit = int(_json(answer, "quota").get("port", -1))
        if limit < 0:
            return -1
        return max(0, limit - self._ports_used(context, project_id))

    def _ports_used(self, context: RequestContext, project_id: str) -> int:
        if "quota_details" in self.extensions(context):
            answer = self._request(context, "GET", f"/quotas/{project_id}/details.json")
            if answer.status_code == 200:
                port = _json(answer, "quota")["port"]
                return int(port["used"]) + int(port.get("reserved") or 0)
        return len(self._list(context, "ports", {"project_id": project_id, "fields": "id"}))

    # ---- transport ----

    def _list(
        self, context: RequestContext, collection: str, filters: dict[str, Any]
    ) -> list[Resource]:
        key = collection.replace("-", "_")
        found: list[Resource] = []
        for query in _queries(filters):
            path: str | None = f"/{collection}" + (f"?{query}" if query else "")
            while path:
                answer = self._request(context, "GET", path)
                found += _json(answer, key)
                path = self._next(answer.json().get(f"{key}_links") or ())
        return found

    def _next(self, links: Any) -> str | None:
        """The path of the next page: a page's link may name another host than ours."""
        for link in links:
            if link.get("rel") == "next":
                parts = urlsplit(link["href"])
                return parts.path[parts.path.rindex("/") :] + f"?{parts.query}"
        return None

    def _request(
        self,
        context: RequestContext | None,
        method: str,
        path: str,
        body: Any = None,
        more: dict[str, str] | None = None,
    ) -> Any:
        """``context`` None: with our own credentials. Raises Unauthorized for a user's token and
        DependencyUnavailable; other answers are the caller's."""
        token = context.auth_token if context is not None and not context.is_admin else None
        headers = {"Accept": "application/json", **(more or {})}
        if context is not None and context.global_id:
            headers["X-OpenStack-Request-ID"] = context.global_id
        if token:
            headers["X-Auth-Token"] = token
        session = self._plain if token else self._service
        arguments: dict[str, Any] = {} if body is None else {"json": body}
        try:
            answer = session.request(
                self._root + path,
                method,
                headers=headers,
                authenticated=not token,
                raise_exc=False,
                connect_retries=CONNECT_RETRIES,
                user_agent="novalite",
                log=False,
                **arguments,
            )
        except ka_exceptions.ClientException as error:
            LOG.warning("the network service: %s", error)
            raise exception.DependencyUnavailable(
                reason="the network service does not answer"
            ) from error
        if answer.status_code == 401:
            if token:
                raise exception.Unauthorized()
            raise exception.DependencyUnavailable(
                reason="the network service does not accept this service's credentials"
            )
        return answer


def service_session(conf: cfg.ConfigOpts, auth: BaseAuthPlugin | None = None) -> ka_session.Session:
    """With the credentials of [neutron], or with ``auth``."""
    return ka_session.Session(auth=auth or _password(conf), timeout=conf.neutron.timeout)


def _password(conf: cfg.ConfigOpts) -> BaseAuthPlugin:
    options = conf.neutron
    url = options.auth_url or conf.keystone.auth_url or conf.keystone.endpoint_override
    url = url.rstrip("/")
    return v3.Password(
        auth_url=url if url.endswith("/v3") else f"{url}/v3",
        username=options.username,
        password=options.password,
        project_name=options.project_name,
        user_domain_name=options.user_domain_name,
        project_domain_name=options.project_domain_name,
    )


def _queries(filters: dict[str, Any]) -> Iterator[str]:
    """Query strings that together ask for ``filters``; more than one when a list is long."""
    lists = {
        name: list(value) if isinstance(value, list | tuple | set) else [value]
        for name, value in filters.items()
    }
    if any(not values for values in lists.values()):
        return  # one of nothing: nothing
    longest = max(lists, key=lambda name: len(lists[name]), default=None)
    if longest is None:
        yield ""
        return
    values = lists[longest]
    for start in range(0, len(values), IDS_PER_REQUEST):
        part = values[start : start + IDS_PER_REQUEST]
        yield urlencode({**lists, longest: part}, doseq=True)


def _fault(answer: Any) -> tuple[str, str]:
    """(type, message) of an error."""
    try:
        fault = answer.json().get("NeutronError")
    except (ValueError, AttributeError):
        return "", answer.text[:500]
    if isinstance(fault, dict):
        return str(fault.get("type") or ""), str(fault.get("message") or "")
    return "", str(fault or answer.text[:500])


def _check(answer: Any) -> None:
    """Raises the domain error that an answer stands for."""
    code = answer.status_code
    if code < 400:
        return
    kind, message = _fault(answer)
    if kind == "OverQuota" or code == 413:
        raise exception.PortLimitExceeded()
    if code == 400:
        raise exception.InvalidInput(reason=message)
    if code == 403:
        raise exception.Forbidden(message)
    if code == 404:
        raise exception.NotFound(message)
    if code in (409, 412):
        raise exception.Conflict(message)
    LOG.warning("the network service answered %d: %s", code, message)
    raise exception.DependencyUnavailable(reason=f"the network service answered {code}")


def _json(answer: Any, key: str) -> Any:
    _check(answer)
    return answer.json()[key]


def _port(answer: Any, port_id: str) -> Resource:
    if answer.status_code == 404:
        raise exception.PortNotFound(port_id=port_id)
    port: Resource = _json(answer, "port")
    return port
