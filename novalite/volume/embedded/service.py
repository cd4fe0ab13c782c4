"""The embedded volume service: volumes, snapshots and attachments over the stores of one host."""

import functools
from typing import TYPE_CHECKING

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.db.engine import Database
from novalite.policy import Enforcer
from novalite.volume.embedded import backends, housekeeping, messages, metadata
from novalite.volume.embedded.attachments import Attachments
from novalite.volume.embedded.backup_records import BackupRecords
from novalite.volume.embedded.backup_store import BackupStore
from novalite.volume.embedded.backup_work import BackupWork
from novalite.volume.embedded.backups import Backups
from novalite.volume.embedded.connections import Connections
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.default_types import DefaultTypes
from novalite.volume.embedded.direct import DirectAPI
from novalite.volume.embedded.encryption import Encryption
from novalite.volume.embedded.extra_specs import ExtraSpecs
from novalite.volume.embedded.group_snapshots import GroupSnapshots
from novalite.volume.embedded.group_types import GroupTypes
from novalite.volume.embedded.groups import Groups
from novalite.volume.embedded.hosts import Hosts
from novalite.volume.embedded.legacy_attach import LegacyAttach
from novalite.volume.embedded.limits import Limits
from novalite.volume.embedded.log_levels import LogLevels
from novalite.volume.embedded.manage import Manage
from novalite.volume.embedded.messages import Messages
from novalite.volume.embedded.pools import Pools
from novalite.volume.embedded.qos import Qos
from novalite.volume.embedded.quota_sets import QuotaSets
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.retypes import Retypes
from novalite.volume.embedded.services import Services
from novalite.volume.embedded.snapshot_work import SnapshotWork
from novalite.volume.embedded.snapshots import Snapshots
from novalite.volume.embedded.tasks import Tasks
from novalite.volume.embedded.transfers import Transfers
from novalite.volume.embedded.type_access import TypeAccess
from novalite.volume.embedded.types import Types
from novalite.volume.embedded.uploads import Uploads
from novalite.volume.embedded.volume_actions import VolumeActions
from novalite.volume.embedded.volume_create import VolumeCreation
from novalite.volume.embedded.volume_work import VolumeWork
from novalite.volume.embedded.volumes import Volumes

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI
    from novalite.wsgi.server_events import ServerEvents


class VolumeService(DirectAPI):
    """Implements VolumeAPI by direct calls; ``app`` serves the same objects over HTTP.

    ``start`` needs the tables to be there. Thread-safe. ``server_events`` may be set later, before
    ``start``.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        database: Database,
        image: "ImageAPI | None" = None,
        server_events: "ServerEvents | None" = None,
        clock: Clock | None = None,
        policy: Enforcer | None = None,
    ) -> None:
        self.database = database
        self.image = image
        self.server_events = server_events
        self.core = Core(conf, database, policy or Enforcer(conf), clock or SystemClock())
        self.backends = backends.load(conf)
        self.tasks = self.core.tasks = Tasks(
            self.core, lambda: housekeeping.prepare(self.core, self.backends)
        )
        self.quotas = Quotas(self.core)
        self.types = Types(self.core)
        self.type_access = TypeAccess(self.core)
        self.extra_specs = ExtraSpecs(self.core)
        self.encryption = Encryption(self.core)
        self.default_types = DefaultTypes(self.core, self.types)
        self.qos = Qos(self.core)
        self.quota_sets = QuotaSets(self.core, self.quotas)
        self.limits = Limits(self.core, self.quotas)
        self.volumes = Volumes(self.core)
        self.snapshots = Snapshots(self.core, self.quotas)
        self.creation = VolumeCreation(
            self.core, self.quotas, self.types, self.backends, self.image, self.snapshots
        )
        self.connections = Connections(self.backends)
        self.attachments = Attachments(self.core, self.connections)
        self.legacy_attach = LegacyAttach(self.core, self.connections)
        self.actions = VolumeActions(self.core, self.quotas)
        self.volume_metadata = metadata.of_volumes(self.core)
        self.snapshot_metadata = metadata.of_snapshots(self.core)
        self.image_metadata = metadata.ImageMetadata(self.core)
        self.uploads = Uploads(self.core, self.types, self.backends, self.image)
        self.retypes = Retypes(self.core, self.quotas, self.types, self.backends)
        backup_store = BackupStore(conf.embedded.backup_store)
        self.backup_work = BackupWork(self.core, self.backends, backup_store)
        self.backups = Backups(self.core, self.quotas, self.creation, self.snapshots)
        self.backup_records = BackupRecords(self.core, self.quotas, backup_store)
        self.manage = Manage(self.core, self.quotas, self.types, self.backends)
        self.volume_work = VolumeWork(
            self.core,
            self.backends,
            self.image,
            self._tell_servers,
            self.backup_work.volume_content,
        )
        self.snapshot_work = SnapshotWork(self.core, self.backends, lambda: self.server_events)
        self.messages = Messages(self.core)
        self.services = Services(self.core, self.backends, (self.messages.forget_old,))
        self.log_levels = LogLevels(self.core)
        self.hosts = Hosts(self.core, self.services)
        self.pools = Pools(self.core, self.backends, self.types)
        self.transfers = Transfers(self.core, self.quotas)
        self.group_types = GroupTypes(self.core)
        self.groups = Groups(self.core, self.quotas, self.types, self.creation)
        self.group_snapshots = GroupSnapshots(self.core, self.snapshots)
        self.core.reporter = functools.partial(messages.report, self.core)
        for part in (
            self.volume_work,
            self.snapshot_work,
            self.uploads,
            self.manage,
            self.retypes,
            self.groups,
            self.group_snapshots,
            self.backup_work,
        ):
            part.register(self.tasks)

    def _tell_servers(self, name: str, volume_id: str, server_ids: list[str]) -> None:
        """Servers find out by themselves what they are not told."""
        if self.server_events is not None and server_ids:
            self.server_events.send(
                [{"name": name, "server_uuid": each, "tag": volume_id} for each in server_ids]
            )

    # ---- life ----

    def start(self) -> None:
        """Take up the work that is left."""
        self.types.ensure_default()
        self.services.start()
        self.tasks.start()

    def stop(self) -> None:
        self.tasks.stop()
        self.services.stop()
