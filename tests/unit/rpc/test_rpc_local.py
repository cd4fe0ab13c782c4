"""The in-process message bus, through the clients and servers that the services use."""

import logging
import pathlib
import resource
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.exception import (
    InstanceNotFound,
    InstanceNotReady,
    MessagingUnavailable,
    NoValidHost,
    UnexpectedDeletingTaskState,
)
from novalite.objects import BuildWork, Flavor, ImageMeta, Instance, RequestSpec, Selection
from novalite.rpc.compute import ComputeClient, serve_compute
from novalite.rpc.conductor import GATEWAY, TASKS, ConductorAPI, ConductorClient, serve_conductor
from novalite.rpc.scheduler import SchedulerClient, serve_scheduler
from novalite.rpc.transport import Messaging, Server

CONTEXT = RequestContext("user", "project", roles=["member"], request_id="req-1")


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.005)


@pytest.fixture
def bus() -> Iterator[Messaging]:
    conf = configuration.configuration()
    conf.set_override("transport_url", f"local:///{uuid.uuid4()}")
    conf.set_override("rpc_response_timeout", 5)
    messaging = Messaging(conf)
    yield messaging
    messaging.close()


class Scheduler:
    def __init__(self) -> None:
        self.contexts: list[RequestContext] = []

    def select_destinations(
        self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
    ) -> list[list[Selection]]:
        self.contexts.append(context)
        if not specs:
            raise NoValidHost(reason="ComputeFilter: 0 of 2", details="host1 is down")
        return [[Selection(s.flavor.name, "n", "c", 1, "u", claimed=True)] for s in specs]

    def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
        raise ZeroDivisionError("a mistake")


class Compute:
    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.release = threading.Event()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def run(context: RequestContext, **arguments: Any) -> str:
            self.done.append((name, arguments))
            return name

        return run


def spec() -> RequestSpec:
    return RequestSpec("uuid", "p", "u", Flavor("1", "host1", 1, 1, 1), ImageMeta())


def instance(**more: Any) -> Instance:
    return Instance(**({"uuid": "uuid", "project_id": "p", "user_id": "u", "host": "h1"} | more))


def stop(*servers: Server) -> None:
    for server in servers:
        server.stop()


def test_records_and_the_context_travel(bus: Messaging) -> None:
    manager = Scheduler()
    server = serve_scheduler(bus, "one", manager)
    server.start()
    [[selection]] = SchedulerClient(bus).select_destinations(CONTEXT, [spec()])
    assert selection == Selection("host1", "n", "c", 1, "u", claimed=True)
    [seen] = manager.contexts
    assert seen.to_dict() == CONTEXT.to_dict()
    stop(server)


def test_our_errors_come_back_as_themselves(bus: Messaging) -> None:
    server = serve_scheduler(bus, "one", Scheduler())
    server.start()
    with pytest.raises(NoValidHost) as caught:
        SchedulerClient(bus).select_destinations(CONTEXT, [])
    assert type(caught.value) is NoValidHost
    assert str(caught.value) == "No valid host was found. ComputeFilter: 0 of 2"
    assert caught.value.kwargs == {"reason": "ComputeFilter: 0 of 2", "details": "host1 is down"}
    stop(server)


def test_mistakes_are_not_taken_for_a_lost_bus(bus: Messaging) -> None:
    server = serve_scheduler(bus, "one", Scheduler())
    server.start()
    with pytest.raises(ZeroDivisionError):
        SchedulerClient(bus).explain(CONTEXT, spec())
    stop(server)


def test_every_method_of_the_conductor_arrives(bus: Messaging) -> None:
    """Each client method sends what the manager's method of that name takes."""
    received: list[str] = []

    class Manager:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            def run(context: RequestContext, **arguments: Any) -> None:
                received.append(name)

            return run

    server = serve_conductor(bus, "one", Manager())  # type: ignore[arg-type]
    server.start()
    client = ConductorClient(bus)
    wire = [n for n in vars(ConductorAPI) if not n.startswith("_")]
    assert sorted(wire) == sorted((*TASKS, *GATEWAY))
    values = {"instance_uuids": [], "changes": {}, "devices": [], "step": {}, "code": 1, "node": {}}
    for name in wire:
        method = getattr(client, name)
        names = method.__code__.co_varnames[2 : method.__code__.co_argcount]
        method(CONTEXT, **{n: values.get(n, "x") for n in names})
    eventually(lambda: sorted(received) == sorted(wire))
    stop(server)


def test_a_deletion_is_told_apart_over_the_wire(bus: Messaging) -> None:
    class Manager:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            def run(context: RequestContext, **arguments: Any) -> None:
                if name == "instance_get":
                    raise InstanceNotFound(instance_id="uuid")
                raise UnexpectedDeletingTaskState(instance_uuid="u", expected={}, actual={"a": 1})

            return run

    server = serve_conductor(bus, "one", Manager())  # type: ignore[arg-type]
    server.start()
    client = ConductorClient(bus)
    with pytest.raises(InstanceNotFound):
        client.instance_get(CONTEXT, "h", "uuid")
    with pytest.raises(UnexpectedDeletingTaskState) as caught:
        client.instance_update(CONTEXT, "h", "uuid", {})
    assert caught.value.kwargs["actual"] == {"a": 1}
    stop(server)


def test_a_host_gets_what_is_sent_to_it(bus: Messaging) -> None:
    first, second = Compute(), Compute()
    servers = [serve_compute(bus, "h1", first), serve_compute(bus, "h2", second)]
    for server in servers:
        server.start()
    client = ComputeClient(bus)
    work = BuildWork(instance(), ImageMeta(), [], [])
    client.build_and_run_instance(CONTEXT, "h2", work)
    client.terminate_instance(CONTEXT, instance())
    client.stop_instance(CONTEXT, instance(), clean_shutdown=False)
    client.start_instance(CONTEXT, instance())
    client.reboot_instance(CONTEXT, instance(), "HARD")
    assert client.get_console_output(CONTEXT, instance()) == "get_console_output"
    assert client.get_host_uptime(CONTEXT, "h2") == "get_host_uptime"
    eventually(lambda: len(first.done) == 5 and len(second.done) == 2)
    assert second.done[0] == ("build_and_run_instance", {"work": work})
    arguments = dict(first.done)
    assert arguments["stop_instance"]["clean_shutdown"] is False
    assert arguments["reboot_instance"]["reboot_type"] == "HARD"
    with pytest.raises(InstanceNotReady):
        client.start_instance(CONTEXT, instance(host=None))
    stop(*servers)


def test_servers_of_a_topic_share_its_work(bus: Messaging) -> None:
    managers = [Scheduler(), Scheduler()]
    servers = [serve_scheduler(bus, str(number), m) for number, m in enumerate(managers)]
    for server in servers:
        server.start()
    client = SchedulerClient(bus)
    for _ in range(40):
        client.select_destinations(CONTEXT, [spec()])
    counts = [len(manager.contexts) for manager in managers]
    assert sum(counts) == 40
    assert min(counts) > 0
    servers[0].stop()
    for _ in range(10):
        client.select_destinations(CONTEXT, [spec()])
    assert len(managers[1].contexts) == counts[1] + 10
    stop(servers[1])


def test_what_is_sent_before_a_server_comes_is_kept(bus: Messaging) -> None:
    client = ComputeClient(bus)
    for _ in range(3):
        client.start_instance(CONTEXT, instance())
    manager = Compute()
    server = serve_compute(bus, "h1", manager)
    server.start()
    eventually(lambda: len(manager.done) == 3)
    server.stop()
    client.start_instance(CONTEXT, instance())
    again = serve_compute(bus, "h1", manager)
    again.start()
    eventually(lambda: len(manager.done) == 4)
    stop(again)


def test_a_call_to_nobody_fails_at_once(bus: Messaging) -> None:
    begin = time.monotonic()
    with pytest.raises(MessagingUnavailable):
        ComputeClient(bus).get_host_uptime(CONTEXT, "nowhere")
    assert time.monotonic() - begin < 4


def test_a_call_ends_at_its_timeout_and_a_late_answer_is_dropped(bus: Messaging) -> None:
    bus.timeout = 0.2
    let_go = threading.Event()

    class Slow(Scheduler):
        def explain(self, context: RequestContext, spec: RequestSpec) -> dict[str, object]:
            let_go.wait(10)
            return {}

    server = serve_scheduler(bus, "one", Slow())
    server.start()
    client = SchedulerClient(bus)
    with pytest.raises(MessagingUnavailable):
        client.explain(CONTEXT, spec())
    let_go.set()
    assert client.explain(CONTEXT, spec()) == {}
    stop(server)


def test_messages_are_copies(bus: Messaging) -> None:
    seen: list[RequestSpec] = []

    class Changing(Scheduler):
        def select_destinations(
            self, context: RequestContext, specs: list[RequestSpec], cell_uuid: str | None = None
        ) -> list[list[Selection]]:
            specs[0].flavor.name = "changed"
            seen.extend(specs)
            return []

    server = serve_scheduler(bus, "one", Changing())
    server.start()
    mine = spec()
    SchedulerClient(bus).select_destinations(CONTEXT, [mine])
    assert (mine.flavor.name, seen[0].flavor.name) == ("host1", "changed")
    stop(server)


def test_secrets_are_never_logged(bus: Messaging, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    logging.getLogger("oslo_messaging").setLevel(1)
    manager = Compute()
    server = serve_compute(bus, "h1", manager)
    server.start()
    work = BuildWork(instance(), ImageMeta(), [], [], admin_password="Tr0ub4dor")
    ComputeClient(bus).build_and_run_instance(CONTEXT, "h1", work)
    eventually(lambda: bool(manager.done))
    assert manager.done[0][1]["work"].admin_password == "Tr0ub4dor"
    assert caplog.records
    assert "Tr0ub4dor" not in caplog.text
    stop(server)


def test_waiting_costs_nothing(bus: Messaging) -> None:
    """Nobody polls: ten servers that wait a while use next to no time of the processor."""
    servers = [serve_compute(bus, f"h{number}", Compute()) for number in range(10)]
    for server in servers:
        server.start()
    before = resource.getrusage(resource.RUSAGE_SELF)
    threading.Event().wait(1.0)
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 0.1
    stop(*servers)


def driver(name: str) -> Any:
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, f"local:///{name}")
    return transport._driver


def test_fanout_and_requeue_and_notifications() -> None:
    name = str(uuid.uuid4())
    sender = driver(name)
    topic = oslo_messaging.Target(topic="t", exchange="e")
    got: dict[str, list[Any]] = {"a": [], "b": [], "n": []}
    adapters = []
    for server in ("a", "b"):
        adapter = driver(name).listen(topic(server=server), 1, None)
        adapter.start(lambda messages, server=server: got[server].extend(messages))
        adapters.append(adapter)
    sender.send(topic(fanout=True), {}, {"method": "all"})
    eventually(lambda: len(got["a"]) == len(got["b"]) == 1)
    got["a"][0].requeue()
    eventually(lambda: len(got["a"]) == 2)

    targets = [(oslo_messaging.Target(topic="notifications", exchange="e"), "info")]
    listener = driver(name).listen_for_notifications(targets, None, 2, 0.05)
    sender.send_notification(
        oslo_messaging.Target(topic="notifications.info", exchange="e"), {}, {"number": 1}, 2.0
    )
    listener.start(got["n"].append)
    eventually(lambda: bool(got["n"]))
    assert [message.message for message in got["n"][0]] == [{"number": 1}]
    for each in (*adapters, listener):
        each.stop()


def test_other_urls_are_other_exchanges() -> None:
    target = oslo_messaging.Target(topic="t", server="a", exchange="e")
    driver("one").send(target, {}, {"method": "x"})
    got: list[Any] = []
    adapter = driver("two").listen(target, 1, None)
    adapter.start(got.extend)
    adapter.stop()
    assert got == []


def test_it_works_monkey_patched(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "patched.py"
    script.write_text(
        "import eventlet; eventlet.monkey_patch()\n"
        "from tests.unit.rpc import test_rpc_local as tests\n"
        "from novalite import conf\n"
        "bus = tests.Messaging(conf.configuration())\n"
        "server = tests.serve_scheduler(bus, 'one', tests.Scheduler())\n"
        "server.start()\n"
        "client = tests.SchedulerClient(bus)\n"
        "pool = eventlet.GreenPool()\n"
        "ask = lambda _: client.select_destinations(tests.CONTEXT, [tests.spec()])\n"
        "answers = list(pool.imap(ask, range(50)))\n"
        "assert len(answers) == 50 and answers[0][0][0].host == 'host1'\n"
        "tests.stop(server); bus.close(); print('patched')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=pathlib.Path(__file__).parents[3],
        env={"PYTHONPATH": "."},
        check=False,
    )
    assert done.stdout == "patched\n", done.stderr
