"""A compute host for tests: the real ComputeManager over the fake hypervisor, and its death.

A ``Life`` is one process's life. All that its manager calls goes through proxies which can end
it at any call, before or after the effect, like a kill -9: from then on every call of that life
raises ``Killed``, which no code catches. A new life on the same host starts from what is left.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from novalite.compute.manager import ComputeManager
from novalite.conf import configuration
from novalite.deployment import Deployment
from novalite.virt.fake import FakeDriver
from tests.support.compute_doubles import MemoryConductor, MemoryNetwork, eventually
from tests.support.compute_volumes import MemoryVolumes

# Periodic calls come at any time; only calls of tasks are counted and killed at.
PERIODIC = frozenset(
    {
        "service_heartbeat",
        "node_report",
        "orphan_allocations",
        "instances_on_host",
        "nodes",
        "list_instance_uuids",
        "init_host",
        "close",
        "on_lifecycle_event",
        "extensions",
    }
)


Killed = SystemExit
"""The process is no more. No code catches it, and a thread that ends by it says nothing."""


class Life:
    """``kill_at``: the number (from 1) of the call that is its last; ``after``: whether that
    call still has its effect."""

    def __init__(self, kill_at: int | None = None, after: bool = False) -> None:
        self.kill_at = kill_at
        self.after = after
        self.calls: list[str] = []
        self.dead = threading.Event()
        self._lock = threading.Lock()

    def around(self, name: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.dead.is_set():
            raise Killed
        last = False
        if name not in PERIODIC:
            with self._lock:
                self.calls.append(name)
                last = len(self.calls) == self.kill_at
        if last and not self.after:
            self.dead.set()
            raise Killed
        answer = call(*args, **kwargs)
        if last:
            self.dead.set()
        if self.dead.is_set():
            raise Killed
        return answer


class Proxy:
    def __init__(self, life: Life, target: Any) -> None:
        self._life = life
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found
        return lambda *args, **kwargs: self._life.around(name, found, args, kwargs)


class Host:
    """``start`` begins a life; the hypervisor, the conductor and the network outlive it."""

    def __init__(self, tmp_path: Path, name: str = "host1", **options: Any) -> None:
        self.name = name
        self.conf = configuration()
        self.conf.set_override("state_path", str(tmp_path))
        self.conf.set_override("work_sweep_interval", 1)
        self.conf.set_override("report_interval", 1)
        for option, value in options.items():
            group, _, plain = option.rpartition("__")
            self.conf.set_override(plain, value, group=group or None)
        self.conductor = MemoryConductor()
        self.network = MemoryNetwork()
        self.volumes: MemoryVolumes | None = MemoryVolumes()
        self.driver: Any = FakeDriver(self.conf, None, name)
        self.manager: ComputeManager | None = None

    def start(
        self,
        life: Life | None = None,
        *,
        grace: float = 0.0,
        patience: float = 20.0,
        wait: bool = True,
    ) -> ComputeManager:
        life = life or Life()
        # What a restarted process knows of the hypervisor it reads back from it.
        manager = ComputeManager(
            Deployment(
                conf=self.conf,
                host=self.name,
                driver=Proxy(life, self.driver),  # type: ignore[arg-type]
                conductor=Proxy(life, self.conductor),  # type: ignore[arg-type]
                network=Proxy(life, self.network),  # type: ignore[arg-type]
                volume=Proxy(life, self.volumes) if self.volumes else None,  # type: ignore[arg-type]
            ),
            grace=grace,
            patience=patience,
        )
        manager.start()
        self.manager = manager
        if wait:
            eventually(lambda: manager.ready or life.dead.is_set())
        return manager

    def stop(self) -> None:
        if self.manager is not None:
            assert self.manager.stop(10)
            self.manager = None

    def guests(self) -> set[str]:
        return set(self.driver.list_instance_uuids())
