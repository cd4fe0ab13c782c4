"""What a MariaDB connection says besides the statements it is asked to run."""

import pytest
import sqlalchemy as sa

from novalite.db.api_database import models
from novalite.db.engine import Database

pytestmark = pytest.mark.integration

keys = models.key_pairs


@pytest.fixture
def one(api):
    """A database with a single connection, whose counters the test reads."""
    if api.dialect != "mysql":
        pytest.skip("for MariaDB")
    url = api.url.render_as_string(hide_password=False)
    database = Database(url, max_pool_size=1, max_overflow=0)
    yield database
    database.dispose()


def _said(database):
    with database.read() as conn:
        rows = conn.exec_driver_sql("SHOW SESSION STATUS LIKE 'Com\\_%%'").all()
    return {name.removeprefix("Com_"): int(value) for name, value in rows}


def _difference(database, work):
    before = _said(database)
    work()
    after = _said(database)
    return {
        name: after[name] - before[name]
        for name in ("begin", "commit", "rollback", "select", "insert", "set_option")
        if after[name] != before[name]
    }


def _read(database):
    with database.read() as conn:
        conn.execute(sa.select(keys.c.name)).all()


def _write(database, name="a"):
    with database.write() as conn:
        conn.execute(keys.insert(), {"user_id": "u", "name": name})


def test_a_read_is_its_statement_and_nothing_else(one):
    assert _difference(one, lambda: _read(one)) == {"select": 1}


def test_a_write_begins_and_commits(one):
    assert _difference(one, lambda: _write(one)) == {"begin": 1, "insert": 1, "commit": 1}


def test_a_failed_write_is_rolled_back(one):
    def work():
        with pytest.raises(ZeroDivisionError), one.write() as conn:
            conn.execute(keys.insert(), {"user_id": "u", "name": "lost"})
            raise ZeroDivisionError

    assert _difference(one, work) == {"begin": 1, "insert": 1, "rollback": 1}
    with one.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(keys)).scalar() == 0


def test_no_transaction_stays_open_behind_a_read(one, api):
    """It would keep the tables from being migrated."""
    _read(one)
    _write(one)
    _read(one)
    with one.read() as conn:
        mine = conn.exec_driver_sql("SELECT connection_id()").scalar()
    with api.read() as conn:
        open_ = conn.execute(
            sa.text("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx")
        ).scalars()
        assert mine not in set(open_)


def test_isolation_is_read_committed(one):
    with one.read() as conn:
        assert conn.get_isolation_level() == "READ COMMITTED"


def test_connections_share_what_tls_needs(one):
    with one.read() as conn:
        first = conn.connection.dbapi_connection
        one.dispose()
    with one.read() as conn:
        second = conn.connection.dbapi_connection
    assert first is not second
    assert first.ctx is second.ctx
