"""The network of a compute host that has no database: it asks the network service what to do.

See ``novalite.network.embedded.host_states`` for the other end.
"""

import logging
import threading
import time
from typing import Any
from urllib.parse import quote

import requests
from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from oslo_config import cfg

from novalite.exception import DependencyUnavailable
from novalite.network.embedded.plane import wire
from novalite.network.embedded.plane.linux import LinuxDataPlane
from novalite.network.embedded.plane.state import State

LOG = logging.getLogger(__name__)

RETRY_INTERVAL = 1.0
STOP_TIMEOUT = 5.0
MOST_WAIT = 5.0


class NetworkAgent:
    """``session`` has this service's credentials. Needs root."""

    def __init__(self, conf: cfg.ConfigOpts, session: ka_session.Session) -> None:
        root = conf.neutron.endpoint_override.rstrip("/").removesuffix("/v2.0")
        self.url = f"{root}/v2.0/novalite/hosts/{quote(conf.host, safe='')}"
        self.address: str = conf.embedded.tunnel_address or ""
        # metadata is answered on the network host
        self.plane = LinuxDataPlane(conf, lambda networks, address: None, conf.host)
        self._wait = max(0.0, min(MOST_WAIT, conf.neutron.timeout / 2))
        self._session = session
        self._state = State()
        self._started = False
        self._revision = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Raises DependencyUnavailable without [embedded]tunnel_address."""
        if not self.address:
            raise DependencyUnavailable(
                reason="[embedded]tunnel_address: where do other hosts' tunnels end?"
            )
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="network agent", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Guests keep their network."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
        if self._started:
            self.plane.stop()

    def _run(self) -> None:
        registered = False
        while not self._stopping.is_set():
            try:
                if not registered:
                    self._ask("PUT", self.url, json={"host": {"tunnel_address": self.address}})
                    registered = True
                asked = time.monotonic()
                if not self.step(self._wait) and time.monotonic() - asked < self._wait / 2:
                    self._stopping.wait(RETRY_INTERVAL)  # it has no place for those who wait
            except _NotRegistered as error:
                LOG.info("The network service does not know this host: %s", error)
                registered = False
                self._stopping.wait(RETRY_INTERVAL)
            except (DependencyUnavailable, OSError, ValueError) as error:
                LOG.warning("The network is not as it should be: %s", error)
                self._stopping.wait(RETRY_INTERVAL)
            except Exception:
                LOG.exception("The network agent could not do its work")
                self._stopping.wait(RETRY_INTERVAL)

    def step(self, wait: float) -> bool:
        """One question, and what follows from the answer. Whether there was any news.

        Raises DependencyUnavailable when there is no answer or it could not be followed.
        """
        answer = self._ask(
            "GET", f"{self.url}/state", params={"revision": self._revision, "wait": f"{wait:.1f}"}
        )
        if answer["state"] is None:
            return False
        self._state = wire.loads(answer["state"])
        if self._started:
            self.plane.refresh()
        else:
            self.plane.start(lambda: self._state)
            self._started = True
        problems = self.plane.problems()
        if problems:
            raise DependencyUnavailable(reason="; ".join(problems))
        self._revision = answer["revision"]
        LOG.debug("Revision %s is in force", self._revision)
        return True

    def _ask(self, method: str, url: str, **arguments: Any) -> Any:
        try:
            answer = self._session.request(
                url, method, raise_exc=False, headers={"Accept": "application/json"}, **arguments
            )
        except (ka_exceptions.ClientException, requests.RequestException) as error:
            raise DependencyUnavailable(
                reason=f"the network service does not answer: {error}"
            ) from error
        if answer.status_code == 404:
            raise _NotRegistered(answer.text[:300])
        if answer.status_code >= 400:
            raise DependencyUnavailable(
                reason=f"the network service answered {answer.status_code}: {answer.text[:300]}"
            )
        return answer.json()


class _NotRegistered(Exception):
    """The network service does not know this host."""
