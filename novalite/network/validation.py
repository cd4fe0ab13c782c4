"""Is what a request wants of the network possible? Asked before anything is promised.

Every check works on lists fetched in bulk, so that a request with ten networks costs as many
calls as one with a single network. The answer may be outdated when the server is built; the
build then fails with its own error.
"""

import ipaddress
from collections.abc import Callable, Sequence

from novalite.context import RequestContext
from novalite.exception import (
    Forbidden,
    NetworkAmbiguous,
    NetworkUnusable,
    NoUniqueMatch,
    PortInUse,
    PortLimitExceeded,
)
from novalite.network.interface import NetworkAPI, Resource
from novalite.objects import RequestedNetwork

AttachExternal = bool | Callable[[Resource], bool]


def wants_none(requested: Sequence[RequestedNetwork]) -> bool:
    return any(item.mode == "none" for item in requested)


def is_choice(requested: Sequence[RequestedNetwork]) -> bool:
    """Whether the service is to pick the network: nothing was requested, or ``auto``."""
    return all(
        item.mode != "none" and not item.port_id and not item.network_id for item in requested
    )


def available_networks(
    api: NetworkAPI, context: RequestContext, project_id: str, *, up_only: bool = False
) -> list[Resource]:
    """The project's own networks, then those shared with it. ``up_only``: for ``auto``."""
    filters = {"admin_state_up": True} if up_only else {}
    if context.is_admin or context.project_id != project_id:
        # an administrator sees everybody's: ask for what this project would see
        own = api.list_networks(context, project_id=project_id, shared=False, **filters)
        return _inner(own) + api.list_networks(context, shared=True, **filters)
    visible = api.list_networks(context, **filters)
    own = [net for net in visible if net["project_id"] == project_id and not net.get("shared")]
    return _inner(own) + [net for net in visible if net.get("shared")]


def _inner(found: Sequence[Resource]) -> list[Resource]:
    """A network for gateways and floating addresses is not what a server without a choice wants."""
    return [net for net in found if not net.get("router:external")]


def choose_network(
    api: NetworkAPI,
    context: RequestContext,
    project_id: str,
    requested: Sequence[RequestedNetwork],
) -> Resource | None:
    """The only network that the project can use; None when it has none and asked for nothing.

    Raises NetworkAmbiguous, and NetworkUnusable for ``auto`` without any network.
    """
    auto = any(item.mode == "auto" for item in requested)
    networks = available_networks(api, context, project_id, up_only=auto)
    if auto:
        networks = [net for net in networks if net.get("subnets")]
    if len(networks) > 1:
        raise NetworkAmbiguous()
    if networks:
        return networks[0]
    if auto:
        raise NetworkUnusable(
            reason=f"Unable to automatically allocate a network for project {project_id}"
        )
    return None


class Validation:
    """One request's checks, in the reference's order. See ``Allocator.validate``."""

    def __init__(
        self,
        api: NetworkAPI,
        context: RequestContext,
        requested: Sequence[RequestedNetwork],
        attach_external: AttachExternal,
    ) -> None:
        self.api = api
        self.context = context
        self.requested = requested
        self.attach_external = attach_external
        self.project_id = context.project_id or ""

    def run(self, num: int) -> int:
        if wants_none(self.requested):
            return num
        if is_choice(self.requested):
            network = choose_network(self.api, self.context, self.project_id, self.requested)
            if network is None:
                return num
            self._check_network(network)
            return self._within_quota(1, num)
        self._check_ports()
        self._check_networks()
        new_ports = sum(1 for item in self.requested if not item.port_id)
        return self._within_quota(new_ports, num)

    # ---- ports ----

    def _check_ports(self) -> None:
        ids = [item.port_id for item in self.requested if item.port_id]
        if not ids:
            return
        found = {port["id"]: port for port in self.api.list_ports(self.context, id=ids)}
        seen: set[str] = set()
        for port_id in ids:
            port = found.get(port_id)
            if port is None:
                raise NetworkUnusable(reason=f"Port id {port_id} could not be found.")
            if port.get("device_id") or port_id in seen:
                raise PortInUse(port_id=port_id)
            seen.add(port_id)
            if not port.get("fixed_ips") and port.get("ip_allocation") not in ("deferred", "none"):
                raise NetworkUnusable(
                    reason=f"Port {port_id} requires a FixedIP in order to be used."
                )

    # ---- networks and addresses ----

    def _check_networks(self) -> None:
        ids = list(
            dict.fromkeys(
                item.network_id for item in self.requested if item.network_id and not item.port_id
            )
        )
        if not ids:
            return
        found = {net["id"]: net for net in self.api.list_networks(self.context, id=ids)}
        for network_id in ids:
            if network_id not in found:
                raise NetworkUnusable(reason=f"Network {network_id} could not be found.")
            self._check_network(found[network_id])
        wanted = [
            (item.network_id, item.address)
            for item in self.requested
            if item.address and item.network_id and not item.port_id
        ]
        if wanted:
            self._check_addresses(wanted)

    def _check_network(self, network: Resource) -> None:
        network_id = network["id"]
        if not network.get("subnets"):
            raise NetworkUnusable(
                reason=f"Network {network_id} requires a subnet in order to boot instances on."
            )
        if network.get("router:external") and not network.get("shared"):
            allowed = self.attach_external
            if not (allowed(network) if callable(allowed) else allowed):
                raise Forbidden(
                    f"It is not allowed to create an interface on external network {network_id}"
                )

    def _check_addresses(self, wanted: Sequence[tuple[str, str]]) -> None:
        network_ids = list({network_id for network_id, _ in wanted})
        cidrs: dict[str, list[str]] = {}
        for subnet in self.api.list_subnets(self.context, network_id=network_ids):
            cidrs.setdefault(subnet["network_id"], []).append(subnet["cidr"])
        for network_id, address in wanted:
            if not _inside(address, cidrs.get(network_id, ())):
                raise NetworkUnusable(
                    reason=f"Fixed IP {address} is not a valid ip address for network {network_id}."
                )
        holders = self.api.list_ports(
            self.context,
            network_id=network_ids,
            fixed_ips=[f"ip_address={address}" for _, address in wanted],
        )
        used = {
            (port["network_id"], fixed["ip_address"]): port
            for port in holders
            for fixed in port.get("fixed_ips") or ()
        }
        for number, pair in enumerate(wanted):
            port = used.get(pair)
            if port is not None or pair in wanted[:number]:
                holder = (port or {}).get("device_id") or ""
                raise NetworkUnusable(
                    reason=f"Fixed IP address {pair[1]} is already in use on instance {holder}."
                )

    # ---- quota ----

    def _within_quota(self, new_ports: int, num: int) -> int:
        if not new_ports:
            return num
        left = self.api.port_quota_left(self.context, self.project_id)
        if left < 0:
            return num
        fits = min(num, left // new_ports)
        if fits == 0:
            raise PortLimitExceeded()
        return fits


def _inside(address: str, cidrs: Sequence[str]) -> bool:
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(wanted in ipaddress.ip_network(cidr) for cidr in cidrs)


def resolve_security_groups(
    api: NetworkAPI, context: RequestContext, project_id: str, names: Sequence[str]
) -> list[str]:
    """Ids of the groups that ``names`` (names or ids) mean in the project, each once.

    The group ``default`` alone needs no id: a port without groups gets it from the network
    service. Raises NetworkUnusable for an unknown group, NoUniqueMatch for a name that several
    groups carry.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted or wanted == ["default"]:
        return []
    ids: set[str] = set()
    by_name: dict[str, list[str]] = {}
    for group in api.list_security_groups(context, project_id=project_id):
        ids.add(group["id"])
        by_name.setdefault(group["name"], []).append(group["id"])
    found: list[str] = []
    for name in wanted:
        matches = [name] if name in ids else by_name.get(name, [])
        if not matches:
            raise NetworkUnusable(reason=f"Security group {name} not found.")
        if len(matches) > 1:
            raise NoUniqueMatch(
                f"Multiple security groups found matching '{name}'. Use an ID to be more specific."
            )
        if matches[0] not in found:
            found.append(matches[0])
    return found
