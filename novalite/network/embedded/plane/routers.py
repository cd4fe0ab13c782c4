"""Routers: a namespace each, with a foot in every network that it joins.

Like all here it looks at what is there and makes up the difference, so that it may be called
after a crash or a reboot, and twice.
"""

import contextlib
import ipaddress
import logging
import os

from novalite.network.embedded.plane import netns, nft, router_rules
from novalite.network.embedded.plane.adverts import Adverts
from novalite.network.embedded.plane.announce import announce
from novalite.network.embedded.plane.commands import batch, run, set_sysctl
from novalite.network.embedded.plane.connections import forget_translations
from novalite.network.embedded.plane.devices import (
    address_changes,
    addresses_of,
    exists,
    shown,
)
from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS
from novalite.network.embedded.plane.links import Links
from novalite.network.embedded.plane.metadata import MetadataProxies
from novalite.network.embedded.plane.names import inner_name
from novalite.network.embedded.plane.state import RouterPortState, RouterState

LOG = logging.getLogger(__name__)

FORWARDING = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


class Routers:
    """``base``: directory with one subdirectory per router that advertises prefixes."""

    def __init__(self, base: str, links: Links, proxies: MetadataProxies) -> None:
        self.links = links
        self.proxies = proxies
        self.adverts = Adverts(base)
        self._up: dict[str, RouterState] = {}
        self._rules: dict[str, nft.Ruleset] = {}

    def networks(self) -> set[str]:
        """Those that routers have their feet in."""
        return {port.network_id for router in self._up.values() for port in router.ports}

    def dead(self) -> list[str]:
        """Routers whose advertising process has died. They are set up anew in the next round."""
        found = [
            router.id
            for router in self._up.values()
            if router.prefixes and self.adverts.pid(router.id) is None
        ]
        for router_id in found:
            self._up.pop(router_id)
        return found

    def ensure(self, router: RouterState) -> None:
        """The bridges of its networks have to be there. Raises DependencyUnavailable."""
        before = self._up.get(router.id)
        if before == router:
            return
        self._up.pop(router.id, None)
        space = self.links.router(router.id)
        if not os.path.exists(netns.path_of(space)):
            run(["ip", "netns", "add", space])
            # what belonged to one that somebody has removed is not worth anything
            self._rules.pop(router.id, None)
            self.proxies.close(router.id)
        self._filter(router, space)
        with netns.inside(space):
            for name in FORWARDING:
                if os.path.exists(f"/proc/sys/{name}"):
                    set_sysctl(name, "1")
        self._plug(router, space)
        self._address(router, space)
        self._routes(router, space)
        self.adverts.advertise(router, space)
        self.proxies.open(
            router.id, space, {port.network_id for port in router.ports if not port.gateway}
        )
        if before is not None:
            gone = set(before.floating) - set(router.floating)
            forget_translations(space, gone)
        self._up[router.id] = router

    def _filter(self, router: RouterState, space: str) -> None:
        ruleset = router_rules.render(router)
        known = self._rules.pop(router.id, None)
        script = nft.full(ruleset) if known is None else nft.change(known, ruleset)
        if script:
            run(["nsenter", f"--net={netns.path_of(space)}", "nft", "-f", "-"], script)
        self._rules[router.id] = ruleset

    def _plug(self, router: RouterState, space: str) -> None:
        lines = []
        for port in router.ports:
            cable = self.links.router_cable(port.id)
            if not exists(cable):
                lines.append(
                    f"link add {cable} type veth peer name {inner_name(port.id)} "
                    f"address {port.mac} netns {space}"
                )
            lines.append(
                f"link set {cable} mtu {port.mtu} addrgenmode none "
                f"master {self.links.bridge(port.network_id)} up"
            )
        batch(lines)

    def _address(self, router: RouterState, space: str) -> None:
        """Devices, addresses; and the neighbours hear of the new ones."""
        wanted = router_rules.addresses_of(router)
        ports = {inner_name(port.id): port for port in router.ports}
        lines, news = [], []
        for link in shown(space, "addr", "show"):
            name = link["ifname"]
            if name == "lo":
                have = addresses_of(link)
                lines += ["link set lo up"]
                lines += address_changes("lo", have, {f"{METADATA_ADDRESS}/32"})
            elif name in ports:
                port = ports[name]
                have = addresses_of(link)
                state = "up" if port.up else "down"
                lines.append(f"link set {name} address {port.mac} mtu {port.mtu} {state}")
                lines += address_changes(name, have, wanted[port.id])
                news.append((port, wanted[port.id] - have))
            elif link.get("link_type") == "ether":
                lines.append(f"link del {name}")
        batch(lines, space)
        for port, fresh in news:
            self._announce(port, fresh, space)

    @staticmethod
    def _announce(port: RouterPortState, fresh: set[str], space: str) -> None:
        four = {text.partition("/")[0] for text in fresh if ":" not in text}
        if four and port.up:
            announce(space, inner_name(port.id), port.mac, four)

    @staticmethod
    def _routes(router: RouterState, space: str) -> None:
        wanted = {
            (str(ipaddress.ip_network(destination)), hop)
            for destination, hop in [*router_rules.default_routes(router), *router.routes]
        }
        have = set()
        for family in ("-4", "-6"):
            for route in shown(space, family, "route", "show", "proto", "static"):
                have |= {(_destination(route["dst"], family), route.get("gateway", ""))}
        lines = [f"route del {where} via {hop}" for where, hop in sorted(have - wanted)]
        lines += [
            f"route replace {where} via {hop} proto static" for where, hop in sorted(wanted - have)
        ]
        # a hop that a subnet has lost must not keep the others from their service
        batch(lines, space, force=True)

    def remove(self, router_id: str) -> None:
        self._up.pop(router_id, None)
        self._rules.pop(router_id, None)
        self.proxies.close(router_id)
        self.adverts.remove(router_id)
        space = self.links.router(router_id)
        if os.path.exists(netns.path_of(space)):
            # the kernel takes its time with namespaces: the router ends here
            feet = [link["ifname"] for link in shown(space, "link", "show", "type", "veth")]
            batch([f"link del {name}" for name in feet], space, force=True)
            self.links.remove_netns(space)

    def forget(self, keep: set[str]) -> None:
        """Remove those that were up and are not in ``keep``."""
        for router_id in [each for each in self._up if each not in keep]:
            self.remove(router_id)

    def sweep(self, keep: set[str]) -> None:
        """Remove all of them on this host that are not in ``keep``."""
        prefix = self.links.router("")
        found = {name.removeprefix(prefix) for name in self.links.routers()}
        for router_id in (found | set(self.adverts.known())) - keep:
            self.remove(router_id)


def _destination(text: str, family: str) -> str:
    if text == "default":
        return "0.0.0.0/0" if family == "-4" else "::/0"
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_network(text))
    return text
