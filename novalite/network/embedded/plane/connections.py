"""Connections that the kernel remembers and that a change has made unlawful.

An established connection passes the filter whatever the rules say now, and an address that gets
a new owner would inherit those of the old one. So they are forgotten: what is still allowed
comes back with its next packet.
"""

import logging
import os
import shutil
from collections.abc import Iterable

from novalite.network.embedded.plane.commands import SEARCH_PATH, run
from novalite.network.embedded.plane.netns import path_of
from novalite.network.embedded.plane.state import PortState, RuleState, State

LOG = logging.getLogger(__name__)


def lost(old: State, new: State) -> set[tuple[int, str]]:
    """(conntrack zone, address) of the ports that are gone or may do less than before."""
    found = set()
    for port in old.ports.values():
        network = old.networks.get(port.network_id)
        now = new.ports.get(port.id)
        if network is None:
            continue
        if now is None or _may_less(old, port, new, now):
            found |= {(network.zone, address) for address in port.addresses}
        else:
            gone = set(port.addresses) - set(now.addresses)
            found |= {(network.zone, address) for address in gone}
    return found


def _may_less(old: State, before: PortState, new: State, now: PortState) -> bool:
    if now.secured and not before.secured:
        return True
    unchanged = old.groups == new.groups and old.address_groups == new.address_groups
    if unchanged and before.groups == now.groups:
        return False
    had = {allowed for rule in _rules(old, before) for allowed in _allowed(old, rule)}
    has = {allowed for rule in _rules(new, now) for allowed in _allowed(new, rule)}
    return not had <= has


def _rules(state: State, port: PortState) -> set[RuleState]:
    return {rule for group in port.groups for rule in state.groups.get(group, ())}


def _allowed(state: State, rule: RuleState) -> list[tuple[RuleState, str]]:
    """A rule that names a group of addresses is one for each of them."""
    if rule.remote_addresses is None:
        return [(rule, "")]
    return [(rule, prefix) for prefix in state.address_groups.get(rule.remote_addresses, ())]


def forget(entries: set[tuple[int, str]]) -> None:
    """Both those that began at an address and those that led to it."""
    for zone, address in sorted(entries):
        family = "ipv6" if ":" in address else "ipv4"
        for way in ("-s", "-d"):
            _delete(["-f", family, "-w", str(zone), way, address])


def forget_translations(space: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Those of the (floating, fixed) addresses in a router's namespace."""
    for floating, _ in sorted(pairs):
        # what was asked of it, and what was sent in its name
        for way in ("-d", "-q"):
            _delete([way, floating], space)


def _delete(options: list[str], space: str | None = None) -> None:
    program = shutil.which("conntrack", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")
    if program is None:
        LOG.warning("conntrack(8) is not installed: open connections outlive their rules")
        return
    where = ["nsenter", f"--net={path_of(space)}"] if space else []
    run([*where, program, "-D", *options], check=False)  # fails when there is none
