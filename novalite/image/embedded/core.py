"""What the resources of the service share: the database, the time, the stores, their limits."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.db.engine import Database, DuplicateKey
from novalite.image.embedded.access import Access
from novalite.image.embedded.quotas import Quotas
from novalite.image.embedded.stores import Stores
from novalite.policy import Enforcer

if TYPE_CHECKING:
    import datetime

    from oslo_config import cfg


class Core:
    """``size_limit``: most bytes of one image. ``page``: most items of a list."""

    def __init__(
        self,
        conf: "cfg.ConfigOpts",
        database: Database,
        clock: Clock | None = None,
        policy: Enforcer | None = None,
    ) -> None:
        self.conf = conf
        self.database = database
        self.clock = clock or SystemClock()
        self.stores = Stores(conf)
        self.quotas = Quotas(conf)
        self.access = Access(policy or Enforcer(conf))
        self.size_limit: int = conf.embedded.image_size_limit
        self.page: int = conf.api.max_limit

    def now(self) -> "datetime.datetime":
        return self.clock.now()

    def write(self, work: Callable[[Connection], Any]) -> Any:
        """``work`` in one transaction; it may be called again. Raises Conflict where another
        process was faster than a check of ours."""
        try:
            return self.database.run(work)
        except DuplicateKey as e:
            raise exception.Conflict("Duplicate entry found.") from e
