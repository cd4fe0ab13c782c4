"""Limits of a project, or of a user in it: read, set within bounds, and taken back.

What may be set: no less than what is used, or was given to users of the project; for a user, no
more than the project has left to give. ``force`` sets them in any case.
"""

import math
from collections.abc import Mapping

from oslo_config import cfg
from sqlalchemy import Connection

from novalite import quota
from novalite.api.compute import parts
from novalite.db.api_database import instance_groups, quotas
from novalite.deployment import Deployment
from novalite.exception import ValidationError

Amounts = dict[str, int]


def limits(deployment: Deployment, project_id: str, user_id: str | None) -> Amounts:
    """One statement."""
    with parts.api_database(deployment).read() as conn:
        return quota.limits(deployment.conf, conn, project_id, user_id)


def limits_and_usage(
    deployment: Deployment, project_id: str, user_id: str | None
) -> tuple[Amounts, Amounts]:
    """Three statements."""
    with parts.api_database(deployment).read() as conn:
        return (
            quota.limits(deployment.conf, conn, project_id, user_id),
            used(conn, project_id, user_id),
        )


def used(conn: Connection, project_id: str, user_id: str | None = None) -> Amounts:
    """What of the resources is in use; those that are not counted per project are left out. Two
    statements."""
    return {
        **quotas.usage(conn, project_id, user_id),
        "server_groups": instance_groups.count(conn, project_id, user_id),
    }


def default_limits(deployment: Deployment) -> Amounts:
    """One statement."""
    with parts.api_database(deployment).read() as conn:
        return quota.class_limits(deployment.conf, conn)


def update(
    deployment: Deployment,
    project_id: str,
    user_id: str | None,
    wanted: Mapping[str, int],
    *,
    force: bool,
) -> Amounts:
    """Sets all of ``wanted``, or nothing; the limits then. Raises ValidationError."""
    conf = deployment.conf

    def write(conn: Connection) -> Amounts:
        if wanted and not force:
            _check(conf, conn, project_id, user_id, wanted)
        quotas.set_limits(conn, project_id, wanted, user_id)
        return quota.limits(conf, conn, project_id, user_id)

    return parts.api_database(deployment).run(write)


def _check(
    conf: cfg.ConfigOpts,
    conn: Connection,
    project_id: str,
    user_id: str | None,
    wanted: Mapping[str, int],
) -> None:
    quotas.lock(conn, project_id)
    given, in_use = quotas.given_to_users(conn, project_id), used(conn, project_id, user_id)
    if user_id is None:
        for name, limit in wanted.items():
            _within(name, limit, max(given.get(name, 0), in_use.get(name, 0)), quota.UNLIMITED)
        return
    of_class, of_project, of_user = quotas.layers(conn, project_id, user_id)
    of_project = {**quota.defaults(conf), **of_class, **of_project}
    for name, limit in wanted.items():
        most = of_project[name]
        if most != quota.UNLIMITED:
            others = given.get(name, 0) - max(of_user.get(name, 0), 0)
            most = max(most - others, 0)
        _within(name, limit, in_use.get(name, 0), most)


def _within(name: str, limit: int, least: int, most: int) -> None:
    value, highest = (math.inf if n == quota.UNLIMITED else n for n in (limit, most))
    if value < least:
        raise ValidationError(
            detail=f"Quota limit {limit} for {name} must be greater than or equal to already used "
            f"and reserved {least}."
        )
    if value > highest:
        raise ValidationError(
            detail=f"Quota limit {limit} for {name} must be less than or equal to {most}."
        )


def destroy(deployment: Deployment, project_id: str, user_id: str | None) -> None:
    """Of a project with all its users, or of one user."""
    parts.api_database(deployment).run(lambda conn: quotas.destroy(conn, project_id, user_id))
