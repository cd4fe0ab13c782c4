"""/os-hosts"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import service_of
from novalite.volume.embedded.rows import moment
from novalite.wsgi.operations import Operation, Request


def _list(request: Request) -> Row:
    service = service_of(request)
    found = service.hosts.list_(request.context, request.query_one("service"))
    return {
        "hosts": [
            {
                "host_name": row["host"],
                "service": row["binary"],
                "zone": service.core.zone,
                "service-status": "available" if row["up"] else "unavailable",
                "service-state": "disabled" if row["disabled"] else "enabled",
                "last-update": moment(row["seen_at"]),
            }
            for row in found
        ]
    }


def _show(request: Request) -> Row:
    host = request.path["host"]
    found = service_of(request).hosts.show(request.context, host)
    return {
        "host": [
            {
                "resource": {
                    "host": host,
                    "project": row["project"],
                    "volume_count": str(row["volumes"]),
                    "total_volume_gb": str(row["volume_gb"]),
                    "snapshot_count": str(row["snapshots"]),
                    "total_snapshot_gb": str(row["snapshot_gb"]),
                }
            }
            for row in found
        ]
    }


OPERATIONS = [
    Operation("GET", "/os-hosts", _list, "List hosts", min_version="3.0", errors=(403,)),
    Operation(
        "GET",
        "/os-hosts/{host}",
        _show,
        "Show what a host keeps",
        min_version="3.0",
        errors=(403, 404),
    ),
]
