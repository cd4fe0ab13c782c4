"""The wires over a real RabbitMQ: calls, casts, errors, a broker that dies and comes back."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.exception import MessagingUnavailable, NoValidHost
from novalite.objects import BuildWork, ImageMeta, Instance, RequestSpec, Selection
from novalite.rpc.compute import ComputeClient, serve_compute
from novalite.rpc.scheduler import SchedulerClient, serve_scheduler
from novalite.rpc.transport import Messaging
from tools.servers.processes import wait_until
from tools.servers.rabbitmq import RabbitMQ

pytestmark = pytest.mark.integration
CONTEXT = RequestContext("user", "project", request_id="req-1")


class Scheduler:
    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
    ) -> list[list[Selection]]:
        if cell_uuid is None:
            raise NoValidHost(reason="none", details="why")
        return [[Selection("host1", "n", cell_uuid, 1, "u")]]

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        return {"request_id": context.request_id}


class Compute:
    def __init__(self) -> None:
        self.works: list[BuildWork] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def run(context: RequestContext, **arguments: Any) -> str:
            if name == "build_and_run_instance":
                self.works.append(arguments["work"])
            return name

        return run


def messaging(url: str) -> Messaging:
    conf = configuration.configuration()
    conf.set_override("transport_url", url)
    conf.set_override("rpc_response_timeout", 10)
    return Messaging(conf)


def work(password: str | None = None) -> BuildWork:
    return BuildWork(
        Instance("uuid", "p", "u", host="h1"), ImageMeta(), [], [], admin_password=password
    )


@pytest.fixture
def own_broker() -> Iterator[RabbitMQ]:
    """For tests that kill it."""
    broker = RabbitMQ()
    broker.start()
    yield broker
    broker.stop()


def test_calls_casts_and_errors(rabbitmq: RabbitMQ, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    logging.getLogger("oslo_messaging").setLevel(1)
    url = rabbitmq.create()
    bus, other = messaging(url), messaging(url)
    compute = Compute()
    servers = [serve_scheduler(other, "one", Scheduler()), serve_compute(other, "h1", compute)]
    for server in servers:
        server.start()
    scheduler, client = SchedulerClient(bus), ComputeClient(bus)

    [[selection]] = scheduler.select_destinations(CONTEXT, [], "cell")
    assert selection == Selection("host1", "n", "cell", 1, "u")
    with pytest.raises(NoValidHost) as caught:
        scheduler.select_destinations(CONTEXT, [])
    assert type(caught.value) is NoValidHost
    assert str(caught.value) == "No valid host was found. none"
    assert caught.value.kwargs == {"reason": "none", "details": "why"}
    client.build_and_run_instance(CONTEXT, "h1", work("Tr0ub4dor"))
    wait_until(lambda: len(compute.works) == 1, 10, "the cast")
    assert compute.works == [work("Tr0ub4dor")]
    assert "Tr0ub4dor" not in caplog.text

    begin = time.monotonic()
    with pytest.raises(MessagingUnavailable):
        client.get_host_uptime(CONTEXT, "nowhere")
    assert time.monotonic() - begin < 5, "nobody listens there: that is known at once"
    client.build_and_run_instance(CONTEXT, "nowhere", work())
    for server in servers:
        server.stop()
    bus.close()
    other.close()


def test_the_broker_dies_and_comes_back(own_broker: RabbitMQ) -> None:
    bus, other = messaging(own_broker.url()), messaging(own_broker.url())
    compute = Compute()
    servers = [serve_scheduler(other, "one", Scheduler()), serve_compute(other, "h1", compute)]
    for server in servers:
        server.start()
    scheduler, client = SchedulerClient(bus), ComputeClient(bus)
    scheduler.select_destinations(CONTEXT, [], "cell")
    client.build_and_run_instance(CONTEXT, "h1", work())
    wait_until(lambda: len(compute.works) == 1, 10, "the cast")

    own_broker.kill()
    for send in (
        lambda: client.build_and_run_instance(CONTEXT, "h1", work()),
        lambda: scheduler.select_destinations(CONTEXT, [], "cell"),
    ):
        begin = time.monotonic()
        with pytest.raises(MessagingUnavailable):
            send()
        assert time.monotonic() - begin < 8

    own_broker.start()

    def answers() -> bool:
        try:
            scheduler.select_destinations(CONTEXT, [], "cell")
            client.get_host_uptime(CONTEXT, "h1")
        except MessagingUnavailable:
            return False
        return True

    wait_until(answers, 40, "reconnecting")
    before = len(compute.works)
    client.build_and_run_instance(CONTEXT, "h1", work())
    wait_until(lambda: len(compute.works) > before, 10, "a cast after the restart")
    for server in servers:
        server.stop()
    bus.close()
    other.close()


def test_services_that_start_before_the_broker(own_broker: RabbitMQ) -> None:
    own_broker.kill()
    bus = messaging(own_broker.url())
    server = serve_scheduler(bus, "one", Scheduler())
    begin = time.monotonic()
    server.start()
    assert time.monotonic() - begin < 8
    assert not server.is_listening()
    client = SchedulerClient(bus)
    begin = time.monotonic()
    for _ in range(3):
        with pytest.raises(MessagingUnavailable):
            client.explain(CONTEXT, None)  # type: ignore[arg-type]
    assert time.monotonic() - begin < 10

    own_broker.start()
    wait_until(server.is_listening, 40, "listening")

    def answers() -> bool:
        try:
            return client.explain(CONTEXT, None) == {"request_id": "req-1"}  # type: ignore[arg-type]
        except MessagingUnavailable:
            return False

    wait_until(answers, 20, "an answer")
    server.stop()
    bus.close()


def test_many_callers_at_once(rabbitmq: RabbitMQ) -> None:
    bus = messaging(rabbitmq.create())
    server = serve_scheduler(bus, "one", Scheduler())
    server.start()
    client = SchedulerClient(bus)
    answers: list[Any] = []

    def ask() -> None:
        answers.extend(client.select_destinations(CONTEXT, [], "cell") for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    server.stop()
    bus.close()
