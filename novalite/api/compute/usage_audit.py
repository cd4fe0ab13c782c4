"""On which hosts the audit of a period's usage ran."""

import dataclasses
import datetime

from novalite.api.compute import hosts, parts
from novalite.db.cell_database import task_log
from novalite.db.cell_database.task_log import TaskRun
from novalite.deployment import Deployment

TASK = "instance_usage_audit"


@dataclasses.dataclass(frozen=True, slots=True)
class Audit:
    """``hosts``: all that have a compute service, whether it ran there or not."""

    begin: datetime.datetime
    end: datetime.datetime
    hosts: frozenset[str]
    runs: list[TaskRun]


def audit(deployment: Deployment, before: datetime.datetime | None = None) -> Audit:
    """Of the last period that was over ``before`` (now). Two statements per cell.

    Raises ValueError or OverflowError for a time without a period before it, and
    DatabaseUnavailable when a cell does not answer.
    """
    when = deployment.clock.now() if before is None else before
    begin, end = last_period(deployment.conf.instance_usage_audit_period, when)
    runs: list[TaskRun] = []
    for _, database in parts.databases(deployment).cells(disabled=True):
        with database.read() as conn:
            runs += task_log.runs(conn, TASK, begin, end)
    services = hosts.list_services(deployment, binary=hosts.COMPUTE).found
    return Audit(begin, end, frozenset(service.host for service in services), runs)


def last_period(
    period: str, before: datetime.datetime
) -> tuple[datetime.datetime, datetime.datetime]:
    """The begin and the end of the last one that ended before a time. ``period``: ``hour``,
    ``day``, ``month`` or ``year``, with ``@`` and where in it one begins."""
    unit, _, offset = period.partition("@")
    end = _beginning(unit, int(offset) if offset else None, before)
    if end >= before:
        end = _previous(unit, end)
    return _previous(unit, end), end


def _beginning(unit: str, offset: int | None, when: datetime.datetime) -> datetime.datetime:
    """Of the period that begins in the same hour, day, month or year."""
    hour = when.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return hour.replace(minute=offset or 0)
    if unit == "day":
        return hour.replace(hour=offset or 0)
    if unit == "month":
        return hour.replace(hour=0, day=offset or 1)
    return hour.replace(hour=0, day=1, month=offset or 1)


def _previous(unit: str, when: datetime.datetime) -> datetime.datetime:
    if unit == "hour":
        return when - datetime.timedelta(hours=1)
    if unit == "day":
        return when - datetime.timedelta(days=1)
    if unit == "year":
        return when.replace(year=when.year - 1)
    year, month = divmod(12 * when.year + when.month - 2, 12)
    return when.replace(year=year, month=month + 1)
