"""/resource_filters: by what users may filter lists. Since 3.33."""

from novalite.volume.embedded import backups, group_snapshots, groups, messages, snapshots, volumes
from novalite.volume.embedded.core import Row
from novalite.wsgi.operations import Operation, Request

LISTINGS = {
    "volume": volumes.LISTING,
    "snapshot": snapshots.LISTING,
    "backup": backups.LISTING,
    "group": groups.LISTING,
    "group_snapshot": group_snapshots.LISTING,
    "message": messages.LISTING,
}


def _list(request: Request) -> Row:
    wanted = request.query_one("resource")
    return {
        "resource_filters": [
            {"resource": name, "filters": sorted(listing.public)}
            for name, listing in LISTINGS.items()
            if wanted in (None, name)
        ]
    }


OPERATIONS = [
    Operation("GET", "/resource_filters", _list, "List the filters of lists", min_version="3.33")
]
