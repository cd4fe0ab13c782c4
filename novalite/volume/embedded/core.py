"""What the resources of the service share: configuration, database, time; and who may do what."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import PolicyNotAuthorized

if TYPE_CHECKING:
    from novalite.volume.embedded.tasks import Tasks

Row = dict[str, Any]
PRIVILEGED_ROLES = frozenset({"admin", "service"})
WRITING_ROLES = frozenset({"member", "manager"}) | PRIVILEGED_ROLES
READING_ROLES = frozenset({"reader"}) | WRITING_ROLES


@dataclasses.dataclass(slots=True)
class Core:
    conf: cfg.ConfigOpts
    database: Database
    clock: Clock = dataclasses.field(default_factory=SystemClock)
    tasks: Tasks | None = None

    def now(self) -> datetime.datetime:
        return self.clock.now()

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


def may_see(context: RequestContext, row: Row) -> bool:
    return privileged(context) or row["project_id"] == context.project_id
