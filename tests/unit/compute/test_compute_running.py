import threading

import pytest

from novalite.clock import SystemClock
from novalite.compute.pool import Pool
from novalite.compute.running import Kind, Register
from tests.support.compute_doubles import eventually


@pytest.fixture
def register():
    made = Register(SystemClock(), "host1", builds=2, workers=4)
    made.open()
    return made


class Step:
    """A task that says when it began and goes on when it is told."""

    def __init__(self, log=None, name=""):
        self.began, self.go = threading.Event(), threading.Event()
        self.log, self.name = log, name

    def __call__(self):
        self.began.set()
        assert self.go.wait(10)
        if self.log is not None:
            self.log.append(self.name)


def test_one_task_at_a_time_in_order(register):
    log = []
    first, second, third = (Step(log, name) for name in "abc")
    assert register.submit("i", Kind.STOP, first)
    assert first.began.wait(10)
    assert register.submit("i", Kind.START, second)
    assert register.submit("i", Kind.REBOOT, third)
    assert not second.began.wait(0.05)
    assert register.busy("i")
    for step in (third, second, first):
        step.go.set()
    eventually(lambda: not register.busy("i"))
    assert log == ["a", "b", "c"]


def test_instances_do_not_wait_for_each_other(register):
    one, other = Step(), Step()
    register.submit("i", Kind.STOP, one)
    register.submit("j", Kind.STOP, other)
    assert one.began.wait(10)
    assert other.began.wait(10)
    assert {uuid: kind for uuid, (kind, _age) in register.running().items()} == {
        "i": Kind.STOP,
        "j": Kind.STOP,
    }
    one.go.set()
    other.go.set()


def test_the_same_waits_only_once(register):
    running, waiting = Step(), Step()
    register.submit("i", Kind.STOP, running)
    assert running.began.wait(10)
    assert register.submit("i", Kind.STOP, waiting)
    assert not register.submit("i", Kind.STOP, Step())
    running.go.set()
    waiting.go.set()
    eventually(lambda: not register.busy("i"))


def test_a_delete_makes_what_waits_moot(register):
    log = []
    build, stop, delete = Step(log, "build"), Step(log, "stop"), Step(log, "delete")
    register.submit("i", Kind.BUILD, build)
    assert build.began.wait(10)
    register.submit("i", Kind.STOP, stop)
    assert register.submit("i", Kind.TERMINATE, delete)
    assert not register.submit("i", Kind.START, Step())
    assert not register.submit("i", Kind.TERMINATE, Step())
    for step in (build, stop, delete):
        step.go.set()
    eventually(lambda: not register.busy("i"))
    assert log == ["build", "delete"]


def test_a_delete_replaces_a_build_that_has_not_begun(register):
    log = []
    blockers = [Step(), Step()]
    for number, blocker in enumerate(blockers):
        register.submit(f"blocker{number}", Kind.BUILD, blocker)
        assert blocker.began.wait(10)
    build, delete = Step(log, "build"), Step(log, "delete")
    register.submit("i", Kind.BUILD, build)
    assert not register.submit("i", Kind.BUILD, Step())
    register.submit("i", Kind.TERMINATE, delete)
    assert delete.began.wait(10)
    for step in (build, delete, *blockers):
        step.go.set()
    eventually(lambda: register.count() == 0)
    assert log == ["delete"]


def test_no_more_builds_at_once_than_allowed(register):
    steps = [Step() for _ in range(5)]
    for number, step in enumerate(steps):
        register.submit(f"i{number}", Kind.BUILD, step)
    eventually(lambda: sum(step.began.is_set() for step in steps) == 2)
    assert len(register.running()) == 2
    stop = Step()
    register.submit("other", Kind.STOP, stop)
    assert stop.began.wait(10)
    for step in (*steps, stop):
        step.go.set()
    eventually(lambda: register.count() == 0)


def test_background_work_gives_way(register):
    step = Step()
    register.submit("i", Kind.STOP, step)
    assert not register.submit("i", Kind.SYNC, Step())
    step.go.set()


def test_a_task_that_raises_frees_its_instance(register):
    def broken():
        raise ValueError("bug")

    done = threading.Event()
    register.submit("i", Kind.STOP, broken)
    register.submit("i", Kind.START, done.set)
    assert done.wait(10)
    eventually(lambda: not register.busy("i"))


def test_nothing_runs_before_it_is_open():
    register = Register(SystemClock(), "host1", builds=1, workers=1)
    done = threading.Event()
    assert register.submit("i", Kind.BUILD, done.set)
    assert not done.wait(0.05)
    register.open()
    assert done.wait(10)


def test_close_waits_for_what_runs_and_forgets_the_rest(register):
    running, never = Step(), threading.Event()
    register.submit("i", Kind.STOP, running)
    assert running.began.wait(10)
    register.submit("i", Kind.START, never.set)
    assert not register.close(0.05)
    assert not register.submit("j", Kind.STOP, never.set)
    running.go.set()
    assert register.close(10)
    assert not never.is_set()


def test_idle_threads_leave_and_new_ones_come():
    pool = Pool("p", 3, idle_seconds=0.05)
    for _ in range(2):
        done = [threading.Event() for _ in range(3)]
        for event in done:
            pool.put(event.set)
        for event in done:
            assert event.wait(10)
        eventually(lambda: pool._threads == 0)


def test_an_idle_thread_is_used_before_a_new_one_is_made():
    pool = Pool("p", 0, idle_seconds=10)
    for _ in range(20):
        done = threading.Event()
        pool.put(done.set)
        assert done.wait(10)
        eventually(lambda: pool._idle == pool._threads)
    assert pool._threads == 1


def test_without_a_limit_all_run_at_once():
    pool = Pool("p", 0)
    barrier = threading.Barrier(40)
    for _ in range(39):
        pool.put(lambda: barrier.wait(10) and None)
    barrier.wait(10)


def test_a_full_pool_keeps_the_order():
    pool, seen, go = Pool("p", 1), [], threading.Event()
    pool.put(lambda: go.wait(10) and None)
    for number in range(50):
        pool.put(lambda number=number: seen.append(number))
    go.set()
    eventually(lambda: len(seen) == 50)
    assert seen == list(range(50))
