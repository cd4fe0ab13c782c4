"""URLs: which driver is used, and that passwords stay inside."""

import pytest

from novalite.db.engine import Database, normalise


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("mysql://u:p@h/d", "mysql+pymysql"),
        ("mariadb://u:p@h/d", "mysql+pymysql"),
        ("mysql+mysqldb://u:p@h/d", "mysql+pymysql"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg2://u:p@h/d", "postgresql+psycopg"),
        ("sqlite:////tmp/x.db", "sqlite"),
    ],
)
def test_the_driver_is_ours(url, driver):
    assert normalise(url).drivername == driver


def test_mariadb_speaks_full_unicode_unless_told_otherwise():
    assert normalise("mysql://h/d").query["charset"] == "utf8mb4"
    assert normalise("mysql://h/d?charset=utf8mb3").query["charset"] == "utf8mb3"


def test_relative_sqlite_paths_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert normalise("sqlite:///x.db").database == str(tmp_path / "x.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "oracle://u:p@h/d"])
def test_what_cannot_work_is_refused(url):
    with pytest.raises(ValueError, match=r"SQLite database needs a file|unsupported database"):
        Database(url)


def test_a_database_shows_no_password():
    for url in ("mysql://u:hidden@h/d", "postgresql://u:hidden@h/d"):
        assert "hidden" not in repr(Database(url))
