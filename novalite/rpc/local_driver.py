"""``local://``: an oslo.messaging driver for services that share a process.

Addresses are those of the AMQP drivers: a topic's queue, shared by all its servers; a queue of
each server; and a fanout queue per listener. A queue exists as soon as something is sent to it
and keeps its messages until a listener comes (the newest 10,000). Nobody polls: a sender wakes
exactly one listener. Messages and replies are copied through JSON, so that what works here works
over a wire, and an error is rebuilt at the caller as the AMQP drivers rebuild it.

Drivers of the same URL meet: ``local://`` is one exchange of the process, ``local:///name``
another. An exchange is gone when its last driver is.
"""

import collections
import json
import threading
import time
import uuid
import weakref
from collections.abc import Sequence
from typing import Any

import oslo_messaging
from oslo_messaging._drivers import base, common
from oslo_serialization import jsonutils

Address = tuple[str, ...]
MOST_KEPT = 10_000


class Reply:
    """Where a call waits for its answer, which arrives as JSON at most once."""

    def __init__(self) -> None:
        self.abandoned = False
        self._done = threading.Event()
        self._answer: tuple[str | None, str | None] = (None, None)

    def put(self, result: str | None, failure: str | None) -> None:
        self._answer = (result, failure)
        self._done.set()

    def get(self, timeout: float | None) -> tuple[str | None, str | None]:
        """(result, failure). Raises TimeoutError; the message is then never delivered."""
        if not self._done.wait(timeout):
            self.abandoned = True
            raise TimeoutError
        return self._answer


class Envelope:
    __slots__ = ("context", "deadline", "message", "reply")

    def __init__(
        self, context: str, message: str, reply: Reply | None, deadline: float | None
    ) -> None:
        self.context = context
        self.message = message
        self.reply = reply
        self.deadline = deadline

    def is_stale(self) -> bool:
        if self.reply is not None and self.reply.abandoned:
            return True
        return self.deadline is not None and time.monotonic() > self.deadline


class Mailbox:
    def __init__(self) -> None:
        self.messages: collections.deque[Envelope] = collections.deque(maxlen=MOST_KEPT)
        self.listeners: collections.deque[Listener] = collections.deque()


class Exchange:
    """All queues of one URL; one lock guards them all."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._mailboxes: dict[Address, Mailbox] = {}

    def send(self, address: Address, envelope: Envelope, *, must_be_heard: bool = False) -> bool:
        """Whether it was taken; always, unless it ``must_be_heard`` and nobody listens now."""
        with self.lock:
            mailbox = self._mailboxes.setdefault(address, Mailbox())
            if must_be_heard and not mailbox.listeners:
                return False
            self._put(mailbox, envelope)
            return True

    def fanout(self, topic: Address, envelope: Envelope) -> None:
        with self.lock:
            for address, mailbox in self._mailboxes.items():
                if address[:-1] == (*topic, "fanout"):
                    self._put(mailbox, envelope)

    def requeue(self, address: Address, envelope: Envelope) -> None:
        with self.lock:
            mailbox = self._mailboxes.setdefault(address, Mailbox())
            self._put(mailbox, envelope, first=True)

    def _put(self, mailbox: Mailbox, envelope: Envelope, *, first: bool = False) -> None:
        if first:
            mailbox.messages.appendleft(envelope)
        else:
            mailbox.messages.append(envelope)
        for _ in range(len(mailbox.listeners)):
            mailbox.listeners.rotate(-1)
            if mailbox.listeners[-1].wake():
                break

    def join(self, addresses: Sequence[Address], listener: "Listener") -> list[Mailbox]:
        with self.lock:
            mailboxes = [self._mailboxes.setdefault(a, Mailbox()) for a in addresses]
            for mailbox in mailboxes:
                mailbox.listeners.append(listener)
            return mailboxes

    def leave(self, addresses: Sequence[Address], listener: "Listener") -> None:
        with self.lock:
            for address in addresses:
                mailbox = self._mailboxes[address]
                if listener in mailbox.listeners:
                    mailbox.listeners.remove(listener)
                if address[-2:-1] == ("fanout",):
                    del self._mailboxes[address]
                elif mailbox.messages and mailbox.listeners:
                    mailbox.listeners[0].wake()


_exchanges: "weakref.WeakValueDictionary[str, Exchange]" = weakref.WeakValueDictionary()
_exchanges_lock = threading.Lock()


def _exchange(name: str) -> Exchange:
    with _exchanges_lock:
        found = _exchanges.get(name)
        if found is None:
            found = _exchanges[name] = Exchange()
        return found


class IncomingMessage(base.RpcIncomingMessage):
    def __init__(self, exchange: Exchange, address: Address, envelope: Envelope) -> None:
        super().__init__(json.loads(envelope.context), json.loads(envelope.message))
        self._exchange = exchange
        self._address = address
        self._envelope = envelope

    def reply(self, reply: Any = None, failure: Any = None) -> None:
        if self._envelope.reply is None:
            return
        if failure is not None:
            self._envelope.reply.put(None, common.serialize_remote_exception(failure))
        else:
            self._envelope.reply.put(jsonutils.dumps(reply), None)

    def requeue(self) -> None:
        self._exchange.requeue(self._address, self._envelope)

    def heartbeat(self) -> None:
        """The caller's timeout is measured in the same process: nothing to keep alive."""


class Listener(base.PollStyleListener):
    """Waits on its own condition, under the exchange's lock, for any of its mailboxes."""

    def __init__(self, exchange: Exchange, addresses: Sequence[Address]) -> None:
        super().__init__()
        self._exchange = exchange
        self._addresses = list(addresses)
        self._condition = threading.Condition(exchange.lock)
        self._waiting = False
        self._stopped = False
        self._mailboxes = exchange.join(self._addresses, self)

    def wake(self) -> bool:
        """Called with the exchange's lock held. False: it is busy and will look anyway."""
        if not self._waiting:
            return False
        self._waiting = False
        self._condition.notify()
        return True

    def poll(
        self,
        timeout: float | None = None,
        batch_size: int = 1,
        batch_timeout: float | None = None,
    ) -> list[IncomingMessage]:
        messages: list[IncomingMessage] = []
        deadline = None if timeout is None else time.monotonic() + timeout
        while len(messages) < batch_size:
            message = self._next(deadline)
            if message is None:
                break
            if not messages and batch_timeout is not None:
                deadline = time.monotonic() + batch_timeout
            messages.append(message)
        return messages

    def _next(self, deadline: float | None) -> IncomingMessage | None:
        with self._exchange.lock:
            while not self._stopped:
                for address, mailbox in zip(self._addresses, self._mailboxes, strict=True):
                    while mailbox.messages:
                        envelope = mailbox.messages.popleft()
                        if not envelope.is_stale():
                            return IncomingMessage(self._exchange, address, envelope)
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._waiting = True
                self._condition.wait(left)
                self._waiting = False
        return None

    def stop(self) -> None:
        with self._exchange.lock:
            self._stopped = True
            self._condition.notify_all()
        self._exchange.leave(self._addresses, self)

    def cleanup(self) -> None:
        """``stop`` has left nothing behind."""


class LocalDriver(base.BaseDriver):
    def __init__(
        self,
        conf: Any,
        url: Any,
        default_exchange: str | None = None,
        allowed_remote_exmods: list[str] | None = None,
    ) -> None:
        super().__init__(conf, url, default_exchange, allowed_remote_exmods)
        self._exchange = _exchange(url.virtual_host or "")

    def require_features(self, requeue: bool = False) -> None:
        """All of them are there."""

    def _topic(self, target: Any) -> Address:
        return (target.exchange or self._default_exchange or "", target.topic)

    def send(
        self,
        target: Any,
        ctxt: Any,
        message: Any,
        wait_for_reply: Any = None,
        timeout: float | None = None,
        call_monitor_timeout: Any = None,
        retry: Any = None,
        transport_options: Any = None,
    ) -> Any:
        topic = self._topic(target)
        envelope = Envelope(
            jsonutils.dumps(ctxt),
            jsonutils.dumps(message),
            Reply() if wait_for_reply else None,
            None if timeout is None else time.monotonic() + timeout,
        )
        if target.fanout:
            self._exchange.fanout(topic, envelope)
            return None
        address = (*topic, "server", target.server) if target.server else topic
        must_be_heard = bool(transport_options and transport_options.at_least_once)
        if not self._exchange.send(address, envelope, must_be_heard=must_be_heard):
            raise oslo_messaging.MessageUndeliverable(
                "nobody listens", topic[0], ".".join(address[1:]), None
            )
        if envelope.reply is None:
            return None
        return self._wait(envelope.reply, timeout, target)

    def _wait(self, reply: Reply, timeout: float | None, target: Any) -> Any:
        try:
            result, failure = reply.get(timeout)
        except TimeoutError:
            raise oslo_messaging.MessagingTimeout(
                f"No reply on topic {target.topic} within {timeout} seconds"
            ) from None
        if failure is not None:
            raise common.deserialize_remote_exception(failure, self._allowed_remote_exmods)
        return json.loads(result) if result is not None else None

    def send_notification(
        self, target: Any, ctxt: Any, message: Any, version: Any, retry: Any = None
    ) -> None:
        self.send(target, ctxt, message)

    def listen(self, target: Any, batch_size: int, batch_timeout: float | None) -> Any:
        topic = self._topic(target)
        addresses: list[Address] = [
            (*topic, "server", target.server),
            (*topic, "fanout", uuid.uuid4().hex),
            topic,
        ]
        return self._adapter(addresses, batch_size, batch_timeout)

    def listen_for_notifications(
        self, targets_and_priorities: Any, pool: Any, batch_size: int, batch_timeout: float | None
    ) -> Any:
        addresses: list[Address] = [
            (*self._topic(target)[:1], f"{target.topic}.{priority}")
            for target, priority in targets_and_priorities
        ]
        return self._adapter(addresses, batch_size, batch_timeout)

    def _adapter(
        self, addresses: list[Address], batch_size: int, batch_timeout: float | None
    ) -> Any:
        listener = Listener(self._exchange, addresses)
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)

    def cleanup(self) -> None:
        """Queues stay with the exchange, for the other drivers of the same URL."""
