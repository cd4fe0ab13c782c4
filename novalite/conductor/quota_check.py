"""The second look at the quota, when the rows are written: of two requests that passed the first
look at once, this finds that together they are too many."""

from oslo_config import cfg

from novalite.conductor.cells import Cells
from novalite.db.api_database import quotas
from novalite.exception import TooManyInstances


class QuotaCheck:
    """[quota]recheck_quota switches it off."""

    def __init__(self, cells: Cells, conf: cfg.ConfigOpts) -> None:
        self._cells = cells
        self._enabled: bool = conf.quota.recheck_quota
        self._defaults = {name: conf.quota[name] for name in ("instances", "cores", "ram")}

    def check(self, project_id: str, user_id: str) -> None:
        """Raises TooManyInstances (403) when the project, with what it was promised, has more
        than it may have."""
        if not self._enabled:
            return
        with self._cells.api.read() as conn:
            limits = self._defaults | quotas.overrides(conn, project_id)
            if all(limits[name] < 0 for name in self._defaults):
                return
            usage = quotas.usage(conn, project_id)
        overs = [name for name in self._defaults if usage[name] > limits[name] >= 0]
        if overs:
            raise TooManyInstances(
                overs=", ".join(overs),
                req=0,
                used=", ".join(str(usage[name]) for name in overs),
                allowed=", ".join(str(limits[name]) for name in overs),
            )
