"""VolumeAPI over HTTP: the volume API v3 of a Cinder, or of another cloud's embedded service.

What a user asks is asked with the user's token. Work that no request waits for any more (a build
on a compute host, a clean-up) has none, and uses this service's own credentials; a volume that is
created for a server then needs them to be good in the server's project too (a role on the domain
that projects inherit). Options of [cinder].
"""

import logging
import threading
from typing import Any
from urllib.parse import quote

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin
from oslo_config import cfg
from oslo_utils import uuidutils

from novalite import exception
from novalite.context import RequestContext
from novalite.volume.interface import Resource

LOG = logging.getLogger(__name__)

MICROVERSION = "3.44"
"""Where an attachment can be completed."""
PAGE = 1000
CONNECT_RETRIES = 2
_PROJECT = "%(project_id)s"


class CinderClient:
    """Safe for threads. ``auth`` replaces the password of [cinder] in tests."""

    def __init__(self, conf: cfg.ConfigOpts, auth: BaseAuthPlugin | None = None) -> None:
        self._conf = conf
        self._root = conf.cinder.endpoint_override.rstrip("/")
        self._own = auth or _password(conf)
        timeout = conf.cinder.timeout
        self._plain = ka_session.Session(timeout=timeout)
        self._lock = threading.Lock()
        self._of_project: dict[str, BaseAuthPlugin] = {}

    # ---- volumes ----

    def list_volumes(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "volumes", "/volumes/detail", filters)

    def show_volume(self, context: RequestContext, volume_id: str) -> Resource:
        answer = self._request(context, "GET", f"/volumes/{_id(volume_id)}")
        return _read(answer, "volume", exception.VolumeNotFound(volume_id=volume_id))

    def create_volume(self, context: RequestContext, body: Resource) -> Resource:
        auth = None if context.auth_token else self._auth_in(context.project_id)
        answer = self._request(context, "POST", "/volumes", {"volume": body}, auth)
        return _read(answer, "volume")

    def delete_volume(self, context: RequestContext, volume_id: str) -> None:
        answer = self._request(context, "DELETE", f"/volumes/{_id(volume_id)}")
        if answer.status_code != 404:
            _check(answer, bad=exception.InvalidVolume)

    def show_volume_type(self, context: RequestContext, name_or_id: str) -> Resource:
        missing = exception.VolumeTypeNotFound(volume_type_id=name_or_id)
        if uuidutils.is_uuid_like(name_or_id):
            answer = self._request(context, "GET", f"/types/{_id(name_or_id)}")
            return _read(answer, "volume_type", missing)
        for kind in self._list(context, "volume_types", "/types", {}):
            if kind["name"] == name_or_id:
                return kind
        raise missing

    def begin_detaching(self, context: RequestContext, volume_id: str) -> None:
        self._act_on_volume(context, volume_id, "os-begin_detaching")

    def roll_detaching(self, context: RequestContext, volume_id: str) -> None:
        self._act_on_volume(context, volume_id, "os-roll_detaching")

    def _act_on_volume(self, context: RequestContext, volume_id: str, action: str) -> None:
        path = f"/volumes/{_id(volume_id)}/action"
        answer = self._request(context, "POST", path, {action: None})
        missing = exception.VolumeNotFound(volume_id=volume_id)
        _check(answer, missing, bad=exception.InvalidVolume)

    # ---- snapshots ----

    def list_snapshots(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "snapshots", "/snapshots/detail", filters)

    def show_snapshot(self, context: RequestContext, snapshot_id: str) -> Resource:
        answer = self._request(context, "GET", f"/snapshots/{_id(snapshot_id)}")
        return _read(answer, "snapshot", exception.SnapshotNotFound(snapshot_id=snapshot_id))

    def create_snapshot(self, context: RequestContext, volume_id: str, body: Resource) -> Resource:
        snapshot = {**body, "volume_id": volume_id}
        answer = self._request(context, "POST", "/snapshots", {"snapshot": snapshot})
        _check(answer, exception.VolumeNotFound(volume_id=volume_id), bad=exception.InvalidVolume)
        return _read(answer, "snapshot")

    def delete_snapshot(self, context: RequestContext, snapshot_id: str) -> None:
        answer = self._request(context, "DELETE", f"/snapshots/{_id(snapshot_id)}")
        if answer.status_code != 404:
            _check(answer)

    def update_snapshot_status(
        self, context: RequestContext, snapshot_id: str, status: str, progress: str
    ) -> None:
        body = {"os-update_snapshot_status": {"status": status, "progress": progress}}
        path = f"/snapshots/{_id(snapshot_id)}/action"
        answer = self._request(context, "POST", path, body)
        _check(answer, exception.SnapshotNotFound(snapshot_id=snapshot_id))

    # ---- attachments ----

    def create_attachment(
        self,
        context: RequestContext,
        volume_id: str,
        instance_uuid: str,
        *,
        connector: Resource | None = None,
        mountpoint: str | None = None,
    ) -> Resource:
        attachment = {
            "volume_uuid": volume_id,
            "instance_uuid": instance_uuid,
            "connector": _connector(connector, mountpoint),
        }
        answer = self._request(context, "POST", "/attachments", {"attachment": attachment})
        missing = exception.VolumeNotFound(volume_id=volume_id)
        _check(answer, missing, bad=exception.InvalidVolume)
        return _read(answer, "attachment")

    def show_attachment(self, context: RequestContext, attachment_id: str) -> Resource:
        answer = self._request(context, "GET", f"/attachments/{_id(attachment_id)}")
        return _read(answer, "attachment", _no_attachment(attachment_id))

    def list_attachments(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self._list(context, "attachments", "/attachments", filters)

    def update_attachment(
        self,
        context: RequestContext,
        attachment_id: str,
        connector: Resource,
        mountpoint: str | None = None,
    ) -> Resource:
        body = {"attachment": {"connector": _connector(connector, mountpoint)}}
        answer = self._request(context, "PUT", f"/attachments/{_id(attachment_id)}", body)
        _check(answer, _no_attachment(attachment_id), bad=exception.InvalidVolume)
        return _read(answer, "attachment")

    def complete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        path = f"/attachments/{_id(attachment_id)}/action"
        answer = self._request(context, "POST", path, {"os-complete": None})
        _check(answer, _no_attachment(attachment_id), bad=exception.InvalidVolume)

    def delete_attachment(self, context: RequestContext, attachment_id: str) -> None:
        # Nobody but a service may take a volume from a server: a user's token is not enough.
        service = self._service_token()
        path = f"/attachments/{_id(attachment_id)}"
        answer = self._request(context, "DELETE", path, headers={"X-Service-Token": service})
        if answer.status_code != 404:
            _check(answer, bad=exception.InvalidVolume)

    # ---- transport ----

    def _list(
        self, context: RequestContext, key: str, path: str, filters: dict[str, Any]
    ) -> list[Resource]:
        query = {name: str(value) for name, value in filters.items()}
        found: list[Resource] = []
        while True:
            page = {"limit": str(PAGE), **query}
            items = _read(self._request(context, "GET", path, params=page), key)
            found += items
            if len(items) < PAGE:
                return found
            query["marker"] = items[-1]["id"]

    def _auth_in(self, project_id: str | None) -> BaseAuthPlugin:
        """This service's credentials in a user's project."""
        if project_id is None:
            return self._own
        with self._lock:
            found = self._of_project.get(project_id)
            if found is None:
                found = self._of_project[project_id] = _password(self._conf, project_id)
            return found

    def _request(
        self,
        context: RequestContext,
        method: str,
        path: str,
        body: Any = None,
        auth: BaseAuthPlugin | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Raises Unauthorized for a user's token, and DependencyUnavailable; other answers are
        the caller's."""
        token = context.auth_token
        sent = {
            "Accept": "application/json",
            "OpenStack-API-Version": f"volume {MICROVERSION}",
            **(headers or {}),
        }
        if context.global_id:
            sent["X-OpenStack-Request-ID"] = context.global_id
        if token:
            sent["X-Auth-Token"] = token
        arguments: dict[str, Any] = {} if body is None else {"json": body}
        if not token:
            arguments["auth"] = auth or self._own
        try:
            answer = self._plain.request(
                self._base(context, arguments.get("auth")) + path,
                method,
                headers=sent,
                params=params,
                raise_exc=False,
                authenticated=not token,
                connect_retries=CONNECT_RETRIES,
                **arguments,
            )
        except ka_exceptions.ClientException as error:
            LOG.warning("the volume service: %s", error)
            raise exception.DependencyUnavailable(
                reason="the volume service does not answer"
            ) from error
        if answer.status_code == 401:
            if token:
                raise exception.Unauthorized()
            raise exception.DependencyUnavailable(
                reason="the volume service does not accept this service's credentials"
            )
        return answer

    def _service_token(self) -> str:
        """Raises DependencyUnavailable."""
        try:
            return str(self._plain.get_token(self._own))
        except ka_exceptions.ClientException as error:
            raise exception.DependencyUnavailable(
                reason="the identity service does not accept this service's credentials"
            ) from error

    def _base(self, context: RequestContext, auth: BaseAuthPlugin | None) -> str:
        """The URL may name the project, as a Cinder before 3.67 wants it."""
        if _PROJECT not in self._root:
            return self._root
        project_id = context.project_id
        if auth is not None:
            project_id = self._plain.get_project_id(auth)
        return self._root.replace(_PROJECT, project_id or "")


def _id(given: str) -> str:
    return quote(given, safe="")


def _connector(connector: Resource | None, mountpoint: str | None) -> Resource | None:
    if connector is None or mountpoint is None:
        return connector
    return {**connector, "mountpoint": mountpoint}


def _no_attachment(attachment_id: str) -> exception.NovaliteError:
    return exception.VolumeAttachmentNotFound(attachment_id=attachment_id)


def _message(answer: Any) -> str:
    try:
        ((_, fault),) = answer.json().items()
        return str(fault["message"])
    except (ValueError, AttributeError, TypeError, KeyError):
        return str(answer.text[:500])


def _check(
    answer: Any,
    missing: exception.NovaliteError | None = None,
    bad: type[exception.NovaliteError] = exception.InvalidInput,
) -> None:
    """Raises the domain error that an answer stands for: ``missing`` for 404, ``bad`` (which has
    a ``reason``) for what is wrong with the request or with the state of things."""
    code = answer.status_code
    if code < 400:
        return
    text = _message(answer)
    if code == 404:
        raise missing or exception.NotFound(text)
    if code in (400, 409):
        raise bad(reason=text)
    if code == 413:
        raise exception.OverQuota(text)
    if code == 403:
        raise exception.Forbidden(text)
    LOG.warning("the volume service answered %d: %s", code, text)
    raise exception.DependencyUnavailable(reason=f"the volume service answered {code}")


def _read(answer: Any, key: str, missing: exception.NovaliteError | None = None) -> Any:
    _check(answer, missing)
    return answer.json()[key]


def _password(conf: cfg.ConfigOpts, project_id: str | None = None) -> BaseAuthPlugin:
    """Scoped to ``project_id``, or to the service's own project."""
    options, identity = conf.cinder, conf.keystone
    url = (options.auth_url or identity.auth_url or identity.endpoint_override).rstrip("/")
    scope: dict[str, Any] = {"project_id": project_id}
    if project_id is None:
        scope = {
            "project_name": options.project_name,
            "project_domain_name": options.project_domain_name,
        }
    return v3.Password(
        auth_url=url if url.endswith("/v3") else f"{url}/v3",
        username=options.username,
        password=options.password or identity.password,
        user_domain_name=options.user_domain_name,
        **scope,
    )
