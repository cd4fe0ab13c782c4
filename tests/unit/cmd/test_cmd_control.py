"""Who runs on a state directory: the lock decides, not the pid file."""

import argparse
import fcntl
import pathlib

import pytest

from novalite.cmd import all_in_one, control


def test_a_stale_pid_file_is_not_a_running_cloud(tmp_path: pathlib.Path) -> None:
    (tmp_path / "novalite.pid").write_text("1\n")
    assert control.running_pid(str(tmp_path)) is None
    (tmp_path / "lock").touch()
    assert control.running_pid(str(tmp_path)) is None


def test_the_lock_says_that_it_runs(tmp_path: pathlib.Path) -> None:
    (tmp_path / "novalite.pid").write_text("4711\n")
    with (tmp_path / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert control.running_pid(str(tmp_path)) == 4711
    assert control.running_pid(str(tmp_path)) is None


def test_two_clouds_never_share_a_directory(tmp_path: pathlib.Path) -> None:
    held = all_in_one.hold(str(tmp_path))
    with pytest.raises(SystemExit):
        all_in_one.hold(str(tmp_path))
    held.close()
    all_in_one.hold(str(tmp_path)).close()


def test_status_of_nothing(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.status(argparse.Namespace(state_path=str(tmp_path))) == 3
    assert "not running" in capsys.readouterr().out
