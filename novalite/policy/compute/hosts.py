"""Hosts, as they were asked for before 2.43."""

from novalite.policy.rules import ADMIN, Deprecated, rule

_ONE = "/os-hosts/{host_name}"
_DEPRECATED = Deprecated("os_compute_api:os-hosts", "rule:admin_api")

RULES = [
    rule(f"os_compute_api:os-hosts:{name}", ADMIN, description, [where], deprecated=_DEPRECATED)
    for name, description, where in (
        ("list", "List hosts", "GET /os-hosts"),
        ("show", "Show host resources", f"GET {_ONE}"),
        ("update", "Enable or disable host, or maintenance mode", f"PUT {_ONE}"),
        ("reboot", "Reboot host", f"GET {_ONE}/reboot"),
        ("shutdown", "Shut host down", f"GET {_ONE}/shutdown"),
        ("start", "Start host", f"GET {_ONE}/startup"),
    )
]
