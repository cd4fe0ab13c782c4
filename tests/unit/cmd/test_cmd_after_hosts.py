"""The conductor of an all-in-one begins when its hosts are up."""

import threading

from novalite.cmd.after_hosts import ConductorAfterHosts


class Conductor:
    def __init__(self) -> None:
        self.started, self.stopped = threading.Event(), threading.Event()

    def start(self) -> None:
        self.started.set()

    def stop(self) -> None:
        self.stopped.set()


class Host:
    def __init__(self) -> None:
        self.ready, self.asked = threading.Event(), threading.Event()

    def wait_until_ready(self, timeout: float) -> bool:
        self.asked.set()
        return self.ready.wait(min(timeout, 0.01))


def test_it_waits_for_every_host() -> None:
    conductor, first, second = Conductor(), Host(), Host()
    part = ConductorAfterHosts(conductor, [first, second])
    part.start()
    first.ready.set()
    assert second.asked.wait(30)
    assert not conductor.started.is_set()
    second.ready.set()
    assert conductor.started.wait(30)
    part.stop()
    assert conductor.stopped.is_set()


def test_a_stop_does_not_wait_for_hosts_that_never_come() -> None:
    conductor, host = Conductor(), Host()
    part = ConductorAfterHosts(conductor, [host])
    part.start()
    assert host.asked.wait(30)
    part.stop()
    assert not conductor.started.is_set()
    assert not conductor.stopped.is_set()
