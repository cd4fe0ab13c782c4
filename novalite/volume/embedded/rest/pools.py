"""/scheduler-stats/get_pools and /capabilities/{host}"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import service_of
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Operation, Request

_FILTERS = (3, 28)
NAMESPACE = "OS::Storage::Capabilities::"


def _pools(request: Request) -> Row:
    detail = boolean_of(request.query_one("detail", "false"), "detail")
    wanted = {}
    if request.version >= _FILTERS:
        wanted = {
            name: values[-1]
            for name, values in request.query.items()
            if name not in ("detail", "name", "volume_type")
        }
    name = request.query_one("name")
    found = [
        {"name": pool, "capabilities": capabilities}
        for pool, capabilities in service_of(request).pools.list_(request.context)
        if (name is None or name == pool)
        and all(str(capabilities.get(key)) == value for key, value in wanted.items())
    ]
    return {"pools": found if detail else [{"name": pool["name"]} for pool in found]}


def _capabilities(request: Request) -> Row:
    host, told = service_of(request).pools.backend(request.context, request.path["host"])
    return {
        "namespace": NAMESPACE + host,
        "vendor_name": told["vendor_name"],
        "volume_backend_name": told["volume_backend_name"],
        "pool_name": told["pool_name"],
        "driver_version": told["driver_version"],
        "storage_protocol": told["storage_protocol"],
        "display_name": None,
        "description": None,
        "visibility": None,
        "replication_targets": [],
        "properties": {
            "thin_provisioning": {
                "title": "Thin Provisioning",
                "description": "Sets thin provisioning.",
                "type": "boolean",
            },
            "qos": {
                "title": "QoS",
                "description": "Enables QoS.",
                "type": "boolean",
            },
        },
    }


OPERATIONS = [
    Operation(
        "GET",
        "/scheduler-stats/get_pools",
        _pools,
        "List storage pools",
        min_version="3.0",
        errors=(403,),
    ),
    Operation(
        "GET",
        "/capabilities/{host}",
        _capabilities,
        "Show what a backend can do",
        min_version="3.0",
        errors=(403, 404),
    ),
]
