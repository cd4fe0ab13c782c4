"""A cloud that cannot start ends, and says why."""

import pathlib
import subprocess
import sys

from tools.servers.processes import free_port


def test_a_start_that_fails_late_ends_the_process(tmp_path: pathlib.Path) -> None:
    """The HTTP server has its threads by then."""
    done = subprocess.run(
        [sys.executable, "-m", "novalite.cmd.main", "up", "--fake", "--foreground",
         "--state-path", str(tmp_path / "state"), "--port", str(free_port()),
         "--clouds", str(tmp_path / "clouds.yaml"), "--guest-image", str(tmp_path / "missing")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "missing" in done.stderr + done.stdout
