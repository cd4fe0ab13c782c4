"""Services, hosts, pools and clusters."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN

RULES = declare(
    "",
    (
        "volume_extension:services:index",
        ADMIN,
        "List services, and show their log levels",
        "GET /v3/os-services",
        "PUT /v3/os-services/get-log",
    ),
    (
        "volume_extension:services:update",
        ADMIN,
        "Enable and disable services, and set their log levels",
        "PUT /v3/os-services/{action}",
    ),
    (
        "volume:freeze_host",
        ADMIN,
        "Freeze a backend",
        "PUT /v3/os-services/freeze",
    ),
    (
        "volume:thaw_host",
        ADMIN,
        "Thaw a backend",
        "PUT /v3/os-services/thaw",
    ),
    (
        "volume:failover_host",
        ADMIN,
        "Fail a backend over",
        "PUT /v3/os-services/failover_host",
        "PUT /v3/os-services/failover",
    ),
    (
        "volume_extension:hosts",
        ADMIN,
        "List and show hosts",
        "GET /v3/os-hosts",
        "GET /v3/os-hosts/{name}",
    ),
    (
        "volume_extension:capabilities",
        ADMIN,
        "Show what a backend can do",
        "GET /v3/capabilities/{host}",
    ),
    (
        "scheduler_extension:scheduler_stats:get_pools",
        ADMIN,
        "List pools",
        "GET /v3/scheduler-stats/get_pools",
    ),
    (
        "clusters:get_all",
        ADMIN,
        "List clusters",
        "GET /v3/clusters",
        "GET /v3/clusters/detail",
    ),
    (
        "clusters:get",
        ADMIN,
        "Show a cluster",
        "GET /v3/clusters/{name}",
    ),
    (
        "workers:cleanup",
        ADMIN,
        "Clean up after workers",
        "POST /v3/workers/cleanup",
    ),
)
