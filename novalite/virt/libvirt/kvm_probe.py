"""Whether KVM on this host can really run a guest.

/dev/kvm may be there, be advertised by libvirt, even boot a BIOS, and yet hang every kernel; or
it may be closed to the user that QEMU runs as. So a tiny guest of our own (``rom/``) is run on
it, as that user, for at most three seconds. The answer is kept until the host boots again, QEMU
changes or the device's permissions do.
"""

import dataclasses
import importlib.resources
import json
import logging
import os
import platform
import pwd
import subprocess
import tempfile
import time
from typing import IO, Any

LOG = logging.getLogger(__name__)

DEVICE = "/dev/kvm"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
CACHE_NAME = "kvm_probe.json"
LIMIT_SECONDS = 3.0
WORKED = 33  # isa-debug-exit: (0x10 << 1) | 1
POLL_SECONDS = 0.01


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is for people. ``cached``: not found out just now."""

    works: bool
    reason: str
    cached: bool = False

    @property
    def virt_type(self) -> str:
        return "kvm" if self.works else "qemu"


@dataclasses.dataclass(frozen=True, slots=True)
class QemuUser:
    """Whom QEMU runs as. ``uid`` None: whoever we are."""

    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """For subprocess. Only root may become somebody else."""
        if self.uid is None or os.geteuid() != 0 or self.uid == 0:
            return {}
        try:
            entry = pwd.getpwuid(self.uid)
        except KeyError:
            gid = self.uid if self.gid is None else self.gid
            return {"user": self.uid, "group": gid, "extra_groups": []}
        return {
            "user": self.uid,
            "group": entry.pw_gid if self.gid is None else self.gid,
            "extra_groups": os.getgrouplist(entry.pw_name, entry.pw_gid),
        }


def user_named(name: str) -> QemuUser:
    """Raises ValueError for a user that this host does not have."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ValueError(f"[libvirt]qemu_user = {name}: no such user") from None
    return QemuUser(entry.pw_uid, entry.pw_gid)


def check(emulator: str, user: QemuUser, state_path: str, device: str = DEVICE) -> Verdict:
    """The kept answer if it still holds, or a new one. Never raises for a KVM that is broken."""
    if not os.path.exists(device):
        return Verdict(False, f"there is no {device}")
    cache = os.path.join(state_path, CACHE_NAME)
    question = _question(emulator, user, device)
    kept = _read(cache, question)
    if kept is not None:
        return kept
    started = time.monotonic()
    verdict = probe(emulator, user, device)
    LOG.debug("The KVM probe took %.3f s: %s", time.monotonic() - started, verdict.reason)
    _write(cache, question, verdict)
    return verdict


def probe(
    emulator: str,
    user: QemuUser,
    device: str = DEVICE,
    *,
    accelerator: str = "kvm",
    limit: float = LIMIT_SECONDS,
) -> Verdict:
    """Run the tiny guest."""
    if platform.machine() not in ("x86_64", "amd64"):
        return _may_open(device, user)
    rom = importlib.resources.files(__package__).joinpath("rom", "kvm_probe.bin").read_bytes()
    with tempfile.TemporaryDirectory(prefix="novalite-kvm-") as folder:
        # QEMU's user must reach it, wherever this package is installed.
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "probe.bin")
        with open(path, "wb") as file:
            file.write(rom)
        os.chmod(path, 0o644)
        command = [
            emulator, "-machine", f"pc,accel={accelerator}", "-m", "16", "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot", "-bios", path,
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        ]  # fmt: skip
        with tempfile.TemporaryFile() as errors:
            return _run(command, user, errors, limit)


def _run(command: list[str], user: QemuUser, errors: IO[bytes], limit: float) -> Verdict:
    deadline = time.monotonic() + limit
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            start_new_session=True,
            **user.popen_arguments(),
        )
    except OSError as error:
        return Verdict(False, f"{command[0]} cannot be run: {error}")
    try:
        while process.poll() is None:
            # KVM gave up, and QEMU now waits for somebody to look at the wreck.
            if b"KVM internal error" in _text(errors):
                return Verdict(False, "a probe guest died of a KVM internal error")
            if time.monotonic() >= deadline:
                return Verdict(False, f"a probe guest hung for {limit:g} s")
            time.sleep(POLL_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if process.returncode == WORKED:
        return Verdict(True, "a probe guest ran")
    said = _text(errors).decode(errors="replace").strip().splitlines()
    reason = said[-1] if said else f"exit status {process.returncode}"
    return Verdict(False, f"a probe guest failed: {reason}")


def _text(errors: IO[bytes]) -> bytes:
    return os.pread(errors.fileno(), 65536, 0)


def _may_open(device: str, user: QemuUser) -> Verdict:
    """All that can be asked where the probe's machine code does not run."""
    done = subprocess.run(
        ["test", "-r", device, "-a", "-w", device], check=False, **user.popen_arguments()
    )
    if done.returncode == 0:
        return Verdict(True, f"{device} is open to QEMU's user")
    return Verdict(False, f"{device} is closed to QEMU's user")


def _question(emulator: str, user: QemuUser, device: str) -> dict[str, Any]:
    """All that the answer depends on."""
    with open(BOOT_ID) as file:
        boot_id = file.read().strip()
    node = os.stat(device)
    try:
        binary = os.stat(emulator)
        qemu: list[Any] = [emulator, binary.st_mtime_ns, binary.st_size]
    except OSError:
        qemu = [emulator]
    return {
        "boot_id": boot_id,
        "qemu": qemu,
        "user": [user.uid, user.gid],
        "device": [node.st_mode, node.st_uid, node.st_gid],
    }


def _read(path: str, question: dict[str, Any]) -> Verdict | None:
    try:
        with open(path) as file:
            kept = json.load(file)
        if kept["question"] != question:
            return None
        return Verdict(bool(kept["works"]), str(kept["reason"]), cached=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: str, question: dict[str, Any], verdict: Verdict) -> None:
    said = {"question": question, "works": verdict.works, "reason": verdict.reason}
    try:
        with open(path + ".part", "w") as file:
            json.dump(said, file)
        os.replace(path + ".part", path)
    except OSError as error:
        LOG.warning("The KVM probe's answer cannot be kept: %s", error)
