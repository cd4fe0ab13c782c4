"""Ports: their owner's, their network's owner's, and the binding that services alone set."""

from novalite.policy.network.base import (
    ADMIN,
    MEMBER,
    MEMBER_OR_NETWORK_OWNER,
    NETWORK_OWNER,
    READER_OR_NETWORK_OWNER,
)
from novalite.policy.network.resource import attributes, five, tags

_PATH = "ports"
_OWNERS = ("mac_address", "port_security_enabled", "allowed_address_pairs")
_BINDING = ("binding:host_id", "binding:profile")
_SHOWN = (*_BINDING, "binding:vif_type", "binding:vif_details")

RULES = [
    *five(
        "port",
        _PATH,
        create=MEMBER,
        read=READER_OR_NETWORK_OWNER,
        write=MEMBER_OR_NETWORK_OWNER,
    ),
    *attributes("get", "port", _PATH, _SHOWN),
    # device_owner: only where it is one of the network service's own (network:...)
    *(
        each
        for verb in ("create", "update")
        for each in (
            *attributes(verb, "port", _PATH, ["device_owner", *_BINDING], ADMIN),
            *attributes(verb, "port", _PATH, _OWNERS, NETWORK_OWNER),
        )
    ),
    *tags("port", _PATH, MEMBER_OR_NETWORK_OWNER),
]
