"""NUMA topology of servers."""

from novalite.policy.rules import ADMIN, PROJECT_READER_OR_ADMIN, declare

_WHERE = "GET /servers/{server_id}/topology"

RULES = declare(
    "compute:server:topology:",
    ("index", PROJECT_READER_OR_ADMIN, "Show NUMA topology", _WHERE),
    ("host:index", ADMIN, "See host NUMA node and CPU pinning in topology", _WHERE),
)
