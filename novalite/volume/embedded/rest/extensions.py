"""/extensions: what older clients ask for before they use it"""

from novalite.exception import NotFound
from novalite.volume.embedded.core import Row
from novalite.wsgi.operations import Operation, Request

UPDATED = "2016-01-01T00:00:00+00:00"
NAMES = {
    "backups": "Backups",
    "capabilities": "Capabilities",
    "encryption": "VolumeTypeEncryption",
    "os-admin-actions": "AdminActions",
    "os-availability-zone": "AvailabilityZones",
    "os-extended-services": "ExtendedServices",
    "os-extended-snapshot-attributes": "ExtendedSnapshotAttributes",
    "os-hosts": "Hosts",
    "os-quota-class-sets": "QuotaClasses",
    "os-quota-sets": "Quotas",
    "os-services": "Services",
    "os-snapshot-actions": "SnapshotActions",
    "os-snapshot-manage": "SnapshotManage",
    "os-types-extra-specs": "TypesExtraSpecs",
    "os-types-manage": "TypesManage",
    "os-used-limits": "UsedLimits",
    "os-vol-host-attr": "VolumeHostAttribute",
    "os-vol-image-meta": "VolumeImageMetadata",
    "os-vol-mig-status-attr": "VolumeMigStatusAttribute",
    "os-vol-tenant-attr": "VolumeTenantAttribute",
    "os-volume-actions": "VolumeActions",
    "os-volume-manage": "VolumeManage",
    "os-volume-transfer": "VolumeTransfer",
    "os-volume-type-access": "VolumeTypeAccess",
    "os-volume-unmanage": "VolumeUnmanage",
    "qos-specs": "Qos_specs_manage",
    "scheduler-stats": "Scheduler_stats",
}


def _view(alias: str) -> Row:
    name = NAMES[alias]
    return {"alias": alias, "name": name, "description": name, "updated": UPDATED, "links": []}


def _list(request: Request) -> Row:
    return {"extensions": [_view(alias) for alias in NAMES]}


def _show(request: Request) -> Row:
    alias = request.path["alias"]
    if alias not in NAMES:
        raise NotFound("The resource could not be found.")
    return {"extension": _view(alias)}


OPERATIONS = [
    Operation("GET", "/extensions", _list, "List extensions", min_version="3.0"),
    Operation(
        "GET", "/extensions/{alias}", _show, "Show an extension", min_version="3.0", errors=(404,)
    ),
]
