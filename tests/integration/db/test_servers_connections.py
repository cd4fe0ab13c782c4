"""Connections that the server closed."""

import pytest
import sqlalchemy as sa

from novalite import exception
from novalite.db import engine
from novalite.db.api_database import models
from novalite.db.engine import Database

pytestmark = pytest.mark.integration

keys = models.key_pairs


@pytest.fixture(autouse=True)
def fresh_pool(api):
    """Leave no dead connection to whoever uses this database next."""
    yield
    api.dispose()


def _end_others(database):
    """End all connections to this database from the server's side, but the one that does it."""
    killer = Database(database.url.render_as_string(hide_password=False))
    with killer.write() as conn:
        if database.dialect == "postgresql":
            conn.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        else:
            found = conn.execute(
                sa.text(
                    "SELECT id FROM information_schema.processlist "
                    "WHERE db = database() AND id <> connection_id()"
                )
            )
            for (number,) in found.all():
                conn.execute(sa.text(f"KILL {number}"))
    killer.dispose()


def _insert(conn, name):
    conn.execute(keys.insert(), {"user_id": "u", "name": name})


def _count(database):
    with database.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(keys)).scalar()


def test_a_connection_that_died_idle_is_replaced_unnoticed(api, monkeypatch):
    assert _count(api) == 0
    _end_others(api)
    monkeypatch.setattr(engine, "IDLE_BEFORE_PING", 0)
    assert _count(api) == 0
    with api.write() as conn:
        _insert(conn, "a")
    assert _count(api) == 1


def test_a_connection_that_died_just_now_is_one_clear_error(api):
    assert _count(api) == 0
    _end_others(api)
    with pytest.raises(exception.DatabaseUnavailable), api.write() as conn:
        _insert(conn, "a")
    with api.write() as conn:
        _insert(conn, "b")
    assert _count(api) == 1


def test_run_repeats_what_a_broken_connection_interrupted(api):
    attempts = []

    def work(conn):
        attempts.append(1)
        _insert(conn, "a")
        if len(attempts) == 1:
            _end_others(api)
        _insert(conn, "b")

    api.run(work)
    assert len(attempts) == 2
    assert _count(api) == 2


def test_run_does_not_repeat_when_the_commit_itself_broke(api):
    """Nobody knows whether it was committed: the caller must look."""
    attempts = []

    def work(conn):
        attempts.append(1)
        _insert(conn, "a")
        _end_others(api)

    with pytest.raises(exception.DatabaseUnavailable):
        api.run(work)
    assert len(attempts) == 1
