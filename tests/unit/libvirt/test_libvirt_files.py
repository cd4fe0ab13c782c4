"""Config drive and console log."""

import shutil
import subprocess

import pytest

from novalite.exception import BuildAbort
from novalite.virt.libvirt import config_drive, console

TOOL = next((tool for tool in config_drive.TOOLS if shutil.which(tool)), None)
needs_tool = pytest.mark.skipif(TOOL is None, reason="no mkisofs")
LABEL_OFFSET = 16 * 2048 + 40


@needs_tool
def test_config_drive_is_a_labelled_iso(tmp_path):
    path = tmp_path / "disk.config"
    files = {
        "openstack/latest/meta_data.json": b'{"uuid": "x"}',
        "openstack/2018-08-27/meta_data.json": b'{"uuid": "x", "y": 1}',
        "ec2/latest/user-data": bytes(range(256)),
    }
    config_drive.make(str(path), files, "uuid")
    image = path.read_bytes()
    assert image[32769:32774] == b"CD001"
    assert image[LABEL_OFFSET : LABEL_OFFSET + 32].rstrip() == b"config-2"
    for content in files.values():
        assert content in image
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["disk.config"]
    if shutil.which("isoinfo"):
        names = subprocess.run(
            ["isoinfo", "-f", "-R", "-i", path], capture_output=True, text=True, check=True
        ).stdout.split()
        assert {f"/{name}" for name in files} < set(names)


@needs_tool
def test_a_path_cannot_leave_the_drive(tmp_path):
    with pytest.raises(ValueError, match="outside"):
        config_drive.make(str(tmp_path / "d"), {"../../etc/cron.d/x": b"x"}, "uuid")


def test_no_tool_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BuildAbort, match="genisoimage"):
        config_drive.make(str(tmp_path / "d"), {}, "uuid")


@needs_tool
def test_a_failing_tool_is_quoted(tmp_path):
    with pytest.raises(BuildAbort, match="config drive"):
        config_drive.make(str(tmp_path / "nosuchdir" / "d"), {"a": b"b"}, "uuid")


def test_console_tail(tmp_path):
    path = tmp_path / "console.log"
    assert console.tail(str(path)) == b""
    path.write_bytes(b"0123456789")
    assert console.tail(str(path)) == b"0123456789"
    assert console.tail(str(path), 4) == b"6789"
    # what virtlogd moved aside
    (tmp_path / "console.log.0").write_bytes(b"abcdef")
    assert console.tail(str(path), 13) == b"def0123456789"
    path.write_bytes(b"x" * (console.MAX_BYTES + 5))
    assert len(console.tail(str(path))) == 100 * 1024
