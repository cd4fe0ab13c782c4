"""``novalite-manage``, run as an operator runs it."""

import pytest

from novalite.cmd import manage
from novalite.db import sync
from novalite.db.api_database import cell_mappings, host_mappings
from novalite.db.cell_database import services
from novalite.db.engine import Database
from novalite.objects import CELL0_UUID
from tests.support import db

SECRET = "hush-hush"


@pytest.fixture
def run(tmp_path, capsys):
    """Runs a command; (its exit status, its output). No output ever shows the secret."""
    file = tmp_path / "novalite.conf"
    file.write_text(
        f"[DEFAULT]\ntransport_url = rabbit://u:{SECRET}@broker:5672/\n"
        f"[api_database]\nconnection = sqlite:///{tmp_path}/api.db\n"
        f"[database]\nconnection = sqlite:///{tmp_path}/cell1.db\n"
        f"[embedded]\nconnection = sqlite:///{tmp_path}/embedded.db\n"
    )

    def call(*arguments):
        try:
            status = manage.main(["--config-file", str(file), *arguments])
        except SystemExit as exit_:
            status = exit_.code
        captured = capsys.readouterr()
        output = captured.out + captured.err
        assert SECRET not in output
        return status, output

    call.directory = tmp_path
    return call


def _database(run, name):
    return Database(f"sqlite:///{run.directory}/{name}.db")


def test_a_new_cloud_in_the_documented_order(run):
    assert run("api_db", "version") == (0, f"none (this release has {sync.head(sync.API)})\n")
    assert run("api_db", "sync")[0] == 0
    assert run("cell_v2", "map_cell0")[0] == 0
    assert run("db", "sync")[0] == 0
    assert run("db", "version") == (0, f"{sync.head(sync.CELL)}\n")
    for name, tree in (
        ("api", sync.API),
        ("cell1", sync.CELL),
        ("cell1_cell0", sync.CELL),
        ("embedded", sync.EMBEDDED),
    ):
        assert sync.version(_database(run, name), tree) == sync.head(tree)
    status, uuid = run("cell_v2", "create_cell", "--name", "cell1")
    assert status == 0
    status, listed = run("cell_v2", "list_cells")
    assert status == 0 and run("cell", "list") == (0, listed)
    header, cell0, cell1 = listed.splitlines()
    assert header.split()[:2] == ["Name", "UUID"]
    assert cell0.split()[:3] == ["cell0", CELL0_UUID, "none:///"]
    assert cell1.split()[:3] == ["cell1", uuid.strip(), "rabbit://u:***@broker:5672/"]


def test_a_local_cell_leaves_cell0_alone(run):
    assert run("db", "sync", "--local_cell")[0] == 0
    assert not (run.directory / "cell1_cell0.db").exists()


def test_db_sync_without_cell0_says_so(run):
    status, output = run("db", "sync")
    assert status == 0 and "map_cell0" in output


def test_the_same_cell_is_not_created_twice(run):
    run("api_db", "sync")
    assert run("cell_v2", "create_cell", "--name", "a")[0] == 0
    status, output = run("cell_v2", "create_cell", "--name", "b")
    assert status == 2 and "already" in output
    other = f"mysql://u:{SECRET}@h/d"
    status, uuid = run("cell_v2", "create_cell", "--name", "b", "--database_connection", other)
    assert status == 0
    status, _ = run(
        "cell_v2",
        "create_cell",
        "--cell_uuid",
        uuid.strip(),
        "--database_connection",
        "sqlite:///z",
    )
    assert status == 2
    with _database(run, "api").read() as conn:
        assert [cell.name for cell in cell_mappings.list_(conn)] == ["a", "b"]


def test_cells_are_changed_and_forgotten(run):
    run("api_db", "sync")
    uuid = run("cell_v2", "create_cell", "--name", "a")[1].strip()
    assert run("cell_v2", "update_cell", "--cell_uuid", uuid)[0] == 1
    assert run("cell_v2", "update_cell", "--cell_uuid", uuid, "--name", "b", "--disable")[0] == 0
    api = _database(run, "api")
    with api.write() as conn:
        cell = cell_mappings.get(conn, uuid)
        assert (cell.name, cell.disabled) == ("b", True)
        host_mappings.map_host(conn, "h", uuid)
    assert run("cell_v2", "delete_cell", "--cell_uuid", uuid)[0] == 2
    with api.write() as conn:
        host_mappings.destroy(conn, "h")
    assert run("cell_v2", "delete_cell", "--cell_uuid", uuid)[0] == 0
    assert run("cell_v2", "delete_cell", "--cell_uuid", uuid)[0] == 1
    assert run("cell_v2", "update_cell", "--cell_uuid", uuid, "--enable")[0] == 1


def test_hosts_of_a_restored_cell_are_mapped(run):
    for command in (("api_db", "sync"), ("cell_v2", "map_cell0"), ("db", "sync")):
        run(*command)
    uuid = run("cell_v2", "create_cell", "--name", "a")[1].strip()
    with _database(run, "cell1").write() as conn:
        for host, binary in (("h1", "nova-compute"), ("c", "nova-conductor")):
            services.heartbeat(conn, host, binary, "t", 1, db.NOW)
    assert run("cell_v2", "discover_hosts")[1] == "h1 belongs to cell a\n1 hosts mapped\n"
    assert run("cell_v2", "discover_hosts")[1] == "0 hosts mapped\n"
    with _database(run, "api").read() as conn:
        assert host_mappings.list_(conn) == {"h1": uuid}


def test_mistakes_are_answered_with_a_sentence(run, tmp_path, capsys):
    assert run("cell_v2")[0] == 2
    empty = tmp_path / "empty.conf"
    empty.write_text("")
    assert manage.main(["--config-file", str(empty), "db", "sync"]) == 1
    assert "[database]connection is not set" in capsys.readouterr().err
    missing = f"mysql+pymysql://u:{SECRET}@127.0.0.1:1/d"
    empty.write_text(f"[api_database]\nconnection = {missing}\n")
    assert manage.main(["--config-file", str(empty), "api_db", "sync"]) == 1
    captured = capsys.readouterr()
    assert "unavailable" in captured.err and SECRET not in captured.err
