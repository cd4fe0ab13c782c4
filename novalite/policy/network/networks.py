"""Networks, and what only administrators see and set of them."""

from novalite.policy.network.resource import attributes, five, tags

_PATH = "networks"
_PROVIDER = ("provider:network_type", "provider:physical_network", "provider:segmentation_id")
_GUARDED = ("shared", "router:external", "is_default", *_PROVIDER)

RULES = [
    *five("network", _PATH),
    *attributes("create", "network", _PATH, _GUARDED),
    *attributes("get", "network", _PATH, _PROVIDER),
    *attributes("update", "network", _PATH, _GUARDED),
    *tags("network", _PATH),
]
