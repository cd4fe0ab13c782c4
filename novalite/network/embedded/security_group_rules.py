"""Rules of security groups: each lets something in or out; there are none that forbid."""

import ipaddress
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput, SecurityGroupNotFound
from novalite.network.embedded import access, rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import (
    Disallowed,
    Missing,
    SecurityGroupRuleExists,
    SecurityGroupRuleNotFound,
)
from novalite.network.embedded.protocols import ICMP, WITH_PORTS, number_of
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.security_group_rules

LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "security_group_id": T.c.security_group_id,
        "direction": T.c.direction,
        "ethertype": T.c.ethertype,
        "protocol": T.c.protocol,
        "port_range_min": T.c.port_range_min,
        "port_range_max": T.c.port_range_max,
        "remote_ip_prefix": T.c.remote_ip_prefix,
        "remote_group_id": T.c.remote_group_id,
        "remote_address_group_id": T.c.remote_address_group_id,
    },
    {"normalized_cidr": lambda conn, values: T.c.remote_ip_prefix.in_(list(map(str, values)))},
)
MEANING = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "remote_address_group_id",
)
REMOTES = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")


def view(row: Row) -> Row:
    return {
        **rows.common_view(row),
        "security_group_id": row["security_group_id"],
        **{name: row[name] for name in MEANING},
        "normalized_cidr": row["remote_ip_prefix"],
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
        "remote_address_group_id": None,
    }


def visible(core: Core, context: RequestContext) -> list[Condition]:
    return core.seen(context, "get_security_group_rule", T.c.project_id == context.project_id)


class SecurityGroupRules:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = visible(self.core, context) + LISTING.conditions(conn, filters)
            return [view(row) for row in LISTING.run(conn, conditions, page or Page())]

    def show(self, context: RequestContext, rule_id: str) -> Row:
        with self.core.database.read() as conn:
            return view(self._get(conn, context, rule_id))

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises SecurityGroupNotFound, InvalidInput, SecurityGroupRuleExists, QuotaExceeded."""
        row = meaning_of(body)

        def write(conn: Connection) -> None:
            group = self._group(conn, context, body["security_group_id"])
            row["project_id"] = group["project_id"]
            if row["remote_group_id"]:
                self._remote(conn, context, row["remote_group_id"])
            if row["remote_address_group_id"]:
                self._address_group(conn, context, row["remote_address_group_id"])
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
            row = self._get(conn, context, rule_id)
            self.core.authorize(context, "delete_security_group_rule", row)
            rows.delete(conn, T, T.c.id == rule_id)

        self.core.database.run(write)
        self.core.plane.refresh()

    def _get(self, conn: Connection, context: RequestContext, rule_id: str) -> Row:
        found = rows.select(conn, T, T.c.id == rule_id, *visible(self.core, context))
        if not found:
            raise SecurityGroupRuleNotFound(id=rule_id)
        return found[0]

    def _group(self, conn: Connection, context: RequestContext, group_id: str) -> Row:
        """Not one that another project only shares. Raises SecurityGroupNotFound, Disallowed."""
        row = rows.get(conn, tables.security_groups, group_id)
        rule = "create_security_group_rule"
        if row is None:
            raise SecurityGroupNotFound(security_group_id=group_id)
        if not self.core.allowed(context, rule, row):
            if row["project_id"] != context.project_id:
                raise SecurityGroupNotFound(security_group_id=group_id)
            raise Disallowed(rule=f"rule:{rule}")
        return row

    def _remote(self, conn: Connection, context: RequestContext, group_id: str) -> None:
        if not self._usable(conn, context, tables.security_groups, group_id, "get_security_group"):
            raise SecurityGroupNotFound(security_group_id=group_id)

    def _address_group(self, conn: Connection, context: RequestContext, group_id: str) -> None:
        if not self._usable(conn, context, tables.address_groups, group_id, "get_address_group"):
            raise Missing("AddressGroupNotFound", f"Address group {group_id} could not be found.")

    def _usable(
        self, conn: Connection, context: RequestContext, table: sa.Table, row_id: str, rule: str
    ) -> bool:
        """Whether it is there, and the caller sees it by ``rule`` or because it is shared."""
        row = rows.get(conn, table, row_id)
        return row is not None and (
            self.core.allowed(context, rule, row) or bool(access.grants_of(conn, context, [row_id]))
        )


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
        "remote_address_group_id": body.get("remote_address_group_id") or None,
    }
    if sum(bool(body.get(name)) for name in REMOTES) > 1:
        raise InvalidInput(
            reason="Only remote_ip_prefix or remote_group_id or remote_address_group_id may be "
            "provided."
        )
    protocol = body.get("protocol")
    if protocol is not None and str(protocol).lower() not in ("any", ""):
        row["protocol"] = str(protocol).lower()
    _check_ports(row)
    if body.get("remote_ip_prefix"):
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
        _check_icmp(low, high)
        return
    if number not in WITH_PORTS:
        raise InvalidInput(reason=f"Protocol {row['protocol']} has no ports.")
    first = 1 if number in (6, 17) else 0
    for value in (low, high):
        if value is not None and not first <= value <= 65535:
            raise InvalidInput(reason=f"Invalid value for port {value}")
    if low is None or high is None or low > high:
        raise InvalidInput(reason="For TCP/UDP protocols, port_range_min must be <= port_range_max")


def _check_icmp(kind: int | None, code: int | None) -> None:
    for name, attribute, value in (
        ("type", "port_range_min", kind),
        ("code", "port_range_max", code),
    ):
        if value is not None and not 0 <= value <= 255:
            raise InvalidInput(
                reason=f"Invalid value for ICMP {name} ({attribute.replace('_', '-')}) {value}. "
                "It must be 0 to 255."
            )
    if kind is None:
        raise InvalidInput(
            reason=f"ICMP code (port-range-max) {code} is provided but ICMP type "
            "(port-range-min) is missing."
        )
