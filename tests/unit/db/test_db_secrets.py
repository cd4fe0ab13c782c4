"""Neither a database that cannot be reached nor a statement that fails tells secrets."""

import logging
import pathlib
import socket

import pytest
import sqlalchemy as sa

from novalite import conf as configuration
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.wsgi.middleware.healthcheck import Healthcheck

SECRET = "8f2f6a1b0c"


@pytest.mark.parametrize("scheme", ["mysql+pymysql", "postgresql+psycopg"])
def test_unreachable_database(
    scheme: str, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"{scheme}://nova:{SECRET}@127.0.0.1:{taken.getsockname()[1]}/nova"
        file = tmp_path / "novalite.conf"
        file.write_text(f"[api_database]\nconnection = {url}\n")
        conf = configuration.configuration(files=[str(file)])
        databases = Databases.from_conf(conf)
        try:
            health = Healthcheck(Deployment(conf, "h", databases=databases))
            seen: list[object] = []
            body = b"".join(health({"REQUEST_METHOD": "GET"}, lambda *answer: seen.append(answer)))
        finally:
            databases.dispose()
    assert body == b"DATABASE LOST: api"
    assert "does not answer" in caplog.text
    for text in (repr(seen), caplog.text):
        assert SECRET not in text


def test_a_statement_that_fails_does_not_cite_its_values(tmp_path: pathlib.Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.sqlite")
    try:
        with pytest.raises(sa.exc.SQLAlchemyError) as failed, database.write() as conn:
            conn.execute(sa.text("INSERT INTO nowhere VALUES (:secret)"), {"secret": SECRET})
    finally:
        database.dispose()
    assert "nowhere" in str(failed.value)
    assert SECRET not in str(failed.value)
