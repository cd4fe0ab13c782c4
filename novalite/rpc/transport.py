"""The message bus of a process: clients and servers over oslo.messaging.

What a caller may rely on: an error of ``novalite.exception`` raised by the other side is raised
here as the same class with the same text and keywords; a bus that is away, or an addressee that
does not answer, is MessagingUnavailable after a few seconds, never a hang; everything reconnects
by itself. Arguments are never logged, since some are secrets.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import kombu.exceptions
import oslo_messaging
from oslo_config import cfg
from oslo_messaging._drivers.base import TransportDriverError

from novalite import exception
from novalite.context import RequestContext
from novalite.exception import MessagingUnavailable, NovaliteError
from novalite.rpc.serializer import Serializer

LOG = logging.getLogger(__name__)

SEND_RETRIES = 2
"""Attempts beyond the first to hand a message to the broker: about two seconds in all."""

PAUSE_AFTER_FAILURE = 1.0
"""Seconds after a failure during which sending fails at once, so that callers do not queue up."""

GRACE = 5.0
"""Seconds that starting and stopping may wait for the broker before they go on without."""

_REMOTE = "_Remote"
_BUS_LOST = (
    oslo_messaging.MessagingTimeout,
    oslo_messaging.MessageDeliveryFailure,
    oslo_messaging.MessageUndeliverable,
    oslo_messaging.ClientSendError,
    TransportDriverError,
    kombu.exceptions.KombuError,
    OSError,
)


class Messaging:
    """``conf``: transport_url, rpc_response_timeout, executor_thread_pool_size.

    oslo.messaging reads its own options from the global cfg.CONF, whatever it is given, so it
    is given that; the global then parses the same files as ``conf``, and nothing else uses it.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        if conf is cfg.CONF:
            raise ValueError("oslo.messaging claims option names on the global ConfigOpts")
        self.timeout: float = conf.rpc_response_timeout
        self._threads: int = conf.executor_thread_pool_size
        self._url: str = conf.transport_url
        self._bus = _bus_configuration(conf)
        # Two transports, since a server's replies wait for the broker without limit, and with
        # the connections that they wait on a sender would wait too.
        self._sending = self._transport()
        self._serving = self._transport()
        self._gate = _Gate(self._url, self._bus)

    def _transport(self) -> Any:
        transport = oslo_messaging.get_rpc_transport(
            self._bus, self._url, allowed_remote_exmods=[exception.__name__]
        )
        if self._url.startswith("rabbit"):
            logging.getLogger(_TALKATIVE).addFilter(_no_messages)
            group = "oslo_messaging_rabbit"
            self._bus.set_default("kombu_reconnect_delay", 0.2, group=group)
            self._bus.set_default("rabbit_retry_backoff", 1, group=group)
            self._bus.set_default("rabbit_interval_max", 2, group=group)
        return transport

    def client(self, topic: str, version: str) -> "Client":
        return Client(self._sending, self._gate, topic, version, self.timeout)

    def server(
        self, topic: str, version: str, host: str, manager: object, methods: Iterable[str]
    ) -> "Server":
        """A server named ``host`` on ``topic`` that runs those methods of ``manager``."""
        target = oslo_messaging.Target(topic=topic, server=host)
        endpoint = _Endpoint(version, manager, methods)
        server = oslo_messaging.get_rpc_server(
            self._serving, target, [endpoint], serializer=Serializer()
        )
        return Server(server, f"{topic}.{host}", self._threads)

    def close(self) -> None:
        for transport in (self._sending, self._serving):
            _bounded(transport.cleanup, "closing the message bus")


def _bus_configuration(conf: cfg.ConfigOpts) -> cfg.ConfigOpts:
    try:
        already_parsed = cfg.CONF.config_file is not None
    except cfg.NoSuchOptError:
        already_parsed = False
    if not already_parsed:
        files = list(conf.config_file or [])
        cfg.CONF([], project="novalite", default_config_files=files, default_config_dirs=[])
    return cfg.CONF


_TALKATIVE = "oslo.messaging._drivers.impl_rabbit"


def _no_messages(record: logging.LogRecord) -> bool:
    """Below DEBUG that logger writes whole messages, with the passwords in them."""
    return record.levelno >= logging.DEBUG


class _Gate:
    """Keeps callers from waiting for a broker that is known to be away."""

    def __init__(self, url: str, bus: cfg.ConfigOpts) -> None:
        parsed = oslo_messaging.TransportURL.parse(bus, url)
        self._hosts = [
            (host.hostname or "localhost", host.port or 5672)
            for host in parsed.hosts
            if parsed.transport.startswith("rabbit")
        ]
        self._closed_until = 0.0
        self._reply_queue_exists = False

    def before(self, *, is_call: bool) -> None:
        """Raises MessagingUnavailable."""
        if time.monotonic() < self._closed_until:
            raise MessagingUnavailable()
        # The library declares its queue for replies at the first call, and would wait for
        # the broker without limit there.
        if is_call and self._hosts and not self._reply_queue_exists and not self._reachable():
            self.failed()
            raise MessagingUnavailable()

    def _reachable(self) -> bool:
        for address in self._hosts:
            try:
                socket.create_connection(address, timeout=2).close()
            except OSError:
                continue
            return True
        return False

    def called(self) -> None:
        self._reply_queue_exists = True

    def failed(self) -> None:
        if self._hosts:
            self._closed_until = time.monotonic() + PAUSE_AFTER_FAILURE


class Client:
    """Sends to one topic. Arguments and answers are records, or what JSON knows."""

    def __init__(
        self, transport: Any, gate: _Gate, topic: str, version: str, timeout: float
    ) -> None:
        target = oslo_messaging.Target(topic=topic, version=version)
        self._topic = topic
        self._gate = gate
        self._casts = oslo_messaging.get_rpc_client(
            transport, target, serializer=Serializer(), retry=SEND_RETRIES
        )
        # A call to a queue that does not exist fails at once instead of at its timeout.
        self._calls = oslo_messaging.get_rpc_client(
            transport,
            target,
            serializer=Serializer(),
            retry=SEND_RETRIES,
            timeout=timeout,
            transport_options=oslo_messaging.TransportOptions(at_least_once=True),
        )

    def cast(
        self, context: RequestContext, method: str, *, server: str | None = None, **arguments: Any
    ) -> None:
        """Hand over and return. Raises MessagingUnavailable; an addressee that is not there
        is no error, the message is a hint only."""
        self._gate.before(is_call=False)
        try:
            prepared = self._casts.prepare(server=server) if server else self._casts
            prepared.cast(context, method, **arguments)
        except _BUS_LOST as error:
            raise self._lost(method, error) from None

    def call(
        self, context: RequestContext, method: str, *, server: str | None = None, **arguments: Any
    ) -> Any:
        """Raises what the other side raised, or MessagingUnavailable."""
        self._gate.before(is_call=True)
        try:
            prepared = self._calls.prepare(server=server) if server else self._calls
            answer = prepared.call(context, method, **arguments)
        except NovaliteError as error:
            self._gate.called()
            raise _restored(error) from None
        except _BUS_LOST as error:
            if type(error).__name__.endswith(_REMOTE):
                raise
            raise self._lost(method, error) from None
        self._gate.called()
        return answer

    def _lost(self, method: str, error: Exception) -> MessagingUnavailable:
        is_answer = isinstance(
            error, oslo_messaging.MessagingTimeout | oslo_messaging.MessageUndeliverable
        )
        if not is_answer:
            self._gate.failed()
        LOG.warning("%s on %s: %s", method, self._topic, type(error).__name__)
        return MessagingUnavailable()


def _restored(error: NovaliteError) -> NovaliteError:
    """The library swaps the class of an error for one whose text is a traceback."""
    if type(error).__name__.endswith(_REMOTE):
        error.__class__ = type(error).__bases__[0]
    return error


class _Endpoint:
    def __init__(self, version: str, manager: object, methods: Iterable[str]) -> None:
        self.target = oslo_messaging.Target(version=version)
        for name in methods:
            setattr(self, name, _exposed(name, getattr(manager, name)))


def _exposed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def run(context: RequestContext, **arguments: Any) -> Any:
        context.update_store()
        try:
            return method(context, **arguments)
        except NovaliteError as error:
            LOG.info("%s: %s: %s", name, type(error).__name__, error)
            raise

    return oslo_messaging.expected_exceptions(NovaliteError)(run)


class Server:
    """Runs messages on its own threads (or green threads, where the process is patched)."""

    def __init__(self, server: Any, name: str, threads: int) -> None:
        self._server = server
        self._name = name
        self._threads = threads
        self._listening = threading.Event()
        self._stopped = False

    def start(self) -> None:
        """Returns when it listens; or, with the broker away, after some seconds, and then
        listens as soon as it can."""
        if not _bounded(self._listen, f"listening on {self._name}"):
            LOG.warning("%s will listen when the message broker answers", self._name)

    def _listen(self) -> None:
        self._server.start(override_pool_size=self._threads)
        self._listening.set()
        if self._stopped:
            self._server.stop()

    def stop(self) -> None:
        """Take no more messages, and let those at work end, within reason."""
        self._stopped = True
        if self._listening.is_set():
            _bounded(self._server.stop, f"leaving {self._name}")
            _bounded(self._server.wait, f"finishing what {self._name} does")

    def is_listening(self) -> bool:
        return self._listening.is_set() and not self._stopped


def _bounded(work: Callable[[], object], what: str) -> bool:
    """Whether ``work`` ended within GRACE; otherwise it goes on alone."""
    ended = threading.Event()

    def run() -> None:
        try:
            work()
        except Exception:
            LOG.exception("%s failed", what)
        ended.set()

    threading.Thread(target=run, name=what, daemon=True).start()
    return ended.wait(GRACE)
