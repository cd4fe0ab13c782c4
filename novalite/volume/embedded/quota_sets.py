"""Quotas as administrators read and set them: of projects, and of the class that is the default."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table

from novalite.context import RequestContext
from novalite.exception import Invalid
from novalite.volume.embedded import quotas as quotas_module
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.quotas import DEFAULT_CLASS, Quotas, in_full
from novalite.volume.embedded.tables.quotas import quota_classes, quotas
from novalite.volume.embedded.usage import Usage, usage_of

MOST = 0x7FFFFFFF
_IGNORED = frozenset({"tenant_id", "id"})


class QuotaSets:
    def __init__(self, core: Core, limits: Quotas) -> None:
        self.core = core
        self.limits = limits

    def show(self, context: RequestContext, project_id: str) -> dict[str, int]:
        self.core.authorize(context, "volume_extension:quotas:show", project_id)
        with self.core.database.read() as conn:
            return in_full(conn, self.limits.limits(conn, project_id))

    def show_usage(self, context: RequestContext, project_id: str) -> dict[str, dict[str, int]]:
        """Resource -> ``limit``, ``in_use``, ``reserved``."""
        self.core.authorize(context, "volume_extension:quotas:show", project_id)
        with self.core.database.read() as conn:
            limits = in_full(conn, self.limits.limits(conn, project_id))
            return _with_usage(limits, usage_of(conn, project_id))

    def defaults(self, context: RequestContext, project_id: str) -> dict[str, int]:
        """What a project has of which nobody set anything."""
        self.core.authorize(context, "volume_extension:quotas:show", project_id)
        with self.core.database.read() as conn:
            return in_full(conn, self.limits.class_limits(conn, DEFAULT_CLASS))

    def update(
        self,
        context: RequestContext,
        project_id: str,
        given: Mapping[str, Any],
        *,
        check_usage: bool = False,
    ) -> dict[str, int]:
        """``check_usage``: refuse limits below what the project has. Raises Invalid."""
        self.core.authorize(context, "volume_extension:quotas:update")

        def write(conn: Connection) -> dict[str, int]:
            limits = self.limits.limits(conn, project_id)
            wanted = _checked(conn, given, limits, "quota set")
            if check_usage:
                _check_usage(wanted, usage_of(conn, project_id))
            _put(conn, quotas, {"project_id": project_id}, wanted)
            return in_full(conn, limits | wanted)

        return self.core.database.run(write)

    def delete(self, context: RequestContext, project_id: str) -> None:
        """Back to the defaults."""
        self.core.authorize(context, "volume_extension:quotas:delete")
        self.core.database.run(
            lambda conn: rows.delete(conn, quotas, quotas.c.project_id == project_id)
        )

    # ---- classes ----

    def show_class(self, context: RequestContext, class_name: str) -> dict[str, int]:
        self.core.authorize(context, "volume_extension:quota_classes:get")
        with self.core.database.read() as conn:
            return in_full(conn, self.limits.class_limits(conn, class_name))

    def update_class(
        self, context: RequestContext, class_name: str, given: Mapping[str, Any]
    ) -> dict[str, int]:
        """The class ``default`` holds for each project without limits of its own."""
        self.core.authorize(context, "volume_extension:quota_classes:update")

        def write(conn: Connection) -> dict[str, int]:
            limits = self.limits.class_limits(conn, class_name)
            wanted = _checked(conn, given, limits, "quota class set")
            _put(conn, quota_classes, {"class_name": class_name}, wanted)
            return in_full(conn, limits | wanted)

        return self.core.database.run(write)


def _with_usage(limits: Mapping[str, int], used: Usage) -> dict[str, dict[str, int]]:
    return {
        name: {"limit": limit, "in_use": used.of(name), "reserved": 0, "allocated": 0}
        for name, limit in limits.items()
    }


def _checked(
    conn: Connection, given: Mapping[str, Any], limits: Mapping[str, int], what: str
) -> dict[str, int]:
    wanted = {name: value for name, value in given.items() if name not in _IGNORED}
    known = in_full(conn, limits)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Invalid(f"Bad key(s) in {what}: {', '.join(unknown)}")
    return {name: _limit(name, value) for name, value in wanted.items()}


def _limit(name: str, value: Any) -> int:
    try:
        limit = int(str(value))
    except ValueError:
        raise Invalid(f"{name} must be an integer") from None
    if isinstance(value, bool) or not quotas_module.UNLIMITED <= limit <= MOST:
        raise Invalid(f"{name} must be >= -1 and <= {MOST}")
    return limit


def _check_usage(wanted: Mapping[str, int], used: Usage) -> None:
    for name, limit in wanted.items():
        if quotas_module.UNLIMITED < limit < used.of(name):
            raise Invalid(f"Quota {name} limit must be equal or greater than existing resources.")


def _put(
    conn: Connection, table: Table, owner: Mapping[str, str], limits: Mapping[str, int]
) -> None:
    for name, limit in limits.items():
        same = [table.c[key] == value for key, value in owner.items()]
        rows.delete(conn, table, *same, table.c.resource == name)
        rows.insert(conn, table, {**owner, "resource": name, "limit_": limit})
