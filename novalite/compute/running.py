"""Which instance has a task running here: at most one each, others wait behind it.

This memory is lost with the process, and that is its meaning: an instance whose row says that
something is under way and that is not in this register is work to be taken up again.
"""

import collections
import dataclasses
import enum
import logging
import threading
from collections.abc import Callable

from novalite.clock import Clock
from novalite.compute.pool import Pool

LOG = logging.getLogger(__name__)


class Kind(enum.Enum):
    BUILD = "build"
    TERMINATE = "terminate"
    STOP = "stop"
    START = "start"
    REBOOT = "reboot"
    ATTACH = "volume attachment"
    DETACH = "volume detachment"
    EXTEND = "volume extension"
    SNAPSHOT = "volume snapshot"
    REFRESH = "network refresh"
    SYNC = "power state sync"
    PURGE = "purge"


BACKGROUND = frozenset({Kind.SYNC, Kind.PURGE})
"""Not asked for by anybody; dropped when the instance is busy, since they come again."""


@dataclasses.dataclass(slots=True, eq=False)
class _Task:
    kind: Kind
    call: Callable[[], None]
    key: str = ""
    started: float | None = None
    cancelled: bool = False


@dataclasses.dataclass(slots=True)
class _Slot:
    current: _Task
    waiting: collections.deque[_Task] = dataclasses.field(default_factory=collections.deque)


class Register:
    """``builds``: how many builds run at once (0: no limit); other tasks never wait for them."""

    def __init__(self, clock: Clock, host: str, *, builds: int, workers: int) -> None:
        self._clock = clock
        self._lock = threading.Condition()
        self._slots: dict[str, _Slot] = {}
        self._builds = Pool(f"{host}-build", builds)
        self._workers = Pool(f"{host}-task", workers)
        self._open = False
        self._closed = False
        self._held: list[_Task] = []

    def open(self) -> None:
        """Begin to run tasks; what came before has waited."""
        with self._lock:
            self._open = True
            held, self._held = self._held, []
            for task in held:
                self._dispatch(task)

    def submit(
        self, instance_uuid: str, kind: Kind, call: Callable[[], None], key: str = ""
    ) -> bool:
        """Run ``call`` when nothing else runs for the instance. False when it is not needed
        (the same waits already, or a delete does) or the register is closed. Tasks of a kind with
        different keys (which volume...) are not the same.

        A delete goes before all that waits and makes it moot; a build that has not begun is
        taken out for it.
        """
        task = _Task(kind, call, key)
        with self._lock:
            if self._closed:
                return False
            slot = self._slots.get(instance_uuid)
            if slot is None:
                task.call = self._bound(instance_uuid, task)
                self._slots[instance_uuid] = _Slot(task)
                self._dispatch(task)
                return True
            if kind in BACKGROUND or not self._wanted(slot, kind, key):
                return False
            task.call = self._bound(instance_uuid, task)
            if kind is Kind.TERMINATE:
                slot.waiting.clear()
                if slot.current.started is None:
                    slot.current.cancelled = True
                    slot.current = task
                    self._dispatch(task)
                    return True
            slot.waiting.append(task)
            return True

    def busy(self, instance_uuid: str) -> bool:
        with self._lock:
            return instance_uuid in self._slots

    def running(self) -> dict[str, tuple[Kind, float]]:
        """Instance uuid -> what runs, and for how many seconds. Without what only waits."""
        now = self._clock.monotonic()
        with self._lock:
            return {
                instance_uuid: (slot.current.kind, now - slot.current.started)
                for instance_uuid, slot in self._slots.items()
                if slot.current.started is not None
            }

    def count(self) -> int:
        with self._lock:
            return len(self._slots)

    def close(self, timeout: float) -> bool:
        """Take nothing new, forget what has not begun, wait for the rest. True when all ended
        within ``timeout`` seconds."""
        deadline = self._clock.monotonic() + timeout
        with self._lock:
            self._closed = True
            self._held.clear()
            for instance_uuid, slot in list(self._slots.items()):
                slot.waiting.clear()
                if slot.current.started is None:
                    slot.current.cancelled = True
                    del self._slots[instance_uuid]
            while self._slots:
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    return False
                self._lock.wait(min(left, 1.0))
            return True

    # ---- within; under the lock unless said otherwise ----

    @staticmethod
    def _wanted(slot: _Slot, kind: Kind, key: str) -> bool:
        unbegun = list(slot.waiting)
        if slot.current.started is None:
            unbegun.append(slot.current)
        return not any(
            task.kind is Kind.TERMINATE or (task.kind is kind and task.key == key)
            for task in unbegun
        )

    def _dispatch(self, task: _Task) -> None:
        if not self._open:
            self._held.append(task)
        elif task.kind is Kind.BUILD:
            self._builds.put(task.call)
        else:
            self._workers.put(task.call)

    def _bound(self, instance_uuid: str, task: _Task) -> Callable[[], None]:
        call = task.call

        def run() -> None:
            with self._lock:
                if task.cancelled:
                    return
                task.started = self._clock.monotonic()
            try:
                call()
            except Exception:
                LOG.exception("%s of instance %s failed", task.kind.value, instance_uuid)
            self._next(instance_uuid)

        return run

    def _next(self, instance_uuid: str) -> None:
        """Takes the lock itself."""
        with self._lock:
            slot = self._slots.get(instance_uuid)
            if slot is None:
                return
            if slot.waiting:
                slot.current = slot.waiting.popleft()
                self._dispatch(slot.current)
                return
            del self._slots[instance_uuid]
            self._lock.notify_all()
