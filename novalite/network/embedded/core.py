"""What the resources of the service share: the database, the time, the data plane."""

import dataclasses
import datetime
from typing import Any

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import Forbidden, InvalidInput
from novalite.network.embedded.addresses import Takers
from novalite.network.embedded.errors import AvailabilityZoneNotFound
from novalite.network.embedded.events import Events
from novalite.network.embedded.plane import DataPlane

Row = dict[str, Any]
ZONE = "nova"
PRIVILEGED_ROLES = frozenset({"admin", "service"})


@dataclasses.dataclass(slots=True)
class Core:
    conf: cfg.ConfigOpts
    database: Database
    plane: DataPlane
    clock: Clock = dataclasses.field(default_factory=SystemClock)
    takers: Takers = dataclasses.field(default_factory=Takers)
    events: Events = dataclasses.field(default_factory=Events)

    def now(self) -> datetime.datetime:
        return self.clock.now()


def privileged(context: RequestContext) -> bool:
    """Administrators and other services see everything and may bind ports."""
    return bool(context.is_admin) or bool(PRIVILEGED_ROLES.intersection(context.roles or ()))


def owner_of(context: RequestContext, body: Row) -> str:
    """The project that a new resource will belong to.

    Raises Forbidden when it is another one than the caller's, InvalidInput when there is none.
    """
    project_id = body.get("project_id") or body.get("tenant_id") or context.project_id
    if not project_id:
        raise InvalidInput(reason="A project_id is needed.")
    if project_id != context.project_id and not privileged(context):
        raise Forbidden("Only an administrator may create resources of another project.")
    return str(project_id)


def demand_privilege(context: RequestContext, body: Row, *names: str, new: bool = False) -> None:
    """Raises Forbidden when ``body`` sets one of ``names`` and the caller may not. ``new``: of
    something that is created; what is false then says nothing."""
    if privileged(context):
        return
    for name in names:
        if name in body and not (new and body[name] in (False, None, "false", "False", "")):
            raise Forbidden(f"Policy doesn't allow {name} to be set.")


def check_zones(hints: Any) -> list[str]:
    """There is one availability zone. Raises AvailabilityZoneNotFound."""
    for hint in hints or ():
        if hint != ZONE:
            raise AvailabilityZoneNotFound(zone=hint)
    return list(hints or ())
