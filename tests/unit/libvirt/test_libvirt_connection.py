"""The connection breaks and comes back; events find their way; eventlet is not stopped."""

import subprocess
import sys
import threading

import pytest

libvirt = pytest.importorskip("libvirt")

from novalite.exception import HypervisorUnavailable  # noqa: E402
from novalite.virt.driver import Transition  # noqa: E402
from novalite.virt.libvirt import connection, native  # noqa: E402
from novalite.virt.libvirt.connection import Connection  # noqa: E402
from novalite.virt.libvirt.events import Events, transition_of  # noqa: E402


class Link:
    """A virConnect."""

    def __init__(self):
        self.alive = True
        self.closed = False
        self.registered = []

    def isAlive(self):
        return int(self.alive)

    def setKeepAlive(self, interval, count):
        pass

    def domainEventRegisterAny(self, domain, event, callback, opaque):
        self.registered.append(callback)

    def close(self):
        self.closed = True


class Daemon:
    """A libvirtd that can be down."""

    def __init__(self):
        self.links = []
        self.down = False

    def openAuth(self, uri, auth, flags):
        if self.down:
            raise libvirt.libvirtError("no daemon")
        self.links.append(Link())
        return self.links[-1]


@pytest.fixture
def daemon(monkeypatch):
    made = Daemon()
    monkeypatch.setattr(libvirt, "openAuth", made.openAuth)
    monkeypatch.setattr(connection, "start_event_loop", lambda: None)
    return made


def test_one_connection_serves_all(daemon):
    link = Connection("test:///", "host")
    assert link.run(lambda c: c) is link.run(lambda c: c)
    assert len(daemon.links) == 1
    link.close()
    assert daemon.links[0].closed


def test_no_daemon(daemon):
    daemon.down = True
    link = Connection("test:///", "host")
    with pytest.raises(HypervisorUnavailable, match="host"):
        link.run(lambda c: c)
    daemon.down = False
    assert link.run(lambda c: 7) == 7


def test_a_broken_connection_is_replaced_and_events_are_registered_again(daemon):
    seen = []
    link = Connection("test:///", "host", lambda *event: seen.append(event))
    link.run(lambda c: c)
    daemon.links[0].alive = False
    assert link.run(lambda c: c) is daemon.links[1]
    assert daemon.links[0].closed
    assert len(daemon.links[1].registered) == 1


def test_a_call_on_which_the_connection_breaks(daemon):
    link = Connection("test:///", "host")

    def call(c):
        c.alive = False
        raise libvirt.libvirtError("end of file")

    with pytest.raises(HypervisorUnavailable):
        link.run(call)
    assert link.run(lambda c: c) is daemon.links[1]


def test_other_errors_are_told_as_they_are(daemon):
    link = Connection("test:///", "host")

    def call(c):
        raise libvirt.libvirtError("no space")

    with pytest.raises(libvirt.libvirtError, match="no space"):
        link.run(call)
    assert link.run(lambda c: c) is daemon.links[0]


@pytest.mark.parametrize(
    ("event", "detail", "expected"),
    [
        (libvirt.VIR_DOMAIN_EVENT_STARTED, 0, Transition.STARTED),
        (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, 0, Transition.PAUSED),
        (libvirt.VIR_DOMAIN_EVENT_RESUMED, 0, Transition.RESUMED),
        (libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED, 0, Transition.SUSPENDED),
        (
            libvirt.VIR_DOMAIN_EVENT_STOPPED,
            libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
            Transition.STOPPED,
        ),
        (
            libvirt.VIR_DOMAIN_EVENT_STOPPED,
            libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED,
            Transition.CRASHED,
        ),
        (libvirt.VIR_DOMAIN_EVENT_CRASHED, 0, Transition.CRASHED),
        (libvirt.VIR_DOMAIN_EVENT_DEFINED, 0, None),
        (libvirt.VIR_DOMAIN_EVENT_UNDEFINED, 0, None),
        (libvirt.VIR_DOMAIN_EVENT_SHUTDOWN, 0, None),
    ],
)
def test_transitions(event, detail, expected):
    assert transition_of(event, detail) is expected


def test_events_arrive_in_order_and_a_bad_listener_stops_none():
    seen, done = [], threading.Event()

    def listen(event):
        seen.append((event.instance_uuid, event.transition))
        if len(seen) == 1:
            raise RuntimeError("a listener's own fault")
        if event.instance_uuid == "last":
            done.set()

    events = Events(listen)
    events.received("one", libvirt.VIR_DOMAIN_EVENT_STARTED, 0)
    events.received("one", libvirt.VIR_DOMAIN_EVENT_DEFINED, 0)
    events.received("one", libvirt.VIR_DOMAIN_EVENT_STOPPED, 0)
    events.received("last", libvirt.VIR_DOMAIN_EVENT_STARTED, 0)
    assert done.wait(5)
    events.close()
    events.close()
    assert seen == [
        ("one", Transition.STARTED),
        ("one", Transition.STOPPED),
        ("last", Transition.STARTED),
    ]


def test_unpatched_calls_stay_in_their_thread():
    assert native.run(threading.get_ident) == threading.get_ident()


PATCHED = """
import eventlet
eventlet.monkey_patch()
import ctypes, threading, time
from novalite.virt.libvirt import native

assert native.is_patched()
# A wait in C, of which eventlet knows nothing, must not stop the others.
beats = []
stop = threading.Event()
def beat():
    while not stop.is_set():
        beats.append(1)
        time.sleep(0.01)
beater = threading.Thread(target=beat)
beater.start()
native.run(ctypes.CDLL(None).usleep, 300000)
assert len(beats) > 10, len(beats)

# What a native thread hands over arrives in a green one.
got = []
arrived = threading.Event()
hand = native.Handover(lambda item: (got.append(item), arrived.set()), "test")
native.start_native_thread(lambda: hand.put("from outside"))
assert arrived.wait(5)
hand.close()
stop.set()
beater.join()
assert got == ["from outside"]
print("good")
"""


def test_under_eventlet():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PATCHED],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "good", done.stderr
