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
from novalite.exception import InvalidInput, PolicyNotAuthorized

if TYPE_CHECKING:
    from novalite.volume.embedded.tasks import Tasks

Row = dict[str, Any]
Reporter = Callable[[Connection, Row, Exception], None]
PRIVILEGED_ROLES = frozenset({"admin", "service"})
WRITING_ROLES = frozenset({"member", "manager"}) | PRIVILEGED_ROLES
READING_ROLES = frozenset({"reader"}) | WRITING_ROLES


@dataclasses.dataclass(slots=True)
class Core:
    conf: cfg.ConfigOpts
    database: Database
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


def privileged(context: RequestContext) -> bool:
    """Administrators and other services see the resources of every project."""
    return bool(context.is_admin) or bool(PRIVILEGED_ROLES.intersection(context.roles or ()))


def demand_admin(context: RequestContext, rule: str) -> None:
    """Raises PolicyNotAuthorized, naming ``rule`` (``volume_extension:...``)."""
    if not privileged(context):
        raise PolicyNotAuthorized(action=rule)


def demand_member(context: RequestContext, rule: str, project_id: str | None = None) -> None:
    """The caller may change things of ``project_id`` (its own when None). Raises
    PolicyNotAuthorized: readers may not, nor members of another project."""
    if privileged(context):
        return
    if not WRITING_ROLES.intersection(context.roles or ()):
        raise PolicyNotAuthorized(action=rule)
    if not context.project_id or (project_id is not None and project_id != context.project_id):
        raise PolicyNotAuthorized(action=rule)


def demand_reader(context: RequestContext, rule: str, project_id: str | None = None) -> None:
    """The caller may see things of ``project_id``. Raises PolicyNotAuthorized."""
    if privileged(context):
        return
    if not READING_ROLES.intersection(context.roles or ()):
        raise PolicyNotAuthorized(action=rule)
    if project_id is not None and project_id != context.project_id:
        raise PolicyNotAuthorized(action=rule)


def own_project(context: RequestContext) -> str:
    """The project that a new resource will belong to. Raises InvalidInput when the token names
    none, which administrators' may do."""
    if not context.project_id:
        raise InvalidInput(reason="A project is needed.")
    return str(context.project_id)


def may_see(context: RequestContext, row: Row) -> bool:
    return privileged(context) or row["project_id"] == context.project_id
