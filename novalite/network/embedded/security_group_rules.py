"""Rules of security groups: each lets something in or out; there are none that forbid."""

import ipaddress
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, SecurityGroupNotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core, privileged
from novalite.network.embedded.errors import SecurityGroupRuleExists, SecurityGroupRuleNotFound
from novalite.network.embedded.protocols import ICMP, WITH_PORTS, number_of
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.security_group_rules

LISTING = Listing(
    T,
    {
        "id": T.c.id,
        "security_group_id": T.c.security_group_id,
        "project_id": T.c.project_id,
        "tenant_id": T.c.project_id,
        "description": T.c.description,
        "direction": T.c.direction,
        "ethertype": T.c.ethertype,
        "protocol": T.c.protocol,
        "port_range_min": T.c.port_range_min,
        "port_range_max": T.c.port_range_max,
        "remote_ip_prefix": T.c.remote_ip_prefix,
        "remote_group_id": T.c.remote_group_id,
        "created_at": T.c.created_at,
        "updated_at": T.c.updated_at,
    },
)
MEANING = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
)


def view(row: Row) -> Row:
    return {
        "id": row["id"],
        "security_group_id": row["security_group_id"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "description": row["description"],
        **{name: row[name] for name in MEANING},
        "normalized_cidr": row["remote_ip_prefix"],
        "remote_address_group_id": None,
        "tags": [],
        "created_at": rows.moment(row["created_at"]),
        "updated_at": rows.moment(row["updated_at"]),
        "revision_number": row["revision"],
    }


def defaults(group: Row, *, ingress: bool) -> list[Row]:
    """Everything out; and, for a default group, everything in from its own members."""
    made = []
    for ethertype in ("IPv4", "IPv6"):
        made.append(_rule(group, "egress", ethertype, None))
        if ingress:
            made.append(_rule(group, "ingress", ethertype, group["id"]))
    return made


def _rule(group: Row, direction: str, ethertype: str, remote_group: str | None) -> Row:
    return {
        "id": rows.new_id(),
        "project_id": group["project_id"],
        "security_group_id": group["id"],
        "description": "",
        "direction": direction,
        "ethertype": ethertype,
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_group_id": remote_group,
    }


def visible(context: RequestContext) -> list[Condition]:
    return [] if privileged(context) else [T.c.project_id == context.project_id]


class SecurityGroupRules:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = visible(context) + LISTING.conditions(conn, filters)
            return [view(row) for row in LISTING.run(conn, conditions, page or Page())]

    def show(self, context: RequestContext, rule_id: str) -> Row:
        with self.core.database.read() as conn:
            return view(self._get(conn, context, rule_id))

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises SecurityGroupNotFound, InvalidInput, SecurityGroupRuleExists, QuotaExceeded."""
        row = meaning_of(body)

        def write(conn: Connection) -> None:
            for group_id in (body["security_group_id"], row["remote_group_id"]):
                if group_id is not None:
                    group = _group(conn, context, group_id)
                    row.setdefault("project_id", group["project_id"])
            self.quotas.check(conn, row["project_id"], "security_group_rule")
            twin = conn.scalar(
                sa.select(T.c.id).where(
                    T.c.security_group_id == row["security_group_id"],
                    *(T.c[name].is_not_distinct_from(row[name]) for name in MEANING),
                )
            )
            if twin is not None:
                raise SecurityGroupRuleExists(id=twin)
            rows.insert(conn, T, row)

        row.update(id=rows.new_id(), **rows.stamp(self.core.now()))
        self.core.database.run(write)
        self.core.plane.refresh()
        return view(row)

    def delete(self, context: RequestContext, rule_id: str) -> None:
        def write(conn: Connection) -> None:
            self._get(conn, context, rule_id)
            rows.delete(conn, T, T.c.id == rule_id)

        self.core.database.run(write)
        self.core.plane.refresh()

    @staticmethod
    def _get(conn: Connection, context: RequestContext, rule_id: str) -> Row:
        found = rows.select(conn, T, T.c.id == rule_id, *visible(context))
        if not found:
            raise SecurityGroupRuleNotFound(id=rule_id)
        return found[0]


def _group(conn: Connection, context: RequestContext, group_id: str) -> Row:
    row = rows.get(conn, tables.security_groups, group_id)
    if row is None or not (privileged(context) or row["project_id"] == context.project_id):
        raise SecurityGroupNotFound(security_group_id=group_id)
    return row


def meaning_of(body: Row) -> Row:
    """The columns of a rule from an API body. Raises InvalidInput."""
    row: Row = {
        "security_group_id": body["security_group_id"],
        "description": body.get("description") or "",
        "direction": body["direction"],
        "ethertype": body.get("ethertype") or "IPv4",
        "protocol": None,
        "port_range_min": _number(body.get("port_range_min")),
        "port_range_max": _number(body.get("port_range_max")),
        "remote_ip_prefix": None,
        "remote_group_id": body.get("remote_group_id") or None,
    }
    protocol = body.get("protocol")
    if protocol is not None and str(protocol).lower() not in ("any", ""):
        row["protocol"] = str(protocol).lower()
    _check_ports(row)
    if body.get("remote_ip_prefix"):
        if row["remote_group_id"]:
            raise InvalidInput(reason="Only remote_ip_prefix or remote_group_id may be provided.")
        row["remote_ip_prefix"] = _prefix(body["remote_ip_prefix"], row["ethertype"])
    return row


def _number(given: Any) -> int | None:
    return None if given is None else int(given)


def _prefix(text: str, ethertype: str) -> str:
    try:
        prefix = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(reason=f"'{text}' is not a valid CIDR.") from None
    if f"IPv{prefix.version}" != ethertype:
        raise InvalidInput(reason=f"Conflicting value ethertype {ethertype} for CIDR {text}")
    return str(prefix)


def _check_ports(row: Row) -> None:
    low, high = row["port_range_min"], row["port_range_max"]
    number = number_of(row["protocol"], row["ethertype"])
    if low is None and high is None:
        return
    if row["protocol"] is None:
        raise InvalidInput(reason="Must also specify protocol if port range is given.")
    if number in ICMP:
        for name, value in (("port_range_min", low), ("port_range_max", high)):
            if value is not None and not 0 <= value <= 255:
                raise InvalidInput(reason=f"Invalid value for ICMP {name}: {value}.")
        if low is None:
            raise InvalidInput(reason="ICMP code (port-range-max) is given but no ICMP type.")
        return
    if number not in WITH_PORTS:
        raise InvalidInput(reason=f"Protocol {row['protocol']} has no ports.")
    if low is None or high is None or not 0 <= low <= high <= 65535:
        raise InvalidInput(reason="For TCP/UDP protocols, port_range_min must be <= port_range_max")
    if number in (6, 17) and low == 0:
        raise InvalidInput(reason="Invalid port 0.")
