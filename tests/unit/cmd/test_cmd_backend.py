"""The choice of a concurrency backend."""

import pathlib

import pytest

from novalite.cmd import backend

MARIADB = "mysql+pymysql://u:p@h/db"
SQLITE = "sqlite:////x"
POSTGRESQL = "postgresql+psycopg://u:p@h/db"


@pytest.mark.parametrize(
    ("wish", "urls", "chosen"),
    [
        ("auto", [MARIADB, MARIADB], "eventlet"),
        ("auto", [MARIADB, SQLITE], "threading"),
        ("auto", [POSTGRESQL], "threading"),
        ("auto", [], "threading"),
        ("threading", [MARIADB], "threading"),
        ("eventlet", [MARIADB], "eventlet"),
        ("eventlet", [], "eventlet"),
    ],
)
def test_choice(wish: str, urls: list[str], chosen: str) -> None:
    assert backend.choose(wish, urls) == chosen


@pytest.mark.parametrize("url", [SQLITE, POSTGRESQL])
def test_eventlet_refuses_what_starves_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"mysql\+pymysql or threading") as refused:
        backend.choose("eventlet", [MARIADB, url])
    assert "u:p" not in str(refused.value)


def test_unknown_backend() -> None:
    with pytest.raises(ValueError, match="auto, threading or eventlet"):
        backend.choose("asyncio", [])


def test_reads_the_configuration_files(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(backend.ENVIRONMENT, raising=False)
    path = tmp_path / "x.conf"
    path.write_text(
        f"[DEFAULT]\nconcurrency_backend = eventlet\n[database]\nconnection = {MARIADB}%%\n"
    )
    for argv in (["--config-file", str(path)], [f"--config-file={path}"]):
        assert backend.read(argv) == ("eventlet", [MARIADB + "%%"])
    monkeypatch.setenv(backend.ENVIRONMENT, "threading")
    assert backend.read([f"--config-file={path}"])[0] == "threading"
