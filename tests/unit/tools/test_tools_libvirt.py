"""Starting libvirt on a host: what is done where."""

import os
import subprocess
import sys
import time

import pytest

from tools.host import libvirt as host
from tools.host import subreaper


def test_what_answers_is_used_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "answers", lambda *_, **__: True)
    assert host.start(str(tmp_path)) == "libvirt is running"
    assert os.listdir(tmp_path) == []


def test_with_systemd_its_service_is_started(tmp_path, monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        code = 0 if command[-1] == host.SERVICES[1] else 5
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(host, "SYSTEMD", str(tmp_path))
    monkeypatch.setattr(host, "answers", lambda *_, **__: bool(asked))
    monkeypatch.setattr(host.subprocess, "run", run)
    assert host.start(str(tmp_path)) == f"started {host.SERVICES[1]}"
    assert [command[-1] for command in asked] == list(host.SERVICES)


def test_only_what_was_started_here_is_stopped(tmp_path):
    assert host.stop(str(tmp_path)) == "no libvirtd of ours is running"
    folder = tmp_path / "libvirt"
    folder.mkdir()
    # A number that belongs to another process by now.
    (folder / "subreaper.pid").write_text(f"{os.getpid()}\n")
    assert host.stop(str(tmp_path)) == "no libvirtd of ours is running"


def test_without_virsh_the_package_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(host.HostError, match="libvirt-clients"):
        host.answers()


def test_the_subreaper_adopts_orphans_and_hands_the_end_on():
    script = "(sh -c 'sleep 0.2' &) ; exit 7"
    done = subprocess.run([sys.executable, subreaper.__file__, "sh", "-c", script], check=False)
    assert done.returncode == 7
    process = subprocess.Popen([sys.executable, subreaper.__file__, "sh", "-c", "exec sleep 60"])
    deadline = time.monotonic() + 10
    while len(_children(process.pid)) < 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.terminate()
    assert process.wait(10) != 0


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()
