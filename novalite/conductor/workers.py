"""The conductor's own threads, so that builds never occupy those that answer compute hosts."""

import logging
import queue
import threading
from collections.abc import Callable

LOG = logging.getLogger(__name__)

Job = Callable[[], object]


class Workers:
    """``count`` threads that run jobs in the order of their submission."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(self._count):
            thread = threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def stop(self, timeout: float = 10.0) -> None:
        """Let the jobs at work end, within ``timeout`` seconds each; drop those that wait: the
        database still knows of them."""
        while True:
            try:
                self._jobs.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout)
        self._threads.clear()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                LOG.exception("a job of %s failed", self._name)
