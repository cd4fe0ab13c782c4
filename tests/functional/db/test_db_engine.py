"""Transactions, their errors, and what happens when they meet."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa

from novalite import exception
from novalite.db.api_database import flavors, models
from novalite.db.engine import Contention, Database, DuplicateKey
from tests.support import db

keys = models.key_pairs


def _insert(conn: sa.Connection, name: str, user: str = "u") -> None:
    conn.execute(keys.insert(), {"user_id": user, "name": name})


def _names(database: Database) -> set[str]:
    with database.read() as conn:
        return set(conn.execute(sa.select(keys.c.name)).scalars())


def test_write_commits_and_an_exception_rolls_back(api):
    with api.write() as conn:
        _insert(conn, "kept")
    with pytest.raises(ZeroDivisionError), api.write() as conn:
        _insert(conn, "lost")
        raise ZeroDivisionError
    assert _names(api) == {"kept"}


def test_what_read_changes_is_not_kept(api):
    if api.dialect != "sqlite":
        pytest.skip("readers autocommit there")
    with api.read() as conn:
        _insert(conn, "lost")
    assert _names(api) == set()


def test_a_new_file_that_another_process_holds_is_waited_for(tmp_path):
    path = tmp_path / "new.sqlite"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    database = Database(f"sqlite:///{path}")
    answers = []

    def ask():
        with database.read() as conn:
            answers.append(conn.exec_driver_sql("PRAGMA journal_mode").scalar())

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    holder.execute("COMMIT")
    holder.close()
    asking.join(20)
    database.dispose()
    assert answers == ["wal"]


def test_nested_write_is_refused_at_once_and_the_outer_one_goes_on(api):
    with api.write() as conn:
        _insert(conn, "outer")
        with pytest.raises(RuntimeError, match="nested write"), api.write():
            pass
    assert _names(api) == {"outer"}


def test_reading_inside_a_write_sees_what_is_committed(api):
    with api.write() as conn:
        _insert(conn, "open")
        assert _names(api) == set()
    assert _names(api) == {"open"}


def test_duplicate_key_tells_which_constraint(api):
    with api.write() as conn:
        flavors.create(conn, db.flavor(flavorid="1", name="one"))
    values = {"memory_mb": 1, "vcpus": 1}
    for change, column in (
        ({"flavorid": "1", "name": "x"}, "flavorid"),
        ({"flavorid": "x", "name": "one"}, "name"),
    ):
        with pytest.raises(DuplicateKey) as caught, api.write() as conn:
            conn.execute(models.flavors.insert(), values | change)
        assert caught.value.concerns("flavors", column)
        assert not caught.value.concerns(
            "flavors", {"name": "flavorid", "flavorid": "name"}[column]
        )
    with pytest.raises(DuplicateKey) as caught, api.write() as conn:
        _insert(conn, "twice")
        _insert(conn, "twice")
    assert caught.value.concerns("key_pairs", "user_id", "name")


def test_a_database_that_is_not_there_is_unavailable(kit):
    database = Database(kit.dead_url())
    for open_ in (database.read, database.write):
        with pytest.raises(exception.DatabaseUnavailable), open_() as conn:
            conn.execute(sa.select(1))
    with pytest.raises(exception.DatabaseUnavailable) as caught:
        database.run(lambda conn: conn.execute(sa.select(1)))
    assert caught.value.code == 503


def test_run_repeats_what_lost_against_another_transaction(api):
    calls = []

    def work(conn: sa.Connection) -> str:
        _insert(conn, "once")
        calls.append(1)
        if len(calls) < 3:
            raise Contention
        return "done"

    assert api.run(work) == "done"
    assert len(calls) == 3
    assert _names(api) == {"once"}


def test_run_gives_up_after_a_while(api):
    calls = []

    def work(conn: sa.Connection) -> None:
        calls.append(1)
        raise Contention

    with pytest.raises(Contention):
        api.run(work)
    assert 3 <= len(calls) < 20


def test_run_does_not_repeat_other_errors(api):
    calls = []

    def work(conn: sa.Connection) -> None:
        calls.append(1)
        raise DuplicateKey("x")

    with pytest.raises(DuplicateKey):
        api.run(work)
    assert len(calls) == 1


def test_transactions_that_lock_each_other_both_succeed(api):
    """Two rows, updated in opposite order by two threads at once: the deadlock that a server
    breaks by ending one of them; run() repeats that one."""
    with api.write() as conn:
        _insert(conn, "a")
        _insert(conn, "b")
    first_done = [threading.Event(), threading.Event()]

    def worker(index: int, order: str) -> int:
        attempts = 0

        def work(conn: sa.Connection) -> None:
            nonlocal attempts
            attempts += 1
            for position, name in enumerate(order):
                row = keys.update().where(keys.c.name == name)
                conn.execute(
                    row.values(fingerprint=sa.func.coalesce(keys.c.fingerprint, "") + order)
                )
                if position == 0:
                    first_done[index].set()
                    if attempts == 1 and api.dialect != "sqlite":
                        assert first_done[1 - index].wait(20)

        api.run(work)
        return attempts

    attempts = db.run_threads([lambda: worker(0, "ab"), lambda: worker(1, "ba")])
    with api.read() as conn:
        found = set(conn.execute(sa.select(keys.c.fingerprint)).scalars())
    assert found <= {"abba", "baab"} and len(found) == 1
    assert sum(attempts) == (2 if api.dialect == "sqlite" else 3)


def test_writers_wait_for_each_other_and_none_is_lost(api):
    with api.write() as conn:
        conn.execute(models.quotas.insert(), {"project_id": "p", "resource": "r", "hard_limit": 0})

    def add() -> None:
        for _ in range(25):
            with api.write() as conn:
                quotas = models.quotas
                conn.execute(quotas.update().values(hard_limit=quotas.c.hard_limit + 1))

    db.run_threads([add] * 8)
    with api.read() as conn:
        assert conn.execute(sa.select(models.quotas.c.hard_limit)).scalar() == 200


def test_a_reader_is_not_held_up_by_a_writer(api):
    with api.write() as conn:
        _insert(conn, "a")
    with api.write() as conn:
        _insert(conn, "b")
        assert db.run_threads([lambda: _names(api)]) == [{"a"}]


def test_counting_counts_statements_of_all_threads(api):
    with api.counting() as counter:
        with api.write() as conn:
            _insert(conn, "a")
        db.run_threads([lambda: _names(api)] * 2)
    assert counter.count == 3
    assert [s.split()[0] for s in counter.statements] == ["INSERT", "SELECT", "SELECT"]
    _names(api)
    assert counter.count == 3


def test_times_keep_their_microseconds_and_text_all_its_characters(api):
    text = "naïve 日本 🚀 'quote\" \\ % _ \n"
    with api.write() as conn:
        conn.execute(
            keys.insert(), {"user_id": text, "name": "n", "public_key": text, "created_at": db.NOW}
        )
    with api.read() as conn:
        row = conn.execute(sa.select(keys.c.user_id, keys.c.public_key, keys.c.created_at)).one()
    assert tuple(row) == (text, text, db.NOW)


def test_text_is_compared_by_code_point(api):
    """So that Python can merge lists that several databases sorted."""
    names = ["a", "B", "b", "A", "Z", "é", "_", "日", "1"]
    with api.write() as conn:
        for name in names:
            _insert(conn, name)
    with api.read() as conn:
        found = list(conn.execute(sa.select(keys.c.name).order_by(keys.c.name)).scalars())
        assert conn.execute(sa.select(keys.c.id).where(keys.c.name == "É")).first() is None
    assert found == sorted(names)


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "x.db").write_text("not a database at all" * 100)
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(exception.DatabaseUnavailable), database.read() as conn:
        conn.execute(sa.select(1))
