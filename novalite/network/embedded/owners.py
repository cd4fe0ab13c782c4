"""What ports are for: values of ``device_owner``."""

SERVICE = "network:"
"""Begins those of the network service itself."""

COMPUTE = "compute:"
DHCP = "network:dhcp"
FLOATING = "network:floatingip"
INTERFACE = "network:router_interface"
GATEWAY = "network:router_gateway"
ROUTERS = frozenset({INTERFACE, GATEWAY})
