"""The second look at the quota, when the rows are written: of two requests that passed the first
look at once, this finds that together they are too many."""

from oslo_config import cfg

from novalite import quota
from novalite.conductor.cells import Cells


class QuotaCheck:
    """[quota]recheck_quota switches it off."""

    def __init__(self, cells: Cells, conf: cfg.ConfigOpts) -> None:
        self._cells = cells
        self._conf = conf

    def check(self, project_id: str, user_id: str) -> None:
        """Raises TooManyInstances (403) when the project, or the user in it, has with what was
        promised more than it may have."""
        if not self._conf.quota.recheck_quota:
            return
        with self._cells.api.read() as conn:
            quota.check_usage(quota.room(self._conf, conn, project_id, user_id))
