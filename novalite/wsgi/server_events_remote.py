"""ServerEvents over HTTP: for neighbours that run elsewhere than the compute API."""

import json
import logging
import queue
import threading
from typing import Any

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin
from oslo_config import cfg

from novalite.exception import DependencyUnavailable, InvalidInput

LOG = logging.getLogger(__name__)

Event = dict[str, Any]

MICROVERSION = "2.93"
MOST_WAITING = 10_000
MOST_TOGETHER = 200
ATTEMPTS = 4
FIRST_PAUSE = 0.5  # seconds; doubled after each attempt
_SNAPSHOTS = "/os-assisted-volume-snapshots"


class RemoteServerEvents:
    """With the credentials of [nova]. ``send`` only queues: one thread delivers, in order, as
    many together as wait. Thread-safe. ``auth`` replaces the password in tests."""

    def __init__(self, conf: cfg.ConfigOpts, auth: BaseAuthPlugin | None = None) -> None:
        options = conf.nova
        self._root = options.endpoint_override.rstrip("/")
        self._session = ka_session.Session(auth=auth or _password(conf), timeout=options.timeout)
        self._waiting: queue.Queue[list[Event] | None] = queue.Queue(MOST_WAITING)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="server events", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """What waits is delivered first, if the compute API answers."""
        self._stopping.set()
        try:
            self._waiting.put(None, timeout=1)
        except queue.Full:
            LOG.warning("events of servers are left undelivered")
        if self._thread is not None:
            self._thread.join(timeout)

    # ---- ServerEvents ----

    def send(self, events: list[Event]) -> None:
        if not events:
            return
        try:
            self._waiting.put_nowait(events)
        except queue.Full:
            LOG.error("too many events of servers wait; lost: %s", events)

    def volume_snapshot_create(self, volume_id: str, create_info: Event) -> None:
        body = {"snapshot": {"volume_id": volume_id, "create_info": create_info}}
        _check(self._request("POST", _SNAPSHOTS, json=body))

    def volume_snapshot_delete(self, volume_id: str, snapshot_id: str, delete_info: Event) -> None:
        info = json.dumps({**delete_info, "volume_id": volume_id})
        answer = self._request(
            "DELETE", f"{_SNAPSHOTS}/{snapshot_id}", params={"delete_info": info}
        )
        _check(answer)

    # ---- delivery ----

    def _run(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            events = list(first)
            last = False
            while len(events) < MOST_TOGETHER and not last:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                last = more is None
                events += more or ()
            try:
                self._deliver(events)
            except Exception:
                LOG.exception("events of servers are lost: %s", events)
            if last:
                return

    def _deliver(self, events: list[Event]) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._request(
                    "POST", "/os-server-external-events", json={"events": events}
                )
            except DependencyUnavailable as error:
                if attempt == ATTEMPTS:
                    LOG.error("events of servers are lost, %s: %s", error, events)
                    return
            else:
                _note(answer, events)
                return
            if not self._stopping.wait(pause):
                pause *= 2

    def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        """Raises DependencyUnavailable."""
        headers = {"OpenStack-API-Version": f"compute {MICROVERSION}"}
        try:
            answer = self._session.request(
                self._root + path, method, headers=headers, raise_exc=False, **kwargs
            )
        except ka_exceptions.ClientException as error:
            raise DependencyUnavailable(reason="the compute API does not answer") from error
        if answer.status_code >= 500:
            raise DependencyUnavailable(reason=f"the compute API answered {answer.status_code}")
        return answer


def _note(answer: Any, events: list[Event]) -> None:
    if answer.status_code == 200:
        return
    if answer.status_code != 207:
        LOG.error("the compute API refused events of servers: %s", answer.text[:500])
        return
    refused = [event for event in answer.json()["events"] if event["code"] != 200]
    LOG.info("%d of %d events reached nobody: %s", len(refused), len(events), refused)


def _check(answer: Any) -> None:
    """Raises InvalidInput."""
    if answer.status_code >= 400:
        raise InvalidInput(reason=f"the compute API refused: {answer.text[:500]}")


def _password(conf: cfg.ConfigOpts) -> BaseAuthPlugin:
    options, identity = conf.nova, conf.keystone
    auth_url = options.auth_url or identity.auth_url or identity.endpoint_override
    return v3.Password(
        auth_url=auth_url.rstrip("/").removesuffix("/v3") + "/v3",
        username=options.username,
        password=options.password or identity.password,
        project_name=options.project_name,
        user_domain_name=options.user_domain_name,
        project_domain_name=options.project_domain_name,
    )
