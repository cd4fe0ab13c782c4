"""Ports: what a server's interface is to the network."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.network.embedded import (
    floating_rows,
    network_rows,
    owners,
    port_rows,
    rows,
    subnets,
    tables,
)
from novalite.network.embedded import port_bodies as bodies
from novalite.network.embedded import port_checks as checks
from novalite.network.embedded.core import Core
from novalite.network.embedded.dhcp_port import blank_port, insert_port
from novalite.network.embedded.errors import (
    MacAddressInUse,
    PortSecurityConflict,
    PortSecurityOff,
)
from novalite.network.embedded.port_rows import LISTING, T
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Page, Row
from novalite.network.embedded.security_groups import SecurityGroups

IDENTITY = frozenset({"device_id", "device_owner", "mac_address"})
"""What a router's port stays."""


@dataclasses.dataclass(slots=True)
class _Written:
    """A port as a transaction left it, and as it is shown. ``known``: the data plane has to do
    with it; ``moved``: it has other addresses than before."""

    row: Row
    shown: Row
    known: bool
    moved: bool = False


class Ports:
    def __init__(self, core: Core, quotas: Quotas, groups: SecurityGroups) -> None:
        self.core = core
        self.quotas = quotas
        self.groups = groups

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = port_rows.visible(self.core, context) + LISTING.conditions(conn, filters)
            found = LISTING.run(conn, conditions, page or Page())
            return port_rows.views(conn, self.core, context, found)

    def show(self, context: RequestContext, port_id: str) -> Row:
        with self.core.database.read() as conn:
            row = port_rows.get(conn, self.core, context, port_id)
            return port_rows.views(conn, self.core, context, [row])[0]

    def get(self, conn: Connection, context: RequestContext, port_id: str) -> Row:
        """As the rules see it. Raises PortNotFound."""
        row = port_rows.get(conn, self.core, context, port_id)
        return checks.target_of(rows.get(conn, tables.networks, row["network_id"]) or {}, row)

    # ---- create ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """With ``binding:host_id`` the port is ready to be plugged when this returns.

        Raises NetworkNotFound, SecurityGroupNotFound, Forbidden, QuotaExceeded, InvalidInput,
        IpAddressInUse, IpAddressGenerationFailure, MacAddressInUse.
        """
        project_id = self.core.owner_of(context, "create_port", body)
        columns = bodies.columns_of(body)
        written = self.core.database.run(
            lambda conn: self._insert(conn, context, project_id, body, dict(columns))
        )
        return self._done(written)

    def _insert(
        self, conn: Connection, context: RequestContext, project_id: str, body: Row, columns: Row
    ) -> _Written:
        network = network_rows.get(conn, self.core, context, body["network_id"])
        owner = {"project_id": project_id}
        checks.check_attributes(conn, self.core, context, network, owner, body, "create_port")
        self.quotas.check(conn, project_id, "port")
        row: Row = {
            **blank_port(network["id"], project_id),
            "port_security_enabled": network["port_security_enabled"],
            **columns,
            "extra_dhcp_opts": bodies.options_of((), body.get("extra_dhcp_opts")),
            **rows.stamp(self.core.now()),
        }
        groups = self._groups(conn, context, row, body)
        if not insert_port(conn, row, bodies.mac_of(body.get("mac_address"))):
            raise MacAddressInUse(network_id=network["id"], mac=row["mac_address"])
        row["allowed_address_pairs"] = bodies.pairs_of(row, row["allowed_address_pairs"])
        if row["allowed_address_pairs"]:
            pairs = {"allowed_address_pairs": row["allowed_address_pairs"]}
            conn.execute(sa.update(T).where(T.c.id == row["id"]).values(pairs))
        here = subnets.of_network(conn, network["id"])
        takers = self.core.takers
        if body.get("fixed_ips") is None:
            fixed = takers.take_default(conn, network["id"], here, row)
        else:
            checks.check_hosts_own(network, here, body["fixed_ips"])
            fixed = takers.take_wanted(conn, network["id"], here, body["fixed_ips"], row)
        for group_id in groups:
            _join(conn, row["id"], group_id)
        tags = sorted(set(body.get("tags") or ()))
        for tag in tags:
            rows.insert(conn, tables.tags, {"resource_id": row["id"], "tag": tag})
        domain = network["dns_domain"]
        guarded = port_rows.guarded_seen(self.core, context)
        shown = port_rows.view(self.core, guarded, row, fixed, groups, tags, domain)
        return _Written(row, shown, checks.in_plane(row))

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
        columns = bodies.columns_of(body)
        if "mac_address" in body:
            columns["mac_address"] = bodies.mac_of(body["mac_address"])
        written = self.core.database.run(
            lambda conn: self._update(conn, context, port_id, body, dict(columns), revision)
        )
        return self._done(written)

    def _done(self, written: _Written) -> Row:
        if written.known:
            self.core.plane.refresh(written.row["network_id"])
        if written.moved:
            self.core.events.changed([written.row])
        return written.shown

    def _written(
        self,
        conn: Connection,
        context: RequestContext,
        port_id: str,
        before: Row,
        moved: bool,
    ) -> _Written:
        row = rows.get(conn, T, port_id) or {}
        (shown,) = port_rows.views(conn, self.core, context, [row])
        known = checks.in_plane(before) or checks.in_plane(row)
        return _Written(row, shown, known, moved)

    def _update(
        self,
        conn: Connection,
        context: RequestContext,
        port_id: str,
        body: Row,
        columns: Row,
        revision: int | None,
    ) -> _Written:
        rule = "update_port"
        row, network = checks.mine(conn, self.core, context, port_id, rule)
        rows.check_revision(row, revision)
        checks.check_attributes(conn, self.core, context, network, row, body, rule)
        if not IDENTITY.isdisjoint(body) and row["device_owner"] in owners.ROUTERS:
            checks.check_service_port(self.core, context, row, rule)
        if "extra_dhcp_opts" in body:
            held = row["extra_dhcp_opts"] or ()
            columns["extra_dhcp_opts"] = bodies.options_of(held, body["extra_dhcp_opts"])
        after = {**row, **columns}
        if "allowed_address_pairs" in columns:
            pairs = bodies.pairs_of(after, columns["allowed_address_pairs"])
            columns["allowed_address_pairs"] = after["allowed_address_pairs"] = pairs
        self._regroup(conn, context, after, body)
        moved = self._readdress(conn, network, after, body)
        if columns.get("mac_address", row["mac_address"]) != row["mac_address"]:
            twins = (T.c.network_id == row["network_id"], T.c.mac_address == after["mac_address"])
            if rows.count(conn, T, *twins):
                raise MacAddressInUse(network_id=row["network_id"], mac=after["mac_address"])
        unchanged = T.c.revision == row["revision"]
        if not rows.update(conn, T, port_id, columns, self.core.now(), unchanged):
            raise Contention()  # somebody was faster: the transaction is tried again
        return self._written(conn, context, port_id, row, moved)

    def _regroup(self, conn: Connection, context: RequestContext, after: Row, body: Row) -> None:
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

    def _readdress(self, conn: Connection, network: Row, after: Row, body: Row) -> bool:
        """Keep what is wanted again, give back the rest, take what is new. Whether anything is
        other than before."""
        port_id, network_id = after["id"], after["network_id"]
        if body.get("fixed_ips") is None:
            return False
        current = port_rows.fixed_ips_of(conn, [port_id]).get(port_id, [])
        here = subnets.of_network(conn, network_id)
        keep, new = _kept(current, body["fixed_ips"])
        checks.check_hosts_own(network, here, new)
        taken = tables.addresses
        gone = [item for item in current if item not in keep]
        for item in gone:
            rows.delete(
                conn,
                taken,
                taken.c.port_id == port_id,
                taken.c.subnet_id == item["subnet_id"],
                taken.c.address == item["ip_address"],
            )
        added = self.core.takers.take_wanted(conn, network_id, here, new, after, first=len(current))
        if after["device_owner"] in owners.ROUTERS:
            checks.check_same_subnets(current, keep + added)
        floating_rows.detach(conn, port_id, [item["ip_address"] for item in gone])
        return bool(gone or added)

    # ---- delete ----

    def delete(self, context: RequestContext, port_id: str) -> None:
        """A floating address that led here leads nowhere. Raises PortNotFound, Forbidden,
        ServicePortInUse for ports of routers and floating addresses."""

        def write(conn: Connection) -> Row:
            row, _ = checks.mine(conn, self.core, context, port_id, "delete_port")
            checks.check_not_ours(conn, row)
            checks.remove(conn, row)
            return row

        row = self.core.database.run(write)
        if checks.in_plane(row):
            self.core.plane.refresh(row["network_id"])


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
