"""/os-availability-zone"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import service_of
from novalite.wsgi.operations import Operation, Request


def _list(request: Request) -> Row:
    zone = service_of(request).core.zone
    return {"availabilityZoneInfo": [{"zoneName": zone, "zoneState": {"available": True}}]}


OPERATIONS = [
    Operation("GET", "/os-availability-zone", _list, "List availability zones", min_version="3.0")
]
