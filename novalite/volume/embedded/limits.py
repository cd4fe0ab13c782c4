"""What a project may have and has, for its own users."""

from novalite.context import RequestContext
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.usage import usage_of

LIMITS = {
    "volumes": "maxTotalVolumes",
    "gigabytes": "maxTotalVolumeGigabytes",
    "snapshots": "maxTotalSnapshots",
    "backups": "maxTotalBackups",
    "backup_gigabytes": "maxTotalBackupGigabytes",
}
USED = {
    "volumes": "totalVolumesUsed",
    "gigabytes": "totalGigabytesUsed",
    "snapshots": "totalSnapshotsUsed",
    "backups": "totalBackupsUsed",
    "backup_gigabytes": "totalBackupGigabytesUsed",
}


class Limits:
    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def absolute(self, context: RequestContext, project_id: str | None = None) -> dict[str, int]:
        """By the API's names. Administrators may ask for another project."""
        self.core.authorize(context, "limits_extension:used_limits")
        project = (
            project_id if project_id and self.core.sees_all(context) else context.project_id or ""
        )
        with self.core.database.read() as conn:
            limits = self.quotas.limits(conn, project)
            used = usage_of(conn, project)
        return {name: limits[resource] for resource, name in LIMITS.items()} | {
            name: used.of(resource) for resource, name in USED.items()
        }
