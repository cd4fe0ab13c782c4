"""The lock of SQLite's writers."""

import threading
import time

from novalite.db.locks import PATIENCE, FairLock
from tests.support.db import run_threads
from tools.servers.processes import wait_until


def test_one_at_a_time_whatever_the_interleaving():
    lock = FairLock()
    inside = 0
    most = 0
    total = 0

    def work() -> None:
        nonlocal inside, most, total
        for turn in range(300):
            with lock:
                inside += 1
                most = max(most, inside)
                if turn % 50 == 0:
                    time.sleep(PATIENCE / 10)
                total += 1
                inside -= 1

    run_threads([work] * 8)
    assert (most, total) == (1, 2400)


def test_a_thread_that_waited_long_goes_before_those_that_come_again_and_again():
    lock = FairLock()
    got_it = threading.Event()

    def patient() -> None:
        with lock:
            got_it.set()

    lock.acquire()
    thread = threading.Thread(target=patient, daemon=True)
    thread.start()
    wait_until(lambda: bool(lock._queue), 10, "the waiter's arrival")
    deadline = time.monotonic() + 10
    turns = 0
    # A greedy thread: never sleeps without the lock.
    while not got_it.is_set() and time.monotonic() < deadline:
        lock.release()
        lock.acquire()
        turns += 1
    lock.release()
    thread.join(10)
    assert got_it.is_set() and not thread.is_alive()


def test_waiters_are_served_in_the_order_of_their_arrival_when_it_takes_long():
    lock = FairLock()
    order: list[int] = []
    lock.acquire()

    def wait(number: int) -> None:
        with lock:
            order.append(number)
            time.sleep(PATIENCE * 1.5)

    threads = []
    for number in range(4):
        thread = threading.Thread(target=wait, args=(number,), daemon=True)
        thread.start()
        threads.append(thread)
        wait_until(lambda n=number: len(lock._queue) == n + 1, 10, "the waiter's arrival")
    time.sleep(PATIENCE * 1.5)
    lock.release()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3]


def test_an_exception_inside_frees_it():
    lock = FairLock()
    for _ in range(2):
        try:
            with lock:
                raise ValueError
        except ValueError:
            pass
    assert not lock._held
