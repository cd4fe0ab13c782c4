"""What the resources of the service share: configuration, database, time; and who may do what."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oslo_config import cfg
from sqlalchemy import Connection

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import InvalidInput
from novalite.policy import Enforcer

if TYPE_CHECKING:
    from novalite.volume.embedded.tasks import Tasks

Row = dict[str, Any]
Reporter = Callable[[Connection, Row, Exception], None]
SERVICE = "service_or_admin"
"""The rule that those pass who see the resources of every project, and whom the attachments of
servers are left to."""


@dataclasses.dataclass(slots=True)
class Core:
    conf: cfg.ConfigOpts
    database: Database
    policy: Enforcer
    clock: Clock = dataclasses.field(default_factory=SystemClock)
    tasks: Tasks | None = None
    reporter: Reporter | None = None

    def now(self) -> datetime.datetime:
        return self.clock.now()

    @property
    def promises(self) -> Tasks:
        """Where long work is written down."""
        assert self.tasks is not None
        return self.tasks

    def wake(self) -> None:
        """After the commit of a promise."""
        self.promises.wake()

    def report(self, conn: Connection, task: Row, error: Exception) -> None:
        """Tell the user, in the transaction that records the failure, why a task failed."""
        if self.reporter is not None:
            self.reporter(conn, task, error)

    @property
    def host(self) -> str:
        return str(self.conf.host)

    @property
    def zone(self) -> str:
        """The availability zone of everything that is stored here."""
        return str(self.conf.embedded.volume_availability_zone)

    # ---- who may do what ----

    def allowed(self, context: RequestContext, rule: str, project_id: str | None = None) -> bool:
        """``project_id``: of what is acted upon; None: the caller's own."""
        target = {"project_id": project_id or context.project_id, "user_id": context.user_id}
        return self.policy.allowed(context, rule, target)

    def authorize(self, context: RequestContext, rule: str, project_id: str | None = None) -> None:
        """As ``allowed``. Raises PolicyNotAuthorized, naming ``rule``."""
        target = {"project_id": project_id or context.project_id, "user_id": context.user_id}
        self.policy.authorize(context, rule, target)

    def sees_all(self, context: RequestContext) -> bool:
        """Administrators and other services see the resources of every project."""
        return self.allowed(context, SERVICE)

    def may_see(self, context: RequestContext, row: Row) -> bool:
        return row["project_id"] == context.project_id or self.sees_all(context)


def own_project(context: RequestContext) -> str:
    """The project that a new resource will belong to. Raises InvalidInput when the token names
    none, which administrators' may do."""
    if not context.project_id:
        raise InvalidInput(reason="A project is needed.")
    return str(context.project_id)
