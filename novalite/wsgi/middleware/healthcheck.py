"""``/healthcheck``: 200 OK while the service can work, 503 when its database is lost."""

from __future__ import annotations

import logging
import pathlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from novalite.db.engine import Database
    from novalite.deployment import Deployment

LOG = logging.getLogger(__name__)


class Healthcheck:
    """Asks each database one trivial question, at most once a second however often it is called.
    An existing ``disable_by_file_path`` takes the service out of a load balancer."""

    def __init__(
        self,
        deployment: Deployment,
        disable_by_file_path: str | None = None,
        keep: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deployment = deployment
        self._disable = pathlib.Path(disable_by_file_path) if disable_by_file_path else None
        self._keep = keep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._reason: str | None = None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        reason = self._problem()
        status, words = ("200 OK", "OK") if reason is None else ("503 Service Unavailable", reason)
        data = words.encode()
        start_response(
            status,
            [
                ("Content-Type", "text/plain; charset=UTF-8"),
                ("Content-Length", str(len(data))),
                ("Cache-Control", "no-store"),
            ],
        )
        return () if environ["REQUEST_METHOD"] == "HEAD" else (data,)

    def _problem(self) -> str | None:
        if self._disable is not None and self._disable.exists():
            return "DISABLED BY FILE"
        with self._lock:
            now = self._monotonic()
            if self._asked_at is None or now - self._asked_at >= self._keep:
                self._reason = self._ask()
                self._asked_at = self._monotonic()
            return self._reason

    def _ask(self) -> str | None:
        databases = self._deployment.databases
        if databases is None:
            return None
        if databases.api is not None and not _answers(databases.api, "api"):
            return "DATABASE LOST: api"
        own = databases.own_cell
        if own is not None and not _answers(own[1], "cell"):
            return "DATABASE LOST: cell"
        return None


def _answers(database: Database, name: str) -> bool:
    try:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
    except Exception as exc:
        LOG.warning("healthcheck: the %s database does not answer: %s", name, exc)
        return False
    return True
