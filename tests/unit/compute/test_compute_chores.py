import threading

import pytest

from novalite.clock import SystemClock
from novalite.compute.build import is_final
from novalite.compute.gateway import ConductorLost, Gateway
from novalite.compute.housekeeping import Chore, Housekeeping
from novalite.compute.running import Kind
from novalite.compute.sweep import kind_of
from novalite.exception import (
    BuildAbort,
    DatabaseUnavailable,
    HypervisorUnavailable,
    ImageNotFound,
    InstanceNotOnHost,
    InvalidImageProperty,
    PortInUse,
    RescheduledException,
)
from novalite.objects import Instance
from tests.support.compute_doubles import eventually


@pytest.mark.parametrize(
    ("vm_state", "task_state", "kind"),
    [
        ("building", None, Kind.BUILD),
        ("building", "scheduling", Kind.BUILD),
        ("building", "spawning", Kind.BUILD),
        ("building", "deleting", Kind.TERMINATE),
        ("error", "deleting", Kind.TERMINATE),
        ("active", "powering-off", Kind.STOP),
        ("error", "powering-off", Kind.STOP),
        ("stopped", "powering-on", Kind.START),
        ("active", "reboot_started", Kind.REBOOT),
        ("active", "rebooting_hard", Kind.REBOOT),
        ("active", None, None),
        ("active", "resize_prep", None),
        ("error", None, None),
    ],
)
def test_what_a_row_says_is_to_be_done(vm_state, task_state, kind):
    row = Instance("u", "p", "u", vm_state=vm_state, task_state=task_state)
    assert kind_of(row) is kind


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (BuildAbort(instance_uuid="u", reason="r"), True),
        (ImageNotFound(image_id="i"), True),
        (InvalidImageProperty(reason="r"), True),
        (PortInUse(port_id="p"), True),
        (RescheduledException(instance_uuid="u", reason="r"), False),
        (HypervisorUnavailable(host="h"), False),
        (InstanceNotOnHost(instance_uuid="u"), False),
        (OSError("disk full"), False),
        (ValueError("a bug"), False),
    ],
)
def test_which_errors_another_host_would_meet_too(error, final):
    assert is_final(error) is final


def gateway(patience, stopping=None):
    return Gateway(None, "host1", SystemClock(), stopping or threading.Event(), patience)


def test_patience_outlasts_a_short_absence():
    tries = []

    def call():
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseUnavailable()
        return "answer"

    assert gateway(10).patiently("ask", call) == "answer"
    assert len(tries) == 3


def test_patience_ends():
    def call():
        raise DatabaseUnavailable()

    with pytest.raises(ConductorLost):
        gateway(0.05).patiently("ask", call)
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(ConductorLost):
        gateway(1000, stopping).patiently("ask", call)


def test_other_errors_are_not_repeated():
    tries = []

    def call():
        tries.append(1)
        raise PortInUse(port_id="p")

    with pytest.raises(PortInUse):
        gateway(10).patiently("ask", call)
    assert len(tries) == 1


def test_chores_come_again_and_one_that_fails_stops_no_other():
    stopping, counts = threading.Event(), {"good": 0, "bad": 0, "soon": 0}

    def good():
        counts["good"] += 1

    def bad():
        counts["bad"] += 1
        raise ValueError("bug")

    def soon():
        counts["soon"] += 1
        return 0.01

    house = Housekeeping("test", SystemClock(), stopping)
    house.add("bad", 0.02, bad)
    house.add("good", 0.02, good)
    house.add("soon", 1000.0, soon)
    house.start()
    eventually(lambda: all(count >= 3 for count in counts.values()))
    stopping.set()
    house.join(10)
    assert not house._thread.is_alive()


def test_a_chore_that_meets_an_absent_neighbour_is_tried_again_soon():
    def away():
        raise DatabaseUnavailable()

    chore = Chore("away", 600.0, away)
    assert Housekeeping._do(chore) == 2.0
    assert chore.failing
    chore.call = lambda: None
    assert Housekeeping._do(chore) == 600.0
    assert not chore.failing
