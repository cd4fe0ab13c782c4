"""When KVM is believed to work, and for how long."""

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from novalite.virt.libvirt import kvm_probe
from novalite.virt.libvirt.kvm_probe import QemuUser

ROM = pathlib.Path(kvm_probe.__file__).parent / "rom"


@pytest.fixture
def emulator(tmp_path):
    """A QEMU that does what ``write`` says, and counts its runs."""

    class Emulator:
        path = str(tmp_path / "qemu")
        runs = tmp_path / "runs"

        def write(self, script):
            pathlib.Path(self.path).write_text(f'#!/bin/sh\necho "$@" >>{self.runs}\n{script}\n')
            os.chmod(self.path, 0o755)

        def count(self):
            return len(self.runs.read_text().splitlines()) if self.runs.exists() else 0

    return Emulator()


@pytest.fixture
def device(tmp_path):
    path = tmp_path / "kvm"
    path.touch(0o600)
    return str(path)


def check(emulator, tmp_path, device):
    return kvm_probe.check(emulator.path, QemuUser(), str(tmp_path), device)


@pytest.mark.parametrize(
    ("script", "works", "reason"),
    [
        ("exit 33", True, "a probe guest ran"),
        ("exit 65", False, "exit status 65"),
        ("exit 0", False, "exit status 0"),
        ("echo Could not access KVM >&2; exit 1", False, "Could not access KVM"),
    ],
)
def test_what_a_run_means(emulator, tmp_path, device, script, works, reason):
    emulator.write(script)
    verdict = check(emulator, tmp_path, device)
    assert verdict.works is works
    assert reason in verdict.reason
    assert verdict.virt_type == ("kvm" if works else "qemu")


def test_a_hanging_guest_is_killed_in_time(emulator):
    emulator.write("exec sleep 60")
    started = time.monotonic()
    verdict = kvm_probe.probe(emulator.path, QemuUser(), limit=0.3)
    assert not verdict.works and "hung" in verdict.reason
    assert time.monotonic() - started < 5
    assert kvm_probe.LIMIT_SECONDS <= 3


def test_a_dead_guest_is_not_waited_for(emulator):
    emulator.write("echo KVM internal error. Suberror: 1 >&2; exec sleep 60")
    started = time.monotonic()
    verdict = kvm_probe.probe(emulator.path, QemuUser(), limit=30)
    assert not verdict.works and "internal error" in verdict.reason
    assert time.monotonic() - started < 10


def test_no_device_no_probe(emulator, tmp_path):
    emulator.write("exit 33")
    verdict = kvm_probe.check(emulator.path, QemuUser(), str(tmp_path), str(tmp_path / "none"))
    assert not verdict.works and "there is no" in verdict.reason
    assert emulator.count() == 0


def test_no_emulator(tmp_path, device):
    verdict = kvm_probe.check("/nonexistent/qemu", QemuUser(), str(tmp_path), device)
    assert not verdict.works and "cannot be run" in verdict.reason


def test_the_answer_is_kept(emulator, tmp_path, device):
    emulator.write("exit 33")
    assert check(emulator, tmp_path, device).cached is False
    again = check(emulator, tmp_path, device)
    assert again.works and again.cached
    assert emulator.count() == 1


@pytest.mark.parametrize("change", ["qemu", "permissions", "boot", "user", "damage"])
def test_the_answer_is_asked_again_when_something_changed(
    emulator, tmp_path, device, change, monkeypatch
):
    emulator.write("exit 33")
    assert check(emulator, tmp_path, device).works
    user = QemuUser()
    if change == "qemu":
        emulator.write("exit 1 # another version")
    elif change == "permissions":
        os.chmod(device, 0o660)
    elif change == "boot":
        boot = tmp_path / "boot_id"
        boot.write_text("another\n")
        monkeypatch.setattr(kvm_probe, "BOOT_ID", str(boot))
    elif change == "user":
        user = QemuUser(0, 0)
    else:
        (tmp_path / kvm_probe.CACHE_NAME).write_text("{")
    verdict = kvm_probe.check(emulator.path, user, str(tmp_path), device)
    assert not verdict.cached
    assert verdict.works is (change != "qemu")


def test_the_probe_asks_for_kvm(emulator, tmp_path, device):
    emulator.write("exit 33")
    check(emulator, tmp_path, device)
    assert "pc,accel=kvm" in emulator.runs.read_text()


def test_only_root_becomes_another_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert QemuUser(64055, 109).popen_arguments() == {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert QemuUser(0, 0).popen_arguments() == {}
    found = QemuUser(4294967, 109).popen_arguments()
    assert found == {"user": 4294967, "group": 109, "extra_groups": []}


def test_an_unknown_user_is_named():
    with pytest.raises(ValueError, match="no-such-user-here"):
        kvm_probe.user_named("no-such-user-here")


@pytest.mark.skipif(not shutil.which("objcopy"), reason="no binutils")
def test_the_rom_is_what_its_source_says(tmp_path):
    built = tmp_path / "probe.bin"
    subprocess.run(["sh", ROM / "build.sh", built], check=True)
    assert built.read_bytes() == (ROM / "kvm_probe.bin").read_bytes()


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no QEMU")
def test_the_rom_runs_on_an_emulated_processor():
    emulator = shutil.which("qemu-system-x86_64")
    verdict = kvm_probe.probe(emulator, QemuUser(), accelerator="tcg", limit=60)
    assert verdict.works, verdict.reason
