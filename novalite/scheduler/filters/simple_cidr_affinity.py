"""SimpleCIDRAffinityFilter."""

import ipaddress

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class SimpleCIDRAffinityFilter(Filter):
    """The host's address must be in the network that the hints ``build_near_host_ip`` and
    ``cidr`` (default /24) give."""

    def applies(self, request: Request) -> bool:
        return bool(request.hint("build_near_host_ip"))

    def refusal(self, host: HostState, request: Request) -> str | None:
        near = request.hint("build_near_host_ip")[0]
        prefix = (request.hint("cidr") or ["/24"])[0].lstrip("/")
        try:
            network = ipaddress.ip_network(f"{near}/{prefix}", strict=False)
        except ValueError:
            return f"{near}/{prefix} is no network"
        try:
            if ipaddress.ip_address(host.node.host_ip or "") in network:
                return None
        except ValueError:
            return f"its address {host.node.host_ip!r} is none"
        return f"its address {host.node.host_ip} is not in {network}"
