"""Connections that the kernel remembers and that a change has made unlawful.

An established connection passes the filter whatever the rules say now, and an address that gets
a new owner would inherit those of the old one. So they are forgotten: what is still allowed
comes back with its next packet.
"""

import logging
import os
import shutil

from novalite.network.embedded.plane.commands import SEARCH_PATH, run
from novalite.network.embedded.plane.state import PortState, State

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
    if before is now and old.groups == new.groups:
        return False
    if now.secured and not before.secured:
        return True
    had = {rule for group in before.groups for rule in old.groups.get(group, ())}
    has = {rule for group in now.groups for rule in new.groups.get(group, ())}
    return not had <= has


def forget(entries: set[tuple[int, str]]) -> None:
    """Both those that began at an address and those that led to it."""
    if not entries:
        return
    program = shutil.which("conntrack", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")
    if program is None:
        LOG.warning("conntrack(8) is not installed: open connections outlive their rules")
        return
    for zone, address in sorted(entries):
        family = "ipv6" if ":" in address else "ipv4"
        for way in ("-s", "-d"):
            # fails when there is none
            run([program, "-D", "-f", family, "-w", str(zone), way, address], check=False)
