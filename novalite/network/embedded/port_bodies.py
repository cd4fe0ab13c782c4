"""What a request may say about a port. Everything here raises InvalidInput."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from novalite.exception import InvalidInput
from novalite.network.embedded import dns, rows
from novalite.network.embedded.rows import Row

MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")

TEXTS = {
    "name": "name",
    "description": "description",
    "device_id": "device_id",
    "device_owner": "device_owner",
    "binding:host_id": "binding_host",
}
"""API name -> column; null means the empty string."""


def columns_of(body: Row) -> Row:
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
    if "dns_name" in body:
        columns["dns_name"] = dns.name(body["dns_name"])
    if "dns_domain" in body:
        columns["dns_domain"] = dns.domain(body["dns_domain"])
    return columns


def mac_of(given: Any) -> str | None:
    if given is None:
        return None
    mac = str(given).lower().replace("-", ":")
    if not MAC.match(mac) or int(mac[1], 16) & 1 or mac == "00:00:00:00:00:00":
        raise InvalidInput(reason=f"'{given}' is not a valid MAC address.")
    return mac


def pairs_of(row: Row, given: Sequence[Row]) -> list[Row]:
    """Each with its MAC address, the port's own by default. Raises InvalidInput."""
    pairs: list[Row] = []
    for item in given:
        try:
            prefix = ipaddress.ip_network(item["ip_address"], strict=False)
        except ValueError:
            raise InvalidInput(reason=f"'{item['ip_address']}' is not a valid IP.") from None
        text = str(prefix) if "/" in item["ip_address"] else str(prefix.network_address)
        pair = {"ip_address": text, "mac_address": mac_of(item.get("mac_address"))}
        pair["mac_address"] = pair["mac_address"] or row["mac_address"]
        if pair in pairs:
            raise InvalidInput(reason=f"Request contains duplicate address pair: {pair}.")
        pairs.append(pair)
    return pairs


def options_of(held: Sequence[Row], given: Sequence[Row] | None) -> list[Row]:
    """The DHCP options of a port that has ``held`` after a request with ``given``: one without
    a value goes, others are added or replaced."""
    found = {(option["opt_name"], option["ip_version"]): option for option in held}
    for item in given or ():
        name = str(item["opt_name"]).strip()
        version = int(item.get("ip_version") or 4)
        value = item.get("opt_value")
        if not name:
            raise InvalidInput(reason="A blank extra DHCP option name is not allowed.")
        if value is None:
            found.pop((name, version), None)
            continue
        if any(character in f"{name}{value}" for character in "\n\r\0"):
            raise InvalidInput(reason=f"Invalid data format for extra-dhcp-opt: {name}")
        option = {"opt_name": name, "opt_value": str(value), "ip_version": version}
        found[(name, version)] = option
    return list(found.values())
