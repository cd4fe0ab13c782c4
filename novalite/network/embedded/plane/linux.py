"""The data plane of one Linux host: bridges, DHCP, metadata and packet filters.

The database says what is to be; this makes it so, by comparing. Calls that arrive while a round
runs share the next one, so that a burst of bound ports costs a few transactions and signals,
not one each.
"""

import fcntl
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import IO, Any

from oslo_config import cfg

from novalite.exception import DependencyUnavailable
from novalite.network.embedded.plane import Source, binding_details, connections, nft, rulesets
from novalite.network.embedded.plane.adverts import Adverts
from novalite.network.embedded.plane.commands import remove, run
from novalite.network.embedded.plane.dhcp import Dhcp
from novalite.network.embedded.plane.foreign import warn_of_foreign_filters
from novalite.network.embedded.plane.links import Links
from novalite.network.embedded.plane.metadata import MetadataProxies, OwnerOf
from novalite.network.embedded.plane.resolvers import resolvers
from novalite.network.embedded.plane.routers import Routers
from novalite.network.embedded.plane.state import NetworkState, PortState, State
from novalite.network.embedded.plane.vxlan import Tunnels
from novalite.network.vifs import device_name

LOG = logging.getLogger(__name__)

WATCH_INTERVAL = 10.0
DEFAULT_PREFIX = "nvl"


def table_name(prefix: str) -> str:
    """Two clouds on one host must not replace each other's tables."""
    return "novalite" if prefix == DEFAULT_PREFIX else f"novalite_{prefix}"


def lock_path(prefix: str) -> str:
    return f"/run/lock/novalite-{prefix}"


class LinuxDataPlane:
    """Needs root. ``owner_of``: who has an address, for metadata; ``host``: the name of a host
    that is not the network host."""

    def __init__(self, conf: cfg.ConfigOpts, owner_of: OwnerOf, host: str = "") -> None:
        self.prefix: str = conf.embedded.device_prefix
        self.table = table_name(self.prefix)
        self.links = Links(self.prefix, host)
        self.tunnels = Tunnels(self.links)
        self.dhcp = Dhcp(
            f"{conf.state_path}/network",
            conf.api.dhcp_domain,
            self.links,
            conf.embedded.dns_servers or resolvers(),
        )
        self.proxies = MetadataProxies(
            conf.embedded.metadata_url, conf.neutron.metadata_proxy_shared_secret, owner_of
        )
        self.routers = Routers(f"{conf.state_path}/routers", self.links, self.proxies)
        self._source: Source | None = None
        self._asking = threading.Lock()  # guards _wanted
        self._working = threading.Lock()  # held for a round, and guards all that follows
        self._wanted = 0
        self._done = 0
        self._errors: dict[str, DependencyUnavailable] = {}
        self._state = State()
        self._up: dict[str, NetworkState] = {}
        self._ruleset: nft.Ruleset | None = None
        self._stopping = threading.Event()
        self._lock: IO[str] | None = None

    # ---- life ----

    def start(self, source: Source) -> None:
        if os.geteuid() != 0:
            raise DependencyUnavailable(
                reason="[embedded]data_plane = linux needs root; without it use none"
            )
        self._hold()
        self.links.prepare_kernel()
        warn_of_foreign_filters(self.table)
        self._stopping.clear()
        self._source = source
        with self._working:
            state = source()
            self._sweep(state)
            self._round(state)
        for which, error in self._errors.items():
            LOG.error("%s is not complete: %s", which, error)
        threading.Thread(target=self._watch, name="network watch", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self.proxies.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _hold(self) -> None:
        """Two clouds with the same device prefix would remove each other's networks."""
        if self._lock is not None:
            return
        lock = open(lock_path(self.prefix), "w")  # noqa: SIM115  (held until stop)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DependencyUnavailable(
                reason=f"another cloud on this host uses [embedded]device_prefix = {self.prefix}"
            ) from None
        self._lock = lock

    def _watch(self) -> None:
        """A DHCP server that died comes back, and what has failed is tried again."""
        while not self._stopping.wait(WATCH_INTERVAL):
            with self._working:
                dead = [
                    network_id
                    for network_id, network in self._up.items()
                    if network.dhcp_mac and self.dhcp.pid(network_id) is None
                ]
                dead += self.routers.dead()
                failed = list(self._errors)
            if dead:
                LOG.warning("dnsmasq of %s has stopped; starting it again", ", ".join(dead))
            if dead or failed:
                try:
                    self.refresh()
                except DependencyUnavailable as error:
                    LOG.error("It could not be started: %s", error)

    # ---- DataPlane ----

    def binding(self, network_id: str) -> tuple[str, dict[str, Any]]:
        return "bridge", binding_details(self.prefix, network_id)

    def refresh(self, network_id: str | None = None) -> None:
        if self._source is None:
            return  # not started: start() will see the change
        with self._asking:
            self._wanted += 1
            mine = self._wanted
        with self._working:
            if self._done < mine:
                with self._asking:
                    target = self._wanted
                self._round(self._source())
                self._done = target
            error = self._errors.get(network_id) if network_id else None
        if error is not None:
            raise DependencyUnavailable(reason=str(error))

    def problems(self) -> list[str]:
        """What the last round could not bring about."""
        with self._working:
            return [f"{which}: {error}" for which, error in self._errors.items()]

    # ---- one round ----

    def _round(self, state: State) -> None:
        """From what is in force to ``state``. The filter comes first: a bridge is never there
        without it. One network that fails does not keep the others from their service.

        Raises DependencyUnavailable when the filter cannot be set.
        """
        ports: dict[str, list[PortState]] = defaultdict(list)
        for port in state.ports.values():
            ports[port.network_id].append(port)
        joined = {port.network_id for router in state.routers.values() for port in router.ports}
        wanted = {
            network.id: network
            for network in state.networks.values()
            if network.here
            and (
                network.host_access
                or network.id in ports
                or network.id in self._up
                or network.id in joined
            )
        }
        self._filter(state, wanted)
        connections.forget(connections.lost(self._state, state))
        self._errors = {}
        for network in wanted.values():
            try:
                self._network(network, ports[network.id])
                self.tunnels.ensure(network, state)
            except (DependencyUnavailable, OSError) as error:
                self._up.pop(network.id, None)
                self._failed("Network", network.id, error)
        self.routers.forget(set(state.routers))
        for router in state.routers.values():
            try:
                self.routers.ensure(router)
            except (DependencyUnavailable, OSError) as error:
                self._failed("Router", router.id, error)
        self._forget_ports(state)
        for network_id in [each for each in self._up if each not in wanted]:
            self._remove(network_id)
        self._state = state

    def _failed(self, kind: str, which: str, error: Exception) -> None:
        LOG.error("%s %s could not be set up", kind, which, exc_info=error)
        self._errors[which] = DependencyUnavailable(reason=str(error))

    def _filter(self, state: State, wanted: Iterable[str]) -> None:
        bridges = {network_id: self.links.bridge(network_id) for network_id in wanted}
        ruleset = rulesets.render(state, bridges, self.table)
        try:
            script = (
                nft.full(ruleset) if self._ruleset is None else nft.change(self._ruleset, ruleset)
            )
            if script:
                run(["nft", "-f", "-"], script)
        except DependencyUnavailable:
            if self._ruleset is None:
                raise
            # somebody else has touched our tables
            LOG.warning("Replacing the whole packet filter")
            self._ruleset = None
            run(["nft", "-f", "-"], nft.full(ruleset))
        self._ruleset = ruleset

    def _network(self, network: NetworkState, ports: list[PortState]) -> None:
        if self._up.get(network.id) != network:
            self.links.ensure_bridge(network)
            if network.dhcp_mac:
                self.links.ensure_netns(network)
        if network.dhcp_mac:
            self.dhcp.serve(network, ports)
            self.proxies.open(network.id, self.links.netns(network.id), {network.id})
        elif self._up.get(network.id, network).dhcp_mac or network.id not in self._up:
            self._remove_service(network.id)
        self._up[network.id] = network

    def _forget_ports(self, state: State) -> None:
        for port in self._state.ports.values():
            now = state.ports.get(port.id)
            network = state.networks.get(port.network_id)
            if now is None or not now.here or now.network_id != port.network_id:
                device = device_name(port.id)
                if self.links.bridge_of(device):
                    self.links.unplug(device)
            if network is not None and (now is None or now.addresses != port.addresses):
                self.dhcp.release(network, port)

    def _remove_service(self, network_id: str) -> None:
        self.proxies.close(network_id)
        self.dhcp.remove(network_id)
        if self.links.netns(network_id) in self.links.namespaces():
            self.links.remove_netns(self.links.netns(network_id))

    def _remove(self, network_id: str) -> None:
        self._remove_service(network_id)
        self.tunnels.remove(network_id)
        self.links.remove_bridge(self.links.bridge(network_id))
        self._up.pop(network_id, None)

    # ---- leftovers ----

    def _sweep(self, state: State) -> None:
        """Remove what the database does not know: of networks and ports that were deleted while
        this process was not there to see it."""
        known = {each.id for each in state.networks.values() if each.here}
        self.routers.sweep(set(state.routers))
        for network_id in self.dhcp.known():
            if network_id not in known:
                self.dhcp.remove(network_id)
        spaces = {self.links.netns(network_id) for network_id in known}
        for name in self.links.namespaces():
            if name not in spaces:
                self.links.remove_netns(name)
        self.links.remove_tunnels({self.links.tunnel(each) for each in state.tunnels})
        bridges = {self.links.bridge(network_id) for network_id in known}
        devices = {device_name(port.id) for port in state.ports.values() if port.here}
        for bridge in self.links.bridges():
            if bridge not in bridges:
                self.links.remove_bridge(bridge)
                continue
            for device in self.links.ports_of(bridge):
                if device.startswith("tap") and device not in devices:
                    self.links.unplug(device)


def teardown(conf: cfg.ConfigOpts) -> None:
    """Remove all that the data plane of this cloud has made on this host, whatever its database
    says. The service must not run."""
    links = Links(conf.embedded.device_prefix)
    dhcp = Dhcp(f"{conf.state_path}/network", "", links)
    adverts = Adverts(f"{conf.state_path}/routers")
    for server in (dhcp, adverts):
        for key in server.known():
            server.remove(key)
    for name in [*links.namespaces(), *links.routers()]:
        links.remove_netns(name)
    for bridge in links.bridges():
        links.remove_bridge(bridge)
    links.remove_tunnels(set())
    name = table_name(conf.embedded.device_prefix)
    run(["nft", "-f", "-"], nft.removal([("bridge", name), ("inet", name)]))
    remove(lock_path(conf.embedded.device_prefix))
