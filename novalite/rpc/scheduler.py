"""The wire to the scheduler: topic ``scheduler``."""

from typing import Protocol, cast

from novalite.context import RequestContext
from novalite.objects import RequestSpec, Selection
from novalite.rpc.transport import Messaging, Server

TOPIC = "scheduler"
VERSION = "1.0"


class SchedulerAPI(Protocol):
    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
    ) -> list[list[Selection]]:
        """A call: for each spec the chosen host, claimed, then alternates of the same cell,
        not claimed. All specs come from one request. A spec whose server already has an
        allocation gets that host again, so asking twice claims once; unless that host is among
        its ``ignore_hosts``: then it gets another one, and holds both. ``cell_uuid``: hosts of
        that cell only.

        Raises NoValidHost when any of them fits nowhere; then nothing stays claimed. Its keyword
        ``details`` says of each host why.
        """

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        """A call: for each host, the filter that refused it and by which figures."""


class SchedulerClient:
    """SchedulerAPI over the bus. Every method may raise MessagingUnavailable."""

    def __init__(self, messaging: Messaging) -> None:
        self._client = messaging.client(TOPIC, VERSION)

    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
    ) -> list[list[Selection]]:
        answer = self._client.call(context, "select_destinations", specs=specs, cell_uuid=cell_uuid)
        return cast("list[list[Selection]]", answer)

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        return cast("dict[str, object]", self._client.call(context, "explain", spec=spec))


def serve_scheduler(messaging: Messaging, host: str, manager: SchedulerAPI) -> Server:
    methods = ("select_destinations", "explain")
    return messaging.server(TOPIC, VERSION, host, manager, methods)
