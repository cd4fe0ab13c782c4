"""What a server needs of its network: checked, allocated, given back.

Written once above ``NetworkAPI``, so that the embedded service and the real one behave alike.
A port belongs to a server by its ``device_id``; that is the only memory there is, and so every
method may be repeated after a crash.
"""

import logging
from collections.abc import Collection, Iterable, Sequence

from novalite.context import RequestContext
from novalite.exception import (
    Conflict,
    NetworkNotFound,
    NovaliteError,
    OverQuota,
    PortBindingFailed,
    PortInUse,
    PortLimitExceeded,
    PortNotFound,
)
from novalite.network import validation
from novalite.network.interface import NetworkAPI, Resource
from novalite.network.validation import AttachExternal
from novalite.network.vifs import floating_by_port, vif_of
from novalite.objects import VIF, Instance, RequestedNetwork

LOG = logging.getLogger(__name__)

TAKE_ATTEMPTS = 3
DNS_EXTENSIONS = frozenset({"dns-integration", "dns-domain-ports"})


class Allocator:
    """Stateless; safe to share between threads."""

    def __init__(self, network_api: NetworkAPI) -> None:
        self.api = network_api

    # ---- before the promise ----

    def validate(
        self,
        context: RequestContext,
        requested: Sequence[RequestedNetwork],
        num: int,
        *,
        attach_external: AttachExternal = False,
    ) -> int:
        """How many of ``num`` servers the caller's port quota allows, at least 1.

        ``attach_external``: whether the caller may attach external networks, or a callable
        asked with the network (policy ``network:attach_external_network``).
        Raises NetworkUnusable (400), NetworkAmbiguous and PortInUse (409), PortLimitExceeded
        and Forbidden (403).
        """
        return validation.Validation(self.api, context, requested, attach_external).run(num)

    def security_groups(self, context: RequestContext, names: Sequence[str]) -> list[str]:
        """Ids for names or ids; empty when ``default`` alone is meant.

        Raises NetworkUnusable (400), NoUniqueMatch (409).
        """
        return validation.resolve_security_groups(
            self.api, context, context.project_id or "", names
        )

    # ---- the build ----

    def allocate(
        self,
        context: RequestContext,
        instance: Instance,
        requested: Sequence[RequestedNetwork],
        security_groups: Sequence[str],
        host: str,
    ) -> list[VIF]:
        """Ports bound to ``host``, one for each requested network and in its order.

        Ports that an earlier, interrupted call made are taken up again. On an error nothing
        stays behind: ports made are deleted, the user's own are unbound. ``security_groups``
        are names or ids, for the ports that are made here.
        Raises NetworkAmbiguous, NetworkNotFound, PortNotFound, PortInUse, PortLimitExceeded,
        PortBindingFailed, InvalidInput, DependencyUnavailable.
        """
        if validation.wants_none(requested):
            return []
        return _Allocation(
            self.api, context.elevated(), instance, requested, security_groups, host
        ).run()

    def deallocate(
        self,
        context: RequestContext,
        instance: Instance,
        requested_port_ids: Iterable[str] = (),
    ) -> None:
        """Give back all ports of the server: those in ``requested_port_ids`` are the user's
        and only unbound, the others are deleted. Tries all before it raises the last error."""
        context = context.elevated()
        theirs = frozenset(requested_port_ids)
        ports = self.api.list_ports(context, device_id=instance.uuid)
        _release(self.api, context, _own(ports, instance.project_id, theirs), theirs)

    def info(
        self,
        context: RequestContext,
        instance: Instance,
        requested_port_ids: Iterable[str] = (),
        cached: Sequence[VIF] = (),
    ) -> list[VIF]:
        """The server's interfaces as the network service knows them now.

        ``cached`` (a former answer) keeps order, tags and who made the port; else ports in
        ``requested_port_ids`` are the user's own.
        """
        context = context.elevated()
        known = {vif.id: vif for vif in cached}
        theirs = frozenset(requested_port_ids)
        ports = self.api.list_ports(context, device_id=instance.uuid)
        ports = _own(ports, instance.project_id, theirs.union(known))
        order = {vif.id: number for number, vif in enumerate(cached)}
        ports.sort(key=lambda port: order.get(port["id"], len(order)))
        tags = {port["id"]: known[port["id"]].tag for port in ports if port["id"] in known}
        ours = {
            port["id"]
            for port in ports
            if (
                known[port["id"]].created_by_us if port["id"] in known else port["id"] not in theirs
            )
        }
        return _vifs(self.api, context, ports, tags, ours)

    def security_group_names(
        self, context: RequestContext, instances: Collection[Instance]
    ) -> dict[str, list[str]]:
        """server uuid -> names of the groups on its ports, for many servers in two calls."""
        if not instances:
            return {}
        context = context.elevated()
        ids: dict[str, list[str]] = {}
        found = {instance.uuid: instance for instance in instances}
        for port in self.api.list_ports(context, device_id=list(found)):
            instance = found[port["device_id"]]
            granted = {vif.id for vif in instance.network_info or ()}
            if not _own([port], instance.project_id, granted):
                continue
            ids.setdefault(port["device_id"], []).extend(port.get("security_groups") or ())
        wanted = sorted({group for groups in ids.values() for group in groups})
        if not wanted:
            return {}
        names = {
            group["id"]: group["name"]
            for group in self.api.list_security_groups(context, id=wanted)
        }
        return {
            uuid: [names[group] for group in dict.fromkeys(groups) if group in names]
            for uuid, groups in ids.items()
        }


class _Allocation:
    """One run of ``allocate``."""

    def __init__(
        self,
        api: NetworkAPI,
        context: RequestContext,
        instance: Instance,
        requested: Sequence[RequestedNetwork],
        security_groups: Sequence[str],
        host: str,
    ) -> None:
        self.api = api
        self.context = context
        self.instance = instance
        self.requested = requested
        self.group_names = security_groups
        self.host = host
        self.owner = f"compute:{instance.availability_zone or 'nova'}"
        self.groups: list[str] | None = None
        self.networks: list[Resource] = []

    def run(self) -> list[VIF]:
        theirs = frozenset(item.port_id for item in self.requested if item.port_id)
        existing = self.api.list_ports(self.context, device_id=self.instance.uuid)
        existing = _own(existing, self.instance.project_id, theirs)
        try:
            slots = self._slots(existing)
            ports = self._match_or_make(slots, existing)
            tags = {port["id"]: slot.tag for slot, port in zip(slots, ports, strict=True)}
            ours = {port["id"] for port in ports if port["id"] not in theirs}
            return _vifs(self.api, self.context, ports, tags, ours, self.networks)
        except Exception as error:
            self._undo()
            if isinstance(error, OverQuota) and not isinstance(error, PortLimitExceeded):
                raise PortLimitExceeded() from error
            raise

    def _slots(self, existing: Sequence[Resource]) -> list[RequestedNetwork]:
        """What is to be there, every entry with a network or a port."""
        if not validation.is_choice(self.requested):
            return list(self.requested)
        tag = next((item.tag for item in self.requested if item.tag), None)
        if existing:  # an earlier call chose; a second network made since must not confuse us
            return [RequestedNetwork(network_id=port["network_id"], tag=tag) for port in existing]
        network = validation.choose_network(
            self.api, self.context, self.instance.project_id, self.requested
        )
        if network is None:
            return []
        self.networks = [network]
        return [RequestedNetwork(network_id=network["id"], tag=tag)]

    def _match_or_make(
        self, slots: Sequence[RequestedNetwork], existing: Sequence[Resource]
    ) -> list[Resource]:
        found = _matches(slots, existing)
        ports = []
        for number, slot in enumerate(slots):
            if slot.port_id:
                ports.append(self._bind_requested(slot.port_id))
            elif number in found:
                ports.append(self._rebind(found[number]))
            else:
                ports.append(self._create(slot))
        return ports

    def _create(self, slot: RequestedNetwork) -> Resource:
        if self.groups is None:
            self.groups = validation.resolve_security_groups(
                self.api, self.context, self.instance.project_id, self.group_names
            )
        body: Resource = {
            "network_id": slot.network_id,
            "project_id": self.instance.project_id,
            "device_id": self.instance.uuid,
            "admin_state_up": True,
            **self._binding(),
        }
        if slot.address:
            body["fixed_ips"] = [{"ip_address": slot.address}]
        if self.groups:
            body["security_groups"] = self.groups
        return _bound(self.api.create_port(self.context, body))

    def _rebind(self, port: Resource) -> Resource:
        """A port that an earlier call of ours made."""
        if port.get("binding:host_id") == self.host and port.get("status") == "ACTIVE":
            return _bound(port)
        return _bound(self.api.update_port(self.context, port["id"], self._binding()))

    def _bind_requested(self, port_id: str) -> Resource:
        """Take the user's port, unless another server was faster."""
        body = {"device_id": self.instance.uuid, **self._binding()}
        for _ in range(TAKE_ATTEMPTS):
            port = self.api.show_port(self.context, port_id)
            if port.get("device_id") not in ("", None, self.instance.uuid):
                break
            try:
                taken = self.api.update_port(
                    self.context, port_id, body, port.get("revision_number")
                )
            except Conflict:
                continue  # it was changed between our two calls, perhaps by another server
            return _bound(taken)
        raise PortInUse(port_id=port_id)

    def _binding(self) -> Resource:
        body: Resource = {"device_owner": self.owner, "binding:host_id": self.host}
        if self.instance.hostname and DNS_EXTENSIONS & self.api.extensions(self.context):
            body["dns_name"] = self.instance.hostname
        return body

    def _undo(self) -> None:
        """By what the service knows, not by what we remember: a call that failed may have left
        its port behind all the same."""
        theirs = frozenset(item.port_id for item in self.requested if item.port_id)
        try:
            ports = self.api.list_ports(self.context, device_id=self.instance.uuid)
            ports = _own(ports, self.instance.project_id, theirs)
            _release(self.api, self.context, ports, theirs)
        except NovaliteError:
            LOG.exception("Ports of instance %s could not be given back", self.instance.uuid)


def _matches(
    slots: Sequence[RequestedNetwork], existing: Sequence[Resource]
) -> dict[int, Resource]:
    """Which slot each port of an earlier call was made for. Slots that name an address choose
    first: the others take any port on their network."""
    theirs = {slot.port_id for slot in slots if slot.port_id}
    left = {port["id"]: port for port in existing if port["id"] not in theirs}
    found: dict[int, Resource] = {}
    for number in sorted(range(len(slots)), key=lambda each: not slots[each].address):
        slot = slots[number]
        match = next((port for port in left.values() if _fits(port, slot)), None)
        if match is not None and not slot.port_id:
            found[number] = left.pop(match["id"])
    return found


def _fits(port: Resource, slot: RequestedNetwork) -> bool:
    if port["network_id"] != slot.network_id:
        return False
    addresses = {fixed["ip_address"] for fixed in port.get("fixed_ips") or ()}
    return not slot.address or slot.address in addresses


def _bound(port: Resource) -> Resource:
    if port.get("binding:vif_type") in (None, "binding_failed", "unbound"):
        raise PortBindingFailed(port_id=port["id"])
    return port


def _own(
    ports: Iterable[Resource], project_id: str | None, granted: Collection[str]
) -> list[Resource]:
    """Whoever has a port may write any server's id on it: one of another project counts only if
    it was given to the server by us or by its owner (``granted``: ids)."""
    return [
        port
        for port in ports
        if (port.get("project_id") or port.get("tenant_id")) == project_id or port["id"] in granted
    ]


def _release(
    api: NetworkAPI,
    context: RequestContext,
    ports: Iterable[Resource],
    theirs: frozenset[str],
) -> None:
    failure: NovaliteError | None = None
    for port in ports:
        try:
            if port["id"] in theirs:
                api.update_port(context, port["id"], _unbound(api, context))
            else:
                api.delete_port(context, port["id"])
        except PortNotFound:
            continue
        except NovaliteError as error:
            LOG.warning("Port %s could not be given back: %s", port["id"], error)
            failure = error
    if failure is not None:
        raise failure


def _unbound(api: NetworkAPI, context: RequestContext) -> Resource:
    body: Resource = {
        "device_id": "",
        "device_owner": "",
        "binding:host_id": None,
        "binding:profile": {},
    }
    if DNS_EXTENSIONS & api.extensions(context):
        body["dns_name"] = ""
    return body


def _vifs(
    api: NetworkAPI,
    context: RequestContext,
    ports: Sequence[Resource],
    tags: dict[str, str | None],
    ours: set[str],
    known: Sequence[Resource] = (),
) -> list[VIF]:
    """``known``: networks that were asked for a moment ago."""
    if not ports:
        return []
    network_ids = sorted({port["network_id"] for port in ports})
    networks = {net["id"]: net for net in known or api.list_networks(context, id=network_ids)}
    subnets = {net["id"]: net for net in api.list_subnets(context, network_id=network_ids)}
    floating = floating_by_port(
        api.list_floating_ips(context, port_id=[port["id"] for port in ports])
    )
    vifs = []
    for port in ports:
        network = networks.get(port["network_id"])
        if network is None:
            raise NetworkNotFound(network_id=port["network_id"])
        vifs.append(
            vif_of(
                port,
                network,
                subnets,
                floating.get(port["id"]),
                tag=tags.get(port["id"]),
                created_by_us=port["id"] in ours,
            )
        )
    return vifs
