"""The embedded volume service: volumes, snapshots and attachments over the stores of one host."""

from typing import TYPE_CHECKING

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.db.engine import Database
from novalite.volume.embedded.core import Core
from novalite.volume.embedded.default_types import DefaultTypes
from novalite.volume.embedded.encryption import Encryption
from novalite.volume.embedded.extra_specs import ExtraSpecs
from novalite.volume.embedded.limits import Limits
from novalite.volume.embedded.qos import Qos
from novalite.volume.embedded.quota_sets import QuotaSets
from novalite.volume.embedded.quotas import Quotas
from novalite.volume.embedded.tables import attachments, snapshots, volumes  # noqa: F401
from novalite.volume.embedded.tasks import Tasks
from novalite.volume.embedded.type_access import TypeAccess
from novalite.volume.embedded.types import Types

if TYPE_CHECKING:
    from novalite.image.interface import ImageAPI
    from novalite.wsgi.server_events import ServerEvents


class VolumeService:
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
    ) -> None:
        self.database = database
        self.image = image
        self.server_events = server_events
        self.core = Core(conf, database, clock or SystemClock())
        self.tasks = self.core.tasks = Tasks(self.core)
        self.quotas = Quotas(self.core)
        self.types = Types(self.core)
        self.type_access = TypeAccess(self.core)
        self.extra_specs = ExtraSpecs(self.core)
        self.encryption = Encryption(self.core)
        self.default_types = DefaultTypes(self.core, self.types)
        self.qos = Qos(self.core)
        self.quota_sets = QuotaSets(self.core, self.quotas)
        self.limits = Limits(self.core, self.quotas)

    # ---- life ----

    def start(self) -> None:
        """Take up the work that is left."""
        self.types.ensure_default()
        self.tasks.start()

    def stop(self) -> None:
        self.tasks.stop()
