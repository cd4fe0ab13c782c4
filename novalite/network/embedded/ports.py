"""Ports: what a server's interface is to the network."""

import dataclasses
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.exception import Forbidden, InvalidInput
from novalite.network.embedded import networks, port_rows, rows, subnets, tables
from novalite.network.embedded.core import Core, demand_privilege, owner_of, privileged
from novalite.network.embedded.dhcp_port import insert_port
from novalite.network.embedded.errors import (
    MacAddressInUse,
    PortSecurityConflict,
    PortSecurityOff,
    RevisionMismatch,
)
from novalite.network.embedded.port_rows import LISTING, T, view
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Page, Row
from novalite.network.embedded.security_groups import SecurityGroups

MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
LABEL = re.compile(r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$", re.IGNORECASE)

BINDING = ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details")
OWNER_ONLY = ("mac_address", "port_security_enabled", "allowed_address_pairs")
"""Attributes that on somebody else's network only an administrator may set."""

TEXTS = {
    "name": "name",
    "description": "description",
    "device_id": "device_id",
    "device_owner": "device_owner",
    "binding:host_id": "binding_host",
    "dns_name": "dns_name",
}
"""API name -> column; null means the empty string."""


@dataclasses.dataclass(slots=True)
class _Written:
    """A port as a transaction left it; ``bound_before`` tells whether the plane knew it."""

    row: Row
    fixed_ips: list[Row]
    groups: list[str]
    bound_before: bool = False


class Ports:
    def __init__(self, core: Core, quotas: Quotas, groups: SecurityGroups) -> None:
        self.core = core
        self.quotas = quotas
        self.groups = groups

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = port_rows.visible(context) + LISTING.conditions(conn, filters)
            found = LISTING.run(conn, conditions, page or Page())
            return port_rows.views(conn, self.core, context, found)

    def show(self, context: RequestContext, port_id: str) -> Row:
        with self.core.database.read() as conn:
            row = port_rows.get(conn, context, port_id)
            return port_rows.views(conn, self.core, context, [row])[0]

    # ---- create ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """With ``binding:host_id`` the port is ready to be plugged when this returns.

        Raises NetworkNotFound, SecurityGroupNotFound, Forbidden, QuotaExceeded, InvalidInput,
        IpAddressInUse, IpAddressGenerationFailure, MacAddressInUse.
        """
        demand_privilege(context, body, *BINDING)
        project_id = owner_of(context, body)
        columns = _columns(body)
        written = self.core.database.run(
            lambda conn: self._insert(conn, context, project_id, body, dict(columns))
        )
        if written.row["binding_host"]:
            self.core.plane.refresh(written.row["network_id"])
        return view(self.core, context, written.row, written.fixed_ips, written.groups)

    def _insert(
        self, conn: Connection, context: RequestContext, project_id: str, body: Row, columns: Row
    ) -> _Written:
        network = networks.get(conn, context, body["network_id"])
        _check_owner(context, network, body)
        self.quotas.check(conn, project_id, "port")
        row: Row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "network_id": network["id"],
            "name": "",
            "description": "",
            "admin_state_up": True,
            "device_id": "",
            "device_owner": "",
            "binding_host": "",
            "vnic_type": "normal",
            "binding_profile": {},
            "port_security_enabled": network["port_security_enabled"],
            "allowed_address_pairs": [],
            "dns_name": "",
            **columns,
            **rows.stamp(self.core.now()),
        }
        groups = self._groups(conn, context, row, body)
        if not insert_port(conn, row, _mac(body.get("mac_address"))):
            raise MacAddressInUse(network_id=network["id"], mac=row["mac_address"])
        row["allowed_address_pairs"] = _pairs(row, row["allowed_address_pairs"])
        if row["allowed_address_pairs"]:
            pairs = {"allowed_address_pairs": row["allowed_address_pairs"]}
            rows.update(conn, T, row["id"], pairs, row["updated_at"])
        here = subnets.of_network(conn, network["id"])
        takers = self.core.takers
        if body.get("fixed_ips") is None:
            fixed = takers.take_default(conn, network["id"], here, row["id"])
        else:
            fixed = takers.take_wanted(conn, network["id"], here, body["fixed_ips"], row["id"])
        for group_id in groups:
            _join(conn, row["id"], group_id)
        return _Written(row, fixed, groups)

    def _groups(self, conn: Connection, context: RequestContext, row: Row, body: Row) -> list[str]:
        """The groups of a new port: as asked for, or the project's default one."""
        wanted = body.get("security_groups")
        if not row["port_security_enabled"]:
            if wanted or row["allowed_address_pairs"]:
                raise PortSecurityOff()
            return []
        if wanted is None:
            return [self.groups.ensure_default(conn, row["project_id"])]
        ids = list(dict.fromkeys(wanted))
        self.groups.check(conn, context, ids)
        return sorted(ids)

    # ---- update ----

    def update(
        self, context: RequestContext, port_id: str, body: Row, revision: int | None = None
    ) -> Row:
        """``binding:host_id`` binds, null unbinds; the answer comes when that is in force.
        Raises RevisionMismatch when ``revision`` is given and not the port's."""
        demand_privilege(context, body, *BINDING)
        columns = _columns(body)
        if "mac_address" in body:
            columns["mac_address"] = _mac(body["mac_address"])
        written = self.core.database.run(
            lambda conn: self._update(conn, context, port_id, body, dict(columns), revision)
        )
        if written.bound_before or written.row["binding_host"]:
            self.core.plane.refresh(written.row["network_id"])
        return view(self.core, context, written.row, written.fixed_ips, written.groups)

    def _update(
        self,
        conn: Connection,
        context: RequestContext,
        port_id: str,
        body: Row,
        columns: Row,
        revision: int | None,
    ) -> _Written:
        row = self._mine(conn, context, port_id)
        if revision not in (None, row["revision"]):
            raise RevisionMismatch(expected=revision, current=row["revision"])
        network = networks.get(conn, context, row["network_id"])
        _check_owner(context, network, body)
        bound_before = bool(row["binding_host"])
        after = {**row, **columns}
        if "allowed_address_pairs" in columns:
            columns["allowed_address_pairs"] = _pairs(after, columns["allowed_address_pairs"])
            after = {**row, **columns}
        groups = self._regroup(conn, context, after, body)
        fixed = self._readdress(conn, after, body)
        if columns.get("mac_address", row["mac_address"]) != row["mac_address"]:
            twins = (T.c.network_id == row["network_id"], T.c.mac_address == after["mac_address"])
            if rows.count(conn, T, *twins):
                raise MacAddressInUse(network_id=row["network_id"], mac=after["mac_address"])
        unchanged = T.c.revision == row["revision"]
        if not rows.update(conn, T, port_id, columns, self.core.now(), unchanged):
            raise Contention()  # somebody was faster: the transaction is tried again
        return _Written(rows.get(conn, T, port_id) or after, fixed, groups, bound_before)

    def _regroup(
        self, conn: Connection, context: RequestContext, after: Row, body: Row
    ) -> list[str]:
        current = port_rows.groups_of(conn, [after["id"]]).get(after["id"], [])
        wanted = current
        if "security_groups" in body:
            wanted = sorted(set(body["security_groups"] or ()))
            self.groups.check(conn, context, wanted)
        if not after["port_security_enabled"]:
            if "security_groups" in body and wanted:
                raise PortSecurityOff()
            if wanted:
                raise PortSecurityConflict()
            if after["allowed_address_pairs"]:
                raise PortSecurityOff()
        link = tables.port_security_groups
        for group_id in set(current) - set(wanted):
            rows.delete(
                conn, link, link.c.port_id == after["id"], link.c.security_group_id == group_id
            )
        for group_id in sorted(set(wanted) - set(current)):
            _join(conn, after["id"], group_id)
        return wanted

    def _readdress(self, conn: Connection, after: Row, body: Row) -> list[Row]:
        """Keep what is wanted again, give back the rest, take what is new."""
        port_id, network_id = after["id"], after["network_id"]
        current = port_rows.fixed_ips_of(conn, [port_id]).get(port_id, [])
        if body.get("fixed_ips") is None:
            return current
        here = subnets.of_network(conn, network_id)
        keep, new = _kept(current, body["fixed_ips"])
        taken = tables.addresses
        for item in current:
            if item not in keep:
                rows.delete(
                    conn,
                    taken,
                    taken.c.port_id == port_id,
                    taken.c.subnet_id == item["subnet_id"],
                    taken.c.address == item["ip_address"],
                )
        return keep + self.core.takers.take_wanted(
            conn, network_id, here, new, port_id, first=len(keep)
        )

    # ---- delete ----

    def delete(self, context: RequestContext, port_id: str) -> None:
        """Raises PortNotFound, Forbidden."""

        def write(conn: Connection) -> Row:
            row = self._mine(conn, context, port_id)
            taken, link = tables.addresses, tables.port_security_groups
            rows.delete(conn, taken, taken.c.port_id == port_id)
            rows.delete(conn, link, link.c.port_id == port_id)
            rows.delete(conn, T, T.c.id == port_id)
            return row

        row = self.core.database.run(write)
        if row["binding_host"]:
            self.core.plane.refresh(row["network_id"])

    @staticmethod
    def _mine(conn: Connection, context: RequestContext, port_id: str) -> Row:
        row = port_rows.get(conn, context, port_id)
        if row["device_owner"].startswith("network:") and not privileged(context):
            raise Forbidden("This port belongs to the network service.")
        return row


def _check_owner(context: RequestContext, network: Row, body: Row) -> None:
    if privileged(context):
        return
    if str(body.get("device_owner") or "").startswith("network:"):
        raise Forbidden("Policy doesn't allow this device_owner to be set.")
    if network["project_id"] == context.project_id:
        return
    if network["external"] and not network["shared"]:
        raise Forbidden("Policy doesn't allow ports to be created on this external network.")
    demand_privilege(context, body, *OWNER_ONLY)


def _columns(body: Row) -> Row:
    """The columns that ``body`` sets, whatever is done with it. Raises InvalidInput."""
    columns: Row = {column: body[name] or "" for name, column in TEXTS.items() if name in body}
    for name in ("admin_state_up", "port_security_enabled"):
        if name in body:
            columns[name] = rows.boolean_of(body[name])
    if body.get("binding:vnic_type"):
        if body["binding:vnic_type"] != "normal":
            raise InvalidInput(reason="Only ports of vnic_type normal can be bound here.")
        columns["vnic_type"] = "normal"
    if "binding:profile" in body:
        columns["binding_profile"] = body["binding:profile"] or {}
    if "allowed_address_pairs" in body:
        columns["allowed_address_pairs"] = body["allowed_address_pairs"] or []
    if not LABEL.match(columns.get("dns_name", "")):
        raise InvalidInput(reason=f"'{columns['dns_name']}' is not a valid DNS label.")
    return columns


def _mac(given: Any) -> str | None:
    if given is None:
        return None
    mac = str(given).lower().replace("-", ":")
    if not MAC.match(mac) or int(mac[1], 16) & 1 or mac == "00:00:00:00:00:00":
        raise InvalidInput(reason=f"'{given}' is not a valid MAC address.")
    return mac


def _pairs(row: Row, given: Sequence[Row]) -> list[Row]:
    """Each with its MAC address, the port's own by default. Raises InvalidInput."""
    pairs: list[Row] = []
    for item in given:
        try:
            prefix = ipaddress.ip_network(item["ip_address"], strict=False)
        except ValueError:
            raise InvalidInput(reason=f"'{item['ip_address']}' is not a valid IP.") from None
        text = str(prefix) if "/" in item["ip_address"] else str(prefix.network_address)
        pair = {"ip_address": text, "mac_address": _mac(item.get("mac_address"))}
        pair["mac_address"] = pair["mac_address"] or row["mac_address"]
        if pair in pairs:
            raise InvalidInput(reason=f"Request contains duplicate address pair: {pair}.")
        pairs.append(pair)
    return pairs


def _kept(current: Sequence[Row], wanted: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """(addresses that stay, entries for which one has to be taken)."""
    keep: list[Row] = []
    new: list[Row] = []
    for item in wanted:
        match = next(
            (
                have
                for have in current
                if have not in keep
                and item.get("ip_address") in (None, have["ip_address"])
                and item.get("subnet_id") in (None, have["subnet_id"])
            ),
            None,
        )
        if match:
            keep.append(match)
        else:
            new.append(item)
    return keep, new


def _join(conn: Connection, port_id: str, group_id: str) -> None:
    values = {"port_id": port_id, "security_group_id": group_id}
    rows.insert(conn, tables.port_security_groups, values)
