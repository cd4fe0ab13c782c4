"""Packet filters of others on this host that would stop the guests' packets too."""

import json
import logging

from novalite.exception import DependencyUnavailable
from novalite.network.embedded.plane.commands import run

LOG = logging.getLogger(__name__)


def dropping_chains(listing: str, own_table: str) -> list[str]:
    """Chains of others, from ``nft -j list chains``, that drop what they do not know of what is
    forwarded. A packet on a bridge of ours passes them as well."""
    found = []
    for item in json.loads(listing or "{}").get("nftables", ()):
        chain = item.get("chain", {})
        if (
            chain.get("hook") == "forward"
            and chain.get("policy") == "drop"
            and chain.get("table") != own_table
            and chain.get("family") in ("ip", "ip6", "inet", "bridge")
        ):
            found.append(f"{chain['family']} {chain['table']} {chain['name']}")
    return found


def warn_of_foreign_filters(own_table: str) -> None:
    """Docker, ufw and firewalld set such policies. It is not ours to change them."""
    try:
        chains = dropping_chains(run(["nft", "-j", "list", "chains"]), own_table)
    except (DependencyUnavailable, ValueError):
        return
    if chains:
        LOG.warning(
            "Packets of guests may be dropped by a firewall of this host, whose policy it is to "
            "drop what is forwarded: %s",
            ", ".join(chains),
        )
