"""The wire to the scheduler: topic ``scheduler``."""

from typing import Protocol

from novalite.context import RequestContext
from novalite.objects import RequestSpec, Selection

TOPIC = "scheduler"
VERSION = "1.0"


class SchedulerAPI(Protocol):
    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec]
    ) -> list[list[Selection]]:
        """A call: for each spec the chosen host, claimed, then alternates of the same cell,
        not claimed. All specs come from one request. A spec whose server already has an
        allocation gets that host again, so asking twice claims once.

        Raises NoValidHost when any of them fits nowhere; then nothing stays claimed.
        """

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        """A call: for each host, the filter that refused it and by which figures."""
