"""What the resources of the service share: the database, the time, the data plane, the policy."""

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import InvalidInput
from novalite.network.embedded.addresses import Takers
from novalite.network.embedded.errors import AvailabilityZoneNotFound, Disallowed
from novalite.network.embedded.events import Events
from novalite.network.embedded.plane import DataPlane
from novalite.policy import Enforcer

Row = dict[str, Any]
ZONE = "nova"
SAYS_NOTHING = (False, None, "false", "False", "")
"""Of an attribute of something new: what it would be anyway."""

_ANYBODYS = {"project_id": "*", "tenant_id": "*", "network:project_id": "*"}
"""The target that belongs to no caller."""


@dataclasses.dataclass(slots=True)
class Core:
    conf: cfg.ConfigOpts
    database: Database
    plane: DataPlane
    policy: Enforcer
    clock: Clock = dataclasses.field(default_factory=SystemClock)
    takers: Takers = dataclasses.field(default_factory=Takers)
    events: Events = dataclasses.field(default_factory=Events)

    def now(self) -> datetime.datetime:
        return self.clock.now()

    # ---- who may do what ----

    def allowed(
        self, context: RequestContext, rule: str, target: Mapping[str, Any] | None = None
    ) -> bool:
        """``target``: a row, or any mapping with its owner's ``project_id``; None: what belongs
        to the caller."""
        project_id = (target or {}).get("project_id", context.project_id)
        owned = {"project_id": project_id, "tenant_id": project_id}
        return self.policy.allowed(context, rule, {**(target or {}), **owned})

    def authorize(
        self, context: RequestContext, rule: str, target: Mapping[str, Any] | None = None
    ) -> None:
        """As ``allowed``. Raises Disallowed."""
        if not self.allowed(context, rule, target):
            raise Disallowed(rule=f"rule:{rule}")

    def authorize_attributes(
        self,
        context: RequestContext,
        rule: str,
        target: Mapping[str, Any],
        body: Mapping[str, Any],
        names: Iterable[str],
    ) -> None:
        """What ``body`` sets of ``names`` needs a rule of its own each. Raises Disallowed."""
        for name in names:
            if name in body and not self.allowed(context, f"{rule}:{name}", target):
                raise Disallowed(rule=f"(rule:{rule} and rule:{rule}:{name})")

    def sees_all(self, context: RequestContext, rule: str) -> bool:
        """Whether ``rule`` lets the caller see what belongs to anybody."""
        return self.policy.allowed(context, rule, _ANYBODYS)

    def seen(
        self, context: RequestContext, rule: str, *own: sa.ColumnElement[bool]
    ) -> list[sa.ColumnElement[bool]]:
        """The conditions of what the caller sees: everything, or what one of ``own`` says, or
        nothing. Two checks of the rule for a list of any length."""
        if self.sees_all(context, rule):
            return []
        return [sa.or_(*own)] if self.allowed(context, rule) else [sa.false()]

    def owner_of(self, context: RequestContext, rule: str, body: Row) -> str:
        """The project that a new resource will belong to.

        Raises Disallowed when the caller may not make one there, InvalidInput when there is none.
        """
        project_id = body.get("project_id") or body.get("tenant_id") or context.project_id
        if not project_id:
            raise InvalidInput(reason="A project_id is needed.")
        self.authorize(context, rule, {"project_id": project_id})
        return str(project_id)


def telling(body: Row) -> Row:
    """What of a new resource's ``body`` is other than it would be anyway."""
    return {name: value for name, value in body.items() if value not in SAYS_NOTHING}


def check_zones(hints: Any) -> list[str]:
    """There is one availability zone. Raises AvailabilityZoneNotFound."""
    for hint in hints or ():
        if hint != ZONE:
            raise AvailabilityZoneNotFound(zone=hint)
    return list(hints or ())
